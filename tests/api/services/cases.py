"""The permission cases of the contract: each operation once, on whatever a label names."""

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.project.permission_world import (
    CATALOGUE,
    ORGANIZATION_OF,
    PRACTICE_OF,
    RECORDS,
    Case,
    Listing,
    as_they_are,
    fill_calendar,
    of,
    of_part,
)

let_in, fill = as_they_are, fill_calendar


def sees_catalogue(who, label):
    return who.sees_catalogue(label)


def sees_record(who, label):
    return who.sees_record(label)


def mine(who, label):
    return bool(who.acts) and label == "own"


def organization_of(label):
    return label[0]


def service(method, suffix="", body=None):
    """An operation under /v1/services/{id}; `suffix` and `body` may ask the service's parts."""

    def send(caller, world, label, like):
        parts = world.parts.get(like, world.parts["A_public"])
        path = f"/v1/services/{of(world.services, label, 'uuid')}"
        return caller(method, path + (suffix(parts) if callable(suffix) else suffix), body and body(parts))

    return Case(CATALOGUE, send, sees_catalogue, organization_of)


def plan(method, suffix="", body=None):
    """An operation under /v1/service-plans/{id}."""

    def send(caller, world, label, like):
        parts = world.parts.get(like, world.parts["A_public"])
        path = f"/v1/service-plans/{of(world.plans, label)}"
        return caller(method, path + (suffix(parts) if callable(suffix) else suffix), body and body(parts))

    return Case(CATALOGUE, send, sees_catalogue, organization_of)


def product(method, body=None):
    """An operation on /v1/products/{id}."""
    return Case(
        CATALOGUE,
        lambda caller, world, label, like: caller(method, f"/v1/products/{of(world.products, label, 'uuid')}", body),
        sees_catalogue,
        organization_of,
    )


def program(method, suffix="", body=None):
    """An operation under /v1/patient-service-plans/{id}."""
    return Case(
        RECORDS,
        lambda caller, world, label, like: caller(
            method, f"/v1/patient-service-plans/{of(world.programs, label)}{suffix}", body
        ),
        sees_record,
        PRACTICE_OF.get,
    )


def order(method, suffix, body=None):
    """An operation under /v1/patient-product-orders/{id}."""
    return Case(
        RECORDS,
        lambda caller, world, label, like: caller(
            method, f"/v1/patient-product-orders/{of(world.orders, label)}{suffix}", body
        ),
        sees_record,
        PRACTICE_OF.get,
    )


def upload(caller, world, label, like):
    path = f"/v1/services/{of(world.services, label, 'uuid')}/attachments"
    file = SimpleUploadedFile("a.pdf", b"%PDF-1.4\n%%EOF\n", "application/pdf")
    return caller.client.post(path, {"file": file}, headers=caller.headers)


def own(what):
    """What a patient does with their own appointment."""

    def send(caller, world, label, like):
        sent = {"slot_id": world.free["P1"].pk} if what == "reschedule" else {}
        return caller.patch(f"/v1/me/appointments/{of(world.visits, label)}/{what}", sent)

    return Case(RECORDS, send, mine)


# On one thing: found, or as if it were not there.
ON_ONE = {
    "get_service": service("GET"),
    "update_service": service("PUT", body=lambda parts: {"name": "Changed"}),
    "list_service_specialists": service("GET", "/specialists"),
    "assign_specialist": service(
        "POST", "/specialists", lambda parts: {"specialist_id": parts.specialist.pk, "custom_price": 1}
    ),
    "remove_specialist": service("DELETE", lambda parts: f"/specialists/{parts.offer.specialist_id}"),
    "attach_form": service("POST", "/forms", lambda parts: {"form_template_id": parts.form.pk, "form_type": "survey"}),
    "remove_form": service("DELETE", lambda parts: f"/forms/{parts.attached.form_template_id}"),
    "upload_attachment": Case(CATALOGUE, upload, sees_catalogue, organization_of),
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
    "cancel_own_appointment": own("cancel"),
    "reschedule_own_appointment": own("reschedule"),
}

LISTS = {
    "list_services": Listing("/v1/services", "services", "services", sees_catalogue, "uuid"),
    "list_service_plans": Listing("/v1/service-plans", "service_plans", "plans", sees_catalogue),
    "list_products": Listing("/v1/products", "products", "products", sees_catalogue, "uuid"),
    "list_patient_service_plans": Listing(
        "/v1/patient-service-plans", "patient_service_plans", "programs", sees_record
    ),
    "list_product_orders": Listing("/v1/patient-product-orders", "product_orders", "orders", sees_record),
    "list_own_appointments": Listing("/v1/me/appointments", "appointments", "visits", mine),
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

ALONE = {*CREATIONS, "list_free_slots", "book_appointment", "get_me"}


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


# What the document describes: the specification, operation by operation, and what a patient books online.
DESCRIBED = [
    "GET /v1/services",
    "GET /v1/services/{service_id}",
    "POST /v1/services",
    "PUT /v1/services/{service_id}",
    "DELETE /v1/services/{service_id}",
    "GET /v1/services/{service_id}/specialists",
    "POST /v1/services/{service_id}/specialists",
    "DELETE /v1/services/{service_id}/specialists/{specialist_id}",
    "POST /v1/services/{service_id}/forms",
    "DELETE /v1/services/{service_id}/forms/{form_template_id}",
    "POST /v1/services/{service_id}/attachments",
    "DELETE /v1/services/{service_id}/attachments/{attachment_id}",
    "GET /v1/service-plans",
    "GET /v1/service-plans/{plan_id}",
    "POST /v1/service-plans",
    "PUT /v1/service-plans/{plan_id}",
    "DELETE /v1/service-plans/{plan_id}",
    "GET /v1/patient-service-plans",
    "GET /v1/patient-service-plans/{program_id}",
    "GET /v1/patient-service-plans/{program_id}/appointments",
    "POST /v1/patient-service-plans",
    "PATCH /v1/patient-service-plans/{program_id}/cancel",
    "GET /v1/products",
    "POST /v1/products",
    "PUT /v1/products/{product_id}",
    "DELETE /v1/products/{product_id}",
    "GET /v1/service-plans/{plan_id}/products",
    "POST /v1/service-plans/{plan_id}/products",
    "PUT /v1/service-plans/{plan_id}/products/{product_id}",
    "DELETE /v1/service-plans/{plan_id}/products/{product_id}",
    "GET /v1/patient-product-orders",
    "POST /v1/patient-product-orders",
    "PUT /v1/patient-product-orders/{order_id}/status",
    "POST /v1/patient-product-orders/{order_id}/cancel",
    "POST /v1/services/{service_id}/register",
    "GET /v1/services/{service_id}/attachments/{attachment_id}/{file_name}",
    "GET /v1/services/{service_id}/slots",
    "POST /v1/appointments/book",
    "GET /v1/me",
    "GET /v1/me/appointments",
    "PATCH /v1/me/appointments/{appointment_id}/cancel",
    "PATCH /v1/me/appointments/{appointment_id}/reschedule",
]
