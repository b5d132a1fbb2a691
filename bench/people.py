"""Who signs in to a filled clinic to be measured. They are made with it, so that the statistics know them."""

from __future__ import annotations

from typing import Any

KEY, KEY_OF_PATIENT, LATER_KEY = "ck_benchmark", "ck_of_a_patient", "ck_later"
# Name, role, and in how many of the practices, from the first one on.
STAFF = (("bench-manager", "clinic_admin", 2), ("bench-desk", "front_desk", 1), ("bench-specialist", "specialist", 1))
SMALL = "bench-small"  # the manager of the practice that was filled last, of few rows


def make_people() -> dict[str, Any]:
    """A superuser, the manager of two practices, the desk of one, a specialist, the manager of the small practice, and
    a patient: those who are missing are made.

    The first manager has a key, and so has the patient, the first one who has access to the portal.
    """
    from directory.models import Membership, Practice, Specialist, User

    users: dict[str, Any] = {}
    users["boss"], _made = User.objects.get_or_create(username="bench-boss", defaults={"is_superuser": True})
    for name, role, count in STAFF:
        user, made = User.objects.get_or_create(username=name)
        if made:
            for practice in Practice.objects.order_by("pk")[:count]:
                Membership.objects.create(user=user, practice=practice, role=role)
        users[name.removeprefix("bench-")] = user
    first = Specialist.objects.earliest("pk")
    Specialist.objects.filter(pk=first.pk, user=None).update(user=users["specialist"])
    users["small"], made = User.objects.get_or_create(username=SMALL)
    if made:
        Membership.objects.create(user=users["small"], practice=Practice.objects.latest("pk"), role="clinic_admin")
    hold(users["manager"], KEY)
    if (patient := patient_of_portal()) is not None:
        hold(patient.user, KEY_OF_PATIENT)
    return users


def patient_of_portal() -> Any:
    """The access of the first patient who may look into the portal."""
    from patients.models import PatientAccess

    return PatientAccess.objects.select_related("user", "patient").order_by("pk").first()


def hold(user: Any, key: str) -> None:
    """Give the user this key, if nobody has it."""
    from directory.models import ApiKey

    if not ApiKey.objects.filter(key_hash=ApiKey.hashed(key)).exists():
        ApiKey(user=user, scopes=[]).hold(key).save()
