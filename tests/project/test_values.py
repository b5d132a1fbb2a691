"""What a verb lets one set is what its model lets one edit: a new column is in both, or left out by name."""

import pytest

from catalog.models import Product, Service
from catalog.services import ProductValues, ServiceValues
from directory.models import Organization, Practice, Room, Specialist, User
from directory.services import OrganizationValues, PracticeValues, RoomValues, SpecialistValues, UserValues
from patients.models import CustomField, Patient, PhoneNumber
from patients.services import CustomFieldValues, PatientValues, PhoneValues
from programs.models import ServicePlan
from programs.services import PlanValues

# Never set by hand, or by a verb of its own.
OTHERWISE = {"id", "created_at", "updated_at", "archived_at", "organization_id", "practice_id", "resource_id"}
OTHERWISE_HERE = {
    PhoneNumber: {"patient_id", "position"},
    User: {"password", "last_login", "username", "date_joined"},
}


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (CustomField, CustomFieldValues),
        (Organization, OrganizationValues),
        (Patient, PatientValues),
        (PhoneNumber, PhoneValues),
        (Practice, PracticeValues),
        (Product, ProductValues),
        (Room, RoomValues),
        (Service, ServiceValues),
        (ServicePlan, PlanValues),
        (Specialist, SpecialistValues),
        (User, UserValues),
    ],
)
def test_what_may_be_set_is_what_may_be_edited(model, values):
    editable = {field.attname for field in model._meta.concrete_fields if field.editable}
    assert values.__annotations__.keys() == editable - OTHERWISE - OTHERWISE_HERE.get(model, set())
