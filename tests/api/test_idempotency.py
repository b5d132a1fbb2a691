"""`Idempotency-Key`: a creating request sent twice has one effect, and gets one reply."""

import json
from threading import Barrier, Thread

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.utils import timezone

from api.base.idempotency import forget
from api.base.schema import document
from api.contracts import CONTRACTS
from api.models import IdempotencyKey
from catalog.models import Product, ServiceAttachment
from core.models import AuditEntry
from directory.models import ApiKey
from patients.models import Patient
from scheduling.calendar import SlotWish
from scheduling.models import Appointment, AvailableSlot
from scheduling.services import create_slot
from tests.api.availability.conftest import BATCH, BOOKS, SLOTS, wish
from tests.api.conftest import refused
from tests.broken import broken_invariants
from tests.factories import (
    AT,
    DAY,
    ApiKeyFactory,
    MembershipFactory,
    PatientFactory,
    PracticeFactory,
    ServiceFactory,
    ServiceSpecialistFactory,
    SpecialistFactory,
)
from tests.patience import LIMIT
from tests.project.permission_matrix import described
from tests.reads import shown_in, traced
from tests.stage import actor_with

PRODUCT = {"name": "Band", "price": 10.5}
KEPT = ("Content-Type", "Cache-Control")


def keyed(caller, path, sent, key="k-1", **kwargs):
    return caller.post(path, sent, headers={"Idempotency-Key": key}, **kwargs)


def broken():
    return broken_invariants()


def same(first, second):
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert [first[name] for name in KEPT] == [second[name] for name in KEPT]


def test_a_replay_has_no_effect_and_gets_the_first_reply_byte_for_byte(admin, practice):
    first = keyed(admin, "/v1/products", PRODUCT)
    entries = AuditEntry.objects.count()
    Product.objects.update(name="Changed meanwhile")
    second = keyed(admin, "/v1/products", PRODUCT)
    assert first.status_code == 201
    same(first, second)
    assert (Product.objects.count(), AuditEntry.objects.count()) == (1, entries)
    kept = IdempotencyKey.objects.get()
    assert (kept.status, kept.object_kind, kept.object_id) == (201, "catalog.product", Product.objects.get().pk)
    assert (kept.created_at, kept.principal) == (AT, f"key:{ApiKey.objects.get().pk}")
    assert broken() == []


def test_without_a_key_each_request_has_its_effect(admin, practice):
    assert {admin.post("/v1/products", PRODUCT).status_code for _n in range(2)} == {201}
    assert (Product.objects.count(), IdempotencyKey.objects.count()) == (2, 0)


@pytest.mark.parametrize("changed", ["body", "path", "query"])
def test_a_key_of_another_request_is_refused(admin, practice, changed):
    keyed(admin, "/v1/products", PRODUCT)
    path = {"path": "/v1/services", "query": "/v1/products?x=1"}.get(changed, "/v1/products")
    sent = PRODUCT | {"price": 11} if changed == "body" else PRODUCT
    response = keyed(admin, path, sent)
    expected = {"Idempotency-Key": "was used for another request"}
    assert (response.status_code, response.json()) == (
        422,
        refused("validation_error", "Validation failed", **expected),
    )
    assert Product.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "header", "sent"),
    [
        ("/flextell/api/v1/customers", "X-Tenant", {"first_name": "Ada", "last_name": "Moss"}),
        ("/v1/products", "X-Organization-ID", PRODUCT),
    ],
)
def test_the_same_for_another_practice_is_another_request(root, practice, other_practice, path, header, sent):
    def there(where):
        return root.post(path, sent, headers={"Idempotency-Key": "k-1", header: str(where.pk)})

    first = there(practice)
    assert first.status_code == 201
    same(first, there(practice))
    response = there(other_practice)
    assert response.status_code == 422
    assert b"was used for another request" in response.content
    assert IdempotencyKey.objects.count() == 1


def test_a_refusal_is_not_kept_so_that_the_request_may_be_tried_again(admin, practice):
    bad = keyed(admin, "/v1/products", {"name": "Band"})
    assert (bad.status_code, IdempotencyKey.objects.count(), AuditEntry.objects.count()) == (422, 0, 0)
    assert keyed(admin, "/v1/products", PRODUCT).status_code == 201


