"""Files as they are: joined and split columns, their own words and dates, bad cells, modes, references by name."""

import io
import json
import zipfile
from datetime import UTC, date, datetime

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from billing.models import CarePlan
from core.actor import Actor
from core.errors import InvalidInput
from core.imports import all_kinds, run_import
from core.imports.columns import day, moment
from core.imports.kinds import Request
from core.imports.tables import open_table
from core.management.commands.import_data import _date_format
from core.models import ExternalId
from directory.models import Specialist
from orders.models import ProductOrder
from patients.models import Patient, PhoneNumber
from programs.models import Enrollment
from scheduling.models import Appointment
from tests.factories import PatientFactory, PracticeFactory, ServicePlanFactory, SpecialistFactory
from tests.importing import NOW, import_text, outcome, refusals


def test_headers_are_joined_and_one_is_split(organization, practice):
    PatientFactory(organization=organization, email="ana@example.org")
    SpecialistFactory(organization=organization, first_name="Dan", last_name="Stan")
    text = "No,Day,From,Minutes,Who,With\n1,05.01.2026,10:00,1:30,ana@example.org,Dan Stan\n"
    report = import_text(
        "appointments",
        text,
        practice_id=practice.pk,
        date_formats=("%d.%m.%Y",),
        mapping=[
            ("No", "external_id"),
            ("Day + From", "starts_at"),
            ("Minutes", "duration"),
            ("Who", "patient"),
            ("With", "specialist"),
        ],
    )
    assert (outcome(report), refusals(report)) == ((1, 0, 0, 0), [])
    stored = Appointment.objects.get()
    assert (f"{stored.starts_at.astimezone(practice.zone):%Y-%m-%d %H:%M}", stored.status) == (
        "2026-01-05 10:00",
        "done",
    )
    assert (stored.ends_at - stored.starts_at).total_seconds() == 90 * 60


@pytest.mark.parametrize(
    ("name", "ours"), [("Ana Maria Popa", "first_name + last_name"), ("Maria Popa, Ana", "last_name, first_name")]
)
def test_a_full_name_is_split(organization, name, ours):
    import_text("patients", f'id;name\n1;"{name}"\n', mapping=[("id", "external_id"), ("name", ours)])
    assert Patient.objects.values_list("first_name", "last_name").get() == ("Ana", "Maria Popa")


def test_one_header_may_fill_two_columns(organization):
    import_text(
        "patients",
        "mail,last_name\na@example.org,Popa\n",
        mapping=[("mail", "external_id"), ("mail", "email")],
    )
    assert Patient.objects.get().email == "a@example.org"


def test_their_words_and_dates_are_understood_as_told(organization):
    report = import_text(
        "patients",
        "external_id,last_name,Sex,date_of_birth\n1,Popa,Nonbinary,31.12.1980\n2,Rusu,f,1.2.1990\n",
        mapping=[("Sex", "gender")],
        words={("Sex", "nonbinary"): "other"},
        date_formats=("%d.%m.%Y",),
    )
    assert outcome(report) == (2, 0, 0, 0)
    assert [(one.gender, str(one.date_of_birth)) for one in Patient.objects.order_by("pk")] == [
        ("other", "1980-12-31"),
        ("female", "1990-02-01"),
    ]


def test_a_bad_cell_that_may_be_empty_is_left_empty_and_said(organization):
    text = "external_id,last_name,email,date_of_birth\n1,Popa,none,soon\n2,,none,\n"
    report = import_text("patients", text, lenient=True)
    assert outcome(report) == (1, 0, 0, 1)
    assert [(one.line, one.column, one.says) for one in report.remarks] == [
        (2, "date_of_birth", "Left empty: “soon” is no date; write 1980-12-31."),
        (2, "email", "Left empty: Enter a valid email address."),
    ]
    assert Patient.objects.values_list("email", "date_of_birth").get() == ("", None)


def test_a_bad_cell_that_may_not_be_empty_is_refused_even_where_bad_cells_are_left_empty(organization):
    text = "external_id,last_name,email\n1,Po\x00pa,a@x.eu\n"
    report = import_text("patients", text, lenient=True)
    assert [(one.line, one.column, one.reason) for one in report.refusals] == [
        (2, "last_name", "Null characters and lone surrogates are not allowed.")
    ]
    assert report.remarks == []
    assert not Patient.objects.exists()


