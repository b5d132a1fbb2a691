"""The filter language against a plain Python filter: the same rows on both engines, or the same refusal."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from unittest.mock import patch

import pytest
from django.db.models import F, Q
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from api.cliniko import filtering
from api.cliniko.filtering import Array, BadQuery, Boolean, Date, DateTime, Numeric, String
from api.cliniko.lists import Asked, ClinikoFilters
from core.prepared import Prepared
from directory.models import Organization
from patients.models import Patient
from tests.factories import AT, OrganizationFactory, PatientFactory, PatientSourceFactory, PhoneNumberFactory
from tests.plugins.counts import scaled

pytestmark = pytest.mark.django_db

FIELDS = {
    "id": Numeric("pk"),
    "created_at": DateTime("created_at"),
    "archived_at": DateTime("archived_at", null=True),
    "date_of_birth": Date("date_of_birth", null=True),
    "first_name": String("first_name"),
    "email": String(F("email")),
    "reminded": Boolean("email_reminders"),
    "source_id": Numeric("source_id", null=True),
    "source": Numeric(F("source_id"), null=True),
    "phone_ids": Array(lambda pk: Q(phone_numbers=pk)),
}
NAMES = ["Ada", "ada", "Ana-Maria", "Étienne", "étienne", "100%", "50_50", r"back\slash", "", " Ann ", "Ann", "Anna"]


@pytest.fixture
def patients(db):
    """Three dozen patients who differ in every field."""
    organization = OrganizationFactory()
    sources = [PatientSourceFactory(organization=organization), None]
    rows = []
    for n in range(36):
        born = date(1950 + 3 * n, n % 12 + 1, n % 28 + 1) if n % 5 else None
        rows.append(
            PatientFactory(
                organization=organization,
                first_name=NAMES[n % len(NAMES)],
                email=f"p{n}@Example.org" if n % 3 else "",
                date_of_birth=born,
                email_reminders=n % 2 == 0,
                source=sources[n % 2],
                created_at=AT + timedelta(hours=n),
                archived_at=AT + timedelta(days=n) if n % 4 == 0 else None,
            )
        )
        if n % 6 == 0:
            PhoneNumberFactory(patient=rows[-1])
    return rows


# ------------------------------------------------------------------------------------- the plain filter

COMPARE = {
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    "<": lambda a, b: a < b,
}


def plain_moment(text):
    text = re.sub(r"(:\d\d(?:[.,]\d+)?) (\d\d:?\d\d)$", r"\1+\2", text.strip())
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), tzinfo=UTC)
    found = re.fullmatch(
        r"(\d{4})-(\d\d)-(\d\d)(?: ?[Tt] ?| {1,2})(\d\d):(\d\d)(?::(\d\d))?(?:[.,]\d{1,9})?"
        r" ?(?:([Zz]|UTC)|([+-])(\d\d):?(\d\d))?",
        text,
        re.ASCII,
    )
    if not found:
        raise ValueError
    year, month, day, hour, minute = (int(found[n]) for n in range(1, 6))
    shift = timedelta(0)
    if found[8]:
        if int(found[9]) > 23 or int(found[10]) > 59:
            raise ValueError
        shift = timedelta(hours=int(found[9]), minutes=int(found[10])) * (1 if found[8] == "+" else -1)
    if not 1900 <= year <= 9998:
        raise ValueError
    return datetime(year, month, day, hour, minute, int(found[6] or 0), tzinfo=timezone(shift)).astimezone(UTC)


def plain_day(text):
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) or not 1900 <= int(text[:4]) <= 9998:
        raise ValueError
    return date.fromisoformat(text)


def plain_number(text):
    if not re.fullmatch(r"-?\d{1,18}", text.strip(), re.ASCII):
        raise ValueError
    return int(text)


def plain_text(operator, stored, value):
    if "\x00" in value:
        raise ValueError
    if operator == "=":
        return stored == value
    if operator == "!=":
        return stored != value
    fold = lambda text: "".join(c.lower() if c.isascii() else c for c in text)  # noqa: E731
    parts = value.split("%") if operator == "~~" else ["", value, ""]
    return bool(re.fullmatch(".*".join(re.escape(fold(part)) for part in parts), fold(stored), re.DOTALL))


def plain(term, row):
    """Whether the row meets the term; ValueError where it is none."""
    name, colon, rest = term.partition(":")
    operator = next((o for o in (">=", "<=", "!=", "!?", "~~", ">", "<", "=", "~", "?", "*") if rest.startswith(o)), "")
    value = rest[len(operator) :]
    kinds = {
        "id": ("number", row.pk), "created_at": ("moment", row.created_at), "archived_at": ("moment", row.archived_at),
        "date_of_birth": ("day", row.date_of_birth), "first_name": ("text", row.first_name),
        "email": ("text", row.email), "reminded": ("flag", row.email_reminders),
        "source_id": ("number", row.source_id), "source": ("number", row.source_id),
        "phone_ids": ("ids", [phone.pk for phone in row.phones]),
    }  # fmt: skip
    allowed = {
        "number": {"=", "!=", ">=", ">", "<=", "<", "?", "!?"},
        "moment": {">=", ">", "<=", "<", "?", "!?", "*"},
        "day": {"=", ">=", ">", "<=", "<", "?", "!?"},
        "text": {"=", "!=", "~", "~~", "?", "!?"},
        "flag": {"=", "!="},
        "ids": {"~"},
    }
    kind, stored = kinds.get(name, (None, None))
    if not colon or operator not in allowed.get(kind, ()):
        raise ValueError
    if operator in ("?", "!?", "*"):
        if value:
            raise ValueError
        return True if operator == "*" else (stored not in (None, "")) is (operator == "?")
    if kind == "text":
        return plain_text(operator, stored, value)
    if kind == "flag":
        if value.strip().lower() not in ("true", "false"):
            raise ValueError
        return (stored is (value.strip().lower() == "true")) is (operator == "=")
    if kind == "ids":
        return plain_number(value) in stored
    if kind == "day" and operator == "=" and "*" in value:
        if not re.fullmatch(r"[\d*]{4}-[\d*]{2}-[\d*]{2}", value, re.ASCII):
            raise ValueError
        return stored is not None and bool(re.fullmatch(value.replace("*", r"\d"), stored.isoformat()))
    if kind == "number" and operator == "=":
        return stored in [plain_number(one) for one in value.split(",")]
    read = {"number": plain_number, "moment": plain_moment, "day": plain_day}[kind]
    wanted = read(value)
    if operator == "=":
        return stored == wanted
    if operator == "!=":
        return stored != wanted
    return stored is not None and COMPARE[operator](stored, wanted)


# ------------------------------------------------------------------------------------------ what is sent

OPERATORS = st.sampled_from([">=", "<=", "!=", "!?", "~~", ">", "<", "=", "~", "?", "*", "", "=="])
MOMENTS = st.builds(
    lambda hours, form: form(AT + timedelta(hours=hours)),
    st.integers(-5, 60),
    st.sampled_from(
        [
            lambda at: f"{at:%Y-%m-%dT%H:%M:%SZ}",
            lambda at: f"{at:%Y-%m-%dT%H:%M:%S}.000Z",
            lambda at: f"{at:%Y-%m-%dT%H:%M:%S}",
            lambda at: f"{at:%Y-%m-%d T%H:%M:%SZ}",
            lambda at: f"{at.astimezone(timezone(timedelta(hours=13))):%Y-%m-%dT%H:%M:%S}+13:00",
            lambda at: f"{at.astimezone(timezone(timedelta(hours=13))):%Y-%m-%dT%H:%M:%S} 13:00",
            lambda at: f"{at:%Y-%m-%d}",
        ]
    ),
)
DAYS = st.one_of(
    st.dates(date(1940, 1, 1), date(2070, 1, 1)).map(str),
    st.dates(date(1950, 1, 1), date(2060, 1, 1)).flatmap(
        lambda day: st.sets(st.sampled_from([0, 1, 2, 3, 5, 6, 8, 9])).map(
            lambda stars: "".join("*" if n in stars else c for n, c in enumerate(str(day)))
        )
    ),
)
NUMBERS = st.lists(st.integers(-3, 60).map(lambda n: f"#{n}"), min_size=1, max_size=3).map(",".join)
TEXTS = st.one_of(
    st.sampled_from([*NAMES, "%", "%%", "a%", "%na%", "A%a", "_", "é", "É", "\\", "p1", "@example.ORG", "\x00"]),
    st.text(max_size=5),
)
FLAGS = st.sampled_from(["true", "false", "True", "1", "yes", ""])
ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
TERMS = st.one_of(
    st.tuples(st.sampled_from(["created_at", "archived_at"]), OPERATORS, MOMENTS),
    st.tuples(st.just("date_of_birth"), OPERATORS, DAYS),
    st.tuples(st.sampled_from(["id", "source_id", "source", "phone_ids"]), OPERATORS, NUMBERS),
    st.tuples(st.sampled_from(["first_name", "email"]), OPERATORS, TEXTS),
    st.tuples(st.just("reminded"), OPERATORS, FLAGS),
    st.tuples(st.sampled_from([*FIELDS]), st.sampled_from(["?", "!?", "*"]), st.just("")),
    st.tuples(st.sampled_from([*FIELDS, "password", "organization__name", "pk"]), OPERATORS, ANYTHING),
).map(lambda parts: f"{parts[0]}:{parts[1]}{parts[2]}")


# At night 20,000 examples, in five parts as no test may take minutes.
@pytest.mark.parametrize("part", range(scaled(1, 5)))
@settings(max_examples=scaled(300, 4_000))
@given(data=st.data())
def test_the_filter_finds_what_a_plain_filter_finds(once, part, data):
    rows, shift = once
    texts = data.draw(st.lists(st.one_of(TERMS, ANYTHING), min_size=1, max_size=3))
    texts = [re.sub(r"#(-?\d+)", lambda found: str(shift + int(found[1])), text) for text in texts]
    try:
        expected = {row.pk for row in rows if all([*(plain(text, row) for text in texts if text)])}
    except ValueError:
        with pytest.raises(BadQuery) as caught:
            filtering.read(texts, FIELDS)
        assert set(caught.value.fields) <= set(texts)
        return
    terms = [(term, term.value) for term in filtering.read(texts, FIELDS)]
    found = filtering.narrow(Patient.objects.all(), terms, FIELDS)
    assert set(found.values_list("pk", flat=True)) == expected, texts
    assert set(read_as_a_list(texts)) == expected, texts
    with patch("core.ids_first.FEW", 5):
        assert set(read_as_a_list(texts)) == expected, texts


class PatientFilters(ClinikoFilters):
    """Those of a list whose indexes are looked into first."""

    model = Patient
    fields = FIELDS


def read_as_a_list(texts):
    """As a list does it: few are found by their ids, and the values are put into a statement that was made before."""
    parameters = QueryDict(mutable=True)
    parameters.setlist("q[]", texts)
    asked = Asked(PatientFilters, parameters)
    asked.find(lambda: list(Organization.objects.values_list("pk", flat=True)))
    rows = asked.ordered(asked.narrowed(Patient.objects.all(), prepared=True)).values_list("pk", flat=True)
    return Prepared(lambda: rows)(**asked.values)


@pytest.fixture
def once(patients):
    """The patients with their numbers, and what makes a small number the id of one of them."""
    for row in patients:
        row.refresh_from_db()
        row.phones = list(row.phone_numbers.all())
    return patients, patients[0].pk


# --------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    "text",
    ["", "x", "nothing:=1", "id", "id:", "id:1", "id:~1", "id:=", "id:=x", "id:=1;2", "id:?1", "created_at:=2026-01-01",
     "created_at:>soon", "date_of_birth:>****-01-01", "date_of_birth:=19", "reminded:=2", "email:>x", "phone_ids:=1",
     "id__gt:=1", "organization_id:=1", "first_name:=a\x00", f"id:={2**70}"],
)  # fmt: skip
def test_a_term_that_is_none_is_named(text):
    if not text:
        assert filtering.read([text], FIELDS) == []
        return
    with pytest.raises(BadQuery) as caught:
        filtering.read([text], FIELDS)
    assert list(caught.value.fields) == [text]


def test_every_bad_term_is_named_not_only_the_first():
    with pytest.raises(BadQuery) as caught:
        filtering.read(["x:=1", "id:=1", "id:=y"], FIELDS)
    assert list(caught.value.fields) == ["x:=1", "id:=y"]


def test_at_most_twenty_terms_of_two_kilobytes_are_read():
    assert len(filtering.read(["id:=1"] * 20, FIELDS)) == 20
    for texts in (["id:=1"] * 21, ["first_name:=" + "x" * 2040], ["first_name:=" + "é" * 1020]):
        with pytest.raises(BadQuery) as caught:
            filtering.read(texts, FIELDS)
        assert list(caught.value.fields) == ["q"]


# ----------------------------------------------------------------------------------------------- order


def ids(sorts, order=""):
    asked = filtering.sorting(sorts, order, FIELDS, default="created_at")
    rows = filtering.ordered(Patient.objects.all(), asked, FIELDS)
    return list(rows.values_list("pk", flat=True))


def test_the_default_order_is_by_creation(patients):
    assert ids([]) == [row.pk for row in patients]


def test_sort_takes_several_fields_each_with_its_way(patients):
    by_name = sorted(patients, key=lambda row: (row.email_reminders, -row.created_at.timestamp()))
    assert ids(["reminded", "created_at:desc"]) == [row.pk for row in by_name]


def test_order_is_for_those_without_a_way_of_their_own(patients):
    assert ids(["created_at"], "desc") == [row.pk for row in reversed(patients)]
    assert ids(["created_at:asc"], "desc") == [row.pk for row in patients]


def test_nothing_comes_last_upwards_and_first_downwards(patients):
    born = [row.date_of_birth for row in Patient.objects.in_bulk(ids(["date_of_birth"])).values()]
    assert len(born) == 36
    up, down = ids(["date_of_birth"]), ids(["date_of_birth:desc"])
    none = {row.pk for row in patients if row.date_of_birth is None}
    assert set(up[-len(none) :]) == set(down[: len(none)]) == none


def test_a_tie_is_broken_by_the_id(patients):
    twice = ids(["reminded"])
    assert twice == sorted(twice, key=lambda pk: (next(p for p in patients if p.pk == pk).email_reminders, pk))


@pytest.mark.parametrize("sorts", [["x"], ["created_at:up"], ["phone_ids"], ["-created_at"], ["organization__name"]])
def test_a_sort_that_is_none_is_named(sorts):
    with pytest.raises(BadQuery) as caught:
        ids(sorts)
    assert list(caught.value.fields) == [f"sort {sorts[0]}"]


def test_an_order_that_is_none_is_named():
    with pytest.raises(BadQuery) as caught:
        ids([], "up")
    assert list(caught.value.fields) == ["order"]


def test_the_table_describes_itself():
    words = filtering.described({"id": FIELDS["id"], "email": FIELDS["email"]})
    assert "- `email` (string): `=` `!=` `~` `~~` `?` `!?`\n- `id` (int64): `=` `!=`" in words
