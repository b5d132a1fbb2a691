"""The other objects that appointments are linked with, field by field."""

import pytest

from directory.models import Practice
from patients.models import PatientCase
from tests.api.cliniko.conftest import HOST, NOW, VENDOR, link, own, refused
from tests.factories import (
    AT,
    AppointmentFactory,
    ColorFactory,
    MembershipFactory,
    PhoneNumberFactory,
    ProductFactory,
    ServiceFactory,
    SpecialistFactory,
)

# ------------------------------------------------------------------------------- practitioners, businesses


def test_a_practitioner(client, scene, front_desk_user):
    row = scene.practitioner
    row.default_service, row.user, row.designation = scene.service, front_desk_user, "Physio"
    row.save()
    shown = client.get(f"{VENDOR}/practitioners/{row.pk}").json()
    path = f"practitioners/{row.pk}"
    assert shown == {
        "id": str(row.pk),
        "first_name": "Ioana",
        "last_name": "Pop",
        "title": "Dr.",
        "display_name": "Dr. Ioana Pop",
        "label": "Dr. Ioana Pop",
        "designation": "Physio",
        "description": None,
        "active": True,
        "show_in_online_bookings": True,
        "created_at": NOW,
        "updated_at": shown["updated_at"],
        "default_appointment_type": link(f"appointment_types/{scene.service.pk}"),
        "user": link(f"users/{front_desk_user.pk}"),
        "links": own(path),
        **{
            name: link(f"{path}/{name}")
            for name in ("appointment_types", "appointments", "invoices", "practitioner_reference_numbers")
        },
    }


def test_practitioners_by_business_type_and_state(client, scene, organization):
    gone = SpecialistFactory(organization=organization, works_at=[scene.practice], archived_at=AT)
    elsewhere = SpecialistFactory(organization=organization)

    def found(path):
        return {int(one["id"]) for one in client.get(f"{VENDOR}/{path}").json()["practitioners"]}

    assert found("practitioners") == {scene.practitioner.pk, elsewhere.pk}
    assert found("practitioners/inactive") == {gone.pk}
    assert found(f"businesses/{scene.practice.pk}/practitioners") == {scene.practitioner.pk}
    assert found(f"businesses/{scene.practice.pk}/practitioners/inactive") == {gone.pk}
    assert found(f"appointment_types/{scene.service.pk}/practitioners") == {scene.practitioner.pk}
    assert found(f"appointment_types/{scene.service.pk}/practitioners/inactive") == set()
    assert client.get(f"{VENDOR}/practitioners/{gone.pk}").json()["active"] is False
    assert found("practitioners?sort=last_name:desc&q[]=show_in_online_bookings:=true") >= {scene.practitioner.pk}


def test_a_business(client, scene):
    Practice.objects.filter(pk=scene.practice.pk).update(
        display_name="Shown", address_1="Main 1", city="Cluj", contact_information="Call", registration_name="VAT",
        registration_value="7", website_address="https://example.org", email_reply_to="r@example.org",
    )  # fmt: skip
    path = f"businesses/{scene.practice.pk}"
    assert client.get(f"{VENDOR}/{path}").json() == {
        "id": str(scene.practice.pk),
        "business_name": "Practice",
        "display_name": "Shown",
        "label": "Shown",
        "address_1": "Main 1",
        "address_2": None,
        "city": "Cluj",
        "state": None,
        "post_code": None,
        "country": "Romania",
        "country_code": "RO",
        "time_zone": "Europe/Bucharest",
        "time_zone_identifier": "Europe/Bucharest",
        "contact_information": "Call",
        "website_address": "https://example.org",
        "email_reply_to": "r@example.org",
        "additional_information": None,
        "additional_invoice_information": None,
        "business_registration_name": "VAT",
        "business_registration_value": "7",
        "appointment_type_ids": [str(scene.service.pk)],
        "appointment_reminders_enabled": True,
        "show_in_online_bookings": True,
        "archived_at": None,
        "deleted_at": None,
        "created_at": NOW,
        "updated_at": NOW,
        "appointments": link(f"{path}/appointments"),
        "practitioners": link(f"{path}/practitioners"),
        "links": own(path),
    }
    for query, count in ((f"~{scene.service.pk}", 1), ("~999999", 0)):
        assert client.get(f"{VENDOR}/businesses?q[]=appointment_type_ids:{query}").json()["total_entries"] == count


