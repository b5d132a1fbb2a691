"""Imports of patients and appointments, killed on the way and run again: `python -m bench.import_killed --help`.

Two files of so many rows are generated. Each is imported by `manage.py import_data` in a process that is killed
(SIGKILL) so many times, spread over the file, then run to its end, then once more. What must come out: as many rows
as the file has, no id twice, and a last run that changes nothing. The peak memory of the importing processes is
printed, to be compared between sizes.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

PATIENTS = "external_id,first_name,last_name,date_of_birth,email,mobile_phone,city,country_code\n"
APPOINTMENTS = "external_id,patient,specialist,practice,starts_at,ends_at,status,appointment_type\n"
SPECIALISTS = 200
FIRST_DAY = datetime(1990, 1, 1, 8, tzinfo=UTC)
VISITS_A_DAY = 20  # of each specialist, half an hour each


def patients(rows: int) -> Iterator[str]:
    """So many patients, the same every time."""
    yield PATIENTS
    for n in range(rows):
        yield (
            f"p{n},Ana{n % 811},Popescu{n % 4999},{1930 + n % 90}-{1 + n % 12:02}-{1 + n % 28:02},"
            f"p{n}@example.org,+4072{n % 10_000_000:07},Cluj,RO\n"
        )


def appointments(rows: int) -> Iterator[str]:
    """So many visits in the past; nobody has two at once."""
    yield APPOINTMENTS
    for n in range(rows):
        turn, specialist = divmod(n, SPECIALISTS)
        day, visit = divmod(turn, VISITS_A_DAY)
        starts_at = FIRST_DAY + timedelta(days=day, minutes=30 * visit)
        yield (
            f"a{n},p{n},s{specialist},main,{starts_at:%Y-%m-%dT%H:%MZ},"
            f"{starts_at + timedelta(minutes=30):%Y-%m-%dT%H:%MZ},{'done' if n % 10 else 'no_show'},control\n"
        )


def written(path: Path, lines: Iterator[str]) -> Path:
    """The file, written."""
    with path.open("w") as file:
        file.writelines(lines)
    return path


def command(kind: str, path: Path, url: str) -> subprocess.Popen[bytes]:
    """The import, as a process that has begun."""
    words = [sys.executable, "manage.py", "import_data", kind, str(path), "--no-progress"]
    return subprocess.Popen(words, env=os.environ | {"DATABASE_URL": url}, stdout=subprocess.PIPE)


def killed(kind: str, path: Path, url: str, *, at_row: int) -> int:
    """Begin the import and kill it once it has so many rows; returns how many it had then."""
    from core.models import ImportJob

    before = ImportJob.objects.count()
    process = command(kind, path, url)
    rows = 0
    while rows < at_row and process.poll() is None:
        time.sleep(0.05)
        job = ImportJob.objects.order_by("-pk").first() if ImportJob.objects.count() > before else None
        rows = job.rows if job is not None else 0
    if process.poll() is not None:
        raise SystemExit(f"{kind}: it ended before it could be killed; take more rows or fewer kills")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return rows


def whole(kind: str, path: Path, url: str) -> tuple[str, float]:
    """Run the import to its end; returns the last line that it prints, and the seconds of CPU that it took."""
    began = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = command(kind, path, url)
    out, _nothing = process.communicate()
    if process.returncode:
        raise SystemExit(out.decode())
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = (ended.ru_utime + ended.ru_stime) - (began.ru_utime + began.ru_stime)
    return out.decode().strip().splitlines()[-1], took


def check(kind: str, model: type, rows: int) -> None:
    """As many rows as the file has, and no id twice."""
    from core.models import ExternalId

    known = ExternalId.objects.filter(kind=model._meta.label_lower)  # type: ignore[attr-defined]
    found = (
        model.objects.count(),  # type: ignore[attr-defined]
        known.count(),
        known.values("external_id").distinct().count(),
        known.values("object_id").distinct().count(),
    )
    print(f"{kind}: rows, external ids, distinct ids, distinct rows: {found}")
    if set(found) != {rows}:
        raise SystemExit(f"{kind}: {rows} were expected")


def run(kind: str, model: type, path: Path, url: str, *, rows: int, kills: int) -> None:
    """One file: killed, finished, run again."""
    for number in range(1, kills + 1):
        print(f"{kind}: killed with {killed(kind, path, url, at_row=rows * number // (kills + 1)):,} rows")
    said, took = whole(kind, path, url)
    print(f"{said} [{took:.1f} s of CPU]")
    check(kind, model, rows)
    said, took = whole(kind, path, url)
    print(f"{said} [{took:.1f} s of CPU]")
    if f"0 created, 0 changed, {rows} unchanged, 0 refused" not in said:
        raise SystemExit(f"{kind}: the last run changed something")


def main() -> None:
    """Prepare an empty database of the wanted engine, and import into it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--kills", type=int, default=5)
    options = parser.parse_args()

    from tests.plugins.engine import prepare

    print(prepare(options.engine))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    import django

    django.setup()
    from django.db import connection

    from directory.models import Practice, Specialist
    from patients.models import Patient
    from scheduling.models import Appointment

    # A request's limits on statements are too short for a bench that makes and drops a large database.
    connection.settings_dict["OPTIONS"].pop("options", None)
    connection.creation.create_test_db(verbosity=0)
    name = str(connection.settings_dict["NAME"])
    url = os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}"
    if options.engine == "sqlite":
        url = f"sqlite:///{name}"
    try:
        with tempfile.TemporaryDirectory() as folder:
            places = "external_id,name,time_zone,currency\nmain,Main,Europe/Bucharest,RON\n"
            whole("practices", written(Path(folder) / "practices.csv", iter([places])), url)
            people = ["external_id,first_name,last_name,practices\n"]
            people += [f"s{n},Dr,Number {n},main\n" for n in range(SPECIALISTS)]
            whole("specialists", written(Path(folder) / "specialists.csv", iter(people)), url)
            assert (Practice.objects.count(), Specialist.objects.count()) == (1, SPECIALISTS)
            for kind, model, lines in (
                ("patients", Patient, patients(options.rows)),
                ("appointments", Appointment, appointments(options.rows)),
            ):
                path = written(Path(folder) / f"{kind}.csv", lines)
                run(kind, model, path, url, rows=options.rows, kills=options.kills)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        print(f"peak memory of an importing process: {peak} MB")
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


if __name__ == "__main__":
    main()
