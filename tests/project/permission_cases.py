"""The requests of the permission matrix: each operation of the API once, on whatever a label names."""

from collections.abc import Callable
from dataclasses import dataclass

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.project.permission_world import CATALOGUE, MISSING_ID, MISSING_UUID, ORGANIZATION_OF, PRACTICE_OF, RECORDS


@dataclass(frozen=True)
class Case:
    """An operation on one thing: `send(caller, world, label, like)`; its thing is of the catalogue or a record.

    `like` is whose parts the path and the body name besides, so that only the thing's id is mutated.
    """

    labels: tuple[str, ...]
    send: Callable

    def sees(self, who, label):
        return who.sees_catalogue(label) if self.labels is CATALOGUE else who.sees_record(label)

    def place(self, label):
        return label[0] if self.labels is CATALOGUE else PRACTICE_OF[label]


def of(things, label, attribute="pk"):
    """The id of what is labelled, or one that names nothing."""
    if label == "missing":
        return MISSING_UUID if attribute == "uuid" else MISSING_ID
    return getattr(things[label], attribute)


def service(method, suffix="", body=None):
    """An operation under /v1/services/{id}; `suffix` and `body` may ask the service's parts."""

    def send(caller, world, label, like):
        parts = world.parts.get(like, world.parts["A_public"])
        path = f"/v1/services/{of(world.services, label, 'uuid')}"
        return caller(method, path + (suffix(parts) if callable(suffix) else suffix), body and body(parts))

    return Case(CATALOGUE, send)


def plan(method, suffix="", body=None):
    """An operation under /v1/service-plans/{id}."""

    def send(caller, world, label, like):
        parts = world.parts.get(like, world.parts["A_public"])
        path = f"/v1/service-plans/{of(world.plans, label)}"
        return caller(method, path + (suffix(parts) if callable(suffix) else suffix), body and body(parts))

    return Case(CATALOGUE, send)


def product(method, body=None):
    """An operation on /v1/products/{id}."""
    return Case(
        CATALOGUE,
        lambda caller, world, label, like: caller(method, f"/v1/products/{of(world.products, label, 'uuid')}", body),
    )


def program(method, suffix="", body=None):
    """An operation under /v1/patient-service-plans/{id}."""
    return Case(
        RECORDS,
        lambda caller, world, label, like: caller(
            method, f"/v1/patient-service-plans/{of(world.programs, label)}{suffix}", body
        ),
    )


def order(method, suffix, body=None):
    """An operation under /v1/patient-product-orders/{id}."""
    return Case(
        RECORDS,
        lambda caller, world, label, like: caller(
            method, f"/v1/patient-product-orders/{of(world.orders, label)}{suffix}", body
        ),
    )


def upload(caller, world, label, like):
    path = f"/v1/services/{of(world.services, label, 'uuid')}/attachments"
    file = SimpleUploadedFile("a.pdf", b"%PDF-1.4\n%%EOF\n", "application/pdf")
    return caller.client.post(path, {"file": file}, headers=caller.headers)


CASES = {
    "get_service": service("GET"),
    "update_service": service("PUT", body=lambda parts: {"name": "Changed"}),
    "list_service_specialists": service("GET", "/specialists"),
    "assign_specialist": service(
        "POST", "/specialists", lambda parts: {"specialist_id": parts.specialist.pk, "custom_price": 1}
    ),
    "remove_specialist": service("DELETE", lambda parts: f"/specialists/{parts.offer.specialist_id}"),
    "attach_form": service("POST", "/forms", lambda parts: {"form_template_id": parts.form.pk, "form_type": "survey"}),
    "remove_form": service("DELETE", lambda parts: f"/forms/{parts.attached.form_template_id}"),
    "upload_attachment": Case(CATALOGUE, upload),
    "download_attachment": service("GET", lambda parts: f"/attachments/{parts.attachment.pk}/a.pdf"),
    "delete_attachment": service("DELETE", lambda parts: f"/attachments/{parts.attachment.pk}"),
    "delete_service": service("DELETE"),
    "get_service_plan": plan("GET"),
    "update_service_plan": plan("PUT", body=lambda parts: {"name": "Changed"}),
    "delete_service_plan": plan("DELETE"),
    "list_bundled_products": plan("GET", "/products"),
    "bundle_product": plan("POST", "/products", lambda parts: {"product_id": str(parts.product.uuid)}),
    "update_bundled_product": plan(
        "PUT", lambda parts: f"/products/{parts.bundled.product.uuid}", lambda parts: {"quantity": 2}
    ),
    "unbundle_product": plan("DELETE", lambda parts: f"/products/{parts.bundled.product.uuid}"),
    "update_product": product("PUT", {"price": 1}),
    "delete_product": product("DELETE"),
    "get_patient_service_plan": program("GET"),
    "list_program_appointments": program("GET", "/appointments"),
    "cancel_patient_service_plan": program("PATCH", "/cancel", {"reason": "Matrix"}),
    "update_product_order_status": order("PUT", "/status", {"status": "confirmed"}),
    "cancel_product_order": order("POST", "/cancel", {"reason": "Matrix"}),
}

