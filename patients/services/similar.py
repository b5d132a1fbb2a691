"""The search for existing patients who resemble one that is about to be added."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from core.actor import Actor
from directory.models import Practice
from patients.models import Patient, PhoneNumber
from patients.names import fold

MOST = 10

# Shorter numbers (an extension, the emergency number) are nobody's own.
FEWEST_DIGITS_OF_A_PERSON = 6


def similar_patients(
    by: Actor,
    *,
    organization_id: int,
    first_name: str = "",
    last_name: str = "",
    email: str = "",
    phone: str = "",
    date_of_birth: date | None = None,
) -> list[Patient]:
    """Return up to ten live patients who resemble this person, those who share most first.

    They are patients that `by` may see with the same e-mail, phone, full name, or last name and birth date.
    """
    alike = _alike(
        organization_id=organization_id,
        first_name=first_name,
        last_name=last_name,
        email=email,
        phone=phone,
        date_of_birth=date_of_birth,
    )
    # One query per likeness, each on its own index: OR over columns would scan the organization.
    found: dict[int, Patient] = {}
    score: dict[int, int] = {}
    for condition in alike:
        patients = Patient.objects.visible_to(by).live().filter(condition, organization_id=organization_id)
        for patient in patients.order_by("pk")[:MOST]:
            found[patient.pk] = patient
            score[patient.pk] = score.get(patient.pk, 0) + 1
    return sorted(found.values(), key=lambda patient: (-score[patient.pk], patient.pk))[:MOST]


def _alike(
    *, organization_id: int, first_name: str, last_name: str, email: str, phone: str, date_of_birth: date | None
) -> list[Q]:
    alike = []
    if email.strip():
        alike.append(Q(email__in={email.strip(), email.strip().lower()}))
    if phone.strip():
        typed = PhoneNumber(number=phone.strip())
        typed.normalize(Practice.objects.country_of(organization_id))
        same = Q(e164=typed.e164) if typed.e164 else Q(number=typed.number)
        if len(typed.digits) >= FEWEST_DIGITS_OF_A_PERSON:
            same |= Q(digits=typed.digits)
        alike.append(Q(pk__in=PhoneNumber.objects.filter(same).values("patient_id")))
    if fold(last_name) and fold(first_name):
        alike.append(Q(search_name=fold(f"{last_name} {first_name}")))
    if fold(last_name) and date_of_birth is not None:
        alike.append(Q(search_name__startswith=fold(last_name), date_of_birth=date_of_birth))
    return alike
