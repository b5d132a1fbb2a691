"""The import of patients beside a plain `bulk_create` of the same rows, and beside COPY:

    python -m bench.import_patients [sqlite|postgresql]... [--rows 100000] [--rounds 1]

All read the same CSV file, the first two in chunks of 2,000; what stands beside the import reads the first 20,000 rows
at most. The plain one makes Patient and Resource rows and nothing else: no check, no external id, no history. COPY into
a table without rules, and from there those rows whose dates and genders can be read, is the limit on PostgreSQL. The
import makes all of these, and its second run finds everything unchanged. Rounds are interleaved, and the fastest of
each counts. On a machine that does other work, too, trust the ratio and the rows per second of CPU; on PostgreSQL the
server's own process is counted.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from bench.engines import run
from bench.figures import Figure, tell

GOALS, SLOWER = {"sqlite": 5_000, "postgresql": 6_000}, 0.7  # rows a second; to a plain bulk_create
HEADER = (
    "Id,BIRTHDATE,DEATHDATE,SSN,DRIVERS,PASSPORT,PREFIX,FIRST,LAST,SUFFIX,MAIDEN,MARITAL,RACE,ETHNICITY,GENDER,"
    "BIRTHPLACE,ADDRESS,CITY,STATE,COUNTY,ZIP,LAT,LON,HEALTHCARE_EXPENSES,HEALTHCARE_COVERAGE"
)
CHUNK, BESIDE = 2000, 20_000


def synthea(rows: int) -> bytes:
    """A file of patients in Synthea's columns, the same every time."""
    lines = [HEADER]
    for n in range(rows):
        born = date(1930 + n % 90, 1 + n % 12, 1 + n % 28)
        lines.append(
            f"1d3d16ce-a3a4-5e9e-1b4d-{n:012},{born},,999-66-{n:04},S{n},X{n}X,Ms.,Jackie{n},Okuneva{n % 977},,,S,"
            f"white,nonhispanic,{'MF'[n % 2]},Marlborough  Massachusetts  US,{n} Labadie Underpass Suite 69,Winchester,"
            "Massachusetts,Middlesex County,01890,42.48,-71.12,868661.55,208.16"
        )
    return "\n".join(lines).encode() + b"\n"


def plain(content: bytes, organization_id: int) -> None:
    """What a script would do that trusts its file."""
    from django.db import transaction
    from django.utils import timezone

    from directory.models import Resource
    from patients.models import Patient

    rows = csv.DictReader(io.StringIO(content.decode()))
    while chunk := list(islice(rows, CHUNK)):
        at = timezone.now()
        with transaction.atomic():
            resources = Resource.objects.bulk_create(
                [Resource(kind="patient", created_at=at) for _row in chunk], batch_size=1000
            )
            Patient.objects.bulk_create(
                [
                    Patient(
                        organization_id=organization_id,
                        resource_id=made.pk,
                        title=row["PREFIX"],
                        first_name=row["FIRST"],
                        last_name=row["LAST"],
                        gender={"M": "male", "F": "female"}[row["GENDER"]],
                        date_of_birth=date.fromisoformat(row["BIRTHDATE"]),
                        place_of_birth=row["BIRTHPLACE"],
                        address_1=row["ADDRESS"],
                        address_3=row["COUNTY"],
                        city=row["CITY"],
                        state=row["STATE"],
                        post_code=row["ZIP"],
                        country_code="US",
                        identity_number=row["SSN"],
                        created_at=at,
                        updated_at=at,
                    )
                    for row, made in zip(chunk, resources, strict=True)
                ],
                batch_size=1000,
            )