def test_insert_leaves_known_rows_alone_and_update_refuses_unknown_ones(organization):
    import_text("patients", "external_id,last_name\n1,Popa\n")
    changed = "external_id,last_name\n1,Changed\n2,New\n"
    assert outcome(import_text("patients", changed, mode="insert")) == (1, 0, 1, 0)
    assert sorted(Patient.objects.values_list("last_name", flat=True)) == ["New", "Popa"]
    report = import_text("patients", changed + "3,Unknown\n", mode="update")
    assert outcome(report) == (0, 1, 1, 1)
    assert refusals(report) == [(4, "external_id", "It is not known here, and only known rows are to be changed.")]


def test_every_reason_of_a_row_comes_at_once_references_included(organization):
    text = "external_id,starts_at,ends_at,patient,specialist,practice,status\n1,soon,,p9,s9,x,lost\n"
    report = import_text("appointments", text)
    assert [column for _line, column, _why in refusals(report)] == [
        "starts_at",
        "status",
        "patient",
        "specialist",
        "practice",
    ]


def test_a_name_that_names_two_is_refused_and_an_own_id_names_one(organization, practice):
    first = SpecialistFactory(organization=organization, first_name="Dan", last_name="Stan")
    SpecialistFactory(organization=organization, first_name="Dan", last_name="Stan")
    patient = PatientFactory(organization=organization)
    row = f"1,2026-01-05T10:00,2026-01-05T10:30,#{patient.pk},%s,{practice.name}\n"
    header = "external_id,starts_at,ends_at,patient,specialist,practice\n"
    report = import_text("appointments", header + row % "Dan Stan")
    assert refusals(report) == [(2, "specialist", "“Dan Stan” names several; say which by its id.")]
    assert outcome(import_text("appointments", header + row % f"#{first.pk}")) == (1, 0, 0, 0)
    assert Appointment.objects.get().specialist == first


def test_a_reference_is_to_what_came_from_the_same_system_and_is_still_there(practice, organization):
    SpecialistFactory(organization=organization, first_name="Dan", last_name="Stan", works_at=[practice])
    for source in ("old", "new"):
        import_text("patients", f"external_id,last_name\n1,{source}\n", source=source)
    row = f"2026-01-05T10:00,2026-01-05T10:30,1,Dan Stan,{practice.name}\n"
    header = "external_id,starts_at,ends_at,patient,specialist,practice\n"
    assert outcome(import_text("appointments", f"{header}a,{row}", source="new")) == (1, 0, 0, 0)
    assert Appointment.objects.get().patient.last_name == "new"
    ExternalId.objects.filter(source="new", external_id="1").update(object_id=10**9)
    report = import_text("appointments", f"{header}b,{row.replace('T10', 'T11')}", source="new")
    assert [column for _line, column, _why in refusals(report)] == ["patient"]


def test_what_is_set_for_all_rows_names_something_too(organization):
    PracticeFactory(organization=organization, name="North")
    text = "external_id,first_name\n1,Ana\n"
    import_text("specialists", text, defaults={"practices": "North"})
    assert [one.name for one in Specialist.objects.get().practices.all()] == ["North"]
    with pytest.raises(InvalidInput) as refused:
        import_text("specialists", text, defaults={"practices": "Nowhere"})
    assert list(refused.value.fields) == ["practices"]


def test_several_telephones_are_kept_in_order_with_their_kinds(organization, practice):
    header = "external_id,last_name,phone,home_phone,phone_2\n"
    import_text("patients", header + "1,Popa,0722 123 456,021 312 3456,0722 123 456\n")
    numbers = PhoneNumber.objects.order_by("position").values_list("number", "phone_type", "position")
    assert list(numbers) == [("0722 123 456", "mobile", 0), ("021 312 3456", "home", 1)]
    again = import_text("patients", header + "1,Popa,0722 123 456,021 312 3456,0722 123 456\n")
    assert outcome(again) == (0, 0, 1, 0)


