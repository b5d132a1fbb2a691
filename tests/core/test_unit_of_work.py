"""The transaction of every verb: all or nothing, with its audit, tried again where that can help."""

from decimal import Decimal

import pytest
from django.db import OperationalError, connection, transaction

from catalog.models import Product
from core import db, locks
from core.actor import Actor
from core.bulk_write import FEW, insert_many
from core.db import Work, unit_of_work, verb
from core.db_errors import Retry
from core.errors import Conflict, InvalidInput, Missing, Unavailable
from core.models import AuditEntry
from directory.models import Membership, Resource, Room, Specialty
from scheduling.models import AppointmentService
from tests.factories import (
    AT,
    AppointmentFactory,
    MembershipFactory,
    OrganizationFactory,
    PracticeFactory,
    ProductFactory,
    RoomFactory,
    ServiceFactory,
    SpecialtyFactory,
)

BY = Actor.system("test")


@pytest.fixture(autouse=True)
def verbs_of_tests_are_not_the_products(monkeypatch):
    monkeypatch.setattr(db, "VERBS", {})


@pytest.fixture
def naps(monkeypatch):
    """How long a verb waited before it tried again."""
    naps = []
    monkeypatch.setattr(db.time, "sleep", naps.append)
    return naps


def gave_up(state):
    """The database's error as Django wraps it."""
    cause = Exception("deadlock detected")
    cause.sqlstate = state
    error = OperationalError("deadlock detected")
    error.__cause__ = cause
    return error


@verb
def add(work: Work, organization, name, *, by, at):
    return work.create(Specialty(organization=organization, name=name))


def names():
    return list(Specialty.objects.order_by("pk").values_list("name", flat=True))


def test_a_write_and_its_audit_entry_come_together(organization, at, admin_user):
    by = Actor(
        kind="staff", user_id=admin_user.pk, everything=True, credential="key:7", door="services", request_id="r-1"
    )
    row = add(organization, "Physiotherapy", by=by, at=at)
    (entry,) = AuditEntry.objects.values()
    assert entry | {"id": None} == {
        "id": None,
        "at": at,
        "user_id": admin_user.pk,
        "actor_kind": "staff",
        "credential": "key:7",
        "door": "services",
        "request_id": "r-1",
        "verb": "tests.add",
        "action": "create",
        "object_kind": "directory.specialty",
        "object_id": row.pk,
        "organization_id": organization.pk,
        "practice_id": None,
        "changes": {
            "organization_id": [None, organization.pk],
            "name": [None, "Physiotherapy"],
            "sequence_number": [None, 0],
        },
        "address": None,
        "agent": "",
    }
    assert (row.created_at, row.updated_at) == (at, at)


def test_a_failing_verb_leaves_neither_row_nor_entry(organization, at, refused):
    with refused(ZeroDivisionError), unit_of_work("tests.fail", by=BY, at=at) as work:
        work.create(Specialty(organization=organization, name="Physiotherapy"))
        raise ZeroDivisionError


def test_a_refused_inner_verb_undoes_itself_alone(organization, at):
    SpecialtyFactory(organization=organization, name="Taken")
    with unit_of_work("tests.outer", by=BY, at=at):
        add(organization, "Before", by=BY, at=at)
        with pytest.raises(Conflict):
            add(organization, "Taken", by=BY, at=at)
        add(organization, "After", by=BY, at=at)
    assert names() == ["Taken", "Before", "After"]
    changes = AuditEntry.objects.order_by("pk").values_list("verb", "changes__name")
    assert list(changes) == [("tests.add", [None, "Before"]), ("tests.add", [None, "After"])]


def test_a_failing_outer_verb_undoes_the_inner_ones(organization, at, refused):
    with refused(ZeroDivisionError), unit_of_work("tests.outer", by=BY, at=at):
        add(organization, "Inside", by=BY, at=at)
        assert names() == ["Inside"]
        raise ZeroDivisionError


