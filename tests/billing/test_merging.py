"""Two records of one person become one, with everything that belongs to either; or nothing is done."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from billing.models import Bill, BillBalance, Receipt, Transaction
from billing.services import merge_patients, on_account, preview_merge
from billing.services.merging import RELATIONS
from core.append_only import following
from core.errors import Conflict, Forbidden, InvalidInput, Missing
from core.models import AuditEntry, ExternalId
from orders.services import place_order
from patients.models import CustomFieldValue, Document, Patient, PatientAccess
from patients.services import actor_for, archive_patient
from patients.states import Relation
from scheduling.models import Appointment, Claim
from scheduling.services import book_appointment, cancel_appointment, place_hold
from tests.billing.conftest import till_stage
from tests.broken import broken_invariants
from tests.factories import (
    AT,
    CustomFieldFactory,
    CustomFieldValueFactory,
    DocumentFactory,
    DocumentFolderFactory,
    PatientAccessFactory,
    PatientAlertFactory,
    PatientCaseFactory,
    PatientFactory,
    PhoneNumberFactory,
    PracticeFactory,
    SpecialistFactory,
    UserFactory,
)
from tests.stage import actor_with

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def desk(db):
    return till_stage()


@pytest.fixture
def kept(desk):
    """The record that stays; the stage's own patient is the one that goes."""
    organization = desk.practice.organization
    return PatientFactory(
        organization=organization, first_name="Ana", last_name="Popa", email="", notes="Prefers mornings"
    )


def merge(desk, kept, **more):
    return merge_patients(kept.pk, desk.patient.pk, by=desk.desk, at=AT, **more)


def fill(desk):
    """Give the stage's patient one of everything."""
    gone = desk.patient
    enrollment = desk.enroll()
    visit = desk.book(enrollment, days=3)
    place_hold(
        practice_id=desk.practice.pk,
        patient_id=gone.pk,
        specialist_id=desk.specialist.pk,
        starts_at=AT + 9 * DAY,
        ends_at=AT + 9 * DAY + timedelta(hours=1),
        expires_at=AT + timedelta(hours=1),
        by=desk.desk,
        at=AT,
    )
    bill = desk.bill("100.00")
    desk.pay("60.00", bill)
    desk.pay("25.00", patient_id=gone.pk, rest_on_account=True)
    desk.care_plan(("10.00", "19"))
    product = desk.product.pk
    place_order(patient_id=gone.pk, product_id=product, practice_id=desk.practice.pk, by=desk.desk, at=AT)
    PatientCaseFactory(patient=gone)
    PatientAlertFactory(patient=gone)
    folder = DocumentFolderFactory(patient=gone, name="X-rays")
    DocumentFactory(patient=gone, folder=folder)
    PhoneNumberFactory(patient=gone, number="0722 000 111")
    CustomFieldValueFactory(field=CustomFieldFactory(organization=gone.organization), patient=gone)
    PatientAccessFactory(patient=gone, relation=Relation.PARENT)
    PatientFactory(organization=gone.organization, merged_into=gone, merged_at=AT, archived=True)
    return visit, bill


def relations():
    """Each foreign key to a patient, as "app.Model.field"."""
    return {
        f"{one.related_model._meta.label}.{one.field.name}": one
        for one in Patient._meta.get_fields(include_hidden=True)
        if one.auto_created and not one.concrete
    }


def test_the_merge_says_of_every_relation_to_a_patient_what_it_does_with_it():
    assert relations().keys() == RELATIONS.keys()
    assert all(what == "moves" or what.startswith("stays: ") for what in RELATIONS.values())


def test_everything_moves_to_the_kept_record(desk, kept):
    fill(desk)
    gone, had = desk.patient, {}
    for name, relation in relations().items():
        had[name] = relation.related_model._default_manager.filter(**{relation.field.name: gone.pk}).count()
    assert [name for name, count in had.items() if not count] == ["core.PatientLook.patient"]
    sums = on_account(gone.pk, desk.practice.pk), BillBalance.objects.get(patient=gone).owed
    merge(desk, kept)
    for name, relation in relations().items():
        rows = relation.related_model._default_manager
        if RELATIONS[name] == "moves":
            there = {
                whose: rows.filter(**{relation.field.name: whose}).count()
                - (name == "patients.Patient.merged_into" and whose == kept.pk)
                for whose in (kept.pk, gone.pk)
            }
            assert there == {kept.pk: had[name], gone.pk: 0}, name
    assert (on_account(kept.pk, desk.practice.pk), BillBalance.objects.get(patient=kept).owed) == sums
    assert not Claim.objects.filter(resource=gone.resource).exists()
    assert Claim.objects.filter(resource=kept.resource, appointment__isnull=False).exists()
    assert broken_invariants() == []


