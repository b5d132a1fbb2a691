"""What `bench.fill` has around the calendar: who works there and signs in, who looked, what waits for the desk.

For each twentieth patient there are somebody with access to the portal and a sign-in, a registration to call back, a
finished series and an undone batch of slots, a finished series of time off and an import; for each second patient a
look by the desk. On early mornings specialists are away from three visits each, which must be moved; in the evenings
they have free slots, so that there are pages of them in a small clinic, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from bench.clinic import FIRST, HALF_HOUR, LAST, PRACTICES, Clinic, id_of, name_of, practice_of
from bench.fill_records import kept_of
from bench.rows import write

TWENTIETH = 20
SHOWN = 10  # patients on a page that somebody looked at
LOOKED_THROUGH = 600  # pages: more than a night looks through at once to forget the oldest
EARLY = timedelta(hours=4)  # UTC, before every other visit
AWAY = 3  # visits of each morning off
MORNINGS = 10  # off, from tomorrow on
EVENINGS, SLOTS_OF_ONE, LATE = 10, 4, timedelta(hours=20)  # from tomorrow on, UTC
GROUP = 6  # places of the last slot of an evening
MINUTE, DAY, WEEK = timedelta(minutes=1), timedelta(days=1), timedelta(days=7)


def fill_desk(clinic: Clinic) -> None:
    """People, looks, history, series, registrations, mornings off, imports, applications, lists of words."""
    _people(clinic)
    _looks(clinic)
    _history(clinic)
    _series(clinic)
    _registrations(clinic)
    _treated_by_the_first(clinic)
    _mornings_off(clinic)
    _evenings(clinic)
    _imports(clinic)
    _programs_of_others(clinic)
    _lists_of_words(clinic)


def _some(clinic: Clinic) -> range:
    """A number for each twentieth patient, in a small clinic for each second one."""
    return range(clinic.share(TWENTIETH))


def _every(clinic: Clinic) -> int:
    """Who of the patients they are."""
    return TWENTIETH if clinic.is_large else 2


def _people(clinic: Clinic) -> None:
    """Specialists at their practices, and the portal's patients, all with passwords that open nothing."""
    from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX

    from directory.models import Membership, SignIn, User
    from patients.models import PatientAccess

    password, organization = f"{UNUSABLE_PASSWORD_PREFIX}filled", id_of(clinic, "directory.organization", 0)
    staff = [
        (f"specialist{n}of{organization}", password, FIRST[n % len(FIRST)], f"{LAST[n % len(LAST)]} {n}")
        for n in range(clinic.people)
    ]
    patients = ((f"patient{n}of{organization}", password, *name_of(n)) for n in range(0, clinic.size, _every(clinic)))
    names = ["username", "password", "first_name", "last_name"]
    write(clinic, User, names, staff)
    first = write(clinic, User, names, patients)
    user = id_of(clinic, "directory.user", 0)
    works = [(user + n, practice_of(clinic, n), "specialist") for n in range(clinic.people)]
    write(clinic, Membership, ["user", "practice", "role"], works)
    access = ((first + n, id_of(clinic, "patients.patient", n * _every(clinic)), "self") for n in _some(clinic))
    write(clinic, PatientAccess, ["user", "patient", "relation"], access)
    sign_ins = (
        (clinic.at - MINUTE * (len(_some(clinic)) - n), "password", f"patient{n * _every(clinic)}of{organization}",
         first + n,
         "wrong" if n % 10 == 9 else "right")
        for n in _some(clinic)
    )  # fmt: skip
    write(clinic, SignIn, ["at", "step", "account", "user", "outcome"], sign_ins)


