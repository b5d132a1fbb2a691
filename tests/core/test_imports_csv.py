"""CSV files as people have them: what is read of them, and what is refused, row by row."""

from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal
from encodings.aliases import aliases

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.imports import Record, amount, clock_time, csv_rows, day, minutes, moment, yes_or_no
from core.imports import csv_file as module
from core.imports.csv_rows import LONGEST_ROW
from tests.importing import csv_file, import_text, refusals


def read(content, **more):
    """(header, [(line, cells)], [(line, problem)])."""
    file = csv_file(content, **more)
    records = list(file.records())
    return (
        file.header,
        [(one.line, one.cells) for one in records if one.problem is None],
        [(one.line, one.problem) for one in records if one.problem is not None],
    )


@pytest.mark.parametrize(
    "content",
    [
        b"a,b\n1,x\n2,\xc3\xa9\n",
        b"\xef\xbb\xbfa,b\n1,x\n2,\xc3\xa9\n",
        b"a,b\r\n1,x\r\n2,\xc3\xa9\r\n",
        b"a,b\r1,x\r2,\xc3\xa9\r",
        b"a,b\n1,x\n2,\xc3\xa9",
        b"a;b\n1;x\n2;\xc3\xa9\n",
        b"a\tb\n1\tx\n2\t\xc3\xa9\n",
        b'"a","b"\n"1","x"\n"2","\xc3\xa9"\n',
        "a,b\n1,x\n2,é\n".encode("utf-16"),
    ],
    ids=["plain", "BOM", "CRLF", "CR", "no last line end", "semicolons", "tabs", "quotes", "UTF-16"],
)
def test_a_file_reads_the_same_however_it_is_written(content):
    file = csv_file(content)
    assert (file.header, list(file.records())) == (["a", "b"], [Record(2, ["1", "x"]), Record(3, ["2", "é"])])
    assert file.notes == []


def test_a_file_can_be_read_twice():
    file = csv_file("a\n1\n")
    assert list(file.records()) == list(file.records()) == [Record(2, ["1"])]


def test_lines_are_counted_as_an_editor_does():
    content = 'a,b\n1,"two\nlines"\n\n\n2,x\r\n3,"three\r\n\r\nlines"\n4,x\n'
    _header, rows, problems = read(content)
    assert rows == [
        (2, ["1", "two\nlines"]),
        (6, ["2", "x"]),
        (7, ["3", "three\n\nlines"]),
        (10, ["4", "x"]),
    ]
    assert problems == []


def test_quotes_inside_a_cell_are_kept():
    _header, rows, _problems = read('a,b\n"say ""yes"", please",5" pipe\n')
    assert rows == [(2, ['say "yes", please', '5" pipe'])]


def test_rows_of_empty_cells_are_no_rows():
    assert read("a,b\n,\n1,2\n,\n")[1] == [(3, ["1", "2"])]


@pytest.mark.parametrize(
    ("content", "name", "encoding"),
    [
        ("a\nCafé “€”\n".encode("cp1252"), "Café “€”", "Windows-1252"),
        (b"a\nCaf\xe9 \x81\n", "Café \x81", "Latin-1"),
    ],
)
def test_a_file_that_is_not_utf8_is_read_as_western_and_says_so(content, name, encoding):
    file = csv_file(content)
    assert [record.cells for record in file.records()] == [[name]]
    assert file.notes == [f"The file is not UTF-8; it was read as {encoding}. If names look wrong, name its encoding."]


def test_a_bad_byte_far_behind_the_first_block_is_seen(monkeypatch):
    monkeypatch.setattr(module, "BLOCK", 4)
    file = csv_file("a\nșț\n".encode() + b"\xe9\n")
    assert file.encoding == "cp1252"
    assert csv_file("a\nșț\n".encode()).encoding == "utf-8-sig"
    assert csv_file(b"a\n\xc8").encoding == "cp1252", "a character cut off at the end of the file"


