"""`manage.py import_data`: what it takes, what it says, and the status it ends with."""

import csv
import re
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from core.errors import Unavailable
from core.imports import engine
from core.models import ExternalId, ImportJob
from directory.models import Practice, Specialist, SpecialistPractice
from patients.models import Patient
from tests.importing import HEADER, THREE, counts, numbered, patient_names

SYNTHEA = Path(__file__).parent.parent / "data" / "synthea"


@pytest.fixture
def file(tmp_path):
    """Writes a file to import."""

    def file(text):
        path = tmp_path / "rows.csv"
        path.write_text(text)
        return str(path)

    return file


def run(*words, **options):
    """(exit status, what it printed) of the command."""
    out = StringIO()
    try:
        call_command("import_data", *words, stdout=out, **options)
    except SystemExit as done:
        return done.code, out.getvalue()
    return 0, out.getvalue()


def test_a_clinic_is_imported_from_synthea_and_a_second_run_changes_nothing(db):
    files = {"practices": "organizations.csv", "specialists": "providers.csv", "patients": "patients.csv"}
    said = [run(kind, str(SYNTHEA / name), "--layout", "synthea") for kind, name in files.items()]
    organization = Practice.objects.first().organization_id
    assert said == [
        (
            0,
            (
                f"5 practices read from synthea into organization {organization}: "
                f"5 created, 0 changed, 0 unchanged, 0 refused\n"
            ),
        ),
        (
            0,
            (
                f"5 specialists read from synthea into organization {organization}: "
                f"5 created, 0 changed, 0 unchanged, 0 refused\n"
            ),
        ),
        (
            0,
            (
                f"4 patients read from synthea into organization {organization}: "
                f"4 created, 0 changed, 0 unchanged, 0 refused\n"
            ),
        ),
    ]
    before = counts()
    for kind, name in files.items():
        status, out = run(kind, str(SYNTHEA / name), "--layout", "synthea")
        assert status == 0
        assert ": 0 created, 0 changed," in out
    assert counts() == {**before, "core.ImportJob": 6}


def test_refused_rows_are_shown_with_line_column_and_reason_and_status_1(organization, file):
    status, out = run("patients", file(HEADER + "a,Popa,soon,\nb,Rusu,,\nc,,,\n"))
    assert status == 1
    shown = [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines() if "│" in line]
    assert shown == [
        ["2", "a", "date_of_birth", "“soon” is no date; write 1980-12-31."],
        ["4", "c", "last_name", "This column must not be empty."],
    ]
    assert out.endswith(
        f"3 patients read from import into organization {organization.pk}: "
        f"1 created, 0 changed, 0 unchanged, 2 refused\n"
    )
    assert patient_names() == ["Rusu"]


def test_more_refusals_than_a_screen_holds_are_counted_and_written_to_a_file(organization, file, tmp_path):
    text = HEADER + "".join(f"p{n},,,\n" for n in range(25))
    status, out = run("patients", file(text))
    assert (status, out.count("must not be empty")) == (1, 20)
    assert "... and 5 more: --report FILE writes them all\n" in out

    report = tmp_path / "refused.csv"
    status, out = run("patients", file(text), "--report", str(report))
    assert f"... and 5 more: {report}\n" in out
    with report.open(newline="", encoding="utf-8-sig") as written:
        rows = list(csv.reader(written))
    assert rows == [["line", "external_id", "column", "reason", "value"]] + [
        [str(n + 2), f"p{n}", "last_name", "This column must not be empty.", ""] for n in range(25)
    ]


@pytest.mark.parametrize("first", ["=", "+", "-", "@"])
def test_a_written_report_holds_no_formula(organization, file, tmp_path, first):
    report = tmp_path / "refused.csv"
    run("patients", file(f"external_id,last_name\n{first}1+1,\n"), "--report", str(report))
    assert report.read_text().splitlines()[1] == f"2,'{first}1+1,last_name,This column must not be empty.,"


def test_a_dry_run_says_so_and_keeps_nothing(organization, file):
    before = counts()
    status, out = run("patients", file(THREE), "--dry-run")
    assert (status, counts()) == (0, before)
    assert out == (
        f"3 patients read from import into organization {organization.pk}: "
        f"3 created, 0 changed, 0 unchanged, 0 refused\n"
        "This was a dry run: nothing of it was kept.\n"
    )


def test_columns_can_be_mapped_and_what_is_not_read_is_said(organization, file):
    text = "No,Name = surname,Shoe\n1,Popa,43\n"
    status, out = run("patients", file(text), "--map", "No=external_id", "--map", "Name = surname = last_name")
    assert (status, patient_names()) == (0, ["Popa"])
    assert out.startswith("Columns not read: Shoe\n")


