"""A provider with a practice, and what the contract writes."""

import pytest

from tests.factories import AT, DAY, SpecialistFactory

BASE = "/v1/admin/clinic/availability"
SLOTS = f"{BASE}/available_slots"
BATCH = f"{BASE}/providers/available_slots"
BOOKS = f"{BASE}/books"


@pytest.fixture
def provider(practice):
    """Who offers time at `practice`."""
    return SpecialistFactory(
        organization=practice.organization, works_at=[practice], first_name="Jane", last_name="Smith"
    )


@pytest.fixture
def offered(admin, provider):
    """Offer a slot of the provider: `offered(days=3, hours=0, minutes=60)` is its body."""

    def offer(**more):
        response = admin.post(SLOTS, {"available_slot": {**wish(provider, **more)}})
        assert response.status_code == 201, response.content
        return response.json()

    return offer


def wish(provider, *, days=3, hours=0, minutes=60, **more):
    """A slot `days` after AT."""
    starts = AT + days * DAY + hours * DAY / 24
    return {
        "provider_id": provider.pk,
        "start_time": wire(starts),
        "end_time": wire(starts + minutes * DAY / 1440),
        **more,
    }


def wire(moment):
    """A date-time as the contract writes it."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"