def test_a_long_telephone_cell_keeps_its_words_as_the_label(organization, practice):
    import_text("patients", "external_id,last_name,phone\n1,Popa,0722 123 456 (mother; only after 18:00 please)\n")
    assert PhoneNumber.objects.values_list("number", "label").get() == (
        "0722 123 456",
        "(mother; only after 18:00 please)",
    )


# -------------------------------------------------------------------------- workbooks and JSON lines


def load(kind, content, **request):
    return run_import(
        all_kinds()[kind],
        open_table(io.BytesIO(content), name="rows"),
        request=Request(**request),
        by=Actor.system("import_data"),
        clock=lambda: NOW,
    )


def workbook(*rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_a_workbook_is_read_as_its_cells_look(organization):
    content = workbook(
        ["external_id", "last_name", "date_of_birth", "accepted_privacy_policy", None],
        [1, "Popa", date(1980, 12, 31), True, None],
        [None, None, None, None, None],
        [2.0, "Rusu", datetime(1990, 2, 1), False, None],
        ["3", None, None, None, None],
    )
    report = load("patients", content)
    assert outcome(report) == (2, 0, 0, 1)
    assert refusals(report) == [(5, "last_name", "This column must not be empty.")]
    stored = Patient.objects.order_by("pk").values_list("last_name", "date_of_birth", "accepted_privacy_policy")
    assert list(stored) == [("Popa", date(1980, 12, 31), True), ("Rusu", date(1990, 2, 1), False)]
    assert outcome(load("patients", content)) == (0, 0, 2, 1)


def test_json_lines_are_read_each_with_what_it_says(organization):
    lines = [
        json.dumps({"external_id": 1, "last_name": "Popa", "accepted_privacy_policy": True}),
        "",
        json.dumps({"external_id": "2", "last_name": "Rusu", "email": "r@example.org"}),
        "{broken",
        "[]",
    ]
    report = load("patients", "\n".join(lines).encode())
    assert outcome(report) == (2, 0, 0, 2)
    assert refusals(report) == [(4, "", "The line is no JSON."), (5, "", "The line is no JSON object.")]


def test_objects_within_json_lines_have_their_parts_for_columns(organization):
    inside = {"id": "u1", "name": {"last": "Pop"}, "home": {"city": "Cluj"}, "phones": [{"number": "+40722000999"}]}
    lines = [json.dumps(one) for one in (inside, {"id": "u2", "name": {"last": "Rusu"}, "home": None, "phones": []})]
    table = open_table(io.BytesIO("\n".join(lines).encode()), name="people.jsonl")
    assert table.header == ["id", "name.last", "home.city", "phones.1.number"]
    either = open_table(io.BytesIO(b'{"id": 1, "home": "Cluj"}\n{"id": 2, "home": {"city": "Iasi"}}\n'))
    assert [(record.cells) for record in either.records()] == [["1", "Cluj", ""], ["2", "", "Iasi"]]
    assert [record.cells for record in table.records()] == [
        ["u1", "Pop", "Cluj", "+40722000999"],
        ["u2", "Rusu", "", ""],
    ]


NO_OBJECT = "None of its lines is a JSON object; write one object a line, or an array of objects."


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04nothing", "This is a zip file, but no workbook that can be read; save it as .xlsx or CSV."),
        (workbook(), "The file is empty."),
        (b"{}\n", NO_OBJECT),
        (b"{broken\n", NO_OBJECT),
        (
            b'{\n "patients": [\n  {"id": 1}\n ]\n}\n',
            NO_OBJECT,
        ),
        (b"[]", "The file is empty."),
        (bytes(range(256)), "This is no table: its first line holds characters that no text has."),
    ],
)
def test_a_file_that_is_neither_is_refused_whole(content, reason):
    with pytest.raises(InvalidInput) as refused:
        open_table(io.BytesIO(content))
    assert refused.value.fields == {"": reason}


@pytest.mark.parametrize(
    ("written", "text"),
    [("DD.MM.YYYY", "31.12.1980"), ("D.M.YY", "1.2.80"), ("DD MMM YYYY", "31 Dec 1980"), ("%d/%m/%Y", "1/2/1980")],
)
def test_a_format_of_days_is_written_as_people_write_it(written, text):
    assert day(text, [_date_format(written)]).year == 1980


