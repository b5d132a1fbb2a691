"""`check_invariants` says what is broken, and its exit status says whether anything is."""

import json
import re

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from core import invariants
from core.invariants import Invariant, all_invariants


def run(capsys, *args):
    try:
        call_command("check_invariants", *args)
        status = 0
    except SystemExit as leaving:
        status = leaving.code
    return status, capsys.readouterr().out


@pytest.fixture
def declared(db, monkeypatch):
    """What the apps declare, for this test."""
    declared = [Invariant("stay.holds", "nothing is wrong", list)]
    module = type("invariants", (), {"INVARIANTS": declared})
    monkeypatch.setattr(invariants, "contributions", lambda _name: (module,))
    return declared


def test_nothing_broken_is_exit_status_0(declared, capsys):
    assert run(capsys) == (0, "1 invariants checked, 0 broken\n")
    status, out = run(capsys, "--json")
    assert (status, json.loads(out)) == (0, {"checked": 1, "broken": {}, "unchecked": {}})


def test_something_broken_is_named_with_its_ids_and_exit_status_1(declared, capsys):
    declared.append(Invariant("stay.starts_before_it_ends", "a stay starts before it ends", lambda: [3, 5]))
    status, out = run(capsys)
    assert status == 1
    assert out.splitlines() == [
        "BROKEN stay.starts_before_it_ends: a stay starts before it ends",
        "  ids: 3, 5",
        "2 invariants checked, 1 broken",
    ]
    status, out = run(capsys, "--json")
    assert (status, json.loads(out)) == (
        1,
        {"checked": 2, "broken": {"stay.starts_before_it_ends": [3, 5]}, "unchecked": {}},
    )


def ask_too_much():
    """A statement that the database refuses."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM nowhere")
    return []


@pytest.mark.parametrize(("further", "left"), [([], 2), ([Invariant("stay.late", "nobody is late", lambda: [7])], 3)])
def test_what_could_not_be_checked_is_told_from_what_is_broken_and_stops_nothing(declared, capsys, further, left):
    declared.insert(0, Invariant("stay.too_much", "this can be asked", ask_too_much))
    declared.extend(further)
    status, out = run(capsys)
    assert status == left
    assert "NOT CHECKED stay.too_much: this can be asked" in out
    checked, names = len(declared) - 1, [one.name for one in further]
    assert out.splitlines()[-1] == f"{checked} invariants checked, {len(names)} broken, 1 could not be checked"
    status, out = run(capsys, "--json")
    report = json.loads(out)
    assert (status, report["checked"], list(report["broken"])) == (left, checked, names)
    assert "nowhere" in report["unchecked"]["stay.too_much"]


def test_the_time_of_each_is_told_to_whoever_wants_it(declared, capsys):
    _status, out = run(capsys, "-v", "2")
    assert re.match(r" +\d+\.\d\d s  stay\.holds\n", out)


def test_a_hundred_ids_are_enough(declared, capsys):
    declared[:] = [Invariant("stay.many", "few are wrong", lambda: iter(range(10**9)))]
    _status, out = run(capsys, "--json")
    assert json.loads(out)["broken"] == {"stay.many": list(range(100))}


def test_an_empty_clinic_breaks_nothing(db, capsys):
    status, out = run(capsys, "--json")
    assert (status, json.loads(out)) == (0, {"checked": len(all_invariants()), "broken": {}, "unchecked": {}})


def test_names_are_unique():
    names = [one.name for one in all_invariants()]
    assert sorted(set(names)) == sorted(names)


def test_there_is_no_other_option(db):
    with pytest.raises(CommandError):
        call_command("check_invariants", "--fix")
