"""Every list and every detail needs the same number of queries for 5 rows and for 50, and at most 12."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import (
    AppointmentFactory,
    EnrollmentFactory,
    FormTemplateFactory,
    PatientFactory,
    PhoneNumberFactory,
    ProductFactory,
    ProductOrderFactory,
    RoomFactory,
    ServiceAttachmentFactory,
    ServiceFactory,
    ServiceFormFactory,
    ServicePlanFactory,
    ServicePlanProductFactory,
    ServiceProductFactory,
    ServiceSessionFactory,
    ServiceSpecialistFactory,
    SlotFactory,
    SpecialistFactory,
    SpecialtyFactory,
)

AVAILABILITY = "/v1/admin/clinic/availability"

MOST = 12


def services(practice, count):
    specialty = SpecialtyFactory(organization=practice.organization)
    ServiceFactory.create_batch(count, organization=practice.organization, specialty=specialty)
    return "/v1/services", "services"


def service_detail(practice, count):
    service = ServiceFactory(organization=practice.organization)
    for _n in range(count):
        ServiceSpecialistFactory(service=service)
        ServiceFormFactory(service=service, form_template=FormTemplateFactory(organization=practice.organization))
        ServiceAttachmentFactory(service=service)
    return f"/v1/services/{service.uuid}", "attachments"


def specialists(practice, count):
    service = ServiceFactory(organization=practice.organization)
    for _n in range(count):
        specialty = SpecialtyFactory(organization=practice.organization)
        specialist = SpecialistFactory(organization=practice.organization, specialty=specialty)
        ServiceSpecialistFactory(service=service, specialist=specialist)
    return f"/v1/services/{service.uuid}/specialists", "specialists"


def plans(practice, count):
    for _n in range(count):
        ServicePlanProductFactory(service_plan=ServicePlanFactory(organization=practice.organization))
    return "/v1/service-plans", "service_plans"


def bundles(practice, count):
    plan = ServicePlanFactory(organization=practice.organization)
    for _n in range(count):
        ServicePlanProductFactory(service_plan=plan)
    return f"/v1/service-plans/{plan.pk}/products", "bundled_products"


def programs(practice, count):
    EnrollmentFactory.create_batch(count, practice=practice, used=2)
    return "/v1/patient-service-plans", "patient_service_plans"


def history(practice, count):
    program = EnrollmentFactory(practice=practice)
    AppointmentFactory.create_batch(count, practice=practice, patient=program.patient, enrollment=program)
    return f"/v1/patient-service-plans/{program.pk}/appointments", "appointments"


def products(practice, count):
    ProductFactory.create_batch(count, organization=practice.organization)
    return "/v1/products", "products"


def orders(practice, count):
    ProductOrderFactory.create_batch(count, practice=practice)
    return "/v1/patient-product-orders", "product_orders"


def slots(practice, count):
    specialist = SpecialistFactory(organization=practice.organization, works_at=[practice])
    SlotFactory.create_batch(count, specialist=specialist, practice=practice)
    return f"{AVAILABILITY}/available_slots?page_size=200&start_date=2026-01-01", "available_slots"


def search(practice, count):
    slots(practice, count)
    return f"{AVAILABILITY}/available_slots/search?page_size=200&duration=10", "available_slots"


def books(practice, count):
    specialist = SpecialistFactory(organization=practice.organization, works_at=[practice])
    for slot in SlotFactory.create_batch(count, specialist=specialist, practice=practice, booked=1):
        AppointmentFactory(practice=practice, specialist=specialist, slot=slot, starts_at=slot.starts_at,
                           ends_at=slot.ends_at)  # fmt: skip
    return f"{AVAILABILITY}/books?page_size=200", "books"


def appointments(practice, count):
    for _n in range(count):
        row = AppointmentFactory(practice=practice, room=RoomFactory(practice=practice))
        AppointmentFactory(practice=practice, parent=row, requested=True, starts_at=None, ends_at=None)
        service = row.services.get().service
        for factory in (ServiceProductFactory, ServiceSpecialistFactory, ServiceSessionFactory):
            factory(service=service)
    return "/v1/appointments?per_page=100", "data"


def calendar(practice, count):
    AppointmentFactory.create_batch(count, practice=practice)
    return "/v1/appointments/calendar?from=2026-02-01&to=2026-03-01", "data"


def customers(practice, count):
    for patient in PatientFactory.create_batch(count, organization=practice.organization):
        PhoneNumberFactory(patient=patient)
    return "/flextell/api/v1/customers?per_page=100", "data"


def free_slots(practice, count):
    specialist = SpecialistFactory(organization=practice.organization, works_at=[practice])
    service = ServiceFactory(organization=practice.organization, public=True)
    offer = ServiceSpecialistFactory(service=service, specialist=specialist)
    SlotFactory.create_batch(count, specialist=offer.specialist, practice=practice)
    return f"/v1/services/{offer.service.uuid}/slots", "slots"


def place(practice):
    return f"/api/v1/practices/{practice.pk}/archives/{practice.organization_id}"


def range_of_appointments(practice, count):
    for patient in PatientFactory.create_batch(count, organization=practice.organization):
        AppointmentFactory(practice=practice, patient=patient)
    return f"{place(practice)}/appointments?dateStart=2026-02-17&dateEnd=2026-03-19", "data"


def found_patients(practice, count):
    for patient in PatientFactory.create_batch(count, organization=practice.organization):
        PhoneNumberFactory(patient=patient)
    return f"{place(practice)}/patients", "results"


def booking_reasons(practice, count):
    for service in ServiceFactory.create_batch(count, organization=practice.organization):
        ServiceSpecialistFactory(service=service)
    return f"{place(practice)}/appointments/booking-reasons", "data"


LISTS = [
    services, service_detail, specialists, plans, bundles, programs, history, products, orders,
    slots, search, books, appointments, calendar, customers, free_slots,
    range_of_appointments, found_patients, booking_reasons,
]  # fmt: skip


# Lists of one thing's rows: the second filling is of another thing.
OF_ONE = {service_detail, specialists, bundles, history, free_slots}


@pytest.mark.parametrize("fill", LISTS, ids=lambda fill: fill.__name__)
def test_a_list_needs_as_many_queries_for_fifty_rows_as_for_five(admin, practice, fill):
    path, key = fill(practice, 5)
    admin.get(path)  # the key's last use is written once in five minutes
    needed = {}
    for count in (5, 50):
        with CaptureQueriesContext(connection) as captured:
            response = admin.get(path)
        assert response.status_code == 200
        assert len(response.json()[key]) == count
        needed[count] = len(captured)
        if count == 5:
            path, key = fill(practice, 50 if fill in OF_ONE else 45)
    assert needed[5] == needed[50] <= MOST


def test_enrolling_needs_no_query_for_each_bundled_product(desk, practice):
    needed = {}
    for count in (1, 10):
        plan = ServicePlanFactory(organization=practice.organization)
        for _n in range(count):
            ServicePlanProductFactory(service_plan=plan)
        sent = {"patient_id": PatientFactory(organization=practice.organization).pk, "service_plan_id": plan.pk}
        desk.get("/v1/products")
        with CaptureQueriesContext(connection) as captured:
            response = desk.post("/v1/patient-service-plans", sent)
        assert response.status_code == 201
        assert len(response.json()["product_orders"]) == count
        needed[count] = len(captured)
    assert needed[1] == needed[10]


def test_a_list_needs_one_query_beside_the_key_and_who_its_owner_is(admin, practice):
    path, _key = services(practice, 5)
    admin.get(path)
    with CaptureQueriesContext(connection) as captured:
        admin.get(path)
    asked = [query["sql"].rpartition(' FROM "')[2].partition('"')[0] for query in captured]
    assert asked == ["directory_apikey", "catalog_service"]  # the key with who its owner is, the list