def test_an_encoding_can_be_named():
    file = csv_file("a\nȘtefan\n".encode("iso8859-16"), encoding="iso8859-16")
    assert [record.cells for record in file.records()] == [["Ștefan"]]
    assert file.notes == []


@pytest.mark.parametrize(
    ("content", "encoding", "reason"),
    [
        (b"", "", "The file is empty."),
        (b"\n\n", "", "The file is empty."),
        (b"PK\x03\x04workbook", "", "This is a workbook or a zip file; save it as CSV first."),
        (b"a\n\xff\n", "utf-8", "The file is not in utf-8."),
        (b"a\n", "klingon", "There is no encoding “klingon”."),
        (b'"a,b\n1,2\n', "", "A quotation mark opens in this row and never closes."),
    ],
)
def test_what_is_no_csv_file_is_refused_whole(content, encoding, reason):
    with pytest.raises(InvalidInput) as refused:
        csv_file(content, encoding=encoding)
    assert refused.value.fields == {"": reason}


TOO_LONG = f"The row has more than {LONGEST_ROW:,} characters."


@pytest.mark.parametrize(
    "cell",
    [
        "q" * 10_000_000,
        '"' + "q" * 10_000_000 + '"',
        '"' + "fifty characters of a note that somebody pasted\n" * 200_000 + '"',
        '"' + "it says yes, and no\n" * 10_000 + '"',
        '"' + '""' * 1_000_000 + '"',
        '"' + ",;\n" * 1_000_000 + '"',
    ],
    ids=["one line", "quoted", "many lines", "with quotes", "quotes alone", "delimiters alone"],
)
def test_a_cell_of_ten_megabytes_is_refused_alone_and_named(cell):
    cell = cell.replace("yes", '""yes""')
    _header, rows, problems = read(f"a,b,c\n1,ok,2\n3,{cell},4\n5,ok,6\n")
    last = 4 + cell.count("\n")
    assert rows == [(2, ["1", "ok", "2"]), (last, ["5", "ok", "6"])]
    assert problems == [(3, ("b", TOO_LONG))]


STRAY = "A quotation mark stands where none belongs."
UNCLOSED = "A quotation mark opens in this row and never closes."


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ('x,"Popa,1', UNCLOSED),
        ('x,"Po"pa,1', STRAY),
        ('x,"Popa" ,1', STRAY),
    ],
)
def test_a_row_with_a_stray_quotation_mark_is_refused_alone(bad, reason):
    _header, rows, problems = read(f"a,b,c\n1,ok,2\n{bad}\n3,ok,4\n5,ok,6\n")
    assert [line for line, _cells in rows] == [2, 4, 5]
    assert problems == [(3, ("", reason))]


def test_a_stray_quotation_mark_swallows_nothing_up_to_the_next_quoted_cell():
    many = "".join(f"{n},Name {n},ok\n" for n in range(6000))
    _header, rows, problems = read(f'a,b,c\nx,"Popa,1\n{many}9,Ina,"quoted, and fine"\n')
    assert problems == [(2, ("", STRAY))]
    assert (len(rows), rows[0], rows[-1]) == (
        6001,
        (3, ["0", "Name 0", "ok"]),
        (6003, ["9", "Ina", "quoted, and fine"]),
    )


def test_marks_that_close_in_a_later_row_with_too_many_cells_are_refused_alone():
    _header, rows, problems = read('a,b,c\nx,"Po\n2",Dan,3\n4,Eva,5\n')
    assert rows == [(3, ['2"', "Dan", "3"]), (4, ["4", "Eva", "5"])]
    assert problems == [(2, ("", "A quotation mark opens in this row and closes in line 3."))]


def test_rows_between_two_stray_marks_are_counted_and_named():
    """It could be one cell of four lines; nobody writes one whose every line looks like a row."""
    content = 'a,b,c\nx,Popa,"1\n2,Dan,ok\n3,Eva,ok\n4,Ina",5\n6,Ion,7\n'
    records = list(csv_file(content.replace('Ina",5', 'Ina,5"')).records())
    assert records == [
        Record(
            2,
            [],
            ("", "A quotation mark opens in line 2 and closes in line 5: nothing between was read."),
            lines=4,
        ),
        Record(6, ["6", "Ion", "7"]),
    ]


