"""Booking a slot through each contract beside a bare Django view that runs the same statements.

    python -m bench.booking [sqlite|postgresql]... [--pairs 300]

The statements of one booking at each door are recorded and counted, those of authentication apart (goal: at most 12).
The bare view then runs them, as SQL, with the next booking's ids, after the same authentication, and answers with
orjson: no model, no rule, no history made. Both are called through the whole WSGI application, in turns (goal: at
least 0.5).
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bench.engines import interleaved, run
from bench.figures import Figure, tell

MOST_STATEMENTS, GOAL = 12, 0.5
WARM = 10  # bookings before the first that counts
KEY = "ck_benchmark"


@dataclass(frozen=True)
class Door:
    """A way to book: where, as whom, and what is sent for a slot."""

    path: str
    headers: dict[str, str]
    wish: Callable[[Any], dict[str, Any]]
    most: int | None = MOST_STATEMENTS


def measure(options: argparse.Namespace) -> int:
    """Record one booking of each door, then compare."""
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from rest_framework.throttling import SimpleRateThrottle

    settings.ROOT_URLCONF = "bench.booking_urls"
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.READS_WRITTEN_AFTER_SECONDS = None  # the trace of reads is counted apart
    for name in SimpleRateThrottle.THROTTLE_RATES:
        SimpleRateThrottle.THROTTLE_RATES[name] = "1000000/minute"
    each = 2 * options.pairs + 2 * WARM + 1
    doors, slots = fill(each)
    application, missed = get_wsgi_application(), 0
    for number, (name, door) in enumerate(doors.items()):
        missed |= compare(application, name, door, slots[number * each : (number + 1) * each], options.pairs)
    return missed


def compare(application: Any, name: str, door: Door, slots: Sequence[Any], pairs: int) -> int:
    """Book these slots through the door and through the bare view, in turns; 1 where a goal is missed."""
    book, queue = caller(application, door.path, door.headers), iter(slots)
    other = caller(application, "/bare", {"HTTP_AUTHORIZATION": f"Bearer {KEY}"})

    def ours() -> None:
        book(door.wish(next(queue)))

    def bare() -> None:
        other({"slot": next(queue).pk})

    for _number in range(WARM):
        ours()
    first = next(queue)
    counted = record(lambda: book(door.wish(first)), first, slots)
    for _number in range(WARM):
        bare()
    own, theirs, ratio = interleaved(bare, ours, pairs)
    what = f"booking, {name}"
    missed = tell(Figure(f"{what}, beside authentication", counted, "statements", most=door.most))
    return missed | tell(Figure(what, theirs * 1000, "ms", own * 1000, "a bare view", ratio, least=GOAL))


def fill(each: int) -> tuple[dict[str, Door], list[Any]]:
    """A practice with so many free slots for each door, and a patient for whom they book."""
    from django.utils import timezone

    from scheduling.calendar import SlotWish
    from scheduling.models import Appointment, AvailableSlot
    from scheduling.services import create_slots
    from tests import factories
    from tests.stage import actor_with

    # Ids by which a recorded parameter is told from any other number.
    begin_at(AvailableSlot, 10_000_000)
    begin_at(Appointment, 20_000_000)
    make: Any = factories
    practice = make.PracticeFactory()
    organization = practice.organization
    person = make.SpecialistFactory(organization=organization, works_at=[practice])
    service = make.ServiceFactory(organization=organization, public=True, duration_minutes=15)
    make.ServiceSpecialistFactory(service=service, specialist=person)
    patient, color = make.PatientFactory(organization=organization), make.ColorFactory(organization=organization)
    make.ApiKeyFactory(user=make.MembershipFactory(practice=practice, admin=True).user, text=KEY)
    own, own_key = make.UserFactory(), f"{KEY}_of_a_patient"
    make.PatientAccessFactory(user=own, patient=patient)
    make.ApiKeyFactory(user=own, text=own_key)
    token = base64.b64encode(f"{KEY}:".encode()).decode()
    archive = f"/api/v1/practices/{practice.pk}/archives/{organization.pk}"
    doors = {
        "availability": Door(
            "/v1/admin/clinic/availability/books",
            {"HTTP_X_USER_TOKEN": KEY},
            lambda slot: {"book": {"available_slot_id": slot.pk, "patient_id": patient.pk}},
        ),
        "portal": Door(
            "/v1/appointments/book",
            {"HTTP_AUTHORIZATION": f"Bearer {own_key}"},
            lambda slot: {"slot_id": slot.pk, "service_id": str(service.uuid), "policy_accepted": True},
        ),
        "cliniko": Door(
            "/v1/individual_appointments",
            {"HTTP_AUTHORIZATION": f"Basic {token}"},
            lambda slot: {
                "appointment_type_id": str(service.pk),
                "business_id": str(practice.pk),
                "patient_id": str(patient.pk),
                "practitioner_id": str(person.pk),
                "starts_at": slot.starts_at.isoformat(),
            },
        ),
        "alfadocs": Door(
            f"{archive}/appointments",
            {"HTTP_X_API_KEY": KEY},
            lambda slot: {
                "date": f"{slot.starts_at.astimezone(practice.zone):%Y-%m-%d %H:%M:%S}",
                "colorId": color.pk,
                "patientId": patient.pk,
                "operatorId": person.pk,
                "duration": 15,
            },
        ),
        "flextell": Door(
            "/api/v1/appointments",
            {"HTTP_AUTHORIZATION": f"Bearer {KEY}", "HTTP_X_TENANT": str(practice.pk)},
            lambda slot: {
                "customer_id": patient.pk,
                "user_id": person.pk,
                "scheduled_at": slot.starts_at.isoformat(),
                "status": "approved",
                "treatments": [service.pk],
            },
            most=None,  # its answer tells all about the visit: excepted by name
        ),
    }
    at, length = timezone.now().replace(minute=0, second=0, microsecond=0), timedelta(minutes=15)
    starts = (at + timedelta(days=7) + n * length for n in range(each * len(doors)))
    wishes = [SlotWish(person.pk, start, start + length) for start in starts]
    made = create_slots(practice_id=practice.pk, wishes=wishes, by=actor_with("front_desk", practice), at=at)
    return doors, made.made


def begin_at(model: Any, first: int) -> None:
    """Let the model's next id be about `first`."""
    from django.db import connection

    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, first])
        else:
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, first])


