"""Rows of an append-only table are added, and then nobody changes or deletes them; both engines see to it."""

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations import RemoveConstraint
from django.db.migrations.state import ProjectState

from core.actor import Actor
from core.append_only import AppendOnly, erasing
from core.db import unit_of_work
from core.errors import InvalidInput
from core.models import AuditEntry, AuditSeal, Look, PatientLook
from orders.models import ProductOrderEvent
from programs.models import SessionMovement
from tests.factories import EnrollmentFactory, ProductOrderFactory

TABLES = {
    AuditEntry: "audit_append_only",
    AuditSeal: "audit_seal_append_only",
    Look: "look_append_only",
    PatientLook: "patient_look_append_only",
    ProductOrderEvent: "order_event_append_only",
    SessionMovement: "movement_append_only",
}


def add_row(model, at):
    if model is AuditEntry:
        AuditEntry.objects.create(at=at, actor_kind="system", door="test", verb="tests.try", object_id=1)
    elif model is AuditSeal:
        AuditSeal.objects.create(entry_id=1, digest="0", link="0")
    elif model is Look:
        Look.objects.create(at=at, door="test", page="test", organization_id=1)
    elif model is PatientLook:
        PatientLook.objects.create(at=at, look_id=1, patient_id=1)
    elif model is ProductOrderEvent:
        ProductOrderFactory()
    else:
        EnrollmentFactory()


def rows(model):
    return list(model.objects.order_by("pk").values())


def update(model):
    model.objects.update(id=models.F("id"))


def delete(model):
    model.objects.all()._raw_delete(model.objects.db)


def test_every_append_only_table_is_tried_here_or_in_billing():
    declared = {
        model: constraint.name
        for model in apps.get_models()
        for constraint in model._meta.constraints
        if isinstance(constraint, AppendOnly) and model._meta.app_label != "billing"
    }
    assert declared == TABLES


@pytest.mark.parametrize("change", [update, delete])
@pytest.mark.parametrize("model", TABLES)
def test_nobody_changes_or_deletes_a_row(db, at, model, change):
    add_row(model, at)
    before = rows(model)
    with pytest.raises(IntegrityError), transaction.atomic():
        change(model)
    assert rows(model) == before
    assert before


@pytest.mark.parametrize("change", [update, delete])
def test_a_verb_that_tries_is_refused_by_the_constraints_name(db, at, change):
    add_row(AuditEntry, at)
    with pytest.raises(InvalidInput) as caught, unit_of_work("tests.forge", by=Actor.system("test"), at=at):
        change(AuditEntry)
    assert str(caught.value) == "It breaks the rule “audit_append_only”."


@pytest.mark.parametrize("model", TABLES)
def test_erasing_lifts_the_rule_and_puts_it_back(db, at, model):
    add_row(model, at)
    with erasing():
        update(model)
        delete(model)
    assert rows(model) == []
    add_row(model, at)
    with pytest.raises(IntegrityError), transaction.atomic():
        delete(model)
    assert rows(model) != []


def test_the_rule_is_back_after_an_error_inside_erasing(db, at):
    add_row(AuditEntry, at)
    with pytest.raises(ZeroDivisionError), erasing():
        raise ZeroDivisionError
    with pytest.raises(IntegrityError), transaction.atomic():
        delete(AuditEntry)


def test_an_update_that_matches_no_row_is_fine(db):
    assert AuditEntry.objects.filter(pk=-1).update(door="elsewhere") == 0


def altered(model, name, **changes):
    """The model's field with something changed, as a later migration would."""
    field = model._meta.get_field(name).clone()
    field.__dict__.update(changes)
    field.set_attributes_from_name(name)
    field.model = model
    return field


@pytest.mark.django_db(transaction=True)
def test_the_rule_survives_a_change_of_the_table(at):
    """SQLite makes the table anew for it, and triggers do not move with the rows."""
    add_row(AuditEntry, at)
    before = rows(AuditEntry)
    now = AuditEntry._meta.get_field("door")
    wider = altered(AuditEntry, "door", max_length=99)
    try:
        with connection.schema_editor() as editor:
            editor.alter_field(AuditEntry, now, wider)
        for change in (update, delete):
            with pytest.raises(IntegrityError):
                change(AuditEntry)
        assert rows(AuditEntry) == before
    finally:
        with connection.schema_editor() as editor:
            editor.alter_field(AuditEntry, wider, now)


@pytest.mark.django_db(transaction=True)
def test_a_migration_can_take_the_rule_from_a_table_and_give_it_back(at):
    add_row(AuditEntry, at)
    removal = RemoveConstraint("auditentry", "audit_append_only")
    with_rule = ProjectState.from_apps(apps)
    without = with_rule.clone()
    removal.state_forwards("core", without)
    try:
        with connection.schema_editor() as editor:
            removal.database_forwards("core", editor, with_rule, without)
        update(AuditEntry)
    finally:
        with connection.schema_editor() as editor:
            removal.database_backwards("core", editor, without, with_rule)
    with pytest.raises(IntegrityError):
        update(AuditEntry)
