"""SQLite is told which conditions few rows meet, and which of its indexes finds too many; PostgreSQL knows."""

from datetime import date

import pytest
from django.db import connection
from django.db.models import F, Q

from billing.models import Bill
from billing.querysets import is_claim
from core import hints, prepared, visibility
from core.actor import Actor, Kind
from core.hints import OfEach, OfEachCounted, Rare, asked_of_each, changed_since, counting_all
from core.models import AuditEntry
from core.permissions import CLINIC_ADMIN, FRONT_DESK
from core.prepared import Prepared
from orders.models import ProductOrder
from orders.states import OrderStatus
from patients import searching
from patients.models import CustomFieldValue, Document, Patient, PatientAlert, PatientCase
from programs.models import Enrollment
from programs.states import EnrollmentStatus
from scheduling.models import Appointment, AvailableSlot
from scheduling.states import OPEN
from tests.factories import AT, AppointmentFactory, DocumentFactory, PatientFactory, PracticeFactory, SlotFactory

onsqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by what the tables hold")
oldest_first = "created_at", "pk"
ARCHIVED = Rare(Q(archived_at__isnull=False))


def test_a_hint_changes_nothing_of_what_is_found(practice):
    one, many = SlotFactory(practice=practice), SlotFactory(practice=practice, capacity=3)
    assert list(AvailableSlot.objects.groups()) == [many]
    assert list(AvailableSlot.objects.exclude(Rare(Q(capacity__gt=1)))) == [one]
    assert list(AvailableSlot.objects.filter(OfEach(Q(practice=practice)) & Q(capacity=1))) == [one]
    gone = PatientFactory(archived_at=one.created_at)
    assert list(Patient.objects.filter(ARCHIVED)) == [gone]
    visits = [AppointmentFactory(), AppointmentFactory(archived_at=one.created_at)]
    assert list(Appointment.objects.filter(ARCHIVED)) == visits[1:]
    assert list(Appointment.objects.filter(OfEach(Q(patient__archived_at=None))).order_by("pk")) == visits


@onsqlite
@pytest.mark.parametrize(
    ("rows", "index"),
    [
        (lambda: AvailableSlot.objects.groups().filter(OfEach(Q(withdrawn_at=None))), "slot_group_created"),
        (lambda: Appointment.objects.filter(ARCHIVED), "appointment_archived"),
        (lambda: Appointment.objects.filter(OfEach(Q(practice=1)), starts_at__isnull=False), "appointment_created"),
        (lambda: Appointment.objects.filter(specialist=1), "appointment_specialist_created"),
        (lambda: Patient.objects.filter(organization__in_scope=[1]).filter(ARCHIVED), "patient_archived_created"),
        (lambda: Patient.objects.filter(OfEach(Q(organization__in=[1, 2]))).live(), "patient_created_anywhere"),
        (
            lambda: Patient.objects.filter(OfEach(Q(organization__in=[1, 2])), archived_at__isnull=False),
            "patient_archived_anywhere",
        ),
        (
            lambda: Appointment.objects.filter(OfEach(Q(practice=1)), archived_at__isnull=False),
            "appointment_archived_created",
        ),
        (lambda: PatientCase.objects.live(), "patient_case_created"),
        (lambda: Bill.objects.filter(OfEach(is_claim())), "bill_created"),
    ],
)
def test_sqlite_reads_the_index_that_ends_soonest(db, rows, index):
    plan = rows().order_by(*oldest_first)[:50].explain()
    assert f"USING INDEX {index}" in plan or f"USING COVERING INDEX {index}" in plan


@onsqlite
@pytest.mark.parametrize(
    ("rows", "index"),
    [
        (lambda: ProductOrder.objects.filter(status=OrderStatus.PENDING), "order_status_placed"),
        (lambda: Enrollment.objects.filter(status=EnrollmentStatus.ACTIVE), "enrollment_status_made"),
        (lambda: ProductOrder.objects.filter(status__in=[OrderStatus.PENDING]), "order_status_placed"),
    ],
)
def test_sqlite_sorts_nothing_of_one_status(db, rows, index):
    plan = rows().order_by("pk")[:50].explain()
    assert index in plan
    assert "ORDER BY" not in plan


@onsqlite
def test_visits_of_a_few_slots_are_found_by_these(manager):
    visits = asked_of_each(Appointment.objects.visible_to(manager).open()).filter(slot__in=[1, 2])
    assert "(slot_id=?)" in visits.order_by("pk").explain()