def test_the_audit_is_one_statement_however_much_was_written(organization, at, django_assert_num_queries):
    with (
        django_assert_num_queries(4),  # a savepoint and its release around the rows and the entries
        unit_of_work("tests.many", by=BY, at=at) as work,
    ):
        work.create_many([Specialty(organization=organization, name=str(number)) for number in range(50)])
    assert AuditEntry.objects.count() == 50


def test_the_history_of_many_rows_knows_their_places(at, db, django_assert_max_num_queries):
    """Even if only the ids of their parents are there: during a COPY nothing more can be read."""
    visit, services = AppointmentFactory(), ServiceFactory.create_batch(FEW + 20)
    rows = [AppointmentService(appointment_id=visit.pk, service_id=one.pk, price=1, currency="EUR") for one in services]
    with django_assert_max_num_queries(9), unit_of_work("tests.many", by=BY, at=at) as work:
        work.create_many(rows)
    told = AuditEntry.objects.filter(object_kind="scheduling.appointmentservice")
    places = list(told.order_by("pk").values_list("organization_id", flat=True))
    assert places == [one.organization_id for one in services]


def test_a_query_during_a_copy_is_an_error_and_does_not_hang(organization):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no COPY")
    rows = [Specialty(organization=organization, name=f"S {n}", created_at=AT, updated_at=AT) for n in range(FEW)]
    with pytest.raises(RuntimeError, match="during a COPY"):
        insert_many(rows, meanwhile=Specialty.objects.count)


def test_saving_writes_and_tells_only_what_changed(organization, at):
    row = SpecialtyFactory(organization=organization, name="Before", sequence_number=7)
    Specialty.objects.filter(pk=row.pk).update(sequence_number=8)  # someone else, meanwhile
    row.name = "After"
    later = at.replace(hour=12)
    with unit_of_work("tests.change", by=BY, at=later) as work:
        work.save(row)
    stored = Specialty.objects.get()
    assert (stored.name, stored.sequence_number, stored.updated_at) == ("After", 8, later)
    (entry,) = AuditEntry.objects.all()
    assert (entry.action, entry.changes) == ("change", {"name": ["Before", "After"]})


def test_saving_what_did_not_change_writes_nothing(organization, at, django_assert_num_queries):
    row = SpecialtyFactory(organization=organization)
    with django_assert_num_queries(2), unit_of_work("tests.change", by=BY, at=at) as work:  # an empty savepoint
        work.save(row)
    assert AuditEntry.objects.count() == 0


def test_what_only_looks_different_did_not_change(organization, at):
    product = Product.objects.get(pk=ProductFactory(organization=organization, price=Decimal("40.00")).pk)
    product.price, product.stock_level = "40", None
    with unit_of_work("tests.change", by=BY, at=at.replace(hour=15)) as work:
        work.save(product)
    assert AuditEntry.objects.count() == 0
    assert Product.objects.get().updated_at == at


def test_deleting_tells_what_is_gone(organization, at):
    row = Specialty.objects.get(pk=SpecialtyFactory(organization=organization, name="Gone").pk)
    pk = row.pk
    with unit_of_work("tests.delete", by=BY, at=at) as work:
        work.delete(row)
    (entry,) = AuditEntry.objects.all()
    assert (entry.action, entry.object_id, entry.changes["name"]) == ("delete", pk, ["Gone", None])
    assert names() == []


@pytest.mark.parametrize("write", ["save", "delete"])
def test_a_row_that_someone_deleted_meanwhile_is_missing(organization, at, write, refused):
    row = Specialty.objects.get(pk=SpecialtyFactory(organization=organization).pk)
    row.name = "Changed"
    Specialty.objects.all().delete()
    with refused(Missing), unit_of_work("tests.late", by=BY, at=at) as work:
        getattr(work, write)(row)


def test_secrets_are_not_repeated_in_the_history(admin_user, at):
    admin_user.set_password("another")
    with unit_of_work("tests.change", by=BY, at=at) as work:
        work.save(admin_user)
    assert AuditEntry.objects.get().changes == {"password": ["•••", "•••"]}