def test_a_time_without_an_offset_is_on_the_clock_of_its_practice_in_every_kind(practice):
    """Two hours ahead of UTC in winter. Each kind with such a column, and a time that the clock skips."""
    PatientFactory(organization=practice.organization, email="ana@example.org")
    PatientFactory(organization=practice.organization, email="eva@example.org")
    SpecialistFactory(organization=practice.organization, works_at=[practice], first_name="Ina", last_name="Marin")
    ServicePlanFactory(organization=practice.organization, name="Ten")
    import_text("products", "external_id,name,price\n1,Towel,12.00\n")
    import_text("patients", "external_id,last_name\nold,Popa\n")
    wall, skipped = "2026-01-06 09:12", "2025-03-30 03:30"
    files = {
        "orders": "external_id,patient,product,ordered_at\na,ana@example.org,1,{}\n",
        "enrollments": "external_id,patient,service_plan,enrolled_at\na,ana@example.org,Ten,{}\n",
        "merges": "external_id,merged_into,merged_at\nold,ana@example.org,{}\n",
        "care-plans": "external_id,patient,name,signed_by,signed_at\na,ana@example.org,Crown,Ana,{}\n",
        "appointments": "external_id,patient,specialist,starts_at,duration,arrived_at\n"
        "a,ana@example.org,Ina Marin,2026-01-06T08:00Z,30,{}\n",
    }
    for kind, text in files.items():
        refused = import_text(kind, text.format(skipped), practice_id=practice.pk)
        assert outcome(refused) == (0, 0, 0, 1), kind
        assert "clock skips" in refused.refusals[0].reason, kind
        done = import_text(kind, text.format(wall), practice_id=practice.pk)
        assert done.refused == 0, done.refusals
        again = import_text(kind, text.format(wall), practice_id=practice.pk)
        assert outcome(again) == (0, 0, 1, 0), kind
    told = [
        ProductOrder.objects.get().ordered_at,
        Enrollment.objects.get().enrolled_at,
        Appointment.objects.get().arrived_at,
        Patient.objects.get(last_name="Popa", merged_into__isnull=False).merged_at,
        CarePlan.objects.get().signed_at,
    ]
    assert set(told) == {datetime(2026, 1, 6, 7, 12, tzinfo=UTC)}


def test_a_name_with_a_comma_has_the_last_name_first(practice):
    PatientFactory(organization=practice.organization, email="ana@example.org")
    for first, last in (("Ina", "Marin"), ("Marin", "Ina")):
        SpecialistFactory(organization=practice.organization, works_at=[practice], first_name=first, last_name=last)
    text = "external_id,patient,specialist,starts_at,duration\n"
    text += 'a,ana@example.org,"Marin, Ina",2026-01-06T08:00Z,30\nb,ana@example.org,Marin Ina,2026-01-07T08:00Z,30\n'
    assert outcome(import_text("appointments", text, practice_id=practice.pk)) == (2, 0, 0, 0)
    assert list(Appointment.objects.order_by("starts_at").values_list("specialist__last_name", flat=True)) == [
        "Marin",
        "Ina",
    ]


def _rewritten(book, part, old, new) -> io.BytesIO:
    """The workbook with something else in one of the files that it packs."""
    saved, made = io.BytesIO(), io.BytesIO()
    book.save(saved)
    with zipfile.ZipFile(saved) as packed, zipfile.ZipFile(made, "w") as to:
        for name in packed.namelist():
            content = packed.read(name)
            to.writestr(name, content.replace(old, new) if name.endswith(part) else content)
    return made


