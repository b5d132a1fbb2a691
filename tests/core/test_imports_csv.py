"""CSV files as people have them: what is read of them, and what is refused, row by row."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.imports import Record
from core.imports import csv_file as module
from core.imports.csv_file import LONGEST_ROW
from tests.importing import csv_file


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


def test_a_quote_that_never_closes_is_refused_with_the_rows_it_swallows():
    _header, rows, problems = read('a,b\n1,x\n2,"x\n3,x\n')
    assert rows == [(2, ["1", "x"])]
    assert problems == [(3, ("", "A quotation mark opens in this row and never closes."))]


def test_reading_holds_one_row_at_a_time():
    file = csv_file("a,b\n" + "1,2\n" * 100_000)
    records = file.records()
    assert next(records) == Record(2, ["1", "2"])
    assert file._file.tell() < 100_000


@given(st.text(alphabet='ab,"\n;', max_size=60))
def test_where_a_row_ends_does_not_depend_on_its_length(text):
    """The outline of an overlong row ends where the csv module ends the row itself."""
    taken = 0

    def counted():
        nonlocal taken
        for line in io.StringIO(text):
            taken += 1
            yield line

    expected, reader = [], csv.reader(counted())
    while True:
        begins = taken + 1
        if next(reader, None) is None:
            break
        expected.append(begins)

    longest, module.LONGEST_ROW = module.LONGEST_ROW, 7
    try:
        lines = module._Lines(io.StringIO(text))
        found, reader = [], csv.reader(lines)
        while True:
            lines.begin_row()
            if next(reader, None) is None:
                break
            found.append(lines.row)
    finally:
        module.LONGEST_ROW = longest
    assert found == expected
