"""`check_invariants` says what is broken, and its exit status says whether anything is."""

import json

import pytest
from django.core.management import CommandError, call_command

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
def declared(monkeypatch):
    """What the apps declare, for this test."""
    declared = [Invariant("stay.holds", "nothing is wrong", list)]
    module = type("invariants", (), {"INVARIANTS": declared})
    monkeypatch.setattr(invariants, "contributions", lambda _name: (module,))
    return declared


def test_nothing_broken_is_exit_status_0(declared, capsys):
    assert run(capsys) == (0, "1 invariants checked, 0 broken\n")
    status, out = run(capsys, "--json")
    assert (status, json.loads(out)) == (0, {"checked": 1, "broken": {}})


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
    assert (status, json.loads(out)) == (1, {"checked": 2, "broken": {"stay.starts_before_it_ends": [3, 5]}})


def test_a_hundred_ids_are_enough(declared, capsys):
    declared[:] = [Invariant("stay.many", "few are wrong", lambda: iter(range(10**9)))]
    _status, out = run(capsys, "--json")
    assert json.loads(out)["broken"] == {"stay.many": list(range(100))}


def test_an_empty_clinic_breaks_nothing(db, capsys):
    status, out = run(capsys, "--json")
    assert (status, json.loads(out)) == (0, {"checked": len(all_invariants()), "broken": {}})


def test_names_are_unique():
    names = [one.name for one in all_invariants()]
    assert sorted(set(names)) == sorted(names)


def test_there_is_no_other_option(db):
    with pytest.raises(CommandError):
        call_command("check_invariants", "--fix")
