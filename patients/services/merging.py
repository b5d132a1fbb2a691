"""One record of a person who has two: what differs between them, who may merge them, and what the kept one takes over.

The verb is `billing.merge_patients`: a merge also moves visits, programs, orders and money.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from django.db import models
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core.actor import Actor
from core.db import Work
from core.errors import Conflict, InvalidInput, Text
from core.models import ExternalId
from patients.models import (
    CustomFieldValue,
    Document,
    DocumentFolder,
    Patient,
    PatientAccess,
    PatientAlert,
    PatientCase,
    PhoneNumber,
)
from patients.services.custom_fields import write_custom_values
from patients.services.records import PatientValues
from patients.states import Relation

Choice = Literal["kept", "gone", "both"]

CUSTOM = "custom."
# Number and year are one thing, unique in the organization: the kept record takes both where it has none.
YEARLY = ("yearly_numbering_year", "yearly_numbering_number")
COLUMNS = tuple(name for name in PatientValues.__annotations__ if name not in YEARLY)
# What people wrote in sentences can be kept from both, one below the other.
JOINED = ("emergency_contact", "notes", "appointment_notes", "invoice_extra_information")


@dataclass(frozen=True, slots=True)
class Difference:
    """What a field says in the record that is kept and in the one that goes; `is_choice` where both say something."""

    name: str
    label: str
    kept: Any
    gone: Any
    is_choice: bool

    @property
    def choices(self) -> tuple[Choice, ...]:
        """Which of the two may be kept."""
        return ("kept", "gone", "both") if self.name in JOINED else ("kept", "gone")


def pair_to_merge(by: Actor, *, keep_id: int, gone_id: int) -> tuple[Patient, Patient]:
    """Return the record that is kept and the one that goes, if `by` may merge them.

    Missing for one that `by` may not see; InvalidInput names `gone_id` for the same record or another organization's.
    """
    rows = Patient.objects.visible_to(by).select_related("organization")
    keep: Patient = rows.one(pk=keep_id)
    gone: Patient = rows.one(pk=gone_id)
    by.require("patients.merge_patients", organization_id=keep.organization_id)
    if keep.pk == gone.pk:
        raise InvalidInput({"gone_id": _("is the same record")})
    if keep.organization_id != gone.organization_id:
        raise InvalidInput({"gone_id": _("belongs to another organization")})
    return keep, gone


def refuse_to_merge(keep: Patient, gone: Patient) -> None:
    """Raise Conflict where one of the records cannot be merged as it stands, or where two people sign in with them."""
    for one in (keep, gone):
        told = {"who": one.name, "id": one.pk}
        if one.merged_into_id is not None:
            raise Conflict(
                _("The record of %(who)s (%(id)s) has already been merged into another.") % told, code="merged"
            )
        if one.anonymized_at is not None:
            raise Conflict(_("The record of %(who)s (%(id)s) has been anonymized.") % told, code="anonymized")
        if one.archived_at is not None:
            says = _("The record of %(who)s (%(id)s) has been archived. Bring it back first.") % told
            raise Conflict(says, code="archived")
    own = PatientAccess.objects.filter(patient__in=[keep.pk, gone.pk], relation=Relation.SELF)
    users = {row.patient_id: row.user for row in own.select_related("user")}
    if len(users) == 2 and users[keep.pk] != users[gone.pk]:
        told = {"first": users[keep.pk], "second": users[gone.pk]}
        says = _("Both records have an account of their own: %(first)s and %(second)s. Revoke the access of one first.")
        raise Conflict(says % told, code="two_accounts")


def compare_records(keep: Patient, gone: Patient) -> list[Difference]:
    """Return the fields, the clinic's own last, that either record fills in; switches only where they differ."""
    found = []
    for name, field in _columns():
        ours, theirs = getattr(keep, field.attname), getattr(gone, field.attname)
        missing = [_is_empty(field, value) for value in (ours, theirs)]
        if all(missing) or (ours == theirs and isinstance(field, models.BooleanField)):
            continue
        choice = ours != theirs and not any(missing)
        found.append(Difference(name, capfirst(str(field.verbose_name)), ours, theirs, choice))
    said: dict[int, dict[int | None, str]] = {}
    rows = CustomFieldValue.objects.filter(patient__in=[keep.pk, gone.pk]).live().in_order().select_related("field")
    fields = {}
    for row in rows:
        fields[row.field_id] = row.field
        said.setdefault(row.field_id, {})[row.patient_id] = row.value
    for pk, values in said.items():
        field = fields[pk]
        own, other = (field.python(values.get(one.pk, "")) for one in (keep, gone))
        choice = len(values) == 2 and own != other
        found.append(Difference(f"{CUSTOM}{field.technical_name}", field.label, own, other, choice))
    return found


def take_over_record(work: Work, keep: Patient, gone: Patient, choices: Mapping[str, str]) -> None:
    """Move what the patients app holds of `gone` to `keep`, and mark `gone`: a step of the merge.

    What both have, such as the same telephone number, stays with each. InvalidInput names a choice (`choices.notes`)
    that is none.
    """
    differ = {one.name: one for one in compare_records(keep, gone) if one.is_choice}
    _check_choices(choices, differ)
    _move_numbers(work, keep, gone)
    _move_access(work, keep, gone)
    _move_folders(work, keep, gone)
    for model in (PatientCase, PatientAlert, Document):
        move_rows(work, model, keep, gone)
    _fill_in(work, keep, gone, choices, differ)
    earlier = list(Patient.objects.filter(merged_into=gone))
    for one in earlier:
        one.merged_into = keep
        work.save(one)
    # An import that made the record must not take the kept one away when it is undone.
    named = ExternalId.objects.filter(kind=Patient._meta.label_lower, object_id=gone.pk)
    named.update(object_id=keep.pk, job=None)
    _fill_in_custom(work, keep, gone, choices)