def test_a_mistake_of_ours_is_not_kept_either(admin, practice, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("api.services.products.ProductViewSet.show", lambda *args, **kwargs: 1 / 0)
        assert keyed(admin, "/v1/products", PRODUCT).status_code == 500
    assert (Product.objects.count(), IdempotencyKey.objects.count()) == (0, 0)
    assert keyed(admin, "/v1/products", PRODUCT).status_code == 201


def test_principals_do_not_know_each_others_keys(admin, desk, foreign_admin, practice):
    patient = PatientFactory(organization=practice.organization)
    replies = [keyed(caller, "/v1/products", PRODUCT) for caller in (admin, foreign_admin)]
    assert [reply.status_code for reply in replies] == [201, 201]
    assert replies[0].json()["id"] != replies[1].json()["id"]
    assert keyed(desk, "/v1/products", PRODUCT).status_code == 403
    assert IdempotencyKey.objects.values("principal").distinct().count() == 2
    assert patient.pk


@pytest.mark.parametrize("key", ["", " ", "a\u00e9", "x" * 256])
def test_a_key_is_of_1_to_255_visible_characters(admin, practice, key):
    response = keyed(admin, "/v1/products", PRODUCT, key=key)
    assert response.status_code in (400, 422)
    assert not Product.objects.exists()


def test_a_key_of_255_characters_is_one(admin, practice):
    assert keyed(admin, "/v1/products", PRODUCT, key="x" * 255).status_code == 201


def test_only_what_creates_has_a_key(admin, practice):
    for response in (admin.get("/v1/products", headers={"Idempotency-Key": "k"}),):
        assert response.status_code == 200
    assert not IdempotencyKey.objects.exists()


def test_an_upload_is_known_by_its_file_not_by_the_forms_boundary(admin, practice):
    service = ServiceFactory(organization=practice.organization)
    path, headers = f"/v1/services/{service.uuid}/attachments", {**admin.headers, "Idempotency-Key": "file"}

    def upload(content=b"%PDF-1.4\n%%EOF\n"):
        file = SimpleUploadedFile("a.pdf", content, "application/pdf")
        return admin.client.post(path, {"file": file}, headers=headers)

    first = upload()
    assert first.status_code == 201
    same(first, upload())
    assert upload(b"%PDF-1.5\n%%EOF\n").status_code == 422
    assert ServiceAttachment.objects.count() == 1


def test_visitors_may_have_keys(anyone, practice):
    service = ServiceFactory(organization=practice.organization, public=True)
    path, sent = f"/v1/services/{service.uuid}/register", {"contact_name": "Jane", "contact_phone": "1"}
    same(keyed(anyone, path, sent), keyed(anyone, path, sent))
    assert Appointment.objects.count() == 1
    assert IdempotencyKey.objects.get().principal == "visitor:127.0.0.1"


def test_every_contract_takes_them(admin, practice, organization):
    provider = SpecialistFactory(organization=organization, works_at=[practice])
    patients = PatientFactory.create_batch(2, organization=organization)
    service = ServiceFactory(organization=organization)
    slot = admin.post(SLOTS, {"available_slot": wish(provider)}).json()["id"]
    row = {name: value for name, value in wish(provider, days=8).items() if name != "provider_id"}
    flextell = {
        "customer_id": patients[1].pk,
        "user_id": provider.pk,
        "scheduled_at": "2026-03-20T05:31:56Z",
        "treatments": [service.pk],
    }
    requests = [
        (SLOTS, {"available_slot": wish(provider, days=5, recurring=True, recurrence_pattern="daily",
                                        recurrence_until="2026-02-23")}),
        (f"{BATCH}/create_in_batch", {"provider_id": provider.pk, "slots": [row]}),
        (BOOKS, {"book": {"available_slot_id": slot, "patient_id": patients[0].pk}}),
        ("/v1/appointments", flextell),
        ("/flextell/api/v1/customers", {"first_name": "Ada", "last_name": "Moss"}),
    ]  # fmt: skip
    traced()  # what other tests have left
    looked = set()
    for number, (path, sent) in enumerate(requests):
        first = keyed(admin, path, sent, key=f"k-{number}")
        assert first.status_code == 201, first.content
        left = traced()
        assert shown_in(first) <= left
        same(first, keyed(admin, path, sent, key=f"k-{number}"))
        assert shown_in(first) <= traced(), path  # who is shown an earlier reply has looked once more
        looked |= left
    assert looked == set(Patient.objects.values_list("pk", flat=True))
    assert (AvailableSlot.objects.count(), Appointment.objects.count(), Patient.objects.count()) == (4, 2, 3)
    kinds = IdempotencyKey.objects.order_by("pk").values_list("object_kind", flat=True)
    assert list(kinds) == [
        "scheduling.slotseries",
        "scheduling.slotbatch",
        "scheduling.appointment",
        "scheduling.appointment",
        "patients.patient",
    ]
    assert broken() == []


def test_every_creating_post_and_no_other_operation_says_so():
    makes = {one.id for one, _method in described().values() if one.makes}  # though the vendor answers 200
    for contract in CONTRACTS:
        for path, methods in document(contract)["paths"].items():
            for method, operation in methods.items():
                named = {one["name"] for one in operation.get("parameters", ())}
                creates = method == "post" and ("201" in operation["responses"] or operation["operationId"] in makes)
                assert ("Idempotency-Key" in named) == creates, (path, method)


def test_a_key_whose_object_is_gone_is_found(admin, practice):
    keyed(admin, "/v1/products", PRODUCT)
    Product.objects.all().delete()
    assert broken() == ["api.kept_reply_has_object"]


def test_a_key_whose_object_was_deleted_by_somebody_is_not(admin, practice):
    made = keyed(admin, "/v1/products", PRODUCT).json()
    assert admin.delete(f"/v1/products/{made['id']}").status_code == 204
    assert broken() == []


def test_a_key_without_a_reply_is_found(db):
    IdempotencyKey.objects.create(principal="key:1", key="x", fingerprint="0" * 64)
    assert broken() == ["api.kept_reply_is_whole"]


# ------------------------------------------------------------------------------------------------ at once


THREADS = 16
CUSTOMERS, ADA = "/flextell/api/v1/customers", {"first_name": "Ada", "last_name": "Moss"}


def at_once(path, sent, threads=THREADS, same_key=True):
    """The same request in as many threads at once: (status, body) of each."""
    start, replies = Barrier(threads, timeout=LIMIT), []

    def run(number):
        client = Client(raise_request_exception=False)
        headers = {
            "Authorization": "Bearer ck_race",
            **({"Idempotency-Key": "once"} if same_key else {"Idempotency-Key": f"key {number}"}),
        }
        try:
            start.wait()
            reply = client.post(path, json.dumps(sent), content_type="application/json", headers=headers)
            replies.append((reply.status_code, reply.content))
        finally:
            connections.close_all()

    running = [Thread(target=run, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(LIMIT)
    assert len(replies) == threads
    return replies


@pytest.fixture
def clinic():
    """A practice and its admin's key, committed."""
    practice = PracticeFactory()
    ApiKeyFactory(user=MembershipFactory(practice=practice, admin=True).user, text="ck_race")
    return practice


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_sixteen_at_once_have_one_effect_and_one_reply(clinic):
    replies = at_once(CUSTOMERS, ADA)
    assert {status for status, _body in replies} == {201}
    assert len({body for _status, body in replies}) == 1
    assert (Patient.objects.count(), IdempotencyKey.objects.count()) == (1, 1)
    assert broken() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_sixteen_keys_have_sixteen_effects(clinic):
    """The control: it is the key, not the crowd, that lets one effect through."""
    replies = at_once(CUSTOMERS, ADA, same_key=False)
    assert {status for status, _body in replies} == {201}
    assert (Patient.objects.count(), IdempotencyKey.objects.count()) == (THREADS, THREADS)


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
@pytest.mark.parametrize("same_key", [True, False])
def test_a_slot_is_booked_once_with_one_key_or_with_many(clinic, same_key):
    specialist = SpecialistFactory(organization=clinic.organization, works_at=[clinic])
    service = ServiceFactory(organization=clinic.organization)
    ServiceSpecialistFactory(service=service, specialist=specialist)
    starts = AT + 3 * DAY
    wanted = SlotWish(specialist_id=specialist.pk, starts_at=starts, ends_at=starts + DAY / 24)
    slot = create_slot(practice_id=clinic.pk, wish=wanted, by=actor_with("front_desk", clinic), at=AT)
    patient = PatientFactory(organization=clinic.organization)
    sent = {"book": {"available_slot_id": slot.pk, "patient_id": patient.pk}}
    replies = at_once(BOOKS, sent, same_key=same_key)
    statuses = sorted(status for status, _body in replies)
    assert statuses == ([201] * THREADS if same_key else [201] + [409] * (THREADS - 1))
    assert (Appointment.objects.count(), IdempotencyKey.objects.count()) == (1, 1)
    slot.refresh_from_db()
    assert slot.booked == 1
    assert broken() == []


def test_replies_are_forgotten_after_a_while_and_no_sooner(admin, capsys, monkeypatch):
    monkeypatch.setattr("api.base.idempotency.AT_ONCE", 2)
    for number in range(4):
        keyed(admin, "/v1/products", {**PRODUCT, "name": f"Band {number}"}, key=f"k-{number}")
    now = timezone.now()
    IdempotencyKey.objects.update(created_at=now)
    assert forget(now) == 0
    IdempotencyKey.objects.filter(key="k-3").update(created_at=now - 29 * DAY)
    IdempotencyKey.objects.exclude(key="k-3").update(created_at=now - 31 * DAY)
    call_command("forget_replies")
    assert capsys.readouterr().out == "3 replies forgotten.\n"
    assert [row.key for row in IdempotencyKey.objects.all()] == ["k-3"]
    call_command("forget_replies", days=7)
    assert not IdempotencyKey.objects.exists()
    assert Product.objects.count() == 4