def test_an_appointment_type(client, scene, organization):
    row = scene.service
    row.color, row.booking_lead_hours = ColorFactory(organization=organization, background_color="336699"), 24
    row.save()
    path = f"appointment_types/{row.pk}"
    shown = client.get(f"{VENDOR}/{path}").json()
    assert shown == {
        "id": str(row.pk),
        "name": "Consultation",
        "duration_in_minutes": 30,
        "max_attendees": 1,
        "color": "#336699",
        "category": row.category,
        "description": shown["description"],
        "show_in_online_bookings": True,
        "online_bookings_lead_time_hours": 24,
        "online_payments_enabled": False,
        "online_payments_mode": "optional",
        "deposit_price": None,
        "add_deposit_to_account_credit": False,
        "telehealth_enabled": False,
        "appointment_confirmation_template_ids": None,
        "appointment_reminder_template_ids": None,
        "appointment_follow_up_template_ids": None,
        "archived_at": None,
        "created_at": NOW,
        "updated_at": shown["updated_at"],
        "practitioners": link(f"{path}/practitioners"),
        "billable_item": None,
        "product": None,
        "treatment_note_template": None,
        "appointment_type_billable_items": link(f"{path}/appointment_type_billable_items"),
        "appointment_type_products": link(f"{path}/appointment_type_products"),
        "links": own(path),
    }


def test_appointment_types_by_state_and_practitioner(client, scene, organization):
    hidden = ServiceFactory(organization=organization)
    gone = ServiceFactory(organization=organization, archived_at=AT)

    def found(path):
        return {int(one["id"]) for one in client.get(f"{VENDOR}/{path}").json()["appointment_types"]}

    assert found("appointment_types") == {scene.service.pk, hidden.pk}
    assert found("appointment_types/archived") == {gone.pk}
    assert found("appointment_types?q[]=archived_at:*") == {scene.service.pk, hidden.pk, gone.pk}
    assert found("appointment_types?q[]=show_in_online_bookings:=true") == {scene.service.pk}
    assert found("appointment_types?q[]=online_payments_mode:=required") == set()
    assert found(f"practitioners/{scene.practitioner.pk}/appointment_types") == {scene.service.pk}


# ------------------------------------------------------------------------------------- cases, products


def test_a_case_is_opened_changed_and_archived(client, scene):
    response = client.post(f"{VENDOR}/patient_cases", {"name": "Hip", "patient_id": str(scene.patient.pk)})
    assert response.status_code == 201
    pk = response.json()["id"]
    visit = AppointmentFactory(practice=scene.practice, specialist=scene.practitioner, patient=scene.patient,
                               patient_case_id=int(pk))  # fmt: skip
    expected = {
        "id": pk,
        "name": "Hip",
        "notes": None,
        "closed": False,
        "issue_date": None,
        "expiry_date": None,
        "max_sessions": None,
        "max_invoiceable_amount": None,
        "include_cancelled_attendees": False,
        "include_dna_attendees": False,
        "referral": False,
        "referral_type": None,
        "attendee_ids": [str(visit.pk)],
        "created_at": NOW,
        "updated_at": NOW,
        "archived_at": None,
        "patient": link(f"patients/{scene.patient.pk}"),
        "links": own(f"patient_cases/{pk}"),
        **{
            name: link(f"patient_cases/{pk}/{name}")
            for name in ("attendees", "bookings", "patient_attachments", "invoices")
        },
    }
    assert client.get(f"{VENDOR}/patient_cases/{pk}").json() == expected
    assert client.get(response["Location"].removeprefix(HOST)).json() == expected
    for method in ("PATCH", "PUT"):
        changed = client(method, f"{VENDOR}/patient_cases/{pk}", {"name": method, "notes": "ignored"}).json()
        assert changed == {**expected, "name": method}
    query = f"q[]=patient_id:={scene.patient.pk}&q[]=expiry_date:!?"
    assert client.get(f"{VENDOR}/patient_cases?{query}").json()["total_entries"] == 2
    assert client.post(f"{VENDOR}/patient_cases/{pk}/archive").status_code == 204
    assert client.get(f"{VENDOR}/patient_cases?{query}").json()["total_entries"] == 1
    assert client.get(f"{VENDOR}/patient_cases/{pk}").json()["closed"] is True
    response = client.patch(f"{VENDOR}/patient_cases/{pk}", {"name": "x"})
    assert (response.status_code, response.json()) == (422, refused(base="Case has been archived."))


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({}, {"name": "can't be blank", "patient_id": "can't be blank"}),
        ({"name": "x", "patient_id": 999_999}, {"patient_id": "must exist"}),
    ],
)
def test_a_case_needs_a_name_and_a_patient(client, scene, sent, errors):
    response = client.post(f"{VENDOR}/patient_cases", sent)
    assert (response.status_code, response.json()) == (422, refused(**errors))
    assert PatientCase.objects.count() == 1


