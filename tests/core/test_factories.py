"""The factories write rows that every constraint and every invariant accepts."""

import pytest
from django.db import models
from factory import Trait

from tests import factories
from tests.broken import broken_invariants

FACTORIES = [
    one
    for one in vars(factories).values()
    if isinstance(one, type) and issubclass(one, factories.RowFactory) and one is not factories.RowFactory
]
TRAITS = [
    (one, name)
    for one in FACTORIES
    for name, parameter in one._meta.parameters.items()
    if isinstance(parameter, Trait) and name != "consume"
]
PARENT = {
    factories.SessionMovementFactory: lambda: {"enrollment": factories.EnrollmentFactory(time_based=True)},
    factories.AppointmentServiceFactory: lambda: {"appointment": factories.AppointmentFactory()},
}


def make(factory, **traits):
    return factory(**PARENT.get(factory, dict)(), **traits)


@pytest.mark.parametrize("factory", FACTORIES, ids=lambda factory: factory.__name__)
def test_a_row_passes_its_own_validation(db, factory):
    row = make(factory)
    assert isinstance(row, models.Model)
    row.clean_fields(exclude=[field.name for field in row._meta.fields if field.is_relation])
    row.validate_constraints()


@pytest.mark.parametrize(("factory", "trait"), TRAITS, ids=lambda one: getattr(one, "__name__", one))
def test_a_row_in_any_state_breaks_no_invariant(db, factory, trait):
    make(factory, **{trait: True})
    # An appointment of the factory's claims nobody's time: whoever tests claims books with the verb.
    broken = set(broken_invariants()) - {"claims.appointments_claim"}
    assert broken == set()


def test_a_row_knows_what_the_database_holds(db):
    practice = factories.PracticeFactory()
    practice.city = "Cluj"
    assert practice.changes() == {"city": ("", "Cluj")}
