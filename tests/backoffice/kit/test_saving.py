"""Saving: through the verb, refused at the field, never over what somebody else saved meanwhile."""

import pytest
from django.contrib.admin.models import LogEntry

from catalog.models import Service, ServiceSpecialist
from core.errors import Unavailable
from core.models import AuditEntry
from directory.models import Specialty
from tests.backoffice.conftest import form_of, formset_of, said, stored, url
from tests.factories import (
    FormTemplateFactory,
    PatientFactory,
    PhoneNumberFactory,
    ProductFactory,
    ServiceFactory,
    ServiceFormFactory,
    ServicePlanFactory,
    ServiceSpecialistFactory,
    SpecialistFactory,
    SpecialtyFactory,
)


@pytest.fixture
def service(practice):
    return ServiceFactory(organization=practice.organization, name="Massage", slug="massage")


def edit(client, label, row, **changes):
    """Open the row's page, change these fields, save."""
    address = url(label, "change", row.pk)
    return client.post(address, {**form_of(client.get(address)), **changes})


def errors_of(response):
    return {name: list(texts) for name, texts in response.context["adminform"].form.errors.items()}


def test_saving_goes_through_the_verb_and_into_the_audit(manager, service, history):
    response = edit(manager, "catalog.service", service, name="Deep massage")
    assert response.status_code == 302
    service.refresh_from_db()
    assert (service.name, service.slug) == ("Deep massage", "massage")
    assert history() == [("catalog.change_service", "change", "catalog.service", service.pk)]
    entry = AuditEntry.objects.get()
    assert (entry.door, entry.credential, entry.user.username) == ("backoffice", "session", "clinic-admin")
    assert entry.changes == {"name": ["Massage", "Deep massage"]}


def test_django_keeps_no_second_history(manager, boss, service, practice):
    edit(manager, "catalog.service", service, name="Deep massage")
    manager.post(url("directory.specialty", "add"), {"name": "Cardiology", "sequence_number": "0"})
    specialty = Specialty.objects.get(name="Cardiology")
    manager.post(url("directory.specialty", "delete", specialty.pk), {"post": "yes"})
    assert not LogEntry.objects.exists()
    assert not Specialty.objects.filter(pk=specialty.pk).exists()


def test_saving_nothing_writes_nothing(manager, service):
    before = stored()
    assert edit(manager, "catalog.service", service).status_code == 302
    assert stored() == before


def test_a_new_row_gets_what_the_verb_fills_in(manager, practice):
    response = manager.post(
        url("catalog.service", "add"),
        {
            **form_of(manager.get(url("catalog.service", "add"))),
            "name": "Mobility Evaluation",
            "category": "consultation",
            "duration_minutes": "30",
            "base_price": "200",
            "currency": "",
            "slug": "",
        },
    )
    assert response.status_code == 302
    row = Service.objects.get()
    assert (row.name, row.slug, row.currency, row.organization_id) == (
        "Mobility Evaluation",
        "mobility-evaluation",
        "RON",
        practice.organization_id,
    )


def test_what_the_verb_refuses_is_a_field_error_and_nothing_is_written(manager, service):
    ServiceFactory(organization=service.organization, slug="taken")
    before = stored()
    response = edit(manager, "catalog.service", service, slug="taken", name="Other")
    assert response.status_code == 200
    assert errors_of(response) == {"__all__": ["There is already a service with this slug."]}
    assert stored() == before


def test_a_refusal_stands_at_the_field_that_it_names(manager, practice):
    plan = ServicePlanFactory(organization=practice.organization)
    before = stored()
    response = edit(manager, "programs.serviceplan", plan, sessions_total="")
    assert errors_of(response) == {"sessions_total": ["Is required for this billing model"]}
    assert stored() == before


def test_a_reference_to_another_organization_is_refused_at_its_field(boss, service, foreign_practice):
    foreign = SpecialtyFactory(organization=foreign_practice.organization)
    before = stored()
    response = edit(boss, "catalog.service", service, specialty=foreign.pk)
    assert list(errors_of(response)) == ["specialty"]
    assert stored() == before


def test_a_busy_database_is_told_and_nothing_is_written(manager, service, monkeypatch):
    def busy(*args, **kwargs):
        raise Unavailable

    monkeypatch.setattr("backoffice.catalogue.admin.change_service", busy)
    before = stored()
    response = edit(manager, "catalog.service", service, name="Other")
    assert errors_of(response) == {"__all__": ["The database is busy. Nothing was saved; please try again."]}
    assert stored() == before


def test_a_form_is_refused_that_was_opened_before_somebody_else_saved(manager, boss, service):
    address = url("catalog.service", "change", service.pk)
    opened = form_of(manager.get(address))
    assert edit(boss, "catalog.service", service, name="Theirs").status_code == 302
    before = stored()
    response = manager.post(address, {**opened, "name": "Mine"})
    (text,) = errors_of(response)["__all__"]
    assert "boss saved this on" in text
    assert "Nothing of yours was saved." in text
    # What was typed is still there to be copied, and saving again does not sneak past.
    assert response.context["adminform"].form["name"].value() == "Mine"
    assert manager.post(address, {**form_of(response), "name": "Mine"}).status_code == 200
    assert stored() == before


