"""The verb that merges two records of one person, with everything that belongs to either."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.utils.text import capfirst

from billing.models import Bill, BillBalance, CarePlan, Receipt, Transaction
from core.actor import Actor
from core.append_only import following
from core.db import Work, verb
from core.db_errors import Retry
from core.errors import DomainError
from core.locks import lock, lock_only, lock_whole
from directory.models import Resource
from orders.models import ProductOrder
from patients.models import (
    CustomFieldValue,
    Document,
    Patient,
    PatientAccess,
    PatientAlert,
    PatientCase,
    PhoneNumber,
)
from patients.services import (
    Difference,
    compare_records,
    move_rows,
    pair_to_merge,
    refuse_to_merge,
    take_over_record,
)
from programs.models import Enrollment
from scheduling.models import Appointment
from scheduling.services import refuse_double_visits, take_over_visits

# Every relation to a patient and what a merge does with it. "moves": its rows are the kept record's from then on, but
# for what both have (see `take_over_record`); anything else says why its rows stay.
RELATIONS = {
    "billing.Bill.patient": "moves",
    "billing.BillBalance.patient": "moves",
    "billing.CarePlan.patient": "moves",
    "billing.Receipt.patient": "moves",
    "billing.Transaction.patient": "moves",
    "core.PatientLook.patient": "stays: who looked at which record is history, reached by the record's own history",
    "orders.ProductOrder.patient": "moves",
    "patients.CustomFieldValue.patient": "moves",
    "patients.Document.patient": "moves",
    "patients.DocumentFolder.patient": "moves",
    "patients.Patient.merged_into": "moves",
    "patients.PatientAccess.patient": "moves",
    "patients.PatientAlert.patient": "moves",
    "patients.PatientCase.patient": "moves",
    "patients.PatientWord.patient": "stays: the words of the record's own columns, which stay in it",
    "patients.PhoneNumber.patient": "moves",
    "programs.Enrollment.patient": "moves",
    "scheduling.Appointment.patient": "moves",
    "scheduling.Hold.patient": "moves",
}

# The patient's rows that verbs lock: before and after the resources, in the one order of locks.
BEFORE_TIME: tuple[type[models.Model], ...] = (Enrollment, ProductOrder)
AFTER_TIME: tuple[type[models.Model], ...] = (Appointment, CarePlan, BillBalance)

# What the preview counts, in the order in which the desk asks.
COUNTED: tuple[type[models.Model], ...] = (
    Appointment,
    Enrollment,
    ProductOrder,
    Bill,
    Transaction,
    Receipt,
    CarePlan,
    PatientCase,
    PatientAlert,
    Document,
    PhoneNumber,
    CustomFieldValue,
    PatientAccess,
)


@dataclass(frozen=True, slots=True)
class Merge:
    """What merging two records would do: what moves, what the desk has to choose, and why it would be refused."""

    keep: Patient
    gone: Patient
    counts: list[tuple[str, int]]
    compared: list[Difference]
    refusal: DomainError | None


def preview_merge(by: Actor, *, keep_id: int, gone_id: int, at: datetime) -> Merge:
    """Return what `merge_patients` would do now, without writing anything; it refuses what `pair_to_merge` refuses."""
    keep, gone = pair_to_merge(by, keep_id=keep_id, gone_id=gone_id)
    refusal = None
    try:
        refuse_to_merge(keep, gone)
        refuse_double_visits(keep, gone, by=by, at=at)
    except DomainError as error:
        refusal = error
    counts = [
        (capfirst(str(model._meta.verbose_name_plural)), count)
        for model in COUNTED
        if (count := model._default_manager.filter(patient=gone).count())
    ]
    return Merge(keep, gone, counts, compare_records(keep, gone), refusal)


@verb
def merge_patients(
    work: Work, keep_id: int, gone_id: int, *, choices: Mapping[str, str] | None = None, by: Actor, at: datetime
) -> Patient:
    """Merge one record of a person into another of the same organization, and return the one that is kept.

    Everything moves to it. Its own values stay and what it lacks is filled in from the other; `choices` says, by the
    name of a field in which the two differ, which value is kept: "kept" (as without a choice), "gone" or, of notes,
    "both". The other record remains, archived, and says into which it was merged; history stays with it. Conflict for
    one that is merged or archived, for two accounts, and for visits of both at the same time; then nothing is done.
    """
    seen_keep, seen_gone = pair_to_merge(by, keep_id=keep_id, gone_id=gone_id)
    by.require("patients.merge_patients", organization_id=seen_keep.organization_id)
    owned = [_lock_rows(model, gone_id) for model in BEFORE_TIME]
    lock(Resource.objects.all(), [seen_keep.resource_id, seen_gone.resource_id])
    owned += [_lock_rows(model, gone_id) for model in AFTER_TIME]
    # From here nothing new can refer to either: what is being written has come, what follows waits.
    rows = lock_whole(Patient.objects.select_related("resource"), [keep_id, gone_id])
    by_id = {row.pk: row for row in rows}
    keep: Patient = by_id[keep_id]
    gone: Patient = by_id[gone_id]
    if owned != [_ids_of(model, gone_id) for model in (*BEFORE_TIME, *AFTER_TIME)]:
        raise Retry
    refuse_to_merge(keep, gone)
    take_over_visits(work, keep, gone)
    for model in (Enrollment, ProductOrder, CarePlan, BillBalance):
        move_rows(work, model, keep, gone)
    with following():
        for frozen in (Bill, Receipt, Transaction):
            move_rows(work, frozen, keep, gone)
    take_over_record(work, keep, gone, choices or {})
    return keep


def _ids_of(model: type[models.Model], patient_id: int) -> list[int]:
    return list(model._default_manager.filter(patient=patient_id).order_by("pk").values_list("pk", flat=True))


def _lock_rows(model: type[models.Model], patient_id: int) -> list[int]:
    """Lock a patient's rows of a model that verbs lock, and return their ids."""
    ids = _ids_of(model, patient_id)
    lock_only(model, ids)
    return ids