def test_the_gone_record_stays_and_says_where_it_went_and_when(desk, kept):
    assert merge(desk, kept) == kept
    gone = Patient.objects.select_related("resource").get(pk=desk.patient.pk)
    assert (gone.merged_into, gone.merged_at, gone.archived_at, gone.resource.retired_at) == (kept, AT, AT, AT)


def test_the_kept_record_fills_in_what_it_lacks_and_keeps_its_own_unless_told(desk, kept):
    gone = desk.patient
    gone.email, gone.notes, gone.first_name = "ana@example.org", "Comes by bus", "Anna"
    gone.yearly_numbering_year, gone.yearly_numbering_number = 2026, 7
    gone.save()
    field, other = (CustomFieldFactory(organization=gone.organization) for _ in range(2))
    CustomFieldValueFactory(field=field, patient=gone, value="A")
    CustomFieldValueFactory(field=other, patient=gone, value="C")
    CustomFieldValueFactory(field=field, patient=kept, value="B")
    names = {
        one.name for one in preview_merge(desk.desk, keep_id=kept.pk, gone_id=gone.pk, at=AT).compared if one.is_choice
    }
    assert {"first_name", "last_name", "notes", f"custom.{field.technical_name}"} <= names
    assert "email" not in names
    merge(desk, kept, choices={"first_name": "gone", "notes": "both", f"custom.{field.technical_name}": "gone"})
    kept.refresh_from_db()
    assert (kept.first_name, kept.last_name, kept.email) == ("Anna", "Popa", "ana@example.org")
    assert kept.notes == "Prefers mornings\nComes by bus"
    assert (kept.yearly_numbering_year, kept.yearly_numbering_number) == (2026, 7)
    assert set(CustomFieldValue.objects.filter(patient=kept).values_list("value", flat=True)) == {"A", "C"}


@pytest.mark.parametrize(
    ("choices", "field"),
    [
        ({"email": "gone"}, "choices.email"),
        ({"first_name": "both"}, "choices.first_name"),
        ({"pk": "gone"}, "choices.pk"),
    ],
)
def test_a_choice_that_is_none_is_refused_by_its_name(desk, kept, refused, choices, field):
    with refused(InvalidInput) as caught:
        merge(desk, kept, choices=choices)
    assert list(caught.value.fields) == [field]


def test_visits_of_both_at_the_same_time_are_named_and_nothing_is_done(desk, kept, refused):
    fill(desk)
    first = Appointment.objects.get(patient=desk.patient)
    colleague = SpecialistFactory(organization=kept.organization, works_at=[desk.practice])
    other = book_appointment(
        practice_id=desk.practice.pk,
        patient_id=kept.pk,
        service_id=desk.service.pk,
        specialist_id=colleague.pk,
        starts_at=first.starts_at + timedelta(minutes=10),
        by=desk.desk,
        at=AT,
    )
    found = preview_merge(desk.desk, keep_id=kept.pk, gone_id=desk.patient.pk, at=AT).refusal
    with refused(Conflict) as caught:
        merge(desk, kept)
    assert caught.value.code == found.code == "overlap"
    assert {clash["id"] for clash in caught.value.clashes} == {first.pk, other.pk}
    cancel_appointment(other.pk, by=desk.desk, at=AT)
    merge(desk, kept)
    assert Appointment.objects.filter(patient=kept).count() == 2


def test_one_record_another_organizations_and_one_that_cannot_be_merged_are_refused_by_name(desk, kept, refused):
    gone, elsewhere = desk.patient, PatientFactory(organization=PracticeFactory().organization)
    there = actor_with("front_desk", PracticeFactory(organization=elsewhere.organization))
    both = replace(
        desk.desk,
        roles=desk.desk.roles | there.roles,
        organizations=desk.desk.organizations | there.organizations,
        organization_ids=desk.desk.organization_ids | there.organization_ids,
    )
    for pair, by in (((kept.pk, kept.pk), desk.desk), ((kept.pk, elsewhere.pk), both)):
        with refused(InvalidInput) as caught:
            merge_patients(*pair, by=by, at=AT)
        assert list(caught.value.fields) == ["gone_id"]
    for pair in ((kept.pk, elsewhere.pk), (elsewhere.pk, kept.pk)):
        with refused(Missing):
            merge_patients(*pair, by=desk.desk, at=AT)
    own = [PatientAccessFactory(patient=one) for one in (kept, gone)]
    with refused(Conflict) as caught:
        merge(desk, kept)
    assert caught.value.code == "two_accounts"
    assert str(own[0].user) in str(caught.value)
    PatientAccess.objects.all().delete()
    archive_patient(kept.pk, by=desk.desk, at=AT)
    for pair in ((kept.pk, gone.pk), (gone.pk, kept.pk)):
        with refused(Conflict) as caught:
            merge_patients(*pair, by=desk.desk, at=AT)
        assert caught.value.code == "archived"
    Patient.objects.filter(pk=kept.pk).update(merged_into=PatientFactory(organization=gone.organization), merged_at=AT)
    with refused(Conflict) as caught:
        merge(desk, kept)
    assert caught.value.code == "merged"


