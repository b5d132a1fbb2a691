"""One row of each model that the back office lists, belonging to a practice or its organization."""

from datetime import date, time, timedelta
from decimal import Decimal

from django.utils import timezone

from billing.services import NewLine, add_care_plan_entry, create_care_plan, issue_bill, take_payment
from core.actor import Actor
from core.models import AuditEntry, Look, PatientLook
from scheduling.models import AvailableSlot, Holiday, SlotBatch, SlotSeries, TimeOff, TimeOffSeries
from tests.factories import (
    AT,
    AccountFactory,
    ApiKeyFactory,
    AppIntegrationFactory,
    ApplicationFactory,
    AppointmentFactory,
    AuthorizationFactory,
    BrandFactory,
    CarePlanDiscardReasonFactory,
    ColorFactory,
    CompanyFactory,
    CustomFieldFactory,
    DocumentFactory,
    EnrollmentFactory,
    FormTemplateFactory,
    MembershipFactory,
    PatientAlertFactory,
    PatientFactory,
    PatientSourceFactory,
    PaymentTypeFactory,
    PhoneNumberFactory,
    PriceListFactory,
    ProductCategoryFactory,
    ProductFactory,
    ProductOrderFactory,
    ProductTypeFactory,
    RoomFactory,
    ServicePlanFactory,
    ServiceSpecialistFactory,
    SignInFactory,
    SpecialistFactory,
    SpecialtyFactory,
    UIElementFactory,
    UnitFactory,
    UserFactory,
)


def in_organization(factory):
    return lambda practice: factory(organization=practice.organization)


def patient(practice):
    row = PatientFactory(organization=practice.organization)
    PhoneNumberFactory(patient=row)
    return row


def appointment(practice):
    return AppointmentFactory(practice=practice, enrollment=EnrollmentFactory(practice=practice))


def look(practice):
    patient = PatientFactory(organization=practice.organization)
    look = Look.objects.create(at=AT, door="backoffice", page="page", organization_id=practice.organization_id)
    return PatientLook.objects.create(at=AT, look=look, patient=patient)


def entry(practice):
    specialty = SpecialtyFactory(organization=practice.organization)
    return AuditEntry.objects.create(
        at=AT,
        actor_kind="system",
        door="command:test",
        verb="directory.configure",
        action="create",
        object_kind="directory.specialty",
        object_id=specialty.pk,
        organization_id=practice.organization_id,
        changes={"name": [None, specialty.name], "organization_id": [None, practice.organization_id]},
    )


def person(practice):
    return SpecialistFactory(organization=practice.organization, works_at=[practice])


def ahead(hours=24):
    """The lists show what lies ahead of the present."""
    starts = timezone.now().replace(second=0, microsecond=0) + timedelta(hours=hours)
    return {"starts_at": starts, "ends_at": starts + timedelta(minutes=30)}


def slot(practice):
    return AvailableSlot.objects.create(practice=practice, specialist=person(practice), **ahead())


def series(practice):
    return SlotSeries.objects.create(
        practice=practice,
        specialist=person(practice),
        pattern="weekly",
        rrule="FREQ=WEEKLY",
        start_date=timezone.localdate(),
        start_time=time(9),
        duration_minutes=30,
    )


def time_off(practice):
    return TimeOff.objects.create(practice=practice, specialist=person(practice), reason="Course", **ahead())


def lunch(practice):
    return TimeOffSeries.objects.create(
        practice=practice,
        specialist=person(practice),
        rrule="FREQ=WEEKLY;BYDAY=MO",
        start_date=timezone.localdate(),
        start_time=time(12),
        duration_minutes=60,
    )


def holiday(practice):
    """A day that no other row of the practice has."""
    day = date(2030, 1, 1) + timedelta(days=Holiday.objects.filter(practice=practice).count())
    return Holiday.objects.create(practice=practice, date=day, name="Team day")


BY = Actor.system("test")


