"""Each CHECK of the database refuses what it is there for, also when no verb stands before it, on both engines.

The names are written by hand: a constraint that is dropped, or one that nobody violates here, is noticed.
"""

from datetime import time
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction

from core.append_only import erasing
from core.models import ImportJob
from core.registry import OURS
from scheduling.models import (
    AppointmentSeries,
    Claim,
    Hold,
    Holiday,
    SeriesSkip,
    SlotSeries,
    TimeOff,
    TimeOffSeries,
)
from tests.factories import (
    AT,
    DAY,
    AppIntegrationFactory,
    ApplicationFactory,
    AppointmentFactory,
    CustomFieldFactory,
    CustomFieldValueFactory,
    DocumentFactory,
    EnrollmentFactory,
    MembershipFactory,
    OrganizationFactory,
    PatientAccessFactory,
    PatientAlertFactory,
    PatientFactory,
    PhoneNumberFactory,
    PracticeFactory,
    ProductFactory,
    ProductOrderFactory,
    ResourceFactory,
    ServiceFactory,
    ServicePlanFactory,
    ServicePlanProductFactory,
    ServiceProductFactory,
    ServiceSessionFactory,
    ServiceSpecialistFactory,
    SessionMovementFactory,
    SignInFactory,
    SlotFactory,
    SpecialistFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
CENT, OVER = Decimal("-0.01"), Decimal("100.01")

# A word of a status that is none is refused first by what else hangs on the status.
BEHIND_ANOTHER = {
    "order_status_known": "order_times_match_status",
    "service_plan_billing_model_known": "plan_fits_billing_model",
    "enrollment_billing_model_known": "enrollment_fits_billing_model",
    "movement_kind_known": "movement_sign_fits_kind",
    # The column's own check, which SQLite makes of its type.
    "enrollment_sessions_left_at_least_0": "sessions_left",
}


def slot_series():
    slot = SlotFactory()
    return SlotSeries.objects.create(
        practice=slot.practice, specialist=slot.specialist, pattern="weekly", rrule="FREQ=WEEKLY",
        start_date=AT.date(), start_time=time(9), duration_minutes=30, created_at=AT, updated_at=AT,
    )  # fmt: skip


def series_skip():
    return SeriesSkip.objects.create(series=slot_series(), date=AT.date(), reason="holiday", created_at=AT)


def visit_series():
    return AppointmentSeries.objects.create(
        practice=PracticeFactory(), repeat_type="weekly", repeating_interval=1, number_of_repeats=3,
        created_at=AT, updated_at=AT,
    )  # fmt: skip


def own_program():
    return ApplicationFactory(own=True)


def holiday():
    return Holiday.objects.create(
        practice=PracticeFactory(), date=AT.date(), name="Feast", source="manual", created_at=AT, updated_at=AT
    )


def whose():
    practice = PracticeFactory()
    specialist = SpecialistFactory(organization=practice.organization, works_at=[practice])
    return {"practice": practice, "specialist": specialist, "created_at": AT, "updated_at": AT}


def time_off():
    return TimeOff.objects.create(starts_at=AT, ends_at=AT + DAY, **whose())


def time_off_series():
    start = {"start_date": AT.date(), "start_time": time(9), "duration_minutes": 30}
    return TimeOffSeries.objects.create(rrule="FREQ=WEEKLY", **start, **whose())


def hold():
    return Hold.objects.create(starts_at=AT, ends_at=AT + DAY, expires_at=AT + DAY, **whose())


def claim():
    visit = AppointmentFactory()
    times = {"starts_at": visit.starts_at, "ends_at": visit.ends_at}
    return Claim.objects.create(
        resource_id=visit.patient.resource_id, appointment=visit, role="patient", exclusive=True, **times
    )


def import_job():
    return ImportJob.objects.create(organization=OrganizationFactory(), kind="patients", source="x", started_at=AT)


def shipped():
    return ProductOrderFactory(shipped=True)


def confirmed():
    return ProductOrderFactory(confirmed=True)


def delivered():
    return ProductOrderFactory(delivered=True)


def bundled():
    return ProductOrderFactory(bundled=True)


def cancelled():
    return AppointmentFactory(cancelled=True)


def restored():
    return SessionMovementFactory(enrollment=EnrollmentFactory())


def registration():
    return AppointmentFactory(registration=True)


def dropdown():
    return CustomFieldFactory(dropdown=True)


def time_based():
    return ServicePlanFactory(time_based=True)


# constraint: a row that holds, and what no longer does.
VIOLATIONS = [
    ("app_integration_status_known", AppIntegrationFactory, {"status": "x"}),
    ("import_job_rows_add_up", import_job, {"rows": 1}),
    ("resource_kind_known", ResourceFactory, {"kind": "car"}),
    ("application_client_type_known", ApplicationFactory, {"client_type": "?"}),
    ("application_authorization_grant_type_known", ApplicationFactory, {"authorization_grant_type": "?"}),
    ("application_public_acts_for_people", own_program, {"client_type": "public"}),
    ("sign_in_outcome_known", SignInFactory, {"outcome": "?"}),
    ("sign_in_step_known", SignInFactory, {"step": "?"}),
    ("user_kind_known", UserFactory, {"kind": "?"}),
    ("membership_role_known", MembershipFactory, {"role": "king"}),
    ("patient_gender_known", PatientFactory, {"gender": "?"}),
    ("patient_default_discount_percent", PatientFactory, {"default_discount": CENT}),
    ("patient_default_discount_percent", PatientFactory, {"default_discount": OVER}),
    ("patient_merged_both_or_neither", PatientFactory, {"merged_at": AT}),
    ("patient_access_relation_known", PatientAccessFactory, {"relation": "friend"}),
    ("patient_alert_kind_known", PatientAlertFactory, {"kind": "mood"}),
    ("patient_alert_says_something", PatientAlertFactory, {"text": ""}),
    ("phone_number_phone_type_known", PhoneNumberFactory, {"phone_type": "telex"}),
    ("custom_field_object_type_known", CustomFieldFactory, {"object_type": "car"}),
    ("custom_field_type_known", CustomFieldFactory, {"type": "color"}),
    ("custom_field_choices_iff_dropdown", CustomFieldFactory, {"choices": ["red"]}),
    ("custom_field_choices_iff_dropdown", dropdown, {"choices": []}),
    ("custom_value_one_owner", CustomFieldValueFactory, {"patient_id": None}),
    ("custom_value_says_something", CustomFieldValueFactory, {"value": ""}),
    ("document_type_known", DocumentFactory, {"type": "novel"}),
    ("product_price_at_least_0", ProductFactory, {"price": CENT}),
    ("product_tax_rate_percent", ProductFactory, {"tax_rate": CENT}),
    ("product_tax_rate_percent", ProductFactory, {"tax_rate": OVER}),
    ("service_duration", ServiceFactory, {"duration_minutes": 0}),
    ("service_duration", ServiceFactory, {"duration_minutes": 1440}),
    ("service_base_price_at_least_0", ServiceFactory, {"base_price": CENT}),
    ("service_vat_percentage_percent", ServiceFactory, {"vat_percentage": CENT}),
    ("service_vat_percentage_percent", ServiceFactory, {"vat_percentage": OVER}),
    ("service_category_known", ServiceFactory, {"category": "?"}),
    ("service_specialist_custom_price_at_least_0", ServiceSpecialistFactory, {"custom_price": CENT}),
    ("service_session_session_order_at_least_1", ServiceSessionFactory, {"session_order": 0}),
    ("service_product_quantity_at_least_1", ServiceProductFactory, {"quantity": 0}),
    ("order_price_null_iff_bundled", ProductOrderFactory, {"unit_price": None}),
    ("order_price_null_iff_bundled", bundled, {"unit_price": 1}),
    ("order_shipped_has_tracking", shipped, {"tracking_number": ""}),
    ("order_times_match_status", ProductOrderFactory, {"delivered_at": AT}),
    ("order_times_match_status", shipped, {"confirmed_at": None}),
    ("order_times_in_order", ProductOrderFactory, {"status": "confirmed", "confirmed_at": AT - 9 * DAY}),
    ("order_times_in_order", shipped, {"shipped_at": AT - DAY}),
    ("order_times_in_order", delivered, {"delivered_at": AT - 9 * DAY}),
    ("order_times_in_order", confirmed, {"status": "cancelled", "cancelled_at": AT - 9 * DAY}),
    ("order_quantity_at_least_1", ProductOrderFactory, {"quantity": 0}),
    ("order_status_known", ProductOrderFactory, {"status": "lost"}),
    ("plan_fits_billing_model", ServicePlanFactory, {"sessions_total": None}),
    ("plan_fits_billing_model", ServicePlanFactory, {"service_id": None}),
    ("plan_fits_billing_model", time_based, {"sessions_total": 3}),
    ("service_plan_billing_model_known", ServicePlanFactory, {"billing_model": "?"}),
    ("service_plan_sessions_total_at_least_1", ServicePlanFactory, {"sessions_total": 0}),
    ("service_plan_validity_days_at_least_1", ServicePlanFactory, {"validity_days": 0}),
    ("service_plan_access_months_at_least_1", time_based, {"access_months": 0}),
    ("service_plan_total_price_at_least_0", ServicePlanFactory, {"total_price": CENT}),
    ("plan_product_quantity_at_least_1", ServicePlanProductFactory, {"quantity": 0}),
    ("enrollment_access_dates", EnrollmentFactory, {"access_expires_at": AT}),
    ("enrollment_cancelled_has_time", EnrollmentFactory, {"cancelled_at": AT}),
    ("enrollment_fits_billing_model", EnrollmentFactory, {"billing_model": "time_based", "sessions_left": None}),
    ("enrollment_billing_model_known", EnrollmentFactory, {"billing_model": "?"}),
    ("enrollment_counts_what_it_sold", EnrollmentFactory, {"sessions_left": None}),
    ("enrollment_sessions_left_at_least_0", EnrollmentFactory, {"sessions_left": -1}),
    ("enrollment_status_known", EnrollmentFactory, {"status": "?"}),
    ("movement_sign_fits_kind", restored, {"quantity": -1}),
    ("movement_sign_fits_kind", restored, {"kind": "consume"}),
    ("movement_kind_known", restored, {"kind": "?"}),
    ("movement_restore_has_source", restored, {"kind": "restore"}),
    ("movement_adjust_has_reason", restored, {"kind": "adjust"}),
    ("appointment_series_repeat_type_known", visit_series, {"repeat_type": "?"}),
    ("appointment_series_interval", visit_series, {"repeating_interval": 0}),
    ("appointment_series_repeats", visit_series, {"number_of_repeats": 0}),
    ("appointment_times", AppointmentFactory, {"ends_at": AT + DAY}),
    ("appointment_times", AppointmentFactory, {"ends_at": None}),
    ("appointment_within_a_week", AppointmentFactory, {"ends_at": AT + 30 * DAY}),
    ("appointment_untimed_status", registration, {"status": "confirmed", "contact_name": "Jane"}),
    ("appointment_who", registration, {"contact_name": ""}),
    ("appointment_number_has_program", AppointmentFactory, {"plan_session_number": 1}),
    ("appointment_cancelled_has_time", cancelled, {"cancelled_at": None}),
    ("appointment_overbooked_has_reason", AppointmentFactory, {"overbooked": True}),
    ("appointment_called_needs_move", AppointmentFactory, {"called_at": AT}),
    ("appointment_relation_type_known", AppointmentFactory, {"relation_type": "?"}),
    ("appointment_status_known", AppointmentFactory, {"status": "?"}),
    ("appointment_type_known", AppointmentFactory, {"type": "?"}),
    ("appointment_created_via_known", AppointmentFactory, {"created_via": "?"}),
    ("slot_series_pattern_known", slot_series, {"pattern": "?"}),
    ("slot_series_capacity_at_least_1", slot_series, {"capacity": 0}),
    ("series_skip_reason_known", series_skip, {"reason": "?"}),
    ("slot_ends_after_start", SlotFactory, {"ends_at": AT}),
    ("slot_within_a_day", SlotFactory, {"ends_at": AT + 30 * DAY}),
    ("slot_booked_within_capacity", SlotFactory, {"booked": 2}),
    ("slot_capacity_at_least_1", SlotFactory, {"capacity": 0}),
    ("holiday_source_known", holiday, {"source": "?"}),
    ("timeoff_series_one_resource", time_off_series, {"specialist_id": None}),
    ("timeoff_one_resource", time_off, {"specialist_id": None}),
    ("timeoff_ends_after_start", time_off, {"ends_at": AT}),
    ("hold_ends_after_start", hold, {"ends_at": AT}),
    ("claim_ends_after_start", claim, {"ends_at": AT + DAY}),
    ("claim_within_days", claim, {"ends_at": AT + 30 * DAY}),
    ("claim_one_source", claim, {"appointment_id": None}),
    ("claim_role_known", claim, {"role": "?"}),
]

# Tried where the money is: tests/billing.
ELSEWHERE = {"billing"}

# Tables without a factory of their own whose rows come with another's.
WITH_ANOTHER = {"order_event_to_status_known"}


@pytest.mark.parametrize(("name", "make", "change"), VIOLATIONS, ids=lambda one: one if isinstance(one, str) else "")
def test_the_database_itself_refuses_it(name, make, change):
    row = make()
    rows = type(row)._base_manager.filter(pk=row.pk)
    expected = BEHIND_ANOTHER.get(name, name)
    with erasing(), pytest.raises(IntegrityError, match=rf"{name}|{expected}"), transaction.atomic():
        rows.update(**change)


def test_an_orders_history_takes_only_states():
    order = ProductOrderFactory()
    with (
        erasing(),
        pytest.raises(IntegrityError, match="order_event_to_status_known"),
        transaction.atomic(),
    ):
        order.events.update(to_status="lost")


def test_no_check_is_missing_here_or_in_the_tables():
    declared = {
        constraint.name
        for model in apps.get_models()
        if model._meta.app_label in OURS - ELSEWHERE
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint)
    }
    assert declared == {name for name, _make, _change in VIOLATIONS} | WITH_ANOTHER