def test_a_cell_of_several_lines_is_read_also_with_commas_in_it():
    _header, rows, problems = read('a,b,c\n1,"home, work\nmobile\n, other",2\n3,x,4\n')
    assert (rows, problems) == ([(2, ["1", "home, work\nmobile\n, other", "2"]), (5, ["3", "x", "4"])], [])


def test_a_mark_that_swallows_more_than_a_row_may_hold_is_read_again():
    many = "".join(f"{n},Name {n},ok\n" for n in range(20_000))
    _header, rows, problems = read(f'a,b,c\nx,"Popa,1\n{many}')
    assert (len(rows), problems) == (20_000, [(2, ("", UNCLOSED))])


@pytest.mark.parametrize(
    ("content", "header"),
    [
        (
            'a;b;"Notes (home, work, mobile, other, more)"\n1;2;3\n',
            ["a", "b", "Notes (home, work, mobile, other, more)"],
        ),
        ('a;"b, c, d, e, f"\n', ["a", "b, c, d, e, f"]),
        ("a,b;c;d\n1,x\n2,y\n", ["a", "b;c;d"]),
        ("a|b\n1|2\n", ["a", "b"]),
        ('"a, b"\n"1, 2"\n', ["a, b"]),
        ("a\n1\n", ["a"]),
    ],
)
def test_the_separator_is_what_splits_the_rows_like_the_header(content, header):
    assert csv_file(content).header == header


def test_a_separator_can_be_named():
    assert csv_file("a,b:c\n", delimiter=":").header == ["a,b", "c"]


@pytest.mark.parametrize("name", ["hex", "zip", "rot13", "idna", "undefined", "a\x00b", ""])
def test_a_name_that_is_no_encoding_of_files_is_refused_by_name(name):
    if name:
        with pytest.raises(InvalidInput) as refused:
            csv_file("a\n", encoding=name)
        assert refused.value.fields == {"": f"There is no encoding “{name}”."}
    else:
        assert csv_file("a\n", encoding=name).encoding == "utf-8-sig"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32"])
def test_wide_letters_are_found_out(encoding):
    file = csv_file("external_id,name\n1,Ștefan\n".encode(encoding))
    assert (file.header, [record.cells for record in file.records()]) == (["external_id", "name"], [["1", "Ștefan"]])


def test_a_half_letter_at_the_end_of_a_wide_file_is_no_traceback():
    with pytest.raises(InvalidInput, match="no table"):
        csv_file("a,b\n1,2\n".encode("utf-16") + b"x")


@pytest.mark.parametrize("encoding", sorted(set(aliases.values())))
def test_no_encoding_of_python_ends_in_a_traceback(encoding):
    for content in (b"a,b\n1,\xe9\n", b"\xff\xfea\x00", b"+-,1", b"\x1b$B\n"):
        with suppress(InvalidInput):
            list(csv_file(content, encoding=encoding).records())


def test_reading_holds_one_row_at_a_time():
    file = csv_file("a,b\n" + "1,2\n" * 100_000)
    records = file.records()
    assert next(records) == Record(2, ["1", "2"])
    assert file._file.tell() < 100_000


@given(st.text(alphabet='ab,"\n;', max_size=60))
def test_where_a_row_ends_does_not_depend_on_its_length(text):
    """What is passed over of an overlong row ends where the csv module ends the row itself."""

    def lines_of(longest):
        file = csv_file("x,y\n" + text)
        before, csv_rows.LONGEST_ROW = csv_rows.LONGEST_ROW, longest
        try:
            return [record.line for record in file._rows() if record.problem or any(record.cells)]
        finally:
            csv_rows.LONGEST_ROW = before

    read, skipped = lines_of(LONGEST_ROW), lines_of(7)
    empty = {number for number, line in enumerate(text.split("\n"), 2) if not line.strip(',"')}
    assert set(read) - set(skipped) == set()
    assert set(skipped) - set(read) <= empty