def _looks(clinic: Clinic) -> None:
    """Pages with ten patients each, in the order of time; in a small clinic behind others that showed nobody."""
    from core.models import Look, PatientLook

    organization, user = id_of(clinic, "directory.organization", 0), id_of(clinic, "directory.user", 0)
    pages = -(-clinic.size // (2 * SHOWN))
    empty = max(0, LOOKED_THROUGH - pages)
    page = "admin", "admin:patients_patient_changelist"

    def at(nth: int) -> datetime:
        return clinic.at - MINUTE * 5 * (empty + pages - nth)

    looks = ((at(n), user + n % clinic.people, *page, f"{n:032x}", organization) for n in range(empty + pages))
    write(clinic, Look, ["at", "user", "door", "page", "request_id", "organization_id"], looks)
    first = id_of(clinic, "core.look", 0)
    whose = (
        (first + nth, id_of(clinic, "patients.patient", n % clinic.size), at(nth))
        for n in range(pages * SHOWN)
        for nth in [empty + n // SHOWN]
    )
    write(clinic, PatientLook, ["look", "patient", "at"], whose)


def _series(clinic: Clinic) -> None:
    """Series and batches that are over: what they made is not there any more."""
    from scheduling.models import SlotBatch, SlotSeries, TimeOffSeries

    def who(n: int) -> tuple[int, int]:
        person = n % clinic.people
        return practice_of(clinic, person), id_of(clinic, "directory.specialist", person)

    def days(n: int) -> tuple[datetime, datetime]:
        ended = clinic.at - DAY * (1 + n % 1000)
        return ended - WEEK, ended

    series = (
        (*who(n), "weekly", days(n)[0].date(), time(8), 30, days(n)[1].date(), days(n)[1].date(), days(n)[1])
        for n in _some(clinic)
    )
    names = ["practice", "specialist", "pattern", "start_date", "start_time", "duration_minutes", "until_date"]
    write(clinic, SlotSeries, [*names, "generated_until", "withdrawn_at"], series)
    absent = (
        (*who(n), "FREQ=DAILY", days(n)[0].date(), time(8), 30, days(n)[1].date(), "Course", days(n)[1].date(),
         days(n)[1])
        for n in _some(clinic)
    )  # fmt: skip
    names = ["practice", "specialist", "rrule", "start_date", "start_time", "duration_minutes", "until_date", "reason"]
    write(clinic, TimeOffSeries, [*names, "generated_until", "archived_at"], absent)
    batches = ((days(n)[1], who(n)[0], "{}", "[]", days(n)[1]) for n in _some(clinic))
    write(clinic, SlotBatch, ["created_at", "practice", "params", "failed", "undone_at"], batches)


def _registrations(clinic: Clinic) -> None:
    """People to call back: half of them patients, half with a name and a number. Each fifth is deleted."""
    from scheduling.models import Appointment, AppointmentService

    def rows() -> Iterator[tuple[Any, ...]]:
        for n in _some(clinic):
            known = (id_of(clinic, "patients.patient", n), "", "")
            who = known if n % 2 else (None, FIRST[n % len(FIRST)], f"07{n:07d}8")
            person, at = n % clinic.people, clinic.at - DAY * (1 + n % 1000)
            of = id_of(clinic, "directory.specialist", person), at, at + HALF_HOUR, clinic.at
            deleted = of if n % 5 == 4 else (None, None, None, None)
            yield clinic.at - MINUTE * n, practice_of(clinic, person), *who, "requested", "portal", *deleted

    names = ["created_at", "practice", "patient", "contact_name", "contact_phone", "status", "created_via"]
    names += ["specialist", "starts_at", "ends_at", "archived_at"]
    first = write(clinic, Appointment, names, rows())
    service = id_of(clinic, "catalog.service", 0)
    lines = ((first + n, service, 150, "RON") for n in _some(clinic))
    write(clinic, AppointmentService, ["appointment", "service", "price", "currency"], lines)


def _treated_by_the_first(clinic: Clinic) -> None:
    """In a small clinic the first specialist was asked for by a hundred more patients, so that their pages are full."""
    from scheduling.models import Appointment, AppointmentService

    if clinic.is_large:
        return
    who = practice_of(clinic, 0), id_of(clinic, "directory.specialist", 0)
    asked = kept_of(clinic)[::5]
    rows = (
        (
            at,
            id_of(clinic, "patients.patient", visit.patient),
            *who,
            "requested",
            "portal",
            at,
            at + HALF_HOUR,
            clinic.at,
        )
        for n, visit in enumerate(asked)
        for at in [clinic.at - DAY * (1 + n)]
    )
    names = ["created_at", "patient", "practice", "specialist", "status", "created_via"]
    first = write(clinic, Appointment, [*names, "starts_at", "ends_at", "archived_at"], rows)
    service = id_of(clinic, "catalog.service", 0)
    lines = ((first + n, service, 150, "RON") for n in range(len(asked)))
    write(clinic, AppointmentService, ["appointment", "service", "price", "currency"], lines)


def _mornings_off(clinic: Clinic) -> None:
    """On the next days, as on one of each week before, everybody is away from three early visits."""
    from scheduling.models import Appointment, AppointmentService, Claim, TimeOff

    today = clinic.at.replace(hour=0, minute=0, second=0, microsecond=0)
    past = (today - clinic.first_day).days
    days = (*range(-7, -past, -7), *range(1, 1 + MORNINGS))
    mornings = [(person, today + DAY * day + EARLY) for day in days for person in range(clinic.people)]
    resource = clinic.first_id["directory.resource"]
    away = [
        (practice_of(clinic, n), id_of(clinic, "directory.specialist", n), at, at + AWAY * HALF_HOUR, "Morning off")
        for n, at in mornings
    ]
    first_off = write(clinic, TimeOff, ["practice", "specialist", "starts_at", "ends_at", "reason"], away)
    visits = [
        (person, (nth * AWAY + place) % clinic.size, at + HALF_HOUR * place)
        for nth, (person, at) in enumerate(mornings)
        for place in range(AWAY)
    ]
    rows = (
        (practice_of(clinic, n), id_of(clinic, "patients.patient", patient), id_of(clinic, "directory.specialist", n),
         at, at + HALF_HOUR, "confirmed", True)
        for n, patient, at in visits
    )  # fmt: skip
    names = ["practice", "patient", "specialist", "starts_at", "ends_at", "status", "needs_move"]
    first = write(clinic, Appointment, names, rows)
    lines = ((first + n, id_of(clinic, "catalog.service", 0), 150, "RON") for n in range(len(visits)))
    write(clinic, AppointmentService, ["appointment", "service", "price", "currency"], lines)

    def claims() -> Iterator[tuple[Any, ...]]:
        for nth, (person, at) in enumerate(mornings):
            yield resource + person, "specialist", at, at + AWAY * HALF_HOUR, None, first_off + nth, False
        for nth, (person, patient, at) in enumerate(visits):
            times = at, at + HALF_HOUR
            yield resource + person, "specialist", *times, first + nth, None, True
            yield resource + 2 * clinic.people + patient, "patient", *times, first + nth, None, True

    names = ["resource", "role", "starts_at", "ends_at", "appointment", "time_off", "exclusive"]
    write(clinic, Claim, names, claims())


def _evenings(clinic: Clinic) -> None:
    """Free slots of everybody, of which the last is a group's, and takes its people."""
    from scheduling.models import AvailableSlot, Claim

    today = clinic.at.replace(hour=0, minute=0, second=0, microsecond=0)
    evenings = [(person, today + DAY * day + LATE) for day in range(1, 1 + EVENINGS) for person in range(clinic.people)]
    slots = (
        (
            practice_of(clinic, n), id_of(clinic, "directory.specialist", n), id_of(clinic, "directory.room", n),
            at + HALF_HOUR * nth, at + HALF_HOUR * (nth + 1), GROUP if nth == SLOTS_OF_ONE - 1 else 1, clinic.at,
        )
        for n, at in evenings
        for nth in range(SLOTS_OF_ONE)
    )  # fmt: skip
    names = ["practice", "specialist", "room", "starts_at", "ends_at", "capacity", "updated_at"]
    first, resource = write(clinic, AvailableSlot, names, slots), clinic.first_id["directory.resource"]
    claims = (
        (resource + whose, role, at + HALF_HOUR * (SLOTS_OF_ONE - 1), at + HALF_HOUR * SLOTS_OF_ONE,
         first + SLOTS_OF_ONE * (nth + 1) - 1)
        for nth, (n, at) in enumerate(evenings)
        for whose, role in ((n, "specialist"), (clinic.people + n, "room"))
    )  # fmt: skip
    write(clinic, Claim, ["resource", "role", "starts_at", "ends_at", "slot"], claims)


def _history(clinic: Clinic) -> None:
    """An entry for each visit; half of them are of specialists, who booked it in the back office, or changed it."""
    from core.models import AuditEntry

    organization = id_of(clinic, "directory.organization", 0)

    def rows() -> Iterator[tuple[Any, ...]]:
        for visit in map(clinic.visit, range(clinic.size)):
            yield (
                visit.starts_at - 3 * DAY, *who(visit.number), "scheduling.appointment",
                id_of(clinic, "scheduling.appointment", visit.number), organization,
                practice_of(clinic, visit.person), '{"status": [null, "confirmed"]}',
            )  # fmt: skip

    user = id_of(clinic, "directory.user", 0)
    booked, changed = ("scheduling.book_appointment", "create"), ("scheduling.change_appointment", "change")

    def who(number: int) -> tuple[Any, ...]:
        if number % 2:
            return None, "system", "services", *booked
        return user + number // 2 % clinic.people, "staff", "backoffice", *(booked if number % 5 else changed)

    where = ["object_kind", "object_id", "organization_id", "practice_id"]
    write(clinic, AuditEntry, ["at", "user", "actor_kind", "door", "verb", "action", *where, "changes"], rows())


def _imports(clinic: Clinic) -> None:
    """Files of ten patients each, who keep the ids they had."""
    from core.models import ExternalId, ImportJob

    organization = id_of(clinic, "directory.organization", 0)
    jobs = (
        (organization, "patients", "earlier", f"patients-{n}.csv", f"{n:064x}", 10, 11, 10, 0, 0, 0,
         clinic.at - DAY - MINUTE * n, clinic.at - DAY - MINUTE * n)
        for n in _some(clinic)
    )  # fmt: skip
    counts = ["rows", "line", "created", "changed", "unchanged", "refused"]
    names = ["organization", "kind", "source", "file_name", "sha256", *counts, "started_at", "finished_at"]
    first = write(clinic, ImportJob, names, jobs)
    ids = (
        (organization, "earlier", "patients.patient", f"E{n}", id_of(clinic, "patients.patient", n), first + n // 10)
        for n in range(min(clinic.size, 10 * len(_some(clinic))))
    )
    write(clinic, ExternalId, ["organization", "source", "kind", "external_id", "object_id", "job"], ids)


def _programs_of_others(clinic: Clinic) -> None:
    """A portal that each of its patients lets in, and a key of each specialist that nobody knows."""
    from directory.models import ApiKey, AppIntegration, Application, Authorization

    organization, staff = id_of(clinic, "directory.organization", 0), id_of(clinic, "directory.user", 0)
    kind = ("confidential", "authorization-code")
    write(
        clinic,
        Application,
        ["client_id", "user", "name", "client_type", "authorization_grant_type", "redirect_uris", "scopes"],
        [(f"portal{organization}", staff, "Portal", *kind, "https://portal.example.org/", "[]")],
    )
    portal = id_of(clinic, "directory.application", 0)
    allowed = ((portal, staff + clinic.people + n, "[]") for n in _some(clinic))
    write(clinic, Authorization, ["application", "user", "scopes"], allowed)
    keys = [(staff + n, f"Key {n}", "[]", f"ck_{n}", f"{organization}-{n}") for n in range(clinic.people)]
    write(clinic, ApiKey, ["user", "label", "scopes", "prefix", "key_hash"], keys)
    uses = [(practice_of(clinic, n), "phone", "success") for n in range(PRACTICES)]
    write(clinic, AppIntegration, ["practice", "app", "status"], uses)


def _lists_of_words(clinic: Clinic) -> None:
    """What an organization chooses from: as few in a large clinic as in a small one. Holidays: one of each month."""
    from billing.models import Company
    from catalog.models import Brand, FormTemplate, ProductCategory, ProductType, Unit
    from directory.models import Color, Specialty
    from patients.models import PatientSource
    from scheduling.models import Holiday

    organization = id_of(clinic, "directory.organization", 0)
    for model in (Brand, ProductCategory, ProductType, Unit, FormTemplate, Specialty, PatientSource, Company):
        rows = [(organization, f"{model._meta.verbose_name} {n}") for n in range(5)]
        write(clinic, model, ["organization", "name"], rows)
    colors = [(organization, f"Color {n}", "336699", "ffffff") for n in range(5)]
    write(clinic, Color, ["organization", "name", "background_color", "text_color"], colors)
    years = range(clinic.first_day.year, clinic.at.year + 2)
    holidays = (
        (practice_of(clinic, n), date(year, month, 1), f"First of month {month}", False, "manual")
        for year in years
        for month in range(1, 13)
        for n in range(PRACTICES)
    )
    write(clinic, Holiday, ["practice", "date", "name", "is_closed", "source"], holidays)