@pytest.mark.parametrize("seen", [None, "", "2020-01-01T00:00:00+00:00"])
def test_a_form_without_its_version_is_refused(manager, service, seen):
    address = url("catalog.service", "change", service.pk)
    data = {**form_of(manager.get(address)), "name": "Mine"}
    data.pop("version_seen")
    before = stored()
    response = manager.post(address, data if seen is None else {**data, "version_seen": seen})
    assert "Nothing of yours was saved." in errors_of(response)["__all__"][0]
    assert stored() == before


def test_a_user_form_goes_stale_too(boss, practice):
    user = SpecialistFactory(organization=practice.organization).user
    assert user is None
    from tests.factories import UserFactory

    user = UserFactory(username="ana")
    address = url("directory.user", "change", user.pk)
    opened = form_of(boss.get(address))
    assert edit(boss, "directory.user", user, first_name="Ana").status_code == 302
    before = stored()
    response = boss.post(address, {**opened, "first_name": "Anna"})
    assert "Nothing of yours was saved." in errors_of(response)["__all__"][0]
    assert stored() == before


# ------------------------------------------------------------------------------------------- inlines


def rows(prefix, *lines, initial=0):
    """What a browser sends of an inline."""
    data = {f"{prefix}-TOTAL_FORMS": str(len(lines)), f"{prefix}-INITIAL_FORMS": str(initial)}
    for number, line in enumerate(lines):
        data |= {f"{prefix}-{number}-{name}": value for name, value in line.items()}
    return data


def test_a_service_gets_its_specialist_form_protocol_and_product_on_one_page(manager, service, history):
    specialist = SpecialistFactory(organization=service.organization)
    template, product = (
        FormTemplateFactory(organization=service.organization),
        ProductFactory(organization=service.organization),
    )
    offer = {"specialist": specialist.pk, "is_active": "on", "custom_price": "180.00", "priority": "2"}
    response = edit(
        manager,
        "catalog.service",
        service,
        **rows("offers", offer),
        **rows("forms", {"form_template": template.pk, "form_type": "survey", "sort_order": "1"}),
        **rows("sessions", {"session_order": "1", "session_type": "control", "offset_days": "7", "next_gap_days": ""}),
        **rows("products", {"product": product.pk, "quantity": "3"}),
    )
    assert response.status_code == 302
    made = service.offers.get()
    assert (made.specialist, str(made.custom_price), made.priority) == (specialist, "180.00", 2)
    assert service.forms.get().form_template == template
    assert service.sessions.get().offset_days == 7
    assert service.products.get().quantity == 3
    assert [verb for verb, *_rest in history()] == [
        "catalog.assign_specialist",
        "catalog.attach_form",
        "catalog.set_protocol",
        "catalog.use_product",
    ]


def test_an_offer_is_changed_and_taken_away_through_its_verbs(manager, service, history):
    kept, gone = ServiceSpecialistFactory(service=service), ServiceSpecialistFactory(service=service)
    lines = rows(
        "offers",
        {"id": kept.pk, "service": service.pk, "priority": "5", "is_active": "on"},
        {"id": gone.pk, "service": service.pk, "priority": "1", "is_active": "on", "DELETE": "on"},
        initial=2,
    )
    assert edit(manager, "catalog.service", service, **lines).status_code == 302
    assert [(row.pk, row.priority) for row in ServiceSpecialist.objects.all()] == [(kept.pk, 5)]
    assert [verb for verb, *_rest in history()] == ["catalog.change_offer", "catalog.remove_specialist"]


def test_whose_offer_it_is_never_changes(manager, service):
    offer, other = ServiceSpecialistFactory(service=service), SpecialistFactory(organization=service.organization)
    line = {"id": offer.pk, "service": service.pk, "specialist": other.pk, "priority": "1", "is_active": "on"}
    assert edit(manager, "catalog.service", service, **rows("offers", line, initial=1)).status_code == 302
    assert service.offers.get().specialist_id == offer.specialist_id


def test_a_refusal_in_a_row_stands_at_that_row_and_undoes_the_whole_page(manager, service):
    template = FormTemplateFactory(organization=service.organization)
    ServiceFormFactory(service=service, form_template=template)
    existing = service.forms.get()
    specialist = SpecialistFactory(organization=service.organization)
    before = stored()
    response = edit(
        manager,
        "catalog.service",
        service,
        name="Renamed",
        **rows("offers", {"specialist": specialist.pk, "is_active": "on", "priority": "1"}),
        **rows(
            "forms",
            {"id": existing.pk, "service": service.pk},
            {"form_template": template.pk, "form_type": "consent", "sort_order": "2"},
            initial=1,
        ),
    )
    assert response.status_code == 200
    formset = formset_of(response, "forms")
    assert [dict(form.errors) for form in formset.forms] == [
        {},
        {"__all__": ["The service already has this form."]},
    ]
    assert errors_of(response) == {"__all__": ["Nothing was saved; see below."]}
    assert stored() == before


