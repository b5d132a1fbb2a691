"""Whether an answer that shows a patient's data left its trace: told by the answer itself, not by what made it.

Patients whose last name is `marked` are recognised wherever they are shown.
"""

import re

from core.looks import _pending

NAME = re.compile(rb"Zz(\d+)zz")
KEY = re.compile(rb'"(?:patient|customer)_id": ?"?(\d+)')


def mark(patient):
    """Give the patient a name that says who it is."""
    patient.last_name = f"Zz{patient.pk}zz"
    patient.email = patient.email and f"zz{patient.pk}zz@example.org"
    patient.save()
    return patient


def shown_in(response):
    """The ids of the patients that the answer shows."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    found = NAME.findall(body)
    if response.headers.get("Content-Type", "").startswith("application/json"):
        found += KEY.findall(body)
    return {int(pk) for pk in found}


def traced():
    """The ids of the patients whose trace has been left since this was last asked."""
    return {pk for look in _pending.take() for pk in look.patient_ids}


def untraced(response):
    """Whom a 2xx shows without having left a trace."""
    left = traced()
    if not 200 <= response.status_code < 300 or response.streaming:
        return set()
    return shown_in(response) - left