def staged(content: bytes, organization_id: int) -> None:
    """What PostgreSQL can do at most: COPY, and one statement that takes the rows which can be read."""
    from django.db import connection, transaction
    from django.db.models import NOT_PROVIDED
    from django.utils import timezone

    from patients.models import Patient

    taken = {
        "organization_id": "%(organization)s", "resource_id": "resource", "title": '"PREFIX"', "first_name": '"FIRST"',
        "last_name": '"LAST"', "gender": """CASE "GENDER" WHEN 'M' THEN 'male' ELSE 'female' END""",
        "date_of_birth": '"BIRTHDATE"::date', "place_of_birth": '"BIRTHPLACE"', "address_1": '"ADDRESS"',
        "address_3": '"COUNTY"', "city": '"CITY"', "state": '"STATE"', "post_code": '"ZIP"', "country_code": "'US'",
        "identity_number": '"SSN"', "created_at": "%(at)s", "updated_at": "%(at)s",
    }  # fmt: skip
    params: dict[str, Any] = {"organization": organization_id, "at": timezone.now()}
    for one in Patient._meta.concrete_fields:
        if not (one.primary_key or one.null or one.column in taken) and one.db_default is NOT_PROVIDED:
            taken[str(one.column)] = f"%({one.column})s"
            params[str(one.column)] = one.get_db_prep_save(one.get_default(), connection)
    columns, names = ", ".join(f'"{name}" text' for name in HEADER.split(",")), ", ".join(taken)
    with transaction.atomic(), connection.cursor() as cursor:
        number = "bigint DEFAULT nextval(pg_get_serial_sequence('directory_resource', 'id'))"
        cursor.execute(f"CREATE TEMPORARY TABLE staged ({columns}, resource {number}) ON COMMIT DROP")
        read = ", ".join(f'"{name}"' for name in HEADER.split(","))
        with cursor.copy(f"COPY staged ({read}) FROM STDIN (FORMAT csv, HEADER)") as copy:
            copy.write(content)
        cursor.execute(
            "INSERT INTO directory_resource (id, kind, created_at) SELECT resource, 'patient', now() FROM staged"
        )
        cursor.execute(
            f"INSERT INTO patients_patient ({names}) SELECT {', '.join(taken.values())} FROM staged "
            """WHERE "GENDER" IN ('M', 'F') AND "BIRTHDATE" ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'""",
            params,
        )


def imported(content: bytes, organization_id: int) -> Any:
    """The same through the engine; returns its report."""
    from django.utils import timezone

    from core.actor import Actor
    from core.imports import CsvFile, Request, all_kinds, run_import

    return run_import(
        all_kinds()["patients"],
        CsvFile(io.BytesIO(content)),
        request=Request(organization_id=organization_id, layout="synthea"),
        by=Actor.system("bench"),
        clock=timezone.now,
    )


@dataclass(frozen=True, slots=True)
class Took:
    """How long something took by the clock, and how many seconds of CPU here and in the database's process."""

    clock: float
    here: float
    there: float

    def says(self, rows: int) -> str:
        """Its rates of so many rows."""
        beside = f" + {self.there * 1e6 / rows:.0f} µs in the server" if self.there else ""
        return (
            f"{rows / self.clock:,.0f} rows/s ({rows / (self.here + self.there):,.0f} a CPU second: "
            f"{self.here * 1e6 / rows:.0f} µs a row{beside})"
        )


def seconds(call: Callable[[], Any]) -> Took:
    """How long `call` takes."""
    clock, here, there = time.perf_counter(), time.process_time(), server_cpu()
    call()
    return Took(time.perf_counter() - clock, time.process_time() - here, server_cpu() - there)


def server_cpu() -> float:
    """The seconds of CPU of PostgreSQL's process for this connection; 0 for SQLite and a server elsewhere."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        process = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    if not process.exists():
        return 0.0
    user, system = process.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def measure(options: argparse.Namespace) -> int:
    """Tell the fastest of some rounds; 1 where a goal is missed."""
    from django.db import connection

    from core.db import long_running
    from directory.models import Organization

    content, beside = synthea(options.rows), synthea(min(options.rows, BESIDE))
    ways: dict[str, Callable[[int], Any]] = {"plain": lambda number: plain(beside, number)}
    if connection.vendor == "postgresql":
        ways["staged"] = lambda number: staged(beside, number)
    took: dict[str, list[Took]] = {name: [] for name in (*ways, "import", "again")}
    for number in range(options.rounds):
        with long_running():  # as the command does
            for name, way in ways.items():
                organization = Organization.objects.create(name=f"{name} {number}").pk
                took[name].append(seconds(lambda: way(organization)))  # noqa: B023 called at once
            organization = Organization.objects.create(name=f"import {number}").pk
            for name in ("import", "again"):
                took[name].append(seconds(lambda: imported(content, organization)))  # noqa: B023 called at once
                print(f"  {name}: {took[name][-1].says(options.rows)}", flush=True)
    rates = {
        name: (min(options.rows, BESIDE) if name in ways else options.rows) / min(one.clock for one in several)
        for name, several in took.items()
    }
    what = f"import of {options.rows:,} patients"
    missed = tell(Figure(what, rates["import"], "rows/s", least=GOALS[connection.vendor]))
    for name, than, least in (("plain", "bulk_create", SLOWER), ("staged", "COPY staging, the limit", None)):
        if name in rates:
            ratio = rates["import"] / rates[name]
            missed |= tell(Figure(what, rates["import"], "rows/s", rates[name], than, ratio, least=least))
    tell(Figure(f"{what} when nothing changes", rates["again"], "rows/s"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    tell(Figure(f"{what}, memory at most", peak, "MB"))
    return missed


if __name__ == "__main__":
    sys.exit(run("bench.import_patients", __doc__, measure, rows=100_000, rounds=1))