def bill(practice, *, patient=None, price="100.00"):
    line = NewLine(label="Treatment", unit_price=Decimal(price), vat_percentage=Decimal("19.00"))
    who = patient or PatientFactory(organization=practice.organization)
    return issue_bill(practice_id=practice.pk, patient_id=who.pk, lines=[line], by=BY, at=timezone.now())


def payment(practice, *, account=None):
    receipt = take_payment(
        practice_id=practice.pk,
        amount=Decimal("10.00"),
        account_id=(account or AccountFactory(practice=practice)).pk,
        payment_type_id=PaymentTypeFactory(organization=practice.organization).pk,
        bill_ids=[bill(practice).pk],
        by=BY,
        at=timezone.now(),
    )
    return receipt.transactions.get()


def care_plan(practice):
    who = PatientFactory(organization=practice.organization)
    plan = create_care_plan(practice_id=practice.pk, patient_id=who.pk, by=BY, at=AT)
    add_care_plan_entry(plan.pk, values={"label": "Step", "price": Decimal("10.00")}, by=BY, at=AT)
    return plan


# What a list shows of a practice. A user is known by their work there; a practice and its organization are themselves.
ROWS = {
    "directory.organization": lambda practice: practice.organization,
    "directory.practice": lambda practice: practice,
    "directory.specialist": lambda practice: SpecialistFactory(organization=practice.organization, works_at=[practice]),
    "directory.room": lambda practice: RoomFactory(practice=practice),
    "directory.membership": lambda practice: MembershipFactory(practice=practice),
    "directory.user": lambda practice: MembershipFactory(practice=practice).user,
    "directory.specialty": in_organization(SpecialtyFactory),
    "directory.color": in_organization(ColorFactory),
    "directory.signin": lambda practice: SignInFactory(user=MembershipFactory(practice=practice).user),
    "directory.application": lambda practice: ApplicationFactory(practice=practice),
    "directory.authorization": lambda practice: AuthorizationFactory(practice=practice),
    "directory.appintegration": lambda practice: AppIntegrationFactory(practice=practice),
    "directory.uielement": lambda practice: UIElementFactory(practice=practice),
    "directory.apikey": lambda practice: ApiKeyFactory(user=UserFactory(), practice=practice),
    "patients.patient": patient,
    "patients.document": lambda practice: DocumentFactory(patient=patient(practice)),
    "patients.patientalert": lambda practice: PatientAlertFactory(patient=patient(practice)),
    "patients.patientsource": in_organization(PatientSourceFactory),
    "patients.customfield": in_organization(CustomFieldFactory),
    "catalog.service": lambda practice: ServiceSpecialistFactory(service__organization=practice.organization).service,
    "catalog.product": in_organization(ProductFactory),
    "catalog.formtemplate": in_organization(FormTemplateFactory),
    "catalog.brand": in_organization(BrandFactory),
    "catalog.producttype": in_organization(ProductTypeFactory),
    "catalog.productcategory": in_organization(ProductCategoryFactory),
    "catalog.unit": in_organization(UnitFactory),
    "orders.productorder": lambda practice: ProductOrderFactory(practice=practice),
    "programs.serviceplan": in_organization(ServicePlanFactory),
    "programs.enrollment": lambda practice: EnrollmentFactory(practice=practice),
    "scheduling.appointment": appointment,
    "scheduling.availableslot": slot,
    "scheduling.slotseries": series,
    "scheduling.slotbatch": lambda practice: SlotBatch.objects.create(practice=practice),
    "scheduling.timeoff": time_off,
    "scheduling.timeoffseries": lunch,
    "scheduling.holiday": holiday,
    "billing.bill": bill,
    "billing.transaction": payment,
    "billing.careplan": care_plan,
    "billing.careplanentry": lambda practice: care_plan(practice).entries.get(),
    "billing.account": lambda practice: AccountFactory(practice=practice),
    "billing.paymenttype": in_organization(PaymentTypeFactory),
    "billing.company": in_organization(CompanyFactory),
    "billing.pricelist": in_organization(PriceListFactory),
    "billing.careplandiscardreason": in_organization(CarePlanDiscardReasonFactory),
    "core.auditentry": entry,
    "core.patientlook": look,
}
