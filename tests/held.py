"""Every verb that the tests call is watched: a row that a merge would move is written only where a merge has to wait.

It waits for whoever locks the patient's resource or holds the record (`patients.standing.hold_record`), and for what
belongs to a bill that is locked. Nothing else would notice the verb that forgets it: a merge seldom runs meanwhile.
"""

from typing import Any

from django.apps import apps

from billing.models import Receipt, Transaction
from billing.services.merging import RELATIONS
from core import db, locks
from core.locks import LockOrderError
from patients.models import Patient

HOLDS = {"directory.resource", "patients.patient"}
# A payment follows its bill, which the merge locks, too.
MORE = {Transaction: {"billing.billbalance"}, Receipt: {"billing.billbalance"}}


def moved() -> set[type]:
    """The models with a `patient` whose rows a merge moves."""
    named = (relation.rsplit(".", 1) for relation, what in RELATIONS.items() if what == "moves")
    return {apps.get_model(label) for label, column in named if column == "patient"}


def watch_verbs(patch: Any) -> None:
    """Fail the verb that writes a row of a patient, unless a merge of the record waits for it."""
    note, models = db.entry_of_new, moved()
    added: dict[int, set[int]] = {}

    def checked(work: db.Work, row: Any) -> Any:
        entry, held = note(work, row), locks.taken.get()
        if isinstance(row, Patient):
            added[id(held)] = {*added.get(id(held), ()), row.pk}
        elif type(row) in models and row.patient_id is not None and held is not None:
            new = row.patient_id in added.get(id(held), ())
            if not new and (HOLDS | MORE.get(type(row), set())).isdisjoint(held):
                raise LockOrderError(f"{work.verb} writes a {type(row).__name__} of a patient who may be merged away")
        return entry

    patch.setattr(db, "entry_of_new", checked)
