"""A patient in one line, with what tells two people of one name apart."""

from __future__ import annotations

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from backoffice.kit.contributions import line_of
from patients.models import Patient


@line_of(Patient)
def patient_line(patient: Patient) -> str:
    """Return name, birth date and first telephone number, read together for a list."""
    born = date_format(patient.date_of_birth, "j M Y") if patient.date_of_birth else ""
    numbers = sorted(patient.phone_numbers.all(), key=lambda one: (one.position, one.pk))
    told = (str(patient), _("born %(day)s") % {"day": born} if born else "", str(numbers[0]) if numbers else "")
    return " · ".join(one for one in told if one)
