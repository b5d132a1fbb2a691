"""What an import refuses: rows one by one, a file that cannot be used whole."""

import pytest

from core.errors import InvalidInput
from core.imports import engine
from core.models import AuditEntry, ExternalId
from directory.models import Practice
from patients.models import Patient
from tests.importing import HEADER, THREE, counts, import_text, numbered, outcome, patient_names, refusals


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(engine, "CHUNK", 4)


TWO = "Two columns have this header; say which: “Last_Name (1)” or “Last_Name (2)”."


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (",Popa,,", "external_id", "This column must not be empty."),
        ("x,,,", "last_name", "This column must not be empty."),
        ("x,Popa,31.01.1980,", "date_of_birth", "“31.01.1980” is no date; write 1980-12-31."),
        ("x,Popa,1980-02-30,", "date_of_birth", "“1980-02-30” is no date; write 1980-12-31."),
        ("x,Popa,,nowhere", "email", "Enter a valid email address."),
        ("x,Po\x00pa,,", "last_name", "Null characters and lone surrogates are not allowed."),
        ("x\x00,Popa,,", "external_id", "Null characters and lone surrogates are not allowed."),
        ("x," + "P" * 256 + ",,", "last_name", "Ensure this value has at most 255 characters (it has 256)."),
        ("x" * 256 + ",Popa,,", "external_id", "At most 255 characters are kept here."),
        ("a,Again,,", "external_id", "“a” stands in line 2 already."),
        ("x,Popa", "", "The row has 2 cells, the header 4."),
        ("x,Popa,,,y", "", "The row has 5 cells, the header 4."),
        ("x,Popa,," + "e" * 200_000, "email", "The row has more than 100,000 characters."),
    ],
)
def test_a_refused_row_names_line_column_and_reason_and_the_others_are_kept(organization, row, column, reason):
    report = import_text("patients", f"{HEADER}a,Popa,,\n{row}\nb,Rusu,,\n")
    assert refusals(report) == [(3, column, reason)]
    assert outcome(report) == (2, 0, 0, 1)
    assert patient_names() == ["Popa", "Rusu"]


def test_every_bad_cell_of_a_row_is_named_and_the_row_counted_once(organization):
    report = import_text("patients", HEADER + "x,,soon,nowhere\n")
    named = ["last_name", "date_of_birth", "email"]
    assert [(line, column) for line, column, _ in refusals(report)] == [(2, column) for column in named]
    assert outcome(report) == (0, 0, 0, 1)
    assert report.refused_cells == 3
    assert Patient.objects.count() == 0


def test_a_changed_row_that_the_model_refuses_stays_as_it_was(organization):
    import_text("patients", THREE)
    report = import_text("patients", THREE.replace("a@example.org", "nowhere"))
    assert refusals(report) == [(2, "email", "Enter a valid email address.")]
    assert outcome(report) == (0, 0, 2, 1)
    assert Patient.objects.get(last_name="Popa").email == "a@example.org"


def test_an_id_is_found_again_in_a_later_chunk(organization, small_chunks):
    report = import_text("patients", numbered(9) + "p2,Again,,\n")
    assert refusals(report) == [(11, "external_id", "“p2” stands in line 3 already.")]
    assert "Again" not in patient_names()


def test_a_chunk_half_of_which_the_database_refuses_loses_no_good_row(practice):
    rows = "".join(f"g{n},Good {n}\nb{n},Practice\n" for n in range(32))
    report = import_text(
        "practices",
        "external_id,name\n" + rows,
        organization_id=practice.organization_id,
        defaults={"time_zone": "Europe/Rome", "currency": "EUR"},
    )
    assert outcome(report) == (32, 0, 0, 32)
    assert refusals(report) == [(3 + 2 * n, "name", "There is already one with this name.") for n in range(32)]
    assert set(Practice.objects.values_list("name", flat=True)) == {"Practice", *(f"Good {n}" for n in range(32))}
    assert ExternalId.objects.count() == AuditEntry.objects.count() == 32


def test_the_first_thousand_refusals_are_kept_and_all_are_told(organization):
    told = []
    report = import_text("patients", HEADER + "x,,,\n" * 1200, on_refusal=told.append)
    assert (report.refused, report.refused_cells, len(report.refusals), len(told)) == (1200, 1200, 1000, 1200)
    assert told[:1000] == report.refusals


# --------------------------------------------------------------------------- what is refused whole


@pytest.mark.parametrize(
    ("text", "request_", "fields"),
    [
        ("external_id,last_name,Last_Name\n", {}, {"Last_Name": TWO}),
        (
            "external_id,first_name\na,Ana\n",
            {},
            {
                "last_name": "Nothing in the file fills this column, which is required. "
                "The file has external_id, first_name."
            },
        ),
        (
            "id,last_name\na,Popa\n",
            {},
            {"external_id": "Nothing in the file fills this column, which is required. The file has id, last_name."},
        ),
        (
            THREE,
            {"layout": "nobody"},
            {"layout": "There is none of this name; there is alfadocs, cliniko, ours, synthea, woocommerce."},
        ),
        (
            THREE,
            {"mapping": {"Surname": "last_name"}},
            {"Surname": "The file has no such column; it has external_id, last_name, date_of_birth, email."},
        ),
        (THREE, {"defaults": {"time_zone": "Mars/X"}}, {"time_zone": "“Mars/X” is no IANA time zone."}),
        (THREE, {"defaults": {"gender": "x"}}, {"gender": "“x” is none of male, female, other, m, f."}),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_whole(organization, text, request_, fields):
    before = counts()
    with pytest.raises(InvalidInput) as refused:
        import_text("patients", text, **request_)
    assert {name: str(why) for name, why in refused.value.fields.items()} == fields
    assert counts() == before


@pytest.mark.parametrize("request_", [{"mapping": {"email": "mail"}}, {"defaults": {"mail": "x"}}])
def test_a_column_that_the_kind_does_not_have_is_refused(organization, request_):
    with pytest.raises(InvalidInput) as refused:
        import_text("patients", THREE, **request_)
    assert str(refused.value.fields["mail"]).startswith("patients have no such column; they have accepted_")


def test_a_text_of_exactly_the_most_characters_is_kept(organization):
    longest = "x" * 255
    report = import_text("patients", HEADER + f"{longest},{'P' * 255},,\n")
    assert refusals(report) == []
    assert ExternalId.objects.get().external_id == longest
    assert Patient.objects.get().last_name == "P" * 255


def test_what_the_kind_says_comes_with_what_the_cells_say(organization):
    """A day to come is the kind's to refuse, an address the cell's: both are said at once, and nothing is kept."""
    before = Patient.objects.count()
    report = import_text("patients", HEADER + "a,Popa,2030-01-01,nowhere\nb,Rusu,2030-01-01,\n")
    assert [(line, column) for line, column, _why in refusals(report)] == [
        (2, "email"), (2, "date_of_birth"), (3, "date_of_birth"),
    ]  # fmt: skip
    assert outcome(report) == (0, 0, 0, 2)
    assert Patient.objects.count() == before