class Renewal:
    """The recorded parameters with the next booking's slot, times and appointment in the place of the old ones."""

    def __init__(self, old: dict[str, Any], new: Any) -> None:
        self.values = {old["slot"]: new.pk}
        self.times = {old["starts_at"]: _sent(new.starts_at), old["ends_at"]: _sent(new.ends_at)}
        self.old = old

    def saw(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """The id that the database gave the appointment."""
        if sql.startswith('INSERT INTO "scheduling_appointment" '):
            self.values[self.old["appointment"]] = rows[0][0]

    def __call__(self, parameters: Sequence[Any]) -> list[Any]:
        return [self._new(value) for value in parameters or ()]

    def _new(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._new(one) for one in value]
        if isinstance(value, int) and not isinstance(value, bool) and value >= 10_000_000:
            return self.values.get(value, value)
        return self.times.get(str(value), value)


def record(book: Callable[[], Any], slot: Any, slots: Sequence[Any]) -> int:
    """Note what `book` says to the database behind authentication, for the bare view; returns how much that is."""
    from bench import booking_urls

    made, counted = statements(book)
    booking_urls.STATEMENTS[:] = [(sql, _numbered(params)) for sql, params in counted]
    by_id = {one.pk: one for one in slots}
    old = {
        "slot": slot.pk,
        "appointment": int((made.get("data") or made)["id"]),
        "starts_at": str(_sent(slot.starts_at)),
        "ends_at": str(_sent(slot.ends_at)),
    }

    def renewal(asked: dict[str, Any]) -> Renewal:
        return Renewal(old, by_id[asked["slot"]])

    booking_urls.next_values[:] = [renewal]
    return len(counted)


def statements(book: Callable[[], Any]) -> tuple[Any, list[tuple[str, Any]]]:
    """What `book` returns, and what it says to the database beside authentication and transaction."""
    from django.db import connection

    said: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        said.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        made = book()
    return made, [one for one in said if not _is_authentication(one[0]) and not _is_transaction(one[0])]


def _numbered(params: Any) -> list[Any]:
    return list(params or ())


def _sent(moment: Any) -> Any:
    """As the driver is given it."""
    from django.db import connection

    return connection.ops.adapt_datetimefield_value(moment)


def _is_authentication(sql: str) -> bool:
    """The key with its user, and what the actor may do."""
    return bool(re.search(r'FROM "directory_(apikey|membership)"|FROM "patients_patientaccess"', sql))


def _is_transaction(sql: str) -> bool:
    return bool(re.match(r"BEGIN|COMMIT|SAVEPOINT|RELEASE|ROLLBACK", sql))


def caller(application: Any, path: str, headers: dict[str, str]) -> Callable[[dict[str, Any]], Any]:
    """A function that posts a body and returns what the answer says."""

    def call(body: dict[str, Any]) -> Any:
        sent = json.dumps(body).encode()
        told: list[str] = []
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path,
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(sent)),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(sent),
            "wsgi.errors": sys.stderr,
            **headers,
        }
        response = application(environ, lambda status, headers: told.append(status))
        content = b"".join(_read(response))
        assert told[0].startswith(("200", "201")), (told, content[:500])
        return json.loads(content)

    return call


def _read(response: Any) -> Iterator[bytes]:
    try:
        yield from response
    finally:
        response.close()


if __name__ == "__main__":
    sys.exit(run("bench.booking", __doc__, measure, pairs=300))