def test_the_numbers_of_a_patient_are_saved_in_their_order(desk, practice):
    patient = PatientFactory(organization=practice.organization)
    PhoneNumberFactory(patient=patient, number="700000001")
    number = patient.phone_numbers.get()
    line = {"id": number.pk, "patient": patient.pk, "prefix": "+40", "number": "700000009", "phone_type": "home"}
    added = {"prefix": "+40", "number": "700000002", "phone_type": "mobile", "label": "wife", "sms_enabled": "on"}
    response = edit(desk, "patients.patient", patient, **rows("phone_numbers", line, added, initial=1))
    assert response.status_code == 302
    found = patient.phone_numbers.order_by("position").values_list("number", "phone_type", "label", "e164")
    assert list(found) == [
        ("700000009", "home", "", "+40700000009"),
        ("700000002", "mobile", "wife", "+40700000002"),
    ]


def test_a_refused_number_is_shown_at_its_row(desk, practice, monkeypatch):
    from core.errors import InvalidInput

    patient = PatientFactory(organization=practice.organization)

    def refuse(*args, **kwargs):
        raise InvalidInput({"phone_numbers.1.number": "is no number"})

    monkeypatch.setattr("backoffice.patients.inlines.change_patient", refuse)
    lines = [{"prefix": "", "number": number, "phone_type": "mobile"} for number in ("1", "2")]
    before = stored()
    response = edit(desk, "patients.patient", patient, **rows("phone_numbers", *lines))
    formset = formset_of(response, "phone_numbers")
    assert [dict(form.errors) for form in formset.forms] == [{}, {"number": ["Is no number"]}]
    assert errors_of(response) == {"__all__": ["Nothing was saved; see below."]}
    assert stored() == before


# ------------------------------------------------------------------------------------------ deleting


def test_deleting_goes_through_the_verb(manager, service, history):
    response = manager.post(url("catalog.service", "delete", service.pk), {"post": "yes"})
    assert (response.status_code, Service.objects.exists()) == (302, False)
    assert history() == [("catalog.delete_service", "delete", "catalog.service", service.pk)]


def test_deleting_what_is_in_use_is_refused_with_the_reason(manager, service):
    ServicePlanFactory(organization=service.organization, service=service)
    before = stored()
    response = manager.post(url("catalog.service", "delete", service.pk), {"post": "yes"}, follow=True)
    assert response.redirect_chain == [(url("catalog.service", "change", service.pk), 302)]
    assert "It is in use" in response.content.decode()
    assert stored() == before


def test_putting_away_and_bringing_back(manager, service, history):
    manager.post(url("catalog.service", "put-away", service.pk), {"apply": "1"})
    service.refresh_from_db()
    assert service.archived_at is not None
    listed = manager.get(url("catalog.service", "changelist")).context["cl"].result_list
    assert [row.pk for row in listed] == []
    listed = manager.get(url("catalog.service", "changelist"), {"put_away": "yes"}).context["cl"].result_list
    assert [row.pk for row in listed] == [service.pk]
    manager.post(url("catalog.service", "bring-back", service.pk))
    service.refresh_from_db()
    assert service.archived_at is None
    assert [verb for verb, *_rest in history()] == ["catalog.archive_service", "catalog.restore_service"]


def test_a_step_that_no_longer_fits_says_so(manager, service):
    response = manager.post(url("catalog.service", "bring-back", service.pk))
    service.refresh_from_db()
    assert (response.status_code, service.archived_at) == (302, None)
    assert said(response)[0][0] in ("success", "error")


def test_the_pages_of_a_service_cost_the_same_with_many_rows_below_it(manager, service):
    from tests.backoffice.test_queries import cost

    def more(count):
        for _ in range(count):
            ServiceSpecialistFactory(service=service)
            ServiceFormFactory(service=service)

    more(2)
    few, _ = cost(manager, url("catalog.service", "change", service.pk))
    more(10)
    many, statements = cost(manager, url("catalog.service", "change", service.pk))
    assert few == many, "\n".join(statements)


def test_many_specialists_of_a_service_come_in_pages_that_are_saved_alone(manager, service):
    offers = [ServiceSpecialistFactory(service=service, priority=n) for n in range(23)]
    page = url("catalog.service", "change", service.pk)
    assert len(formset_of(manager.get(page), "offers").forms) == 20
    shown = manager.get(page, {"offers-page": 2})
    assert [form.instance.pk for form in formset_of(shown, "offers").forms] == [one.pk for one in offers[20:]]
    sent = {**form_of(shown), "offers-2-priority": "90", "offers-page": "2"}
    assert manager.post(page, sent).status_code == 302
    changed = dict(ServiceSpecialist.objects.values_list("pk", "priority"))
    assert changed == {one.pk: 90 if one == offers[22] else one.priority for one in offers}
    assert 'name="offers-page"' in shown.content.decode()
