"""Where the header of a file stands and what it says, and what a person is told where it is not found."""

import io
import json
import zipfile
from datetime import date

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from core.errors import InvalidInput
from core.imports.tables import open_table
from patients.models import Patient
from tests.importing import csv_file, import_text


@pytest.mark.parametrize(
    ("text", "skip"),
    [
        ("Elm Street Physio\nPrinted 17.02.2026\n\nNr;Surname\n1;Popa\n", 3),
        ("Patient,,Contact\nNr,Surname,Mobile\n1,Popa,\n", 1),
        ("Nummer\tName\n1\tPopa\n", None),
    ],
)
def test_a_header_behind_other_lines_is_pointed_out_and_read_where_one_says_so(organization, text, skip):
    words = {"mapping": {"Nr": "external_id", "Surname": "last_name"}}
    with pytest.raises(InvalidInput) as refused:
        import_text("patients", text, **words)
    said = f"Line {skip + 1} looks like the header: say --skip {skip}." if skip else None
    assert refused.value.fields.get("") == said
    with pytest.raises(InvalidInput, match="one cell"):
        import_text("patients", '"Nr;Surname"\n"1;Popa"\n', **words)
    if skip:
        table = csv_file(text, skip=skip)
        assert [record.cells[:2] for record in table.records()] == [["1", "Popa"]]


def test_a_title_in_a_workbook_and_formulas_that_nothing_calculated_are_pointed_out(organization, tmp_path):
    book = openpyxl.Workbook()
    for row in (["Elm Street Physio"], [], ["Nr", None, "Surname"], [1, None, "Popa"], [2, None, '="Ru" & "su"']):
        book.active.append(row)
    book.save(tmp_path / "people.xlsx")
    out = io.StringIO()
    mapped = ["--map", "Nr=external_id", "--map", "Surname=last_name"]
    words = ["import_data", "patients", tmp_path / "people.xlsx", *mapped]
    with pytest.raises(CommandError, match="Line 3 looks like the header: say --skip 2"):
        call_command(*words, stdout=out)
    assert "Formulas that nothing has calculated" in out.getvalue()
    with zipfile.ZipFile(tmp_path / "people.xlsx") as packed, zipfile.ZipFile(tmp_path / "empty.xlsx", "w") as to:
        for name in packed.namelist():
            # As a spreadsheet writes a formula whose result is an empty text.
            to.writestr(name, packed.read(name).replace(b"><f>", b' t="str"><f>'))
    with (tmp_path / "empty.xlsx").open("rb") as file:
        assert open_table(file).notes == []
    with pytest.raises(SystemExit):  # the formula's name is empty
        call_command(*words, "--skip", "2", stdout=out)
    assert Patient.objects.get().last_name == "Popa"


def test_two_columns_of_one_name_are_told_apart_by_their_number(organization):
    text = "id,Name,Name,E-mail\n1,Popa,Ana,\n"
    for mapping in ({"id": "external_id", "Name": "last_name"}, {"id": "external_id", "Name (3)": "last_name"}):
        with pytest.raises(InvalidInput):
            import_text("patients", text, mapping=mapping)
    mapping = {"id": "external_id", "Name (1)": "last_name", "Name (2)": "first_name"}
    assert import_text("patients", text, mapping=mapping).unread == ["E-mail"]
    assert list(Patient.objects.values_list("last_name", "first_name")) == [("Popa", "Ana")]


def test_an_array_is_read_object_by_object_however_its_lines_are_broken():
    people = [{"id": number, "name": {"last": f"Pop, {number}"}} for number in range(3)]
    for text in (json.dumps(people), json.dumps(people, indent=2), json.dumps(people, indent=2).replace("\n", "\r\n")):
        table = open_table(io.BytesIO(text.encode("utf-8-sig")))
        assert table.header == ["id", "name.last"]
        assert [record.cells for record in table.records()] == [["0", "Pop, 0"], ["1", "Pop, 1"], ["2", "Pop, 2"]]
    broken = open_table(io.BytesIO(b'[\n {"id": 1},\n 7,\n {"id": 2},\n {"id": 3 "x"}\n]'))
    assert [(record.line, bool(record.problem)) for record in broken.records()] == [
        (2, False), (3, True), (4, False), (5, True),
    ]  # fmt: skip
    for cut in (b'[{"id": 1},\n{"id": 2}', b'[{"id": 1},\n{"id": 2}\n', b'[{"id": 1},\n{"id": 2}] [{"id": 3}]'):
        told = [record.problem for record in open_table(io.BytesIO(cut)).records()]
        assert [bool(problem) for problem in told] == [False, False, True], cut


def test_an_old_mac_is_known_by_its_line_ends_and_a_line_of_blanks_is_no_row():
    table = csv_file("id;Größe\r1;Núñez\r".encode("mac-roman"))
    assert (table.header, [record.cells for record in table.records()]) == (["id", "Größe"], [["1", "Núñez"]])
    assert (table.lines, "Mac Roman" in str(table.notes[0])) == (2, True)
    assert [one.line for one in csv_file("id,name\n \n1,Popa\n,\n  \t\n2,Rusu\n").records()] == [3, 6]


def test_what_nobody_sees_is_no_part_of_a_header_or_a_cell(organization):
    text = (
        '"external_id","last\n  name","Date of\u00a0Birth", phone\n'
        '1, "Popa, Ana", 1980-01-05,\u202a+40 722 123 456\u202c\n2,Rusu\u200b,\\N,\\N\n3, "A" team,,\n'
    )
    mapping = {"last name": "last_name", "Date of Birth": "date_of_birth"}
    report = import_text("patients", text, mapping=mapping)
    assert [(one.line, one.column) for one in report.refusals] == [(5, "")]
    people = Patient.objects.order_by("pk").values_list("last_name", "date_of_birth", "phone_numbers__number")
    assert list(people) == [("Popa, Ana", date(1980, 1, 5), "+40 722 123 456"), ("Rusu", None, None)]
    assert csv_file('a,b\n1,x "y" z\n').header == ["a", "b"]
