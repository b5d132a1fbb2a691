"""One statement says whose key it is and what its owner may; it is asked anew at every request."""

import base64
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.api.conftest import Caller
from tests.factories import ApiKeyFactory, MembershipFactory

KEY = "ck_some-key"
OF_WHO_CALLS = re.compile('"(directory_apikey|directory_accesstoken|directory_membership|patients_patientaccess)"')


def basic(text):
    return {"Authorization": f"Basic {base64.b64encode(f'{text}:'.encode()).decode()}"}


BEARER = {"Authorization": f"Bearer {KEY}"}
SLOTS = "/v1/admin/clinic/availability/available_slots"
# Every contract's ways to send a key, each with something that a manager may read.
CARRIERS = {
    "services": ("/v1/patient-service-plans", BEARER),
    "flextell": ("/flextell/api/v1/customers", BEARER),
    "alfadocs": ("/api/v1/me", {"X-Api-Key": KEY}),
    "alfadocs bearer": ("/api/v1/me", BEARER),
    "availability": (SLOTS, {"X-User-Token": KEY}),
    "availability bearer": (SLOTS, BEARER),
    "cliniko": ("/cliniko/v1/patients", basic(KEY)),
    "cliniko with a shard": ("/cliniko/v1/patients", basic(f"{KEY}-eu1")),
}


def called(caller, path):
    """The status, and how many statements asked who calls."""
    with CaptureQueriesContext(connection) as captured:
        status = caller.get(path).status_code
    return status, sum(bool(OF_WHO_CALLS.search(query["sql"])) for query in captured)


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_key_and_what_its_owner_may_cost_one_statement_and_end_at_once(carrier, practice):
    path, headers = CARRIERS[carrier]
    membership = MembershipFactory(practice=practice, admin=True)
    key = ApiKeyFactory(user=membership.user, text=KEY, last_used_at=timezone.now())
    caller = Caller(**headers)
    caller.get(path)  # from a new address, which is noted
    assert called(caller, path) == (200, 1)

    answer = caller.get(path).content
    membership.delete()
    assert caller.get(path).content != answer
    MembershipFactory(user=membership.user, practice=practice, admin=True)
    assert caller.get(path).content == answer

    key.revoke(at=timezone.now())
    key.save()
    assert caller.get(path).status_code == 401


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_key_of_whom_is_switched_off_opens_nothing_from_then_on(carrier, practice):
    path, headers = CARRIERS[carrier]
    user = MembershipFactory(practice=practice, admin=True).user
    ApiKeyFactory(user=user, text=KEY)
    caller = Caller(**headers)
    assert caller.get(path).status_code == 200
    user.is_active = False
    user.save()
    assert caller.get(path).status_code == 401