def test_a_sheet_is_read_whole_whatever_size_its_program_says_and_a_damaged_one_is_refused():
    book = openpyxl.Workbook()
    for row in (["external_id", "last_name"], ["1", "Popa"], ["2", "Rusu"]):
        book.active.append(row)
    table = open_table(_rewritten(book, "sheet1.xml", b'ref="A1:B3"', b'ref="A1"'))
    assert (table.header, [one.cells for one in table.records()]) == (
        ["external_id", "last_name"], [["1", "Popa"], ["2", "Rusu"]],
    )  # fmt: skip
    with pytest.raises(InvalidInput, match="damaged"):
        list(open_table(_rewritten(book, "sheet1.xml", b"<t>Rusu", b"<t>Rusu<")).records())
    with pytest.raises(InvalidInput, match="no workbook"):
        open_table(_rewritten(book, "workbook.xml", b"<sheets>", b"<shets>"))
    book.create_chartsheet("Chart")
    with pytest.raises(InvalidInput, match="no workbook"):
        open_table(_rewritten(book, "none", b"", b""))


DAYS = {
    # How a day is written: in which format, as what it is read.
    "05.01.80": ("D.M.YY", "1980-01-05"),
    "31.12.45": ("D.M.YY", "1945-12-31"),
    "17.02.26": ("D.M.YY", "2026-02-17"),
    "18.02.26": ("D.M.YY", "1926-02-18"),
    "1.1.68": ("D.M.YY", "1968-01-01"),
    "05/01/1980 0:00": ("jj/mm/aaaa", "1980-01-05"),
    "05.01.1980 (Sa.)": ("TT.MM.JJJJ", "1980-01-05"),
    "Saturday, January 5, 1980": ("dddd, MMMM D, YYYY", "1980-01-05"),
    "5. Januar 1980": ("", "1980-01-05"),
    "sabato 5 gennaio 1980": ("", "1980-01-05"),
    "5 janv. 1980": ("", "1980-01-05"),
    "5 de enero de 1980": ("", "1980-01-05"),
    "Sept 9, 1975": ("", "1975-09-09"),
    "1980-01-05 00:00:00 UTC": ("", "1980-01-05"),
    "1/5/80": ("", "is no date"),
    "Friday, January 5, 1980": ("", "is a Saturday"),
    "05/01/1980": ("DD/MM/YYYY|MM/DD/YYYY", "in one of the formats"),
    "05/05/1980": ("DD/MM/YYYY|MM/DD/YYYY", "1980-05-05"),
    "31.02.1980": ("DD.MM.YYYY", "is no date"),
}


@pytest.mark.parametrize("text", DAYS)
def test_a_day_is_read_as_it_is_meant_or_refused(text):
    written, means = DAYS[text]
    formats = [_date_format(one) for one in written.split("|") if one]
    assert means in _meaning(text, formats)


def _meaning(text, formats):
    try:
        return day(text, formats, latest=NOW.date()).isoformat()
    except ValidationError as error:
        return " ".join(error.messages)


def test_a_time_is_read_as_it_is_meant_or_refused():
    for text, means in {
        "2026-02-03 10.15": "2026-02-03T10:15:00",
        "20260203T0930": "2026-02-03T09:30:00",
        "2026-02-03 9h": "2026-02-03T09:00:00",
        "Tue 03 Feb 2026 9:00 AM": "2026-02-03T09:00:00",
        "3 febbraio 2026 10.30": "2026-02-03T10:30:00",
        "03/02/2026 12:00 a.m.": "2026-02-03T00:00:00",
        "03/02/2026 12:15pm": "2026-02-03T12:15:00",
        "03/02/2026 1pm": "2026-02-03T13:00:00",
        "03/02/2026T14h30": "2026-02-03T14:30:00",
        "2026-02-03 09:00:00 +1000": "2026-02-03T09:00:00+10:00",
        "2026-02-03 09:00 UTC": "2026-02-03T09:00:00+00:00",
    }.items():
        assert moment(text, [_date_format("DD/MM/YYYY")]).isoformat() == means, text
    for text in ("03/02/2026", "2026-02-03", "03/02/2026 9", "2026-02-03 09:00 EST", "03/02/2026 25:00"):
        with pytest.raises(ValidationError):
            moment(text, [_date_format("DD/MM/YYYY")])


def test_the_report_says_how_other_days_are_told_and_what_short_years_mean(organization):
    text = "external_id,last_name,date_of_birth\na,Popa,31.12.45\n"
    assert ["--date-format" in note for note in import_text("patients", text).notes] == [True]
    report = import_text("patients", text, date_formats=("%d.%m.%y",))
    assert ["45 is 1945" in note for note in report.notes] == [True]
    assert Patient.objects.get().date_of_birth == date(1945, 12, 31)
    for nonsense in ("nonsense", "MM/YYYY", "DD.MM"):
        with pytest.raises(CommandError):
            _date_format(nonsense)


