"""Records that went into another elsewhere."""

from datetime import timedelta

import pytest

from core.errors import Conflict, InvalidInput
from orders.services import place_order
from patients.services import record_merge
from tests.factories import PatientFactory, ProductFactory

pytestmark = pytest.mark.django_db


def test_a_record_goes_into_another_of_its_organization_that_stands_by_itself(patient, front_desk, at, refused):
    other, gone = PatientFactory(organization=patient.organization), PatientFactory(organization=patient.organization)
    assert record_merge(gone.pk, into_id=other.pk, merged_at=at, by=front_desk, at=at).merged_into == other
    for into in (patient, gone):
        with refused(InvalidInput) as caught:
            record_merge(patient.pk, into_id=into.pk, merged_at=at, by=front_desk, at=at)
        assert list(caught.value.fields) == ["merged_into_id"]
    with refused(InvalidInput) as caught:
        record_merge(patient.pk, into_id=other.pk, merged_at=at + timedelta(seconds=1), by=front_desk, at=at)
    assert list(caught.value.fields) == ["merged_at"]


def test_a_record_that_went_into_another_takes_no_new_work(patient, practice, front_desk, at, refused):
    other = PatientFactory(organization=patient.organization)
    record_merge(patient.pk, into_id=other.pk, merged_at=at, by=front_desk, at=at)
    product = ProductFactory(organization=patient.organization)
    with refused(Conflict) as caught:
        place_order(patient_id=patient.pk, product_id=product.pk, practice_id=practice.pk, by=front_desk, at=at)
    assert caught.value.code == "archived"
