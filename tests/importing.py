"""What tests of imports say often: import this text, count all tables."""

import io
from datetime import UTC, datetime

from django.apps import apps
from django.db.models import Model

from core.actor import Actor
from core.imports import CsvFile, Report, Request, all_kinds, run_import
from patients.models import Patient

NOW = datetime(2026, 2, 17, 12, 30, tzinfo=UTC)

HEADER = "external_id,last_name,date_of_birth,email\n"
THREE = HEADER + "a,Popa,1980-01-31,a@example.org\nb,Rusu,,\nc,Stan,2001-02-03,\n"


def numbered(last: int) -> str:
    """A file of patients p1 ... with the names Popa 1 ..."""
    return HEADER + "".join(f"p{n},Popa {n},1980-01-31,\n" for n in range(1, last + 1))


def csv_file(text: str | bytes, **more) -> CsvFile:
    """An open file with this content."""
    return CsvFile(io.BytesIO(text if isinstance(text, bytes) else text.encode()), **more)


def import_text(
    kind: str, text: str | bytes, *, by: Actor | None = None, on_progress=None, on_refusal=None, **request
) -> Report:
    """Run an import of `text` as the command does, at `NOW`."""
    listeners = {"on_progress": on_progress, "on_refusal": on_refusal}
    return run_import(
        all_kinds()[kind],
        csv_file(text, name="rows.csv"),
        request=Request(**request),
        by=by or Actor.system("import_data"),
        clock=lambda: NOW,
        **{name: listener for name, listener in listeners.items() if listener is not None},
    )


def outcome(report: Report) -> tuple[int, int, int, int]:
    """created, changed, unchanged, refused; and that they add up."""
    counted = (report.created, report.changed, report.unchanged, report.refused)
    assert sum(counted) == report.rows
    return counted


def refusals(report: Report) -> list[tuple[int, str, str]]:
    """(line, column, reason) of each refusal."""
    return [(one.line, one.column, one.reason) for one in report.refusals]


def counts() -> dict[str, int]:
    """How many rows each table has."""
    models: list[type[Model]] = apps.get_models(include_auto_created=True)
    return {model._meta.label: model._default_manager.count() for model in models if model._meta.managed}


def patient_names() -> list[str]:
    """The last names of all patients, sorted."""
    return sorted(Patient.objects.values_list("last_name", flat=True))


def unknown(name: str, source: str = "import") -> str:
    """What is said of a name that names nothing."""
    return f"“{name}” has not been imported from {source}, and nothing here is called so."
