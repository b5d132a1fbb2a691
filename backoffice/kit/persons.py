"""A patient in a line: whom a search box, the palette or a list means, with what tells two of one name apart."""

from __future__ import annotations

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from backoffice.kit.contributions import line_of
from patients.models import Patient


@line_of(Patient)
def patient_line(patient: Patient) -> str:
    """Name, birth date and the first telephone number; those of the list are read with it."""
    born = date_format(patient.date_of_birth, "j M Y") if patient.date_of_birth else ""
    numbers = sorted(patient.phone_numbers.all(), key=lambda one: (one.position, one.pk))
    told = (str(patient), _("born %(day)s") % {"day": born} if born else "", str(numbers[0]) if numbers else "")
    return " · ".join(one for one in told if one)