def test_values_of_patients_are_found_without_reading_the_care_plans(manager):
    plan = CustomFieldValue.objects.visible_to(manager).filter(patient__in=[1, 2], field__in=[1]).explain()
    assert "hashed" not in plan
    assert "LIST SUBQUERY" not in plan


@onsqlite
def test_rows_of_one_patient_are_found_by_their_index_and_then_sorted(front_desk, patient, practice, monkeypatch):
    first, _other = AppointmentFactory(practice=practice, patient=patient), AppointmentFactory(practice=practice)
    seen = Appointment.objects.visible_to(front_desk).live().filter(status__in=OPEN)
    for of_one in (seen.filter(patient=patient), seen.filter(patient__in=[patient.pk])):
        monkeypatch.undo()
        plan = of_one.select_related("practice", "specialist").order_by("starts_at", "pk")[:20]
        assert "(patient_id=?)" in plan.explain()
        assert list(plan.all()) == [first]
        monkeypatch.setattr(visibility, "FEW_OF_ONE", 0)
        assert "(patient_id=?)" not in plan.explain()
        assert list(plan.all()) == [first]


def test_whom_a_specialist_treats_is_read_or_asked_of_each_row(specialist_actor, specialist, practice, monkeypatch):
    treated, other = PatientFactory(organization=practice.organization), PatientFactory()
    AppointmentFactory(practice=practice, patient=treated, specialist=specialist)
    AppointmentFactory(patient=other)
    DocumentFactory(patient=treated)
    seen = Patient.objects.visible_to(specialist_actor), Document.objects.visible_to(specialist_actor)
    assert [len(rows.all()) for rows in seen] == [1, 1]
    if connection.vendor == "sqlite":
        as_list, by_each = "LIST SUBQUERY", "appointment_treated (specialist_id=? AND practice_id=? AND patient_id=?)"
    else:
        as_list, by_each = " = ANY ((", "SubPlan"
    assert all(as_list in rows.explain() for rows in seen)
    monkeypatch.setattr(hints, "MANY", 0)
    hints._are_more.cache_clear()
    assert [len(rows.all()) for rows in seen] == [1, 1]
    assert all(by_each in rows.explain() for rows in seen)
    assert [Prepared(rows.all).count({}) for rows in seen] == [1, 1]
    with hints.counting_all():
        assert connection.vendor == "sqlite" or all(as_list in rows.explain() for rows in seen)


@pytest.fixture
def manager(practice):
    """Of two practices of two organizations, in which there is one of each."""
    other = PracticeFactory()
    AppointmentFactory(practice=practice)
    SlotFactory(practice=practice)
    entry = {"at": AT, "actor_kind": Kind.STAFF, "door": "test", "object_kind": "test", "object_id": 1}
    AuditEntry.objects.create(practice_id=practice.pk, organization_id=practice.organization_id, **entry)
    return Actor(
        kind=Kind.STAFF,
        roles={practice.pk: CLINIC_ADMIN, other.pk: CLINIC_ADMIN},
        organizations={practice.pk: practice.organization_id, other.pk: other.organization_id},
    )


# Of few rows: what is looked up; of many: the index of another condition, or of the order.
LISTS = [
    (Appointment, {"status": "done"}, "starts_at", ["practice_id=?"], "appointment_status"),
    (AvailableSlot, {"capacity": 1}, "starts_at", ["practice_id=?"], "slot_starts"),
    (Patient, {"archived_at": None}, "search_name", ["organization_id=?"], "patient_search_name_anywhere"),
    (PatientAlert, {"kind": "other"}, "text", ["organization_id=?", "patient_id=?"], "patient_alert_kind"),
    (AuditEntry, {"action": "create"}, "-id", ["practice_id=?", "INDEX audit_organization"], "audit_action"),
]


@onsqlite
@pytest.mark.parametrize(("model", "beside", "order", "of_few", "of_many"), LISTS)
def test_sqlite_begins_with_what_somebody_may_see_where_this_is_little(
    manager, monkeypatch, model, beside, order, of_few, of_many
):
    rows = model.objects.visible_to(manager).filter(**beside).order_by(order, "pk")
    for plan in (rows[:50].explain(), rows.reverse().values("pk")[:1000].explain()):
        assert [step for step in of_few if step not in plan] == []
        assert "SCAN" not in plan
    monkeypatch.setattr(visibility, "FEW", -1)
    plan = rows[:50].explain()
    assert f"INDEX {of_many}" in plan
    assert of_few[0] not in plan