def test_what_belongs_to_a_practice_or_organization_says_so(practice, at):
    room = RoomFactory(practice=practice)
    room.name, practice.city, practice.organization.name = "New", "Cluj", "New"
    with unit_of_work("tests.change", by=BY, at=at) as work:
        for row in (room, practice, practice.organization):
            work.save(row)
    places = AuditEntry.objects.order_by("pk").values_list("organization_id", "practice_id")
    assert list(places) == [
        (None, practice.pk),
        (practice.organization_id, practice.pk),
        (practice.organization_id, None),
    ]


# ------------------------------------------------------------------------------------------ trying again


@pytest.mark.parametrize("state", ["40001", "40P01"])
@pytest.mark.parametrize("failures", [1, 2, 3])
def test_what_the_database_gave_up_on_is_tried_three_times_more(organization, at, state, failures, naps):
    left = [gave_up(state) for _ in range(failures)]

    @verb
    def unlucky(work: Work, name, *, by, at):
        row = work.create(Specialty(organization=organization, name=name))
        if left:
            raise left.pop()
        return row

    row = unlucky("Physiotherapy", by=BY, at=at)
    assert list(Specialty.objects.all()) == [row]
    assert AuditEntry.objects.count() == 1
    assert naps == [0.01, 0.02, 0.04][:failures]


def test_a_fourth_failure_is_a_busy_database(organization, at, refused, naps):
    tries = []

    @verb
    def hopeless(work: Work, *, by, at):
        tries.append(work.create(Specialty(organization=organization, name="Physiotherapy")))
        raise gave_up("40P01")

    with refused(Unavailable) as caught:
        hopeless(by=BY, at=at)
    assert type(caught.value) is Unavailable
    assert caught.value.retry_after == 1
    assert len(tries) == 4


def test_only_the_outermost_verb_is_tried_again(organization, at, naps):
    tries = {"outer": 0, "inner": 0}

    @verb
    def inner(work: Work, *, by, at):
        tries["inner"] += 1
        if tries["inner"] == 1:
            raise gave_up("40001")
        return work.create(Specialty(organization=organization, name="Inner"))

    @verb
    def outer(work: Work, *, by, at):
        tries["outer"] += 1
        work.create(Specialty(organization=organization, name="Outer"))
        return inner(by=by, at=at)

    outer(by=BY, at=at)
    assert tries == {"outer": 2, "inner": 2}
    assert names() == ["Outer", "Inner"]


def test_other_refusals_are_not_tried_again(at, naps, db):
    tries = []

    @verb
    def refuses(work: Work, *, by, at):
        tries.append(1)
        raise Conflict("no")

    with pytest.raises(Conflict):
        refuses(by=BY, at=at)
    assert (tries, naps) == ([1], [])


def test_a_unit_of_work_alone_says_retry_to_its_caller(at, db):
    with pytest.raises(Retry), unit_of_work("tests.alone", by=BY, at=at):
        raise gave_up("40001")


def test_a_verb_needs_to_know_who_and_when(organization, at):
    with pytest.raises(KeyError):
        add(organization, "Physiotherapy", at=at)
    with pytest.raises(AssertionError):
        add(organization, "Physiotherapy", by="me", at=at)
    assert names() == []


# --------------------------------------------------------------------------------------------- at commit


@pytest.mark.django_db(transaction=True)
def test_what_fires_at_commit_is_a_refusal_of_the_outermost_verb(at):
    """A foreign key that names nothing is found by both engines when the transaction ends."""
    organization, entered = OrganizationFactory(), []

    def enter():
        with unit_of_work("tests.outer", by=BY, at=at) as work:
            add(organization, "Physiotherapy", by=BY, at=at)
            with unit_of_work("tests.inner", by=BY, at=at) as inner:
                inner.create(Room(practice_id=10**6, resource=work.create(Resource(kind="room")), name="Nowhere"))
            entered.append("all of it")

    with pytest.raises(Conflict) as caught:
        enter()
    assert entered == ["all of it"]
    assert caught.value.code == "in_use"
    assert (Room.objects.count(), Resource.objects.count(), AuditEntry.objects.count(), names()) == (0, 0, 0, [])


