"""The import of patients beside a plain `bulk_create` of the same rows: `python -m bench.import_patients --help`.

Both read the same CSV file in chunks of 2,000. The plain one makes Patient and Resource rows and nothing else: no
check, no external id, no history. The import makes all of these, and its second run finds everything unchanged.
Rounds are interleaved. On a machine that does other work, too, trust the ratio and the rows per second of CPU, not the
rows per second; on PostgreSQL the server's own process is counted.
"""

from __future__ import annotations

import argparse
import csv
import gc
import io
import os
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

HEADER = (
    "Id,BIRTHDATE,DEATHDATE,SSN,DRIVERS,PASSPORT,PREFIX,FIRST,LAST,SUFFIX,MAIDEN,MARITAL,RACE,ETHNICITY,GENDER,"
    "BIRTHPLACE,ADDRESS,CITY,STATE,COUNTY,ZIP,LAT,LON,HEALTHCARE_EXPENSES,HEALTHCARE_COVERAGE"
)
CHUNK = 2000


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


def measure(rows: int, rounds: int) -> None:
    """Print each round, then the medians."""
    from core.db import long_running
    from directory.models import Organization

    content = synthea(rows)
    ratios, firsts, seconds_runs = [], [], []
    for number in range(1, rounds + 1):
        organizations = [Organization.objects.create(name=f"{kind} {number}").pk for kind in ("plain", "imported")]
        with long_running():  # as the command does
            bare = seconds(lambda: plain(content, organizations[0]))  # noqa: B023 called at once
            first = seconds(lambda: imported(content, organizations[1]))  # noqa: B023 called at once
            second = seconds(lambda: imported(content, organizations[1]))  # noqa: B023 called at once
        ratios.append(bare.clock / first.clock)
        firsts.append(rows / first.clock)
        seconds_runs.append(rows / second.clock)
        print(f"round {number}: plain {bare.says(rows)}")
        print(f"  import {first.says(rows)}")
        print(f"  again {second.says(rows)}")
    print(
        f"median: import {statistics.median(firsts):,.0f} rows/s, {statistics.median(ratios):.2f} of plain; "
        f"again {statistics.median(seconds_runs):,.0f} rows/s; "
        f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB"
    )


def main() -> None:
    """Prepare an empty database of the wanted engine, and measure on it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()

    from tests.plugins.engine import prepare

    print(prepare(options.engine))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    import django

    django.setup()
    from django.db import connection

    # A request's limits on statements are too short for a bench that makes and drops a large database.
    connection.settings_dict["OPTIONS"].pop("options", None)
    connection.creation.create_test_db(verbosity=0)
    try:
        gc.freeze()  # as the command does
        measure(options.rows, options.rounds)
    finally:
        connection.creation.destroy_test_db(str(connection.settings_dict["NAME"]), verbosity=0)


if __name__ == "__main__":
    main()