def test_excels_own_line_says_the_separator_and_is_no_row():
    for content in (b"sep=|\nid;x|name\n1|a;b\n", "\ufeffsep=|\r\nid;x|name\r\n1|a;b\r\n".encode("utf-16")):
        file = csv_file(content)
        assert (file.header, [(one.line, one.cells) for one in file.records()]) == (
            ["id;x", "name"],
            [(3, ["1", "a;b"])],
        )


def test_lines_before_the_header_are_left_out():
    content = b'Patients of the practice\n"printed, today"\n\nid,name\n1,Ana\n'
    file = csv_file(content, skip=3)
    assert (file.header, [(one.line, one.cells) for one in file.records()]) == (["id", "name"], [(5, ["1", "Ana"])])


@pytest.mark.parametrize(
    "content",
    [b"\xd0\xcf\x11\xe0\xa1\xb1old", b"%PDF-1.7\n", b"\n<html><table>", b"<?xml version='1.0'?>", b"PK\x03\x04zip"],
)
def test_what_people_take_for_a_table_is_called_what_it_is(content):
    with pytest.raises(InvalidInput) as refused:
        csv_file(content)
    assert "save it as" in str(refused.value) or "export the data" in str(refused.value)


# Each is a file as some program writes it: what comes of it is a row, or a reason with its line; never a traceback.
CORPUS = {
    "a mark and CR LF": ("\ufeffexternal_id,last_name\r\n1,Popa\r\n".encode(), 1, []),
    "CR alone": (b"external_id,last_name\r1,Popa\r2,Rusu\r", 2, []),
    "UTF-16 with tabs, as Excel's Unicode text": ("external_id\tlast_name\r\n1\tȘerban\r\n".encode("utf-16"), 1, []),
    "a header alone": (b"external_id,last_name\n", 0, []),
    "no line end at the end": (b"external_id,last_name\n1,Popa", 1, []),
    "a NUL byte": (b"external_id,last_name\n1,Po\x00pa\n2,Rusu\n", 1, [2]),
    "half of a letter, as some programs write emojis": (b"external_id,last_name\n1,\xed\xa0\xbdPopa\n2,Rusu\n", 2, []),
    "rows too short and too long": (b"external_id,last_name,email\n1,Popa\n2,Rusu,,\n3,Stan,,x\n4,Toma,\n", 2, [2, 4]),
    "separators behind every row": (b"external_id,last_name,,\n1,Popa,,\n2,Rusu,,,,\n", 2, []),
    "a column that stands twice and is not read": (b"external_id,last_name,Note,note\n1,Popa,a,b\n", 1, []),
    "an open quotation mark": (b'external_id,last_name\n1,"Popa\n2,Rusu\n3,Stan\n', 2, [2]),
    "a cell of a megabyte": (b"external_id,last_name\n1,%s\n2,Rusu\n" % (b"x" * (1 << 20)), 1, [2]),
    "formulas": (b'external_id,last_name\n1,"=HYPERLINK(""x"")"\n2,@SUM(A1)\n3,+40\n', 3, []),
    "spaces that do not break": ("external_id\u00a0,last_name\n1,\u00a0Popa\u00a0\n".encode(), 1, []),
    "sums in the last row": (b"external_id,last_name\n1,Popa\n2,Rusu\nTotal:,2\n", 2, [4]),
    "empty lines and a foot": (b"external_id,last_name\n\n1,Popa\n,\n\nTotal: 1\n", 1, [6]),
}


@pytest.mark.parametrize("name", CORPUS)
def test_a_file_as_programs_write_it_gives_rows_or_reasons(organization, name):
    content, created, refused = CORPUS[name]
    report = import_text("patients", content)
    assert (report.created, sorted({line for line, _column, _reason in refusals(report)})) == (created, refused)
    assert all(reason for _line, _column, reason in refusals(report))


