"""What is asked of the contracts: every list, also narrowed, and every object that has an address.

An address has names in braces, which each clinic replaces by its own ids (`Ids`): `{patient_id}`, or
`{service_id:uuid}` for the public one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

SCHEMES = {"cliniko": "Basic", "availability": "X-User-Token"}
TODAY = datetime.now(UTC).date()
DAYS = {"from": TODAY + timedelta(days=1), "to": TODAY + timedelta(days=7)}  # where it is late, today is yesterday
LATER = f"{TODAY + timedelta(days=400)}T00:00:00Z"  # behind what is filled
SINCE = {"updated_since": f"{TODAY - timedelta(days=1)}T00:00:00Z"}
# What a list demands: contract, the end of its path, parameters.
DEMANDED: dict[tuple[str, str], dict[str, Any]] = {
    ("alfadocs", "/free-slots"): {"startDate": TODAY + timedelta(days=1), "duration": 30},
    ("cliniko", "/available_times"): DAYS,
    ("flextell", "/calendar"): DAYS,
}
# By what a list is narrowed, each in turn, beside `updated_since`, where it can be.
NARROWED: dict[tuple[str, str], list[dict[str, Any]]] = {
    ("alfadocs", "/patients"): [
        {"lastName": "Popescu 0000000"},
        {"firstName": "Ana", "lastName": "Ionescu"},
        {"lastName": "Ionescu"},
        {"email": "patient77@example.org"},
        {"phoneNumber": "700000077"},
        {"dateOfBirth": "1930-01-01"},
    ],
    ("alfadocs", "/appointments"): [{"patientId": "{patient_id}"}],
    ("alfadocs", "/bills"): [{"direction": "incoming"}],
    ("alfadocs", "{archive_id}/care-plan-entries"): [{"patientId": "{patient_id}"}],
    ("availability", "/available_slots"): [
        {"provider_id": "{practitioner_id}", "start_date": TODAY},
        {"end_date": TODAY},
        {"updated_since": LATER},
    ],
    ("availability", "/available_slots/search"): [{"provider_id": "{practitioner_id}", "duration": 30}],
    ("availability", "/books"): [
        {"patient_id": "{patient_id}"},
        {"status": "confirmed"},
        {"status": "confirmed", "provider_id": "{practitioner_id}"},
        {"start_date": TODAY},
        {"updated_since": LATER},
    ],
    ("cliniko", "/individual_appointments"): [
        {"q[]": "patient_id:={patient_id}"},
        {"q[]": f"starts_at:>{TODAY}T00:00:00Z"},
        {"q[]": f"updated_at:>{LATER}"},
        {"q[]": f"cancelled_at:>{LATER}"},
        {"q[]": "appointment_type_id:=999999999"},
    ],
    ("cliniko", "/attendees"): [{"q[]": "booking_id:={appointment_id}"}, {"q[]": f"archived_at:>{LATER}"}],
    ("cliniko", "/bookings"): [{"q[]": "patient_ids:~{patient_id}"}, {"q[]": f"ends_at:>{LATER}"}],
    ("cliniko", "/patients"): [
        {"q[]": "last_name:=Popescu 0000000"},
        {"q[]": "email:=patient77@example.org"},
        {"q[]": "first_name:=Nobody"},
        {"q[]": f"updated_at:>{LATER}"},
        {"q[]": f"archived_at:>{LATER}"},
        {"q[]": "date_of_birth:=1930-01-01", "sort": "last_name"},
    ],
    ("cliniko", "/invoices"): [
        {"q[]": f"issue_date:>={TODAY - timedelta(days=2)}"},
        {"q[]": "appointment_id:={appointment_id}"},
        {"q[]": f"updated_at:>{LATER}"},
    ],
    ("cliniko", "/patient_cases"): [{"q[]": f"updated_at:>{LATER}"}],
    ("flextell", "/v1/appointments"): [
        {"customer_id": "{patient_id}"},
        {"status": "approved"},
        {"status": "rejected", "user_id": "{practitioner_id}"},
        {"customer_id": "{patient_id}", "user_id": "{practitioner_id}"},
    ],
    ("flextell", "/customers"): [
        {"search": "popescu"},
        {"search": "patient77@example.org"},
        {"gender": "female"},
        {"gender": "female", "sort_by": "created_at"},
        {"sort_by": "first_name"},
        {"sort_by": "email", "sort_order": "desc"},
    ],
    ("services", "/slots"): [{"specialist_id": "{practitioner_id}"}],
    ("services", "/patient-service-plans"): [{"patient_id": "{enrolled_id}"}, {"status": "active"}],
    ("services", "/patient-product-orders"): [{"patient_id": "{ordering_id}"}, {"status": "pending"}],
}
WITH_LATER_KEY = "cliniko", "/individual_appointments"
# What stands for itself, or is downloaded, or has ids that no row of the filled clinic has.
LEFT_OUT = ("schema", "file_name", "group_id", "/download", "/payment-link/")


class Ids:
    """Ids of one clinic that belong together: a patient of the first practice with a visit, a care plan, a document."""

    @cached_property
    def rows(self) -> dict[str, Any]:
        """The row that each name of a path stands for."""
        from billing.models import Bill, BillLine, CarePlanEntryAppointment
        from catalog.models import Product, Service
        from directory.models import Practice, Specialist, User
        from orders.models import ProductOrder
        from patients.models import Document, PatientCase, PhoneNumber
        from programs.models import Enrollment, ServicePlan
        from scheduling.models import AvailableSlot

        practice = Practice.objects.order_by("pk")[0]
        done = CarePlanEntryAppointment.objects.filter(entry__care_plan__practice=practice, appointment__status="done")
        done = done.filter(entry__care_plan__patient__archived_at=None)
        linked = _middle(done.filter(entry__care_plan__patient__documents__archived_at=None))
        entry, visit = linked.entry, linked.appointment
        patient = entry.care_plan.patient
        bill = _middle(Bill.objects.filter(practice=practice, liabilities__isnull=False))
        specialist, service = (model.objects.order_by("pk")[0] for model in (Specialist, Service))
        plan, product, user = (model.objects.order_by("pk")[0] for model in (ServicePlan, Product, User))
        program = _middle(Enrollment.objects.filter(practice=practice))
        return {
            "appointment_id": visit, "appointment_type_id": service,
            "archive_id": practice.organization, "attendee_id": visit, "bill_id": bill, "booking_id": visit,
            "business_id": practice, "care_plan_id": entry.care_plan, "customer_id": patient,
            "document_id": _of(Document, patient), "entry_id": entry, "invoice_id": bill,
            "item_id": _of(BillLine, bill), "patient_case_id": _of(PatientCase, patient), "patient_id": patient,
            "phone_number_id": _of(PhoneNumber, patient), "plan_id": plan, "practice_id": practice,
            "practitioner_id": specialist, "product_id": product,
            "program_id": program, "enrolled_id": program.patient,
            "ordering_id": _middle(ProductOrder.objects.filter(practice=practice)).patient,
            "provider_id": specialist, "service_id": service,
            "slot_id": _middle(AvailableSlot.objects.filter(practice=practice)), "user_id": user,
        }  # fmt: skip

    def completed(self, url: str) -> str:
        """The address with an id in the place of each name; whose invoices are asked for has one."""
        rows = self.rows
        if url.partition("?")[0].endswith("/invoices"):
            rows = rows | {"patient_id": rows["bill_id"].patient, "appointment_id": rows["item_id"].appointment}

        def value(found: re.Match[str]) -> str:
            row = rows[found[1]]
            return str(row.uuid if found[2] else row.pk)

        return re.sub(r"\{([a-z_]+_id)(:uuid)?\}", value, url)


def _of(model: Any, owner: Any) -> Any:
    """The first row of a patient or a bill."""
    return model._base_manager.filter(**{owner._meta.model_name: owner}).order_by("pk")[0]


def _middle(rows: Any) -> Any:
    """The first of these rows behind the middle of their table."""
    from django.db.models import Max, Min

    bounds = rows.model._base_manager.aggregate(first=Min("pk"), last=Max("pk"))
    return rows.filter(pk__gte=(bounds["first"] + bounds["last"]) // 2).order_by("pk")[0]


def contract_lists() -> Iterator[dict[str, str]]:
    """Every list of every contract, its second page, and narrowed."""
    for contract, path, known in _paths():
        if path.endswith("}"):
            continue
        demanded = next((asked for key, asked in DEMANDED.items() if _is_of(key, contract, path)), {})
        yield (first := _read(contract, path, demanded))
        if _is_of(WITH_LATER_KEY, contract, path):
            yield {**first, "name": f"{first['name']}, with a key made after the statistics", "who": "later"}
        # Lists that are answered whole have no second page.
        if "page" in known:
            yield _read(contract, path, {**demanded, "page": 2})
        for asked in (*([SINCE] if "updated_since" in known else []), *_narrowed(contract, path)):
            yield _read(contract, path, {**demanded, **asked})


def contract_objects() -> Iterator[dict[str, str]]:
    """Every object of every contract that has an address, and the narrowed lists of the contract without totals."""
    for contract, path, _known in _paths():
        if path.endswith("}"):
            yield _read(contract, path, {})
        elif contract == "alfadocs":
            for asked in _narrowed(contract, path):
                yield _read(contract, path, asked)


def _paths() -> Iterator[tuple[str, str, set[str]]]:
    """Contract, path and the parameters that can be asked with, of every GET in the contracts' documents."""
    from api.base.schema import document
    from api.contracts import CONTRACTS

    for contract in CONTRACTS:
        for path, methods in document(contract)["paths"].items():
            if "get" in methods and not any(one in path for one in LEFT_OUT):
                asked = methods["get"].get("parameters", ())
                yield contract.name, path, {one["name"] for one in asked if one["in"] == "query"}


def _narrowed(contract: str, path: str) -> list[dict[str, Any]]:
    return [asked for key, several in NARROWED.items() if _is_of(key, contract, path) for asked in several]


def _is_of(key: tuple[str, str], contract: str, path: str) -> bool:
    return key[0] == contract and path.endswith(key[1])


def _read(contract: str, path: str, asked: dict[str, Any]) -> dict[str, str]:
    query = f"?{urlencode(asked, safe='{}[]:=<>@')}" if asked else ""
    url = path.replace("{service_id}", "{service_id:uuid}") if contract == "services" else path
    scheme, who = SCHEMES.get(contract, "Bearer"), "patient" if path.startswith("/v1/me") else "manager"
    return {"name": f"{contract} {path}{query}", "url": url + query, "scheme": scheme, "who": who}