def test_an_encoding_that_had_to_be_guessed_is_said(organization, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes("external_id,last_name\n1,Muñoz\n".encode("cp1252"))
    status, out = run("patients", str(path))
    assert (status, patient_names()) == (0, ["Muñoz"])
    assert out.startswith("The file is not UTF-8; it was read as Windows-1252.")
    assert run("patients", str(path), "--encoding", "iso8859-2")[0] == 0
    assert patient_names() == ["Muńoz"]


def test_options_say_where_from_where_to_and_what_the_file_does_not(organization, file, other_practice):
    run(
        "practices", file("external_id,name\n1,North\n"), "--organization", str(organization.pk),
        "--source", "paper", "--time-zone", "Europe/Rome", "--currency", "eur",
    )  # fmt: skip
    north = Practice.objects.get(name="North")
    assert (north.organization, north.time_zone, north.currency) == (organization, "Europe/Rome", "EUR")
    assert ExternalId.objects.get().source == "paper"
    run("specialists", file("external_id,first_name\n1,Ana\n"), "--practice", str(other_practice.pk))
    assert SpecialistPractice.objects.get().practice == other_practice
    assert Specialist.objects.get().organization == organization


def test_a_first_organization_is_named(db, file):
    text = "external_id,name,time_zone,currency\n1,North,Europe/Rome,EUR\n"
    run("practices", file(text), "--organization-name", "My clinic")
    assert Practice.objects.get().organization.name == "My clinic"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--organization", "999999"], "Organization not found"),
        (
            ["--layout", "nobody"],
            "layout: There is none of this name; there is alfadocs, cliniko, ours, synthea, woocommerce.",
        ),
        (["--map", "nonsense"], "--map takes THEIR COLUMN=OURS, not “nonsense”."),
        (["--map", "last_name=surname"], "surname: patients have no such column; they have "),
        (["--currency", "EUR"], "currency: patients have no such column; they have "),
        (["--time-zone", "Mars/X"], "time_zone: “Mars/X” is no IANA time zone."),
        (["--encoding", "ascii"], "The file is not in ascii."),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_kept(organization, file, words, said):
    before = counts()
    with pytest.raises(CommandError) as refused:
        run("patients", file(THREE.replace("Popa", "Popă")), *words)
    assert (str(refused.value)[: len(said)], refused.value.returncode) == (said, 1)
    assert counts() == before


def test_a_file_that_is_not_there_is_said(organization, tmp_path):
    with pytest.raises(CommandError, match=r"nowhere\.csv: No such file or directory"):
        run("patients", str(tmp_path / "nowhere.csv"))


def test_a_kind_that_is_not_there_is_said(organization, file):
    with pytest.raises(CommandError, match="invalid choice: 'unicorns'"):
        run("unicorns", file(THREE))


def test_a_database_that_goes_away_says_to_run_it_again(organization, file, monkeypatch):
    def away(self, records, seen):
        raise Unavailable

    monkeypatch.setattr(engine._Run, "take", away)
    with pytest.raises(CommandError) as refused:
        run("patients", file(THREE))
    assert str(refused.value) == (
        "The database is busy or away. What was imported stays; the same import run again completes it."
    )


def test_ctrl_c_says_to_run_it_again(organization, file, monkeypatch):
    def stop(self, records, seen):
        raise KeyboardInterrupt

    monkeypatch.setattr(engine._Run, "take", stop)
    errors = StringIO()
    assert run("patients", file(THREE), stderr=errors) == (130, "")
    assert errors.getvalue() == "Stopped. What was imported stays; the same import run again completes it.\n"


def test_progress_is_shown_on_a_terminal_or_when_asked_for(organization, file, monkeypatch, capsys):
    monkeypatch.setattr(engine, "CHUNK", 5)
    errors = StringIO()
    run("patients", file(numbered(8)), stderr=errors)
    assert errors.getvalue() == ""
    run("patients", file(numbered(8)), "--progress", stderr=errors)
    assert errors.getvalue() == "line 6 of 9\nline 9 of 9\n"

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    run("patients", file(numbered(8)))
    assert "lines" in capsys.readouterr().err
    run("patients", file(numbered(8)), "--no-progress")
    assert capsys.readouterr().err == ""


def test_a_command_has_no_limit_on_its_statements_and_leaves_the_limit_behind(organization, file, monkeypatch):
    def limit():
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            return cursor.fetchone()[0]

    seen, take = [], engine._Run.take
    postgresql = connection.vendor == "postgresql"

    def look(self, records, ids):
        seen.append(limit() if postgresql else "0")
        return take(self, records, ids)

    monkeypatch.setattr(engine._Run, "take", look)
    run("patients", file(THREE))
    assert seen == ["0"]
    assert not postgresql or limit() == "5s"
    assert (Patient.objects.count(), ImportJob.objects.count()) == (3, 1)


def test_a_folder_of_synthea_is_imported_in_one_command_after_a_rehearsal(db, tmp_path):
    for path in SYNTHEA.glob("*.csv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "claims.csv").write_text("START\n")
    before = counts()
    words = ("all", str(tmp_path), "--layout", "synthea", "--overlaps", "overbook")
    status, rehearsed = run(*words, "--dry-run")
    assert counts() == before
    # Visits of people who are not in these small files are refused.
    performed = run(*words)[1]
    # A number that was drawn and rolled back is not drawn again: the organization has another one than in rehearsal.
    unnumbered = [re.sub(r"organization \d+", "organization", one) for one in (performed, rehearsed)]
    assert (status, unnumbered[0]) == (1, unnumbered[1].partition("This was a dry run")[0])
    assert performed.endswith("Files not read: claims.csv\n")
    kinds = [line.split()[1] for line in performed.splitlines() if " read from synthea " in line]
    assert kinds == ["practices", "specialists", "patients", "services", "appointments", "treatments"]
    again = run(*words)[1]
    assert again.count(": 0 created, 0 changed, ") == 6


def test_a_folder_has_lists_by_hand_beside_the_files_of_a_vendor(db, tmp_path):
    texts = {
        "practices": "external_id,name,time_zone,currency\n1,North,Sydney,AUD\n",
        "specialists": "external_id,first_name,last_name,practices\n11,Ina,Marin,1\n",
        "patients": "Id,First Name,Last Name\n1001,Ana,Popa\n",
        "appointments": "Appointment ID,Start Time,Duration,Patient ID(s),Practitioner ID,Business\n"
        "1,04 Feb 2025 09:00 AM,45,1001,11,North\n",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.csv").write_text(text)
    for dry_run in (["--dry-run"], []):
        status, said = run("all", str(tmp_path), "--layout", "cliniko", *dry_run)
        assert (status, said.count(" read from cliniko "), said.count(": 1 created")) == (0, 4, 4), said
    with pytest.raises(CommandError, match="There is none of this name"):
        run("all", str(tmp_path), "--layout", "nobody")


def test_refused_rows_are_corrected_and_fed_back(organization, file, tmp_path):
    rejects = tmp_path / "rejects.csv"
    status, _out = run("patients", file(HEADER + "a,Popa,soon,nowhere\nb,Rusu,,\n"), "--rejects", str(rejects))
    assert status == 1
    why = "line 2: date_of_birth: “soon” is no date; write 1980-12-31.; email: Enter a valid email address."
    assert rejects.read_text("utf-8-sig").splitlines() == [
        "external_id,last_name,date_of_birth,email,why it was refused",
        f"a,Popa,soon,nowhere,{why}",
    ]
    before = rejects.read_bytes()
    for option in ("--rejects", "--report"):
        with pytest.raises(CommandError, match="would overwrite it"):
            run("patients", str(rejects), option, str(tmp_path / "." / "rejects.csv"))
    assert rejects.read_bytes() == before
    rejects.write_text(rejects.read_text().replace("soon", "1980-01-31").replace("nowhere", "a@example.org"))
    status, out = run("patients", str(rejects))
    assert (status, patient_names()) == (0, ["Popa", "Rusu"])
    assert out.startswith("Columns not read: why it was refused\n")


def test_rejects_are_read_with_the_options_of_the_file_that_they_come_from(organization, tmp_path):
    source, rejects = tmp_path / "source.csv", tmp_path / "rejects.csv"
    text = "Karta pacjentów\n\nNr;Nazwisko;E-mail\n1;Łęcki;nowhere\n2;Świątek;\n"
    source.write_bytes(text.encode("cp1250"))
    words = ["--skip", "2", "--encoding", "cp1250", "--delimiter", ";"]
    words += ["--map", "Nr=external_id", "--map", "Nazwisko=last_name", "--map", "E-mail=email"]
    assert run("patients", str(source), *words, "--rejects", str(rejects))[0] == 1
    assert rejects.read_bytes().startswith(b"\xef\xbb\xbf")
    rejects.write_text(rejects.read_text("utf-8-sig").replace("nowhere", "a@example.org"), "utf-8-sig")
    assert run("patients", str(rejects), *words)[0] == 0
    assert patient_names() == ["Łęcki", "Świątek"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--value", "Sex=f"], "--value takes COLUMN:THEIRS=OURS, not “Sex=f”."),
        (["--set", "gender"], "--set takes COLUMN=TEXT, not “gender”."),
        (["--delimiter", "ab"], "--delimiter takes one character, not “ab”."),
        (["--encoding", "hex"], "There is no encoding “hex”."),
    ],
)
def test_an_option_that_says_nothing_is_refused(organization, file, words, said):
    with pytest.raises(CommandError) as refused:
        run("patients", file(THREE), *words)
    assert str(refused.value) == said
