"""Looks that were written before there was a table of looks keep who, whose, when and where, on both ways."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from core.append_only import erasing
from core.models import Look, PatientLook
from tests.factories import AT, UserFactory

moving = import_module("core.migrations.0011_looks_of_before")
COLUMNS = ("at", "user_id", "credential", "door", "page", "request_id", "organization_id")


@pytest.fixture
def before(transactional_db, settings):
    """The models of the migration, with the table of before among the tables."""
    settings.MIGRATION_MODULES = {}  # pytest's --no-migrations hides them
    models = MigrationLoader(connection).project_state(("core", "0011_looks_of_before")).apps
    with connection.schema_editor() as editor:
        editor.create_model(models.get_model("core", "PatientRead"))
    yield models
    with connection.schema_editor() as editor:
        editor.delete_model(models.get_model("core", "PatientRead"))


def moved(step, models):
    with connection.schema_editor() as editor:
        step(models, editor)


def test_looks_of_before_move_into_the_tables_and_back(before):
    reads, user = before.get_model("core", "PatientRead").objects, UserFactory()
    second = timedelta(seconds=1)
    looks = [
        (AT, user.pk, "session", "backoffice", "page", "request-1", 1),
        (AT, user.pk, "session", "backoffice", "page", "request-1", 2),  # patients of two organizations at once
        (AT, None, "key:7", "api:cliniko", "page", "request-1", 1),
        (AT, None, "key:7", "api:cliniko", "page", "", 1),
        (AT + second, None, "key:7", "api:cliniko", "page", "", 1),
        (AT, None, "key:7", "api:cliniko", "another", "", 1),
    ]
    for patient in (1, 2, 3):
        for look in looks:
            reads.create(patient_id=patient, **dict(zip(COLUMNS, look, strict=True)))
    reads.create(patient_id=3, **dict(zip(COLUMNS, looks[0], strict=True)))  # what was written twice is one
    kept = set(reads.values_list("id", "patient_id", *COLUMNS)[:18])

    moved(moving.move, before)
    moved(moving.move, before)  # what is there already stays as it is
    rows = PatientLook.objects.values_list("id", "patient_id", *(f"look__{name}" for name in COLUMNS))
    assert set(rows) == kept
    assert list(Look.objects.order_by("pk").values_list(*COLUMNS)) == looks
    assert all(row.at == row.look.at for row in PatientLook.objects.select_related("look"))
    # The numbers go on behind those that came along.
    look = Look.objects.create(**dict(zip(COLUMNS, looks[0], strict=True)))
    assert look.pk > max(Look.objects.exclude(pk=look.pk).values_list("pk", flat=True))
    newest = PatientLook.objects.create(look=look, patient_id=9, at=AT)

    with erasing():
        reads.all()._raw_delete(connection.alias)
    moved(moving.move_back, before)
    assert set(reads.values_list("id", "patient_id", *COLUMNS)) == kept | {(newest.pk, 9, *looks[0])}
    assert reads.create(patient_id=9, **dict(zip(COLUMNS, looks[0], strict=True))).pk > newest.pk
