"""alfadocs: who asks too often is told until when; each credential has its own count."""

import time

from api.alfadocs.contract import AlfadocsThrottle
from tests.api.conftest import Caller
from tests.factories import ApiKeyFactory


def test_the_request_too_many_is_a_429_that_says_when(client, scene, monkeypatch):
    monkeypatch.setattr("rest_framework.throttling.SimpleRateThrottle.THROTTLE_RATES", {"alfadocs": "2/hour"})
    path = f"{scene.path}/chairs"
    assert [client.get(path).status_code for _time in range(2)] == [200, 200]
    refused = client.get(path)
    assert (refused.status_code, list(refused.json())) == (429, ["error"])
    assert 0 < int(refused["Retry-After"]) <= 3600
    assert time.time() < int(refused["X-RateLimit-Reset"]) <= time.time() + 3600
    ApiKeyFactory(user=scene.owner, text="ck_another")
    assert Caller(**{"X-Api-Key": "ck_another"}).get(path).status_code == 200


def test_the_default_lets_through_what_the_vendor_does():
    # The vendor's guide speaks of ten requests a second, its document of no limit.
    assert AlfadocsThrottle.take("test").limit >= 600