@onsqlite
def test_sqlite_does_not_begin_with_all_patients_who_were_not_merged(manager, monkeypatch):
    monkeypatch.setattr(visibility, "FEW", -1)
    PatientFactory(organization_id=min(manager.organizations.values()))
    assert "merged_into" not in Patient.objects.visible_to(manager).live().filter(search_name__begins="pop").explain()


@onsqlite
def test_sqlite_begins_with_what_else_is_named(manager):
    for named, index in (({"patient": 7}, "appointment_patient"), ({"pk": 7}, "INTEGER PRIMARY KEY")):
        assert index in Appointment.objects.visible_to(manager).filter(status="done", **named).explain()
    # A practice among those of the manager leaves no fewer than these.
    rows = Appointment.objects.visible_to(manager).filter(practice__in=[*manager.roles][:1], status="done")
    assert "practice_id=?" in rows.order_by("starts_at").explain()


@onsqlite
def test_sqlite_begins_with_what_is_rare_beside_a_large_practice(practice, monkeypatch):
    AppointmentFactory(practice=practice)
    desk = Actor(
        kind=Kind.STAFF, roles={practice.pk: FRONT_DESK}, organizations={practice.pk: practice.organization_id}
    )
    rows = Appointment.objects.visible_to(desk).live().filter(Rare(Q(overbooked=True))).order_by("-starts_at", "-pk")
    assert "practice_id=?" in rows[:50].explain()
    monkeypatch.setattr(visibility, "FEW", -1)
    assert "INDEX appointment_overbooked" in rows[:50].explain()


def test_few_and_many_are_the_same_rows(manager, monkeypatch):
    mine, _foreign = Appointment.objects.get(), AppointmentFactory(practice=PracticeFactory())
    rows = Appointment.objects.visible_to(manager).filter(Q(archived_at=None) | Q(status="done"), slot=None)
    assert list(rows) == [mine]
    assert list(rows.filter(status__in=["rejected"])) == list(rows.filter(status__in=[])) == []
    assert list(Appointment.objects.visible_to(Actor(kind=Kind.STAFF))) == []
    monkeypatch.setattr(visibility, "FEW", -1)
    assert list(rows) == [mine]


@onsqlite
def test_a_prepared_statement_notices_in_time_that_a_practice_has_grown(manager, monkeypatch):
    find = Prepared(lambda: Appointment.objects.visible_to(manager))
    assert len(find()) == 1
    monkeypatch.setattr(visibility, "FEW", -1)
    assert "+" not in find._made().sql
    monkeypatch.setattr(prepared, "monotonic", lambda now=prepared.monotonic: now() + prepared.KEPT_FOR)
    assert "+" in find._made().sql
    assert len(find()) == 1


@onsqlite
@pytest.mark.parametrize(
    ("found", "index"),
    [
        (lambda rows: rows.found_by("ana@example.org"), "patient_word_search"),
        (lambda rows: rows.with_fiscal_code("RSSMRA80A01H501U"), "patient_fiscal_code"),
        (lambda rows: rows.reached_at("700000077", organization_id=1), "phone_number_number"),
        (lambda rows: rows.named_to_count(last="Popescu")[0], "patient_search_name"),
    ],
)
def test_sqlite_finds_a_patient_by_what_is_told(practice, found, index):
    here, own = {practice.pk: practice.organization_id}, {practice.pk: CLINIC_ADMIN}
    admin = Actor(kind=Kind.STAFF, roles=own, organizations=here)
    rows = found(Patient.objects.visible_to(admin).filter(organization=practice.organization_id))
    plan = rows.order_by("search_name", "pk")[:100].explain()
    assert index in plan
    assert "patient_search_name (organization_id=?)" not in plan


@onsqlite
@pytest.mark.parametrize("first", ["", "Ana"])
def test_sqlite_counts_patients_of_a_name_in_the_index_alone(practice, monkeypatch, first):
    monkeypatch.setattr(searching, "COMMON", -1)
    here = Patient.objects.filter(organization=practice.organization_id).live()
    _named, counted = here.named_to_count(first=first, last="Popescu")
    outermost = counted.values("pk").explain().splitlines()[0]
    assert "USING COVERING INDEX patient_search_name (organization_id=? AND search_name>?" in outermost