def test_days_and_times_as_spreadsheets_and_people_write_them():
    assert day("44197") == date(2021, 1, 1)
    assert moment("44197.395833333336") == datetime(2021, 1, 1, 9, 30)
    assert [moment(text) for text in ("44197,5", "44197 0.5", "44197 0,5")] == [datetime(2021, 1, 1, 12)] * 3
    assert moment("1/5/2026 9:00am", ["%m/%d/%Y"]) == datetime(2026, 1, 5, 9)
    assert (clock_time("9 am"), clock_time("12:15 PM"), clock_time("9:05")) == (time(9), time(12, 15), time(9, 5))
    assert [amount(text) for text in ("1'234.50", "1,234,567", "12,50 €", "2,5 %")] == [
        Decimal("1234.50"), Decimal(1234567), Decimal("12.50"), Decimal("2.5"),
    ]  # fmt: skip
    assert (yes_or_no("Y"), yes_or_no("x"), yes_or_no("N")) == (True, True, False)


def test_cells_as_other_languages_write_them():
    said = {
        True: ("Ja", "WAHR", "Oui", "VRAI", "Sì", "VERO", "da", "ADEVĂRAT", "✓"),
        False: ("Nein", "non", "FALSO", "nu"),
    }
    assert {means: {yes_or_no(one) for one in words} for means, words in said.items()} == {True: {True}, False: {False}}
    assert [clock_time(text) for text in ("14h30", "9 h", "9 Uhr", "14 Uhr 05")] == [
        time(14, 30), time(9), time(9), time(14, 5),
    ]  # fmt: skip
    assert moment("2026-01-05 2:30 PM") == datetime(2026, 1, 5, 14, 30)
    assert moment("05/01/2026 14h30", ["%d/%m/%Y"]) == datetime(2026, 1, 5, 14, 30)
    lengths = {
        45: ("45", "45 min", "45 Min.", "45'", "0:45", "0:45:00", "45 minutes", "45 Minuten", "45 minuti"),
        60: ("1h", "1 h", "1:00", "1 hour", "1 Std.", "1 ora"),
        90: ("1:30", "1h30", "1 h 30 min", "1 hr 30 mins", "1 Stunde 30 Minuten", "1 heure 30"),
    }
    assert {wanted: {minutes(one) for one in texts} for wanted, texts in lengths.items()} == {
        one: {one} for one in lengths
    }
    sums = {
        "1234.56": ("CHF 1'234.56", "1.234,56 €", "1,234.56"),
        "50": ("50,-", "50.–", "Fr. 50.00", "50 kr", "50,00 lei", "50 zł"),
    }
    assert {wanted: {amount(one) for one in texts} for wanted, texts in sums.items()} == {
        one: {Decimal(one)} for one in sums
    }


@pytest.mark.parametrize(
    ("read", "texts"),
    [
        (yes_or_no, ("maybe", "yes no", "")),
        (clock_time, ("25h", "14h60", "noon", "Uhr")),
        (minutes, ("", "h", "min", "1:30:15", "soon", "1 h 30 h")),
        (amount, ("-", ",-", "kr", "12 rooms", "Room 12", "1.2.3")),
        (moment, ("2026-01-05", "2026-01-05 25h", "2026-01-05 soon")),
    ],
)
def test_cells_that_say_nothing_certain_are_refused(read, texts):
    for text in texts:
        with pytest.raises(ValidationError):
            read(text)


def test_an_amount_or_a_length_is_read_as_it_is_meant_or_refused():
    for text, wanted in {
        "(20.00)": "-20.00", "20,50-": "-20.50", "-20": "-20", "(€ 20,00)": "-20.00", "12.345.678": "12345678",
        "1.234.567,50": "1234567.50", "0.125": "0.125", "1234.567": "1234.567",
    }.items():  # fmt: skip
        assert str(amount(text)) == wanted, text
    for text in ("1.234", "1,234", "-12.500", "€ 1.234", "free", "1.2.3", "(20"):
        with pytest.raises(ValidationError):
            amount(text)
    assert [minutes(text) for text in ("1.5 h", "1,25 Std.", "0.5 hours", "1h 30m", "01:30")] == [90, 75, 30, 90, 90]
