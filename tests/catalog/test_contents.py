"""What comes with a service: forms, files, the steps of its protocol, what it uses up."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.models import ServiceAttachment, ServiceForm, ServiceProduct, ServiceSession
from catalog.services import (
    add_attachment,
    attach_form,
    delete_attachment,
    delete_service,
    remove_form,
    remove_used_product,
    set_protocol,
    use_product,
)
from core.errors import Conflict, Forbidden, InvalidInput, Missing
from core.models import AuditEntry
from tests.factories import (
    FormTemplateFactory,
    ProductFactory,
    ServiceAttachmentFactory,
    ServiceFactory,
    ServiceFormFactory,
    ServicePlanFactory,
    ServiceProductFactory,
    ServiceSessionFactory,
)

PDF = b"%PDF-1.7\n%%EOF\n"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


@pytest.fixture
def service(organization):
    return ServiceFactory(organization=organization, public=True)


def stored_files(media):
    return sorted(str(path.relative_to(media)) for path in media.rglob("*") if path.is_file())


def upload(content=PDF, name="consent-form.pdf"):
    return SimpleUploadedFile(name, content)


# ---------------------------------------------------------------------------------------------- forms


def test_a_service_comes_with_a_form(service, admin_actor, at, history):
    template = FormTemplateFactory(organization=service.organization)
    form = attach_form(
        service.pk, form_template_id=template.pk, form_type="survey", sort_order=1, by=admin_actor, at=at
    )
    assert list(ServiceForm.objects.values()) == [
        {
            "id": form.pk,
            "service_id": service.pk,
            "form_template_id": template.pk,
            "form_type": "survey",
            "sort_order": 1,
            "created_at": at,
            "updated_at": at,
        }
    ]
    assert history() == [("catalog.attach_form", "create", "catalog.serviceform", form.pk)]
    assert AuditEntry.objects.get().organization_id == service.organization_id


def test_a_form_comes_once(service, admin_actor, at, refused):
    form = ServiceFormFactory(service=service)
    with refused(Conflict) as caught:
        attach_form(service.pk, form_template_id=form.form_template_id, form_type="consent", by=admin_actor, at=at)
    assert str(caught.value) == "The service already has this form."


def test_a_form_is_a_live_one_of_the_organization(service, superuser, at, refused):
    foreign, away = FormTemplateFactory(), FormTemplateFactory(organization=service.organization, archived_at=at)
    for template_id in (foreign.pk, away.pk, 10**9):
        with refused(InvalidInput) as caught:
            attach_form(service.pk, form_template_id=template_id, form_type="survey", by=superuser, at=at)
        assert caught.value.fields == {"form_template_id": "There is no such form template."}


@pytest.mark.parametrize(
    ("values", "field"),
    [({"form_type": ""}, "form_type"), ({"form_type": "x" * 33}, "form_type"), ({"sort_order": -1}, "sort_order")],
)
def test_a_wrong_value_is_refused_by_column(service, admin_actor, at, refused, values, field):
    template = FormTemplateFactory(organization=service.organization)
    with refused(InvalidInput) as caught:
        attach_form(
            service.pk, form_template_id=template.pk, by=admin_actor, at=at, **{"form_type": "survey", **values}
        )
    assert list(caught.value.fields) == [field]


def test_a_form_is_taken_off(service, admin_actor, at, history, refused):
    form = ServiceFormFactory(service=service)
    pk, template_id = form.pk, form.form_template_id
    remove_form(service.pk, template_id, by=admin_actor, at=at)
    assert list(ServiceForm.objects.all()) == []
    assert history() == [("catalog.remove_form", "delete", "catalog.serviceform", pk)]
    with refused(Missing):
        remove_form(service.pk, template_id, by=admin_actor, at=at)


# ---------------------------------------------------------------------------------------------- files


def test_a_file_is_kept_with_a_service(service, admin_actor, at, media, history):
    attachment = add_attachment(service.pk, upload=upload(), by=admin_actor, at=at)
    (name,) = stored_files(media)
    stored = ServiceAttachment.objects.values().get()
    assert stored == {
        "id": attachment.pk,
        "service_id": service.pk,
        "file": name,
        "file_name": "consent-form.pdf",
        "file_type": "application/pdf",
        "file_size": len(PDF),
        "sha256": stored["sha256"],
        "created_by_id": admin_actor.user_id,
        "created_at": at,
        "updated_at": at,
    }
    assert name.startswith("services/")
    assert history() == [("catalog.add_attachment", "create", "catalog.serviceattachment", attachment.pk)]


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"<html>"])
def test_a_refused_file_is_not_kept(service, admin_actor, at, media, refused, content):
    file = upload(content, "consent-form.pdf")
    with refused(InvalidInput) as caught:
        add_attachment(service.pk, upload=file, by=admin_actor, at=at)
    assert list(caught.value.fields) == ["file"]
    assert stored_files(media) == []


def test_a_file_of_a_verb_that_fails_goes_again(service, admin_actor, at, media, refused, monkeypatch):
    def fail(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr("core.db.entry_of_new", fail)
    with refused(ZeroDivisionError):
        add_attachment(service.pk, upload=upload(), by=admin_actor, at=at)
    assert stored_files(media) == []


def test_a_file_goes_with_its_row(service, admin_actor, at, media, history, django_capture_on_commit_callbacks):
    attachment = add_attachment(service.pk, upload=upload(), by=admin_actor, at=at)
    with django_capture_on_commit_callbacks(execute=True):
        delete_attachment(service.pk, attachment.pk, by=admin_actor, at=at)
        assert len(stored_files(media)) == 1  # until it is certain
    assert (stored_files(media), list(ServiceAttachment.objects.all())) == ([], [])
    assert history()[1:] == [("catalog.delete_attachment", "delete", "catalog.serviceattachment", attachment.pk)]


def test_files_go_with_their_service(service, admin_actor, at, media, django_capture_on_commit_callbacks):
    for _ in range(2):
        add_attachment(service.pk, upload=upload(), by=admin_actor, at=at)
    with django_capture_on_commit_callbacks(execute=True):
        delete_service(service.pk, by=admin_actor, at=at)
    assert stored_files(media) == []


def test_files_of_a_service_that_stays_stay(
    service, admin_actor, at, media, refused, django_capture_on_commit_callbacks
):
    add_attachment(service.pk, upload=upload(), by=admin_actor, at=at)
    ServicePlanFactory(organization=service.organization, service=service)
    with django_capture_on_commit_callbacks(execute=True), refused(Conflict):
        delete_service(service.pk, by=admin_actor, at=at)
    assert len(stored_files(media)) == 1


def test_a_file_of_another_service_is_missing(service, organization, admin_actor, at, refused):
    other = ServiceAttachmentFactory(service__organization=organization)
    with refused(Missing):
        delete_attachment(service.pk, other.pk, by=admin_actor, at=at)


# ------------------------------------------------------------------------------------------- protocol


def steps():
    columns = ("session_order", "session_type", "offset_days", "next_gap_days")
    return list(ServiceSession.objects.order_by("session_order").values_list(*columns))


def test_a_protocol_is_set_in_its_order(service, admin_actor, at, history):
    made = set_protocol(
        service.pk,
        sessions=[
            {"offset_days": 0, "session_type": "first", "next_gap_days": 7},
            {"offset_days": 7},
            {"offset_days": 30, "session_order": 9},
        ],
        by=admin_actor,
        at=at,
    )
    assert steps() == [(1, "first", 0, 7), (2, "control", 7, None), (9, "control", 30, None)]
    assert [row.session_order for row in made] == [1, 2, 9]
    assert history() == [("catalog.set_protocol", "create", "catalog.servicesession", row.pk) for row in made]


def test_setting_it_again_keeps_what_stays(service, admin_actor, at, history):
    first, second, third = (
        ServiceSessionFactory(service=service, session_order=order, offset_days=order).pk for order in (1, 2, 3)
    )
    set_protocol(service.pk, sessions=[{"offset_days": 1}, {"offset_days": 5}], by=admin_actor, at=at)
    assert list(ServiceSession.objects.order_by("pk").values_list("pk", "offset_days")) == [(first, 1), (second, 5)]
    assert history() == [
        ("catalog.set_protocol", "change", "catalog.servicesession", second),
        ("catalog.set_protocol", "delete", "catalog.servicesession", third),
    ]


def test_no_steps_is_no_protocol(service, admin_actor, at):
    ServiceSessionFactory(service=service)
    assert set_protocol(service.pk, sessions=[], by=admin_actor, at=at) == []
    assert steps() == []


@pytest.mark.parametrize(
    ("sessions", "fields"),
    [
        ([{"offset_days": 0}, {}], ["sessions.1.offset_days"]),
        ([{"offset_days": -1}], ["sessions.0.offset_days"]),
        ([{"offset_days": 0, "session_order": 0}], ["sessions.0.session_order"]),
        ([{"offset_days": 0, "session_order": 2}, {"offset_days": 1}], ["sessions.1.session_order"]),
        (
            [{"offset_days": 0, "session_type": "x" * 33}, {"offset_days": 1, "next_gap_days": -1}],
            ["sessions.0.session_type", "sessions.1.next_gap_days"],
        ),
    ],
)
def test_a_wrong_step_is_named_by_its_place(service, admin_actor, at, refused, sessions, fields):
    ServiceSessionFactory(service=service, session_order=5)
    with refused(InvalidInput) as caught:
        set_protocol(service.pk, sessions=sessions, by=admin_actor, at=at)
    assert list(caught.value.fields) == fields


# -------------------------------------------------------------------------------------------- use up


def test_a_treatment_uses_up_products(service, admin_actor, at, history):
    product = ProductFactory(organization=service.organization)
    row = use_product(service.pk, product_id=product.pk, quantity=2, by=admin_actor, at=at)
    use_product(service.pk, product_id=product.pk, quantity=3, by=admin_actor, at=at)
    assert list(ServiceProduct.objects.values_list("pk", "service_id", "product_id", "quantity")) == [
        (row.pk, service.pk, product.pk, 3)
    ]
    assert history() == [
        ("catalog.use_product", "create", "catalog.serviceproduct", row.pk),
        ("catalog.use_product", "change", "catalog.serviceproduct", row.pk),
    ]


def test_none_of_a_product_and_products_of_others_are_refused(service, superuser, at, refused):
    product, foreign = ProductFactory(organization=service.organization), ProductFactory()
    with refused(InvalidInput) as caught:
        use_product(service.pk, product_id=product.pk, quantity=0, by=superuser, at=at)
    assert list(caught.value.fields) == ["quantity"]
    with refused(InvalidInput) as caught:
        use_product(service.pk, product_id=foreign.pk, by=superuser, at=at)
    assert list(caught.value.fields) == ["product_id"]


def test_a_treatment_uses_a_product_no_more(service, admin_actor, at, history, refused):
    used = ServiceProductFactory(service=service)
    pk, product_id = used.pk, used.product_id
    remove_used_product(service.pk, product_id, by=admin_actor, at=at)
    assert list(ServiceProduct.objects.all()) == []
    assert history() == [("catalog.remove_used_product", "delete", "catalog.serviceproduct", pk)]
    with refused(Missing):
        remove_used_product(service.pk, product_id, by=admin_actor, at=at)


# ------------------------------------------------------------------------------------------ who may not

VERBS = {
    "attach": lambda pk, **who: attach_form(pk, form_template_id=1, form_type="survey", **who),
    "remove form": lambda pk, **who: remove_form(pk, 1, **who),
    "add file": lambda pk, **who: add_attachment(pk, upload=upload(), **who),
    "delete file": lambda pk, **who: delete_attachment(pk, 1, **who),
    "protocol": lambda pk, **who: set_protocol(pk, sessions=[{"offset_days": 0}], **who),
    "use": lambda pk, **who: use_product(pk, product_id=1, **who),
    "use no more": lambda pk, **who: remove_used_product(pk, 1, **who),
}


@pytest.mark.parametrize("call", VERBS.values(), ids=VERBS)
@pytest.mark.parametrize("actor", ["front_desk", "specialist_actor", "patient_actor", "visitor"])
def test_only_clinic_admins_change_what_comes_with_a_service(service, call, actor, request, at, refused, media):
    by = request.getfixturevalue(actor)
    with refused(Forbidden):
        call(service.pk, by=by, at=at)
    assert stored_files(media) == []


@pytest.mark.parametrize("call", VERBS.values(), ids=VERBS)
def test_services_of_another_organization_are_missing(foreign_practice, call, admin_actor, at, refused, media):
    foreign = ServiceFactory(organization=foreign_practice.organization, public=True)
    with refused(Missing):
        call(foreign.pk, by=admin_actor, at=at)
    assert stored_files(media) == []