def test_a_specialist_may_not_merge_though_they_treat_both(desk, kept, refused):
    desk.book(days=3)
    desk.book_for(kept, days=4)
    by = actor_with("specialist", desk.practice, specialist_ids=frozenset({desk.specialist.pk}))
    with refused(Forbidden):
        merge_patients(kept.pk, desk.patient.pk, by=by, at=AT)


def test_one_account_of_both_records_keeps_one_right_and_sees_everything(desk, kept):
    user = UserFactory()
    for one in (kept, desk.patient):
        PatientAccessFactory(user=user, patient=one)
    visit = desk.book(days=3)
    merge(desk, kept)
    actor = actor_for(user, door="test")
    assert (actor.patient_ids, actor.own_patient_id) == (frozenset({kept.pk}), kept.pk)
    assert list(Appointment.objects.visible_to(actor)) == [visit]


def test_what_both_have_is_kept_once(desk, kept):
    gone = desk.patient
    for one in (kept, gone):
        PhoneNumberFactory(patient=one, number="0722 000 111", e164="+40722000111", digits="722000111")
        DocumentFactory(patient=one, folder=DocumentFolderFactory(patient=one, name="X-rays"))
    PhoneNumberFactory(patient=gone, number="0722 000 222", e164="+40722000222", digits="722000222")
    merge(desk, kept)
    numbers = kept.phone_numbers.order_by("position").values_list("e164", "position")
    assert list(numbers) == [("+40722000111", 0), ("+40722000222", 1)]
    (folder,) = kept.folders.all()
    assert Document.objects.filter(patient=kept, folder=folder).count() == 2


def test_nobody_pays_or_is_billed_on_the_record_that_went(desk, kept, refused):
    merge(desk, kept)
    for call in (
        lambda: desk.bill("10.00"),
        lambda: desk.pay("5.00", patient_id=desk.patient.pk, rest_on_account=True),
    ):
        with refused(Conflict) as caught:
            call()
        assert caught.value.code == "merged"


def test_imports_find_the_kept_record_by_the_ids_of_both(desk, kept):
    made = [
        ExternalId.objects.create(
            organization=one.organization, source="old", kind="patients.patient", external_id=name, object_id=one.pk
        )
        for name, one in (("1", kept), ("2", desk.patient))
    ]
    merge(desk, kept)
    assert {ExternalId.objects.get(pk=one.pk).object_id for one in made} == {kept.pk}


def test_the_history_tells_of_each_row_that_moved_and_stays_with_the_gone_record(desk, kept):
    visit, bill = fill(desk)
    before = set(
        AuditEntry.objects.filter(object_kind="patients.patient", object_id=desk.patient.pk).values_list(
            "pk", flat=True
        )
    )
    merge(desk, kept)
    told = AuditEntry.objects.filter(verb="billing.merge_patients")
    for kind, pk in (("scheduling.appointment", visit.pk), ("billing.bill", bill.pk)):
        assert told.get(object_kind=kind, object_id=pk).changes["patient_id"] == [desk.patient.pk, kept.pk]
    changes = told.get(object_kind="patients.patient", object_id=desk.patient.pk).changes
    assert changes["merged_into_id"] == [None, kept.pk]
    assert before <= set(AuditEntry.objects.filter(object_id=desk.patient.pk).values_list("pk", flat=True))


@pytest.mark.parametrize("model", [Bill, Receipt, Transaction])
def test_money_follows_a_merge_and_changes_in_nothing_else(desk, kept, model):
    desk.pay("60.00", desk.bill("100.00"))
    rows = model.objects.filter(patient=desk.patient)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(patient=kept)
    with pytest.raises(IntegrityError), transaction.atomic(), following():
        rows.update(patient=kept, practice=PracticeFactory())
    with pytest.raises(IntegrityError), transaction.atomic(), following():
        rows._raw_delete(rows.db)
    with transaction.atomic():
        with following():
            assert rows.update(patient=kept) == 1
        with pytest.raises(IntegrityError), transaction.atomic():
            model.objects.filter(patient=kept).update(patient=desk.patient)
        transaction.set_rollback(True)
