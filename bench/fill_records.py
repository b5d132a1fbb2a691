"""What `bench.fill` keeps in patients' records.

For each tenth patient there are a case, a document, custom values and a care plan with two entries, of which one is
done in a visit; for each twentieth an alert. In a small clinic half of the patients have all of this.
All documents have the same file: a clinic of a million is measured without a hundred thousand files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from bench.clinic import PLANNED, SERVICES, Clinic, Visit, id_of, practice_of
from bench.rows import write

CONTENT = b"A letter that was filled in.\n"
HOUR = timedelta(hours=1)
EVERYBODY = 8  # of so many in a row one is of each specialist
STATES = ("estimate", "accepted", "completed", "discarded")


def fill_records(clinic: Clinic) -> None:
    """Cases, documents, care plans, custom values, alerts."""
    _cases(clinic)
    _documents(clinic)
    _care_plans(clinic)
    _custom_values(clinic)
    _alerts(clinic)


def kept_of(clinic: Clinic) -> list[Visit]:
    """The visits whose patients have all of this: each of another patient."""
    return [clinic.visit(number) for number in clinic.numbers(PLANNED)]


def _patients(clinic: Clinic) -> Iterator[int]:
    return (id_of(clinic, "patients.patient", visit.patient) for visit in kept_of(clinic))


def _cases(clinic: Clinic) -> None:
    from patients.models import PatientCase

    write(clinic, PatientCase, ["patient", "name"], ((one, f"Case {one}") for one in _patients(clinic)))


def _documents(clinic: Clinic) -> None:
    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage

    from patients.models import Document, DocumentFolder
    from patients.services.documents import FOLDER

    if not default_storage.exists(name := f"{FOLDER}/filled.txt"):
        default_storage.save(name, ContentFile(CONTENT))
    write(clinic, DocumentFolder, ["patient", "name"], ((one, "Letters") for one in _patients(clinic)))
    rows = (
        (
            clinic.at - HOUR * nth, patient, id_of(clinic, "patients.documentfolder", nth) if nth % 2 else None,
            f"Letter {nth}", ("text", "xray", "image", "other")[(nth + nth // EVERYBODY) % 4], name, "text/plain",
            len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), clinic.at if nth % 10 == 9 else None,
        )
        for nth, patient in enumerate(_patients(clinic))
    )  # fmt: skip
    names = ["created_at", "patient", "folder", "name", "type", "file", "content_type", "size", "sha256", "archived_at"]
    write(clinic, Document, names, rows)


def _care_plans(clinic: Clinic) -> None:
    from billing.models import CarePlan, CarePlanDiscardReason, CarePlanEntry, CarePlanEntryAppointment, PriceList

    organization = id_of(clinic, "directory.organization", 0)
    write(clinic, CarePlanDiscardReason, ["organization", "name"], [(organization, "Too dear")])
    write(clinic, PriceList, ["organization", "name", "currency"], [(organization, "Everybody", "RON")])
    reason = id_of(clinic, "billing.careplandiscardreason", 0)
    kept = kept_of(clinic)

    def plans() -> Iterator[tuple[Any, ...]]:
        for nth, visit in enumerate(kept):
            state, told = STATES[(nth + nth // EVERYBODY) % len(STATES)], visit.starts_at
            yield (
                told, practice_of(clinic, visit.person), id_of(clinic, "patients.patient", visit.patient),
                f"Care plan {nth}", state, told.date() if state in ("accepted", "completed") else None, "RON",
                id_of(clinic, "directory.specialist", visit.person), reason if state == "discarded" else None,
            )  # fmt: skip

    names = ["created_at", "practice", "patient", "name", "state", "date_accepted", "currency", "specialist"]
    write(clinic, CarePlan, [*names, "discard_reason"], plans())

    def entries() -> Iterator[tuple[Any, ...]]:
        for nth, visit in enumerate(kept):
            for number in (0, 1):
                service = (nth + number) % SERVICES
                done = visit.starts_at.date() if not number and visit.status == "done" else None
                yield (
                    visit.starts_at, id_of(clinic, "billing.careplan", nth),
                    id_of(clinic, "catalog.service", service), f"Treatment {service + 1}",
                    Decimal(150 + service), 1, done, number,
                )  # fmt: skip

    names = ["created_at", "care_plan", "service", "label", "price", "number_of_executions", "done_on"]
    write(clinic, CarePlanEntry, [*names, "sequence_number"], entries())
    visits = (
        (id_of(clinic, "billing.careplanentry", 2 * nth), id_of(clinic, "scheduling.appointment", visit.number))
        for nth, visit in enumerate(kept)
    )
    write(clinic, CarePlanEntryAppointment, ["entry", "appointment"], visits)


def _custom_values(clinic: Clinic) -> None:
    from patients.models import CustomField, CustomFieldValue

    organization = id_of(clinic, "directory.organization", 0)
    fields = [
        (organization, kind, "Referred by", "referred_by", "single_line_text") for kind in ("patient", "care_plan")
    ]
    write(clinic, CustomField, ["organization", "object_type", "label", "technical_name", "type"], fields)
    of_patients, of_plans = (id_of(clinic, "patients.customfield", number) for number in (0, 1))

    def values() -> Iterator[tuple[Any, ...]]:
        for nth, patient in enumerate(_patients(clinic)):
            yield of_patients, patient, None, f"Doctor {nth % 100}"
            yield of_plans, None, id_of(clinic, "billing.careplan", nth), f"Doctor {nth % 100}"

    write(clinic, CustomFieldValue, ["field", "patient", "care_plan", "value"], values())


def _alerts(clinic: Clinic) -> None:
    from patients.models import PatientAlert

    kinds = ("allergy", "risk", "access", "money", "other")
    patients = (
        patient for nth, patient in enumerate(_patients(clinic)) if not clinic.is_large or nth // EVERYBODY % 2 == 0
    )
    rows = (
        (clinic.at - HOUR * nth, patient, kinds[nth % len(kinds)], f"Note {nth}", clinic.at if nth % 5 == 4 else None)
        for nth, patient in enumerate(patients)
    )
    write(clinic, PatientAlert, ["created_at", "patient", "kind", "text", "ended_at"], rows)
