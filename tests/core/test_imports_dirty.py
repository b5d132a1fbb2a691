"""Dirty files in shapes seen in real ones: what each gives, the same in a dry run and for real."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from core.imports import Report
from directory.models import Practice
from patients.models import Patient, PhoneNumber
from scheduling.models import Appointment
from tests.factories import PracticeFactory
from tests.importing import counts, import_text, outcome, refusals
from tests.plugins.counts import scaled

DIRTY = Path(__file__).parent.parent / "data" / "dirty"


def load(kind, name, **more) -> Report:
    """Import the file after a dry run of it, whose report is the same and which keeps nothing."""
    content = (DIRTY / name).read_bytes()
    before = counts()
    rehearsed = import_text(kind, content, dry_run=True, **more)
    assert counts() == before
    performed = import_text(kind, content, **more)
    # A first import of practices makes an organization; the dry run's had another number.
    assert replace(rehearsed, dry_run=False, organization_id=0) == replace(performed, organization_id=0)
    return performed


@pytest.fixture
def romania(organization):
    """A practice whose country is known."""
    return PracticeFactory(organization=organization, country_code="RO")


def test_a_stray_quotation_mark_costs_its_own_row(organization):
    report = load("patients", "quote.csv")
    assert outcome(report) == (4, 0, 0, 1)
    assert refusals(report) == [(3, "", "A quotation mark stands where none belongs.")]
    assert set(Patient.objects.values_list("first_name", "last_name", "notes")) == {
        ("Ana", "Popa", "ok"),
        ("Eva", "Rusu", "ok"),
        ("Ina", "Marin", "quoted, and fine"),
        ("Ion", "Dobre", "ok"),
    }
    assert report.lines_unread == 1


def test_the_separator_is_none_that_stands_inside_quotes(organization):
    report = load("patients", "separator.csv")
    assert outcome(report) == (2, 0, 0, 0)
    assert report.unread == ["Notes (home, work, mobile, other, more)"]
    assert set(Patient.objects.values_list("first_name", "last_name")) == {("Ana", "Popa"), ("Dan", "Ionescu")}


def test_a_day_that_nobody_means_is_refused_and_every_reason_comes_at_once(organization):
    report = load("patients", "days.csv")
    assert outcome(report) == (2, 0, 0, 3)
    assert refusals(report) == [
        (3, "date_of_birth", "Must be a day from 1900 to 2199."),
        (4, "date_of_birth", "Must be a day from 1900 to 2199."),
        (6, "date_of_birth", "“31.12.1980” is no date; write 1980-12-31."),
        (6, "email", "Enter a valid email address."),
    ]
    assert set(Patient.objects.values_list("first_name", flat=True)) == {"Ana", "Ina"}


def test_a_telephone_number_is_kept_as_typed_found_by_its_digits_and_named_where_it_is_unclear(romania):
    report = load("patients", "telephones.csv")
    assert outcome(report) == (5, 0, 0, 0)
    kept = PhoneNumber.objects.order_by("pk").values_list("number", "e164")
    assert list(kept) == [
        ("0722 123 456 (mama)", "+40722123456"),
        ("0722123457 / 0733123457", ""),
        ("1-365-555-0141 x4781", ""),
        ("+40 722 123 459", "+40722123459"),
        ("n/a", ""),
    ]
    unclear = "“%s” is kept as it is: it could not be understood as one telephone number."
    assert [(one.line, one.external_id, one.column, one.says) for one in report.remarks] == [
        (3, "T2", "phone", unclear % "0722123457 / 0733123457"),
        (4, "T3", "phone", unclear % "1-365-555-0141 x4781"),
        (6, "T5", "phone", unclear % "n/a"),
    ]
    found = {
        text: sorted(patient.first_name for patient in Patient.objects.found_by(text))
        for text in ("0722 123 456", "0722 123 45", "123456", "0733123457", "555-0141", "+40 722 123 459", "0722123457")
    }
    assert found == {
        "0722 123 456": ["Ana"],
        "0722 123 45": ["Ana", "Dan", "Ina"],
        "123456": ["Ana"],
        "0733123457": ["Dan"],
        "555-0141": ["Eva"],
        "+40 722 123 459": ["Ina"],
        "0722123457": ["Dan"],
    }


def test_a_calendar_with_times_that_nobody_means(db):
    for number, kind in enumerate(("practices", "specialists", "patients"), 1):
        assert outcome(load(kind, f"calendar-{number}-{kind}.csv")) == (1, 0, 0, 0)
    report = load("appointments", "calendar-4-appointments.csv")
    assert outcome(report) == (2, 0, 0, 4)
    years = "Must be a day from 1900 to 2199."
    assert refusals(report) == [
        (4, "starts_at", "“2026-07-06” is a day without a time; write 2024-12-31T09:30."),
        (4, "ends_at", "“2026-07-07” is a day without a time; write 2024-12-31T09:30."),
        (5, "starts_at", years),
        (5, "ends_at", years),
        (6, "starts_at", years),
        (6, "ends_at", years),
        (7, "status", "A visit that lies ahead cannot be over."),
    ]
    assert list(Appointment.objects.order_by("starts_at").values_list("starts_at", "status")) == [
        (datetime(2026, 1, 6, 8, tzinfo=UTC), "done"),
        (datetime(2030, 11, 5, 11, tzinfo=UTC), "confirmed"),
    ]


def test_practices_of_one_name_are_told_apart_by_their_town(db):
    report = load("practices", "chain.csv", layout="synthea")
    assert outcome(report) == (2, 0, 0, 0)
    names = ["ELM STREET DENTAL, ALPHAVILLE", "ELM STREET DENTAL, BETATOWN"]
    assert sorted(Practice.objects.values_list("name", flat=True)) == names
    assert [one.says for one in report.remarks] == [
        f"There are several practices of this name; this one is called “{name}” here." for name in names
    ]
    assert outcome(load("practices", "chain.csv", layout="synthea")) == (0, 0, 2, 0)


# ------------------------------------------------------------------------------- generated files

CELLS = [
    "", "a", "Ana", "1", "0", "-1", "9" * 30, "1980-12-31", "0001-01-01", "9999-12-31", "2026-02-30", "31.12.1980",
    "2026-01-06T10:00", "2026-01-06T10:30", "0001-01-01T00:00", "9999-12-31T23:59:59-23:59", "24:00",
    "2026-03-29T03:30", "0722 123 456", "+", "()", "n/a", "ana@example.org", "a@", "=1+1", "@x", "\t", "yes", "no",
    "M", "other", "RO",
    "UK", "Europe/Rome", "EUR", "XYZ", "Ștefan", "\x00", "﻿", "\u2028", "🙂" * 40, "x" * 300, "done", "lost",
    "P1", "S1", "K1", 'with "marks"', '"', '""', '"a', 'a"b', "a,b", "a;b", "two\nlines", '"two\nlines"', "\r", "\\",
]  # fmt: skip


FILES_OF_A_KIND = scaled(quick=6, full=13)  # 24 files of the four kinds, 52 at night

# By kind: each column with a good cell (# is the row's number).
COLUMNS = {
    "practices": {
        "external_id": "#", "name": "Practice #", "time_zone": "Europe/Rome", "currency": "EUR", "country_code": "IT",
        "city": "Rome", "archived_at": "",
    },
    "specialists": {
        "external_id": "#", "first_name": "Ana", "last_name": "Popa", "specialty": "Dentist", "practices": "PR1",
        "archived_at": "",
    },
    "patients": {
        "external_id": "#", "last_name": "Popa", "first_name": "Ana", "date_of_birth": "1980-12-31",
        "email": "ana@example.org", "phone": "0722 123 456", "gender": "M", "country_code": "RO",
        "time_zone": "Europe/Rome", "accepted_privacy_policy": "yes", "archived_at": "",
    },
    "appointments": {
        "external_id": "#", "starts_at": "2026-01-06T10:00", "ends_at": "2026-01-06T10:30", "patient": "PT1",
        "specialist": "SP1", "practice": "PR1", "status": "cancelled", "notes": "",
    },
}  # fmt: skip


def generated(kind: str, seed: int, rows: int) -> Iterator[str]:
    """A file of the kind, of whose cells about every twentieth is anything."""
    random = Random(seed)
    yield ",".join(COLUMNS[kind])
    for number in range(rows):
        good = [cell.replace("#", f"{seed}-{number}") for cell in COLUMNS[kind].values()]
        cells = [random.choice(CELLS) if random.random() < 0.05 else cell for cell in good]
        if random.random() < 0.02:
            cells = cells[: random.randrange(len(cells) + 1)]
        yield ",".join(cells)


@pytest.mark.parametrize("kind", COLUMNS)
def test_no_generated_file_ends_in_a_traceback(db, kind):
    load("practices", "calendar-1-practices.csv")
    load("specialists", "calendar-2-specialists.csv")
    load("patients", "calendar-3-patients.csv")
    for seed in range(FILES_OF_A_KIND):
        text = "\n".join(generated(kind, seed, 100))
        before = counts()
        rehearsed = import_text(kind, text, dry_run=True)
        assert counts() == before
        performed = import_text(kind, text)
        assert replace(rehearsed, dry_run=False) == performed
        named = {one.line for one in performed.refusals}
        assert len(named) == performed.refused
        assert performed.created > 15
        assert performed.refused > 5