def test_what_a_spreadsheet_left_of_a_cell_is_refused_or_left_empty_and_said(organization):
    text = (
        "external_id,last_name,phone,identity_number,default_discount,notes\n"
        "1,Popa,4.47911E+11,1.80E+12,1E+01,#1 of 2\n2,#REF!,,########,#DIV/0!,C#\n4.5E+05,Rusu,,,,\n"
    )
    refused = import_text("patients", text)
    assert outcome(refused) == (0, 0, 0, 3)
    assert [(one.line, one.column) for one in refused.refusals] == [
        (2, "phone"), (2, "identity_number"), (3, "last_name"), (3, "identity_number"), (3, "default_discount"),
        (4, "external_id"),
    ]  # fmt: skip
    kept = import_text("patients", text, lenient=True)
    assert outcome(kept) == (1, 0, 0, 2)
    one = Patient.objects.get()
    assert (one.identity_number, one.default_discount, one.notes, one.phone_numbers.count()) == ("", 10, "#1 of 2", 0)
    assert [(remark.line, remark.column) for remark in kept.remarks] == [(2, "phone"), (2, "identity_number")]


def test_rows_that_are_too_short_are_filled_and_words_mean_one_thing_in_all_columns_where_one_says_so(organization):
    text = "external_id,last_name,city,notes\n1,Popa,NULL,\\N\n2,Rusu\n3,Stan,Cluj,null,more\n"
    words = {("*", "null"): "", ("*", "\\n"): "", ("notes", "null"): "none"}
    refused = import_text("patients", text, words=words)
    assert refusals(refused) == [
        (3, "", "The row has 2 cells, the header 4."), (4, "", "The row has 5 cells, the header 4."),
    ]  # fmt: skip
    kept = import_text("patients", text.replace(",more", ""), words=words, lenient=True)
    assert outcome(kept) == (2, 0, 1, 0)
    assert [(one.line, one.column) for one in kept.remarks] == [(3, "city")]
    assert list(Patient.objects.order_by("pk").values_list("city", "notes")) == [("", ""), ("", ""), ("Cluj", "none")]


def test_a_bad_cell_leaves_what_stands_here(organization):
    import_text("patients", "external_id,last_name,date_of_birth,email,notes\n1,Popa,1980-01-05,a@example.org,knee\n")
    bad = "external_id,last_name,date_of_birth,email,notes\n1,Popa,{},nowhere\n"
    for day_of_birth in ("soon", "4.5E+04"):
        report = import_text("patients", bad.format(day_of_birth), lenient=True)
        assert outcome(report) == (0, 0, 1, 0)
        assert {one.column for one in report.remarks} == {"date_of_birth", "email", "notes"}
    told = Patient.objects.values_list("date_of_birth", "email", "notes").get()
    assert told == (date(1980, 1, 5), "a@example.org", "knee")


def test_a_row_that_cannot_be_read_is_refused_for_that_alone_and_an_empty_cell_with_a_meaning_never(practice):
    text = "external_id,name,category,duration_minutes,base_price,currency\n1,Massage,rub,30,95.00,\n2,Massage\n"
    report = import_text("services", text)
    assert [(line, column) for line, column, _reason in refusals(report)] == [(2, "category"), (3, "")]


def test_a_day_is_enough_for_what_was_bought(practice):
    PatientFactory(organization=practice.organization, email="ana@example.org")
    import_text("products", "external_id,name,price\n1,Towel,12.00\n")
    text = "external_id,patient,product,ordered_at\na,ana@example.org,1,5.1.2026\nb,ana@example.org,1,2026\n"
    report = import_text("orders", text, practice_id=practice.pk, date_formats=("%d.%m.%Y",))
    assert [(line, column) for line, column, _reason in refusals(report)] == [(3, "ordered_at")]
    assert ProductOrder.objects.get().ordered_at == datetime(2026, 1, 4, 22, tzinfo=UTC)
