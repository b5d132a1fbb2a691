"""The demo clinic, exported kind by kind and imported into an empty organization, is the same clinic."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from billing.imports.lines import ORIGINS, SOLD
from core.actor import Actor
from core.errors import Forbidden, InvalidInput
from core.exports import WRITERS, export_kind, header_of, rows_of
from core.imports import all_kinds, run_import
from core.imports.kinds import Request
from core.imports.tables import open_table
from core.models import AuditEntry, ExternalId
from directory.models import Organization
from scheduling.models import Appointment, AvailableSlot
from tests.factories import OrganizationFactory, PatientFactory
from tests.importing import import_text, outcome, refusals
from tests.project.fuller import make_fuller
from tests.races.racing import broken

BY = Actor.system("export_data")


def exported(kind, organization, form="csv"):
    file = io.BytesIO()
    export_kind(kind, organization_id=organization.pk, file=file, form=form, by=BY, at=timezone.now())
    file.seek(0)
    return file


def contents(kind, organization):
    """The kind's rows without ids: what refers says how many rows come before the one it names."""
    columns = header_of(kind)
    referring = {column.name for column in kind.columns if column.refers is not None}
    rows = list(rows_of(kind, organization.pk))
    return sorted(
        [cell for name, cell in zip(columns, row, strict=True) if name not in referring and name != "external_id"]
        for row in rows
    )


# A file gets another random name where it is stored.
STORED_ANEW = {"documents": "file"}

# Of which the demo clinic has none.
MAY_BE_EMPTY = {"care-plan-values", "custom-fields", "custom-values", "documents"}


def read(text):
    """The rows of an exported file by external id."""
    return {row["external_id"]: row for row in csv.DictReader(io.StringIO(text))}


def differences(before, after, *, but):
    """(id, column, as it was, as it is) of each cell that differs."""
    return [
        (pk, column, cell, after.get(pk, {}).get(column))
        for pk, row in before.items()
        for column, cell in row.items()
        if column != but and after.get(pk, {}).get(column) != cell
    ]


def given_ids():
    """The ids that imported rows got: label of the model -> the id they had -> the id they have."""
    given = {}
    for label, external_id, pk in ExternalId.objects.values_list("kind", "external_id", "object_id"):
        given.setdefault(label, {})[external_id] = pk
    return given


def as_there(kind, rows, given):
    """Rows of an export as one of the clinic that they were imported into says them: by the ids that it gave."""

    def there(model, text):
        ours = given.get(model._meta.label_lower, {})
        return ";".join(str(ours.get(one, "gone")) for one in text.split(";")) if text else ""

    def lines_there(text):
        lines = json.loads(text)
        for line in lines:
            line |= {name: there(one.target, line[name]) for name, one in (SOLD | ORIGINS).items() if name in line}
        return json.dumps(lines, ensure_ascii=False)

    named = {column.name: column.refers.target for column in kind.columns if column.refers is not None}
    return {
        there(kind.model, pk): {
            name: there(named[name], cell)
            if name in named
            else there(kind.model, cell)
            if name == "external_id"
            else lines_there(cell)
            if name == "lines"
            else cell
            for name, cell in row.items()
        }
        for pk, row in rows.items()
    }


def leave_out_free_slots(*, but):
    """Most of a demo's thousand free slots: each says the same as the others."""
    named = Appointment.objects.exclude(slot=None).values("slot")
    free = AvailableSlot.objects.filter(booked=0, blocked=0).exclude(pk__in=named).order_by("pk")
    free.filter(pk__in=list(free.values_list("pk", flat=True)[but:])).delete()


@pytest.mark.django_db
def test_an_exported_clinic_can_be_imported_into_an_empty_database(settings, tmp_path):
    settings.DEBUG = True
    settings.MEDIA_ROOT = tmp_path
    with transaction.atomic():
        call_command("demo", stdout=io.StringIO())
        first = Organization.objects.get()
        make_fuller(first, at=timezone.now())
        leave_out_free_slots(but=100)
        files = {name: exported(kind, first) for name, kind in all_kinds().items() if kind.rows is not None}
        transaction.set_rollback(True)
    assert not Organization.objects.exists()
    for name, file in files.items():
        report = run_import(
            all_kinds()[name],
            open_table(file, name=name),
            request=Request(layout="ours", chosen=_chosen(name), folder=tmp_path),
            by=Actor.system("import_data"),
            clock=timezone.now,
        )
        assert (name, refusals(report)) == (name, [])
        assert name in MAY_BE_EMPTY or report.created + report.changed > 0, name
    second, given = Organization.objects.get(), given_ids()
    for name, file in files.items():
        kind = all_kinds()[name]
        before = as_there(kind, read(file.getvalue().decode()), given)
        after = read(exported(kind, second).getvalue().decode())
        assert (name, len(after)) == (name, len(before))
        assert differences(before, after, but=STORED_ANEW.get(name)) == [], name
    assert broken() == []


def _chosen(name):
    return {"overlaps": "overbook"} if name == "appointments" else {}


@pytest.mark.parametrize("form", WRITERS)
def test_every_format_says_the_same(organization, form):
    told = {"last_name": "=1+1", "first_name": "'Ana", "notes": "+40 ring\ntwice", "email": "a@example.org"}
    PatientFactory(organization=organization, **told)
    second = OrganizationFactory()
    kind = all_kinds()["patients"]
    report = run_import(
        kind,
        open_table(exported(kind, organization, form)),
        request=Request(organization_id=second.pk, layout="ours"),
        by=Actor.system("import_data"),
        clock=timezone.now,
    )
    assert outcome(report) == (1, 0, 0, 0)
    assert contents(kind, second) == contents(kind, organization)


def test_an_export_is_in_the_history_and_safe_from_formulas(organization):
    PatientFactory(organization=organization, last_name="=1+1", notes="+40 ring\n'quoted'", first_name="-5")
    file = exported(all_kinds()["patients"], organization)
    text = file.read().decode()
    assert "'=1+1" in text
    assert "\"'+40 ring\n'quoted'\"" in text
    assert ",-5," in text
    told = AuditEntry.objects.get(verb="core.export_data")
    assert (told.action, told.object_kind, told.door, told.changes) == (
        "export",
        "patients.patient",
        "command:export_data",
        {"rows": [None, 1]},
    )


def test_an_export_read_again_at_home_would_double_every_row(organization):
    patient = PatientFactory(organization=organization, last_name="Popa", first_name="Ana")
    text = exported(all_kinds()["patients"], organization).read().decode()
    with pytest.raises(InvalidInput) as refused:
        import_text("patients", text, layout="ours")
    assert list(refused.value.fields) == ["layout"]
    changed = text.replace("Popa", "Rusu")
    assert outcome(import_text("patients", changed, layout="ours", own_ids=True)) == (0, 1, 0, 0)
    patient.refresh_from_db()
    assert patient.last_name == "Rusu"


def test_who_may_not_import_a_kind_may_not_export_it(organization, front_desk):
    with pytest.raises(Forbidden):
        export_kind(
            all_kinds()["services"],
            organization_id=organization.pk,
            file=io.BytesIO(),
            form="csv",
            by=front_desk,
            at=datetime(2026, 2, 17, tzinfo=UTC),
        )