def move_rows(work: Work, model: type[models.Model], keep: Patient, gone: Patient) -> int:
    """Give all rows of a model whose `patient` is `gone` to `keep`, each with its history; return how many."""
    rows: list[Any] = list(model._default_manager.filter(patient=gone).order_by("pk"))
    for row in rows:
        row.patient = keep
    work.save_many(rows, checked=True)
    return len(rows)


def _columns() -> list[tuple[str, Any]]:
    """The name of each column as the verbs take it, with its field."""
    fields = {field.attname: field for field in Patient._meta.concrete_fields}
    return [(name, fields[name]) for name in COLUMNS]


def _is_empty(field: Any, value: Any) -> bool:
    """Whether a column says nothing: no text, no row, no answer, no discount. A switch always says something."""
    return value in (None, "", []) or (isinstance(field, models.DecimalField) and not value)


def _check_choices(choices: Mapping[str, str], differ: Mapping[str, Difference]) -> None:
    problems: dict[str, Text] = {}
    for name, choice in choices.items():
        if name not in differ:
            problems[f"choices.{name}"] = _("does not differ between the two records now")
        elif choice not in differ[name].choices:
            problems[f"choices.{name}"] = _("is none of: %(choices)s") % {"choices": ", ".join(differ[name].choices)}
    if problems:
        raise InvalidInput(problems)


def _fill_in(
    work: Work, keep: Patient, gone: Patient, choices: Mapping[str, str], differ: Mapping[str, Difference]
) -> None:
    """Write the columns of both: the kept record fills what it lacks and what was chosen; the other is marked."""
    for name, field in _columns():
        theirs = getattr(gone, field.attname)
        if _is_empty(field, getattr(keep, field.attname)) or choices.get(name) == "gone":
            setattr(keep, field.attname, theirs)
        elif choices.get(name) == "both":
            setattr(keep, field.attname, f"{differ[name].kept}\n{differ[name].gone}")
    number = tuple(getattr(gone, name) for name in YEARLY)
    takes_number = keep.yearly_numbering_number is None and None not in number
    if takes_number:
        gone.yearly_numbering_year = gone.yearly_numbering_number = None
    gone.merged_into, gone.merged_at, gone.archived_at = keep, work.at, work.at
    work.save(gone)
    if takes_number:
        keep.yearly_numbering_year, keep.yearly_numbering_number = number
    work.save(keep)


def _fill_in_custom(work: Work, keep: Patient, gone: Patient, choices: Mapping[str, str]) -> None:
    ours = set(CustomFieldValue.objects.filter(patient=keep).values_list("field_id", flat=True))
    theirs = list(CustomFieldValue.objects.filter(patient=gone).select_related("field"))
    alone = [row for row in theirs if row.field_id not in ours]
    for row in alone:
        row.patient = keep
    work.save_many(alone, checked=True)
    chosen = {
        row.field.technical_name: row.value
        for row in theirs
        if choices.get(f"{CUSTOM}{row.field.technical_name}") == "gone"
    }
    write_custom_values(work, keep, chosen, organization_id=keep.organization_id)


def _move_numbers(work: Work, keep: Patient, gone: Patient) -> None:
    """Put the numbers that the kept record lacks behind its own."""
    ours = list(PhoneNumber.objects.filter(patient=keep).order_by("position", "pk"))
    moved = []
    for number in PhoneNumber.objects.filter(patient=gone).order_by("position", "pk"):
        if not any(number.is_same_as(one) for one in ours):
            number.patient, number.position = keep, len(ours)
            ours.append(number)
            moved.append(number)
    work.save_many(moved, checked=True)


def _move_access(work: Work, keep: Patient, gone: Patient) -> None:
    """Let who may act for the one act for the other; who may act for both keeps one right."""
    already = set(PatientAccess.objects.filter(patient=keep).values_list("user_id", flat=True))
    for row in PatientAccess.objects.filter(patient=gone).order_by("pk"):
        if row.user_id in already:
            work.delete(row)
        else:
            row.patient = keep
            work.save(row)


def _move_folders(work: Work, keep: Patient, gone: Patient) -> None:
    """Move the folders; what lies in one that both have goes into the kept record's."""
    ours = {folder.name: folder for folder in DocumentFolder.objects.filter(patient=keep)}
    for folder in DocumentFolder.objects.filter(patient=gone).order_by("pk"):
        same = ours.get(folder.name)
        if same is None:
            folder.patient = keep
            work.save(folder)
            continue
        filed = list(Document.objects.filter(folder=folder))
        for document in filed:
            document.folder = same
        work.save_many(filed, checked=True)
        work.delete(folder)


def shown(difference: Difference) -> tuple[str, str]:
    """Return what the two records say in words: choices by their label, references by their name."""
    field = dict(_columns()).get(difference.name)
    return _in_words(field, difference.kept), _in_words(field, difference.gone)


def _in_words(field: Any, value: Any) -> str:
    if value is None or value == "" or (field is not None and _is_empty(field, value)):
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, date):
        return date_format(value)
    if isinstance(field, models.ForeignKey):
        return str(field.related_model._default_manager.filter(pk=value).first() or "")
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return str(dict(field.flatchoices).get(value, value)) if field is not None else str(value)