@pytest.mark.django_db(transaction=True)
def test_mail_and_files_wait_for_the_commit_and_undo_nothing(at):
    organization, called = OrganizationFactory(), []

    def fail():
        called.append("failing")
        raise OSError("no network")

    with unit_of_work("tests.outer", by=BY, at=at) as work:
        work.create(Specialty(organization=organization, name="Physiotherapy"))
        work.on_commit(fail)
        work.on_commit(lambda: called.append("after"))
        assert called == []
    assert called == ["failing", "after"]
    assert names() == ["Physiotherapy"]


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_sends_no_mail(at):
    called = []

    def fail():
        with unit_of_work("tests.outer", by=BY, at=at) as work:
            work.on_commit(lambda: called.append("mail"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert called == []


def test_locks_are_forgotten_with_their_transaction(at, db):
    assert locks.taken.get() is None
    with unit_of_work("tests.outer", by=BY, at=at):
        locks.record("orders.productorder")
        with unit_of_work("tests.inner", by=BY, at=at):
            locks.record("scheduling.appointment")
        assert locks.taken.get() == ["orders.productorder", "scheduling.appointment"]
    assert locks.taken.get() is None


# ---------------------------------------------------------------------------------- what constraints say


def test_a_second_name_is_a_conflict_in_the_constraints_words(organization, at, refused):
    SpecialtyFactory(organization=organization, name="Physiotherapy")
    with refused(Conflict) as caught:
        add(organization, "Physiotherapy", by=BY, at=at)
    assert (caught.value.code, str(caught.value)) == ("duplicate", "There is already one with this name.")


def test_a_duplicate_without_words_of_its_own_says_what_is_the_same(practice, at, refused):
    membership = MembershipFactory(practice=practice)
    with refused(Conflict) as caught, unit_of_work("tests.member", by=BY, at=at) as work:
        work.create(Membership(user=membership.user, practice=practice, role="front_desk"))
    assert (caught.value.code, str(caught.value)) == ("duplicate", "There is already one with the same user.")


def test_a_broken_check_names_its_rule(practice, at, refused):
    with refused(InvalidInput) as caught, unit_of_work("tests.check", by=BY, at=at):
        Membership.objects.create(user=MembershipFactory().user, practice=practice, role="king")
    assert str(caught.value) == "It breaks the rule “membership_role_known”."


def test_what_is_in_use_cannot_be_deleted(at, refused, db):
    practice = PracticeFactory()
    RoomFactory(practice=practice)
    with refused(Conflict) as caught, unit_of_work("tests.delete", by=BY, at=at) as work:
        work.delete(practice)
    assert (caught.value.code, str(caught.value)) == ("in_use", "It is in use by rooms; archive it instead.")


def test_after_a_refusal_the_outer_transaction_goes_on(organization, at, db):
    SpecialtyFactory(organization=organization, name="Taken")
    with transaction.atomic():
        with pytest.raises(Conflict):
            add(organization, "Taken", by=BY, at=at)
        add(organization, "Free", by=BY, at=at)
    assert names() == ["Taken", "Free"]


@pytest.mark.django_db
def test_a_verb_is_named_after_its_app_and_its_function(at):
    @verb
    def _lend(work: Work, *, by, at):
        return work.verb

    assert _lend(by=BY, at=at) == "tests.lend"
    assert list(db.VERBS) == ["tests.lend"]


def test_a_second_verb_of_a_name_is_refused():
    def lend(work: Work, *, by, at):
        return None

    verb(lend)
    with pytest.raises(ValueError, match=r"tests\.lend"):
        verb(lend)