@onsqlite
@pytest.mark.parametrize(
    ("narrowed", "index"),
    [
        (lambda rows: rows, "appointment_book"),
        (lambda rows: rows.starting_from(date(2026, 2, 17)), "appointment_book (starts_at>?)"),
        (
            lambda rows: rows.filter(status__along="done").order_by("status", "starts_at"),
            "appointment_book_status (status=?)",
        ),
        (lambda rows: rows.filter(specialist=1), "appointment_book_specialist (specialist_id=?)"),
        (
            lambda rows: rows.filter(specialist=1, status__along="done").order_by("status", "starts_at"),
            "appointment_book_specialist (specialist_id=? AND status=?)",
        ),
        (lambda rows: rows.filter(updated_at__gte=AT).from_first_month_changed(AT), "appointment_book (starts_at>?)"),
    ],
)
def test_sqlite_counts_visits_from_slots_in_an_index_alone(manager, monkeypatch, narrowed, index):
    monkeypatch.setattr(visibility, "FEW", -1)
    monkeypatch.setattr(visibility, "FEW_OF_ONE", -1)
    rows = Appointment.objects.visible_to(manager).live().filter(slot__isnull=False)
    plan = narrowed(rows).order_by().values("pk")[:10_001].explain()
    assert f"COVERING INDEX {index}" in plan
    assert "TEMP B-TREE" not in narrowed(rows.order_by("starts_at", "pk"))[:26].explain()


@onsqlite
def test_sqlite_walks_along_the_specialists_of_one_practice(manager, practice, monkeypatch):
    monkeypatch.setattr(visibility, "FEW", -1)
    slots = AvailableSlot.objects.offered().filter(practice__in_scope=[practice.pk])
    plan = slots.order_by("specialist_id", "starts_at", "pk")[:26].explain()
    assert "slot_specialist" in plan
    assert "TEMP B-TREE FOR ORDER BY" not in plan


@onsqlite
def test_sqlite_finds_what_few_rows_changed_by_the_change(manager):
    rows = Appointment.objects.visible_to(manager).filter(status="confirmed").order_by("starts_at", "pk")
    assert "appointment_updated (updated_at>?)" in changed_since(rows, AT)[:26].explain()
    orders = ProductOrder.objects.visible_to(manager).filter(enrollment=None).order_by("pk")
    assert "order_updated (updated_at>?)" in changed_since(orders, AT)[:101].explain()


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite gets the hints")
def test_postgresql_gets_no_hint(db):
    said = str(AvailableSlot.objects.groups().filter(OfEach(Q(withdrawn_at=None))).query)
    assert "unlikely" not in said
    assert "+(" not in said


@onsqlite
def test_sqlite_finds_who_was_born_on_a_day_by_the_day(practice):
    rows = Patient.objects.filter(organization=practice.organization_id).live().born_on(date(1930, 1, 1))
    assert "patient_born (organization_id=? AND date_of_birth=?)" in rows.order_by("search_name", "pk")[:100].explain()


@onsqlite
def test_one_practice_is_read_by_its_index_where_this_has_the_order_of_the_list(practice, monkeypatch):
    monkeypatch.setattr(visibility, "FEW", -1)
    AppointmentFactory(practice=practice)
    own, here = {practice.pk: FRONT_DESK}, {practice.pk: practice.organization_id}
    timed = Appointment.objects.visible_to(Actor(kind=Kind.STAFF, roles=own, organizations=here)).filter(
        starts_at__isnull=False
    )
    for order, index in (("starts_at", "appointment_practice (practice_id=?"), ("created_at", "appointment_created")):
        for rows in (timed.order_by(order, "pk"), timed.annotate(by=F(order)).order_by("by", "pk")):
            plan = rows[:50].explain()
            assert f"INDEX {index}" in plan
            assert "ORDER BY" not in plan


@onsqlite
def test_what_nearly_all_rows_meet_has_its_index_for_a_page_but_not_for_the_count(db):
    rows = Appointment.objects.filter(OfEachCounted(Q(starts_at__isnull=False, patient__isnull=False)))
    assert "SCAN scheduling_appointment USING INDEX appointment_created" in rows.order_by(*oldest_first)[:50].explain()
    with counting_all():
        assert "SEARCH" not in rows.filter(archived_at=None).values("pk").explain()
