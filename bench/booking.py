"""Booking a slot through the API beside a bare Django view that runs the same statements.

    python -m bench.booking [sqlite|postgresql]... [--pairs 300]

The statements of one booking are recorded and counted, those of authentication apart (goal: at most 12). The bare
view then runs them, as SQL, with the next booking's ids, after the same authentication, and answers with orjson: no
model, no rule, no history made. Both are called through the whole WSGI application, in turns (goal: at least 0.5).
The statements of the portal's and of flextell's booking are counted beside.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from bench.engines import medians, run, seconds

MOST_STATEMENTS, GOAL = 12, 0.5
PATH = "/v1/admin/clinic/availability/books"


def measure(options: argparse.Namespace) -> int:
    """Record one booking, then compare."""
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application

    settings.ROOT_URLCONF = "bench.booking_urls"
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.READS_WRITTEN_AFTER_SECONDS = None  # the trace of reads is counted apart
    key, slots, patient = fill(2 * options.pairs + 60)
    ours, bare = (caller(get_wsgi_application(), path, key) for path in (PATH, "/bare"))
    queue = iter(slots)

    def wish(slot: Any) -> dict[str, Any]:
        return {"book": {"available_slot_id": slot.pk, "patient_id": patient}}

    for _number in range(5):
        ours(wish(next(queue)))
    first = next(queue)
    counted = record(lambda: ours(wish(first)), first, slots)
    status = int(counted > MOST_STATEMENTS)
    for _number in range(20):
        ours(wish(next(queue))), bare(wish(next(queue)))
    pairs = []
    for number in range(options.pairs):
        mine, other = wish(next(queue)), wish(next(queue))
        if number % 2:
            a = seconds(lambda: ours(mine))  # noqa: B023 called at once
            b = seconds(lambda: bare(other))  # noqa: B023 called at once
        else:
            b = seconds(lambda: bare(other))  # noqa: B023 called at once
            a = seconds(lambda: ours(mine))  # noqa: B023 called at once
        pairs.append((a, b))
    a, b = medians(pairs)
    ratio = statistics.median(other / mine for mine, other in pairs)
    print(
        f"  booking: {counted} statements beside authentication (goal at most {MOST_STATEMENTS}); ours {1 / a:,.0f} "
        f"req/s, the bare view {1 / b:,.0f} req/s, ratio {ratio:.2f} ({options.pairs} pairs; goal at least {GOAL})"
    )
    for door, counted in other_doors(get_wsgi_application()).items():
        print(f"  {door}: {counted} statements beside authentication")
    return status | int(ratio < GOAL)


def other_doors(application: Any) -> dict[str, int]:
    """The statements of one booking of a slot through each of the other doors, the second that is made there."""
    from tests import factories
    from tests.races import doors, test_all_doors

    make: Any = factories
    key: Any = doors.key
    set_clinic: Any = test_all_doors.set_clinic
    clinic = set_clinic(4)
    patient = make.PatientFactory(organization=clinic.practice.organization)
    own, desk = make.UserFactory(), make.MembershipFactory(practice=clinic.practice).user
    make.PatientAccessFactory(user=own, patient=patient)

    def portal(slot: Any) -> dict[str, Any]:
        return {"slot_id": slot.pk, "service_id": str(clinic.service.uuid), "policy_accepted": True}

    def flextell(slot: Any) -> dict[str, Any]:
        who = {"customer_id": patient.pk, "user_id": slot.specialist_id, "treatments": [clinic.service.pk]}
        return {**who, "scheduled_at": slot.starts_at.isoformat(), "status": "approved"}

    asked = {"portal": ("/v1/appointments/book", own, portal), "flextell": ("/api/v1/appointments", desk, flextell)}
    slots, counted = iter(clinic.slots), {}
    for door, (path, user, wish) in asked.items():
        book = caller(application, path, key(user))
        book(wish(next(slots)))
        slot = next(slots)
        counted[door] = len(statements(lambda: book(wish(slot)))[1])  # noqa: B023 called at once
    return counted


def fill(count: int) -> tuple[str, list[Any], int]:
    """A practice with `count` free slots and a patient; returns a clinic admin's key, the slots, the patient's id."""
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
    person = make.SpecialistFactory(organization=practice.organization, works_at=[practice])
    patient = make.PatientFactory(organization=practice.organization)
    user = make.MembershipFactory(practice=practice, admin=True).user
    make.ApiKeyFactory(user=user, text="ck_benchmark")
    at, length = timezone.now(), timedelta(minutes=15)
    wishes = [SlotWish(person.pk, at + (n + 9) * length, at + (n + 10) * length) for n in range(count)]
    made = create_slots(practice_id=practice.pk, wishes=wishes, by=actor_with("front_desk", practice), at=at)
    return "ck_benchmark", made.made, patient.pk


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
        "appointment": made["id"],
        "starts_at": str(_sent(slot.starts_at)),
        "ends_at": str(_sent(slot.ends_at)),
    }

    def renewal(asked: dict[str, Any]) -> Renewal:
        return Renewal(old, by_id[asked["available_slot_id"]])

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


def caller(application: Any, path: str, key: str) -> Callable[[dict[str, Any]], Any]:
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
            "HTTP_AUTHORIZATION": f"Bearer {key}",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(sent),
            "wsgi.errors": sys.stderr,
        }
        response = application(environ, lambda status, headers: told.append(status))
        content = b"".join(_read(response))
        assert told[0].startswith("201"), (told, content[:500])
        return json.loads(content)

    return call


def _read(response: Any) -> Iterator[bytes]:
    try:
        yield from response
    finally:
        response.close()


if __name__ == "__main__":
    sys.exit(run("bench.booking", __doc__, measure, pairs=300))