# List -> path, key, where its things are, and the id on the wire.
LISTS = {
    "list_services": ("/v1/services", "services", "services", "uuid", CATALOGUE),
    "list_service_plans": ("/v1/service-plans", "service_plans", "plans", "pk", CATALOGUE),
    "list_products": ("/v1/products", "products", "products", "uuid", CATALOGUE),
    "list_patient_service_plans": (
        "/v1/patient-service-plans",
        "patient_service_plans",
        "programs",
        "pk",
        RECORDS,
    ),
    "list_product_orders": ("/v1/patient-product-orders", "product_orders", "orders", "pk", RECORDS),
}

SERVICE = {"name": "New", "category": "therapy", "duration_minutes": 30, "base_price": 1}
PLAN = {"name": "New", "billing_model": "time_based", "total_price": 1}


def place_order(world, label, like):
    stock = world.parts[f"{ORGANIZATION_OF[PRACTICE_OF.get(like, 'P1')]}_public"].product
    return {"patient_id": of(world.patients, label), "product_id": str(stock.uuid)}


def enroll(world, label, like):
    sold = world.plans[f"{ORGANIZATION_OF[PRACTICE_OF.get(like, 'P1')]}_public"]
    return {"patient_id": of(world.patients, label), "service_plan_id": sold.pk}


# Creation -> path and body; those for a patient name one, the others go where the header says.
CREATIONS = {
    "create_service": ("/v1/services", lambda *_: SERVICE),
    "create_service_plan": ("/v1/service-plans", lambda *_: PLAN),
    "create_product": ("/v1/products", lambda *_: {"name": "New", "price": 1}),
    "place_product_order": ("/v1/patient-product-orders", place_order),
    "enroll_patient": ("/v1/patient-service-plans", enroll),
    "register_for_service": (None, lambda *_: {"contact_name": "Jane", "contact_phone": "1"}),
}
FOR_PATIENTS = ("place_product_order", "enroll_patient")


# Ids of other things in the body or further down the path: what an admin of A may not name looks like nothing.
OTHER_IDS = {
    "specialty of a service": lambda w, label: (
        "POST",
        "/v1/services",
        {**SERVICE, "specialty_id": of_part(w, label, "specialty")},
    ),
    "service of a plan": lambda w, label: (
        "POST",
        "/v1/service-plans",
        {**PLAN, "service_id": str(of(w.services, label, "uuid"))},
    ),
    "specialist of a service": lambda w, label: (
        "POST",
        f"/v1/services/{w.services['A_hidden'].uuid}/specialists",
        {"specialist_id": of_part(w, label, "specialist")},
    ),
    "form of a service": lambda w, label: (
        "POST",
        f"/v1/services/{w.services['A_hidden'].uuid}/forms",
        {"form_template_id": of_part(w, label, "form"), "form_type": "survey"},
    ),
    "product of a bundle": lambda w, label: (
        "POST",
        f"/v1/service-plans/{w.plans['A_hidden'].pk}/products",
        {"product_id": str(of_part(w, label, "product", "uuid"))},
    ),
    "product of an order": lambda w, label: (
        "POST",
        "/v1/patient-product-orders",
        {"patient_id": w.patients["own"].pk, "product_id": str(of_part(w, label, "product", "uuid"))},
    ),
    "plan of a program": lambda w, label: (
        "POST",
        "/v1/patient-service-plans",
        {"patient_id": w.patients["own"].pk, "service_plan_id": of(w.plans, label)},
    ),
    "bundled product changed": lambda w, label: (
        "PUT",
        f"/v1/service-plans/{w.plans['A_hidden'].pk}/products/{of_part(w, label, 'product', 'uuid')}",
        {"quantity": 2},
    ),
    "bundled product removed": lambda w, label: (
        "DELETE",
        f"/v1/service-plans/{w.plans['A_hidden'].pk}/products/{of_part(w, label, 'product', 'uuid')}",
        None,
    ),
    "specialist removed": lambda w, label: (
        "DELETE",
        f"/v1/services/{w.services['A_hidden'].uuid}/specialists/{of_part(w, label, 'specialist')}",
        None,
    ),
    "form removed": lambda w, label: (
        "DELETE",
        f"/v1/services/{w.services['A_hidden'].uuid}/forms/{of_part(w, label, 'form')}",
        None,
    ),
    "attachment deleted": lambda w, label: (
        "DELETE",
        f"/v1/services/{w.services['A_hidden'].uuid}/attachments/{of_part(w, label, 'attachment')}",
        None,
    ),
    "attachment fetched": lambda w, label: (
        "GET",
        f"/v1/services/{w.services['A_hidden'].uuid}/attachments/{of_part(w, label, 'attachment')}/a.pdf",
        None,
    ),
}


def of_part(world, label, part, attribute="pk"):
    return of({one: getattr(parts, part) for one, parts in world.parts.items()}, label, attribute)