def test_a_product(client, organization, practice):
    row = ProductFactory(organization=organization, name="Band", barcode="869", description="Red", price="24.40",
                         tax_rate="22.00", stock_level=7)  # fmt: skip
    expected = {
        "id": str(row.pk),
        "item_code": "869",
        "name": "Band",
        "product_supplier_name": None,
        "cost_price": None,
        "stock_level": 7,
        "notes": "Red",
        "serial_number": None,
        "price_ex_tax": "20.00",
        "created_at": NOW,
        "updated_at": NOW,
        "tax": None,
        "links": own(f"products/{row.pk}"),
    }
    assert client.get(f"{VENDOR}/products/{row.pk}").json() == expected
    assert client.get(f"{VENDOR}/products?q[]=name:~ban").json()["products"] == [expected]


# --------------------------------------------------------------------------------- users, settings, rest


def test_the_owner_of_the_key(client, manager, practice, front_desk_user, admin_user):
    expected = {
        "id": str(front_desk_user.pk),
        "title": None,
        "first_name": "",
        "last_name": "",
        "email": None,
        "role": "receptionist",
        "time_zone": "Europe/Bucharest",
        "user_active": True,
        "created_at": NOW,
        "updated_at": NOW,
        "links": own(f"users/{front_desk_user.pk}"),
    }
    assert client.get(f"{VENDOR}/user").json() == expected
    assert manager.get(f"{VENDOR}/user").json()["role"] == "administrator"
    doctor = MembershipFactory(practice=practice, specialist=True).user
    SpecialistFactory(organization=practice.organization, user=doctor)
    listed = manager.get(f"{VENDOR}/users").json()
    roles = {int(one["id"]): (one["role"], one["title"]) for one in listed["users"]}
    assert roles == {
        admin_user.pk: ("administrator", None),
        front_desk_user.pk: ("receptionist", None),
        doctor.pk: ("practitioner", "Dr."),
    }


def test_the_settings(client, manager, practice, organization, admin_user):
    admin_user.first_name, admin_user.email = "Tim", "tim@example.org"
    admin_user.save()
    organization.owner = admin_user
    organization.save()
    public = client.get(f"{VENDOR}/settings/public").json()
    account = {"id": str(organization.pk), "name": "Organization", "country": "Romania",
               "time_zone": "Europe/Bucharest", "currency_symbol": "RON", "subdomain": "organization"}  # fmt: skip
    assert public["account"] == account
    assert set(public) == {"terminology", "account", "calendar", "online_bookings", "reminders", "links"}
    assert public["online_bookings"]["min_hours_notice_for_patient_cancellation"] == 24
    assert public["links"] == own("settings/public")
    assert client.get(f"{VENDOR}/settings").status_code == 403
    whole = manager.get(f"{VENDOR}/settings").json()
    admin = {"first_name": "Tim", "last_name": "", "email": "tim@example.org"}
    assert whole == {**public, "account": {**account, "email_from": None, "admin": admin}, "links": own("settings")}


def test_what_is_not_kept_is_an_honest_empty_list(client, practice):
    from api.cliniko.unkept import UNKEPT

    assert len(UNKEPT) >= 25
    for key, routes in UNKEPT.items():
        for route in routes:
            path = f"{VENDOR}/" + "".join("1" if part.startswith("id:") else part for part in
                                          route.replace("<", ">").split(">"))  # fmt: skip
            expected = {key: [], "total_entries": 0, "links": own(f"{path.removeprefix(VENDOR)[1:]}?page=1")}
            assert client.get(path).json() == expected


def test_numbers_are_told_as_typed_and_whole(client, scene):
    PhoneNumberFactory(patient=scene.patient, prefix="+40", number="722111222", phone_type="home")
    (number,) = client.get(f"{VENDOR}/patients/{scene.patient.pk}").json()["patient_phone_numbers"]
    assert number["number"] == "+40 722111222"
    assert number["phone_type"] == "Home"
