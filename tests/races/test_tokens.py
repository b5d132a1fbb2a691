"""Of many requests at once with one code or one refresh token, one gets tokens, and the others end what it got.

The control looks at them without a lock: then more than one request gets tokens, or empty ones.
"""

import json
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone

from directory.models import AccessToken, AuthorizationCode, RefreshToken
from tests.factories import DAY, AuthorizationFactory
from tests.races.racing import race

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
MANY = 8


@pytest.fixture
def code():
    """A code that has just been given."""
    authorization = AuthorizationFactory()
    return AuthorizationCode.objects.create(
        application=authorization.application,
        user=authorization.user,
        authorization=authorization,
        code="the-code",
        expires=timezone.now() + DAY,
        redirect_uri="https://program.example/callback",
        scope="customers:read",
    )


def asked_at_once(application, **sent):
    """Every reply."""
    form = {"client_id": application.client_id, "client_secret": "cs_test-secret", **sent}
    replies = []

    def ask(number):
        kind = "application/x-www-form-urlencoded"
        response = Client().post("/oauth2/token", urlencode(form), content_type=kind)
        replies.append((response.status_code, json.loads(response.content)))

    assert race(ask, MANY) == {"done": MANY}
    return replies


def given(replies):
    """What those got who got something; all others were refused in the standard's word."""
    assert {body["error"] for status, body in replies if status != 200} <= {"invalid_grant"}
    return [body for status, body in replies if status == 200]


def exchanged(code):
    return asked_at_once(
        code.application, grant_type="authorization_code", code=code.code, redirect_uri=code.redirect_uri
    )


def test_one_code_at_once_gives_one_pair_and_the_others_end_it(code):
    (pair,) = given(exchanged(code))
    assert pair["access_token"]
    assert not AccessToken.objects.exists()
    assert RefreshToken.objects.get().revoked is not None


def test_one_refresh_token_at_once_gives_one_pair_and_the_others_end_it(code):
    form = {"grant_type": "authorization_code", "code": code.code, "redirect_uri": code.redirect_uri}
    secret = {"client_id": code.application.client_id, "client_secret": "cs_test-secret"}
    first = Client().post(
        "/oauth2/token", urlencode({**form, **secret}), content_type="application/x-www-form-urlencoded"
    )
    token = first.json()["refresh_token"]
    (pair,) = given(asked_at_once(code.application, grant_type="refresh_token", refresh_token=token))
    assert pair["access_token"]
    assert not AccessToken.objects.exists()
    assert not RefreshToken.objects.filter(revoked=None).exists()


def test_without_the_lock_one_code_gives_more_than_one_pair(code, monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time, with or without a lock")
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **how: self)
    assert len(given(exchanged(code))) > 1
