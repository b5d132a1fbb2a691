"""Clients of the API: one for each kind of caller, all at the factories' `AT`."""

import json
import time
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.test import Client

from tests.factories import (
    AT,
    ApiKeyFactory,
    MembershipFactory,
    PatientAccessFactory,
    PatientFactory,
    UserFactory,
)


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """The views' clock stands at `AT`; `clock.now = ...` moves it."""
    held = SimpleNamespace(now=AT)
    stopped = SimpleNamespace(now=lambda: held.now)
    monkeypatch.setattr("api.base.view.timezone", stopped)
    monkeypatch.setattr("api.base.auth.timezone", stopped)
    return held


@pytest.fixture(autouse=True)
def one_window(monkeypatch):
    """Nobody has asked for anything yet, and all that the test asks for is counted together, however long it takes."""
    cache.clear()
    now = time.time()
    monkeypatch.setattr("api.base.throttling.time", SimpleNamespace(time=lambda: now))


# One for all: each new one loads the middleware again. Nobody signs in with it, so it carries nothing over.
CLIENT = Client(raise_request_exception=False)


class Caller:
    """Calls the API as JSON with a key; `caller("GET", path)` gives the response, `.json()` its body."""

    def __init__(self, key="", **headers):
        self.client = CLIENT
        self.headers = {**({"Authorization": f"Bearer {key}"} if key else {}), **headers}

    def __call__(self, method, path, data=None, *, headers=None, **kwargs):
        if data is not None:
            kwargs |= {"data": data if isinstance(data, bytes) else json.dumps(data)}
            kwargs.setdefault("content_type", "application/json")
        return self.client.generic(method, path, headers={**self.headers, **(headers or {})}, **kwargs)

    def get(self, path, **kwargs):
        return self("GET", path, **kwargs)

    def post(self, path, data=None, **kwargs):
        return self("POST", path, data, **kwargs)

    def put(self, path, data=None, **kwargs):
        return self("PUT", path, data, **kwargs)

    def patch(self, path, data=None, **kwargs):
        return self("PATCH", path, data, **kwargs)

    def delete(self, path, **kwargs):
        return self("DELETE", path, **kwargs)


@pytest.fixture
def calling(db):
    """A caller with a key of `user`, narrowed to `practice` and `scopes` where they are given."""

    def make(user, *, practice=None, scopes=()):
        text = f"ck_{user.pk}-{practice and practice.pk}-{'-'.join(scopes)}"
        ApiKeyFactory(user=user, practice=practice, scopes=list(scopes), text=text)
        return Caller(text)

    return make


@pytest.fixture
def anyone(organization):
    """Nobody in particular: no credential."""
    return Caller()


@pytest.fixture
def admin(calling, admin_user):
    """A clinic admin of `practice`."""
    return calling(admin_user)


@pytest.fixture
def desk(calling, front_desk_user):
    """The front desk of `practice`."""
    return calling(front_desk_user)


@pytest.fixture
def doctor(calling, specialist, specialist_user):
    """The specialist of `practice`."""
    return calling(specialist_user)


@pytest.fixture
def me(calling, patient, patient_user):
    """The patient."""
    return calling(patient_user)


@pytest.fixture
def stranger(calling, organization):
    """Another patient of the same organization."""
    user = PatientAccessFactory(user__username="stranger", patient=PatientFactory(organization=organization)).user
    return calling(user)


@pytest.fixture
def foreign_admin(calling, foreign_practice):
    """A clinic admin of another organization."""
    return calling(MembershipFactory(practice=foreign_practice, admin=True).user)


@pytest.fixture
def root(calling, practice):
    """A superuser's key."""
    return calling(UserFactory(username="root", superuser=True))


def refused(code, message="", **fields):
    """The contract's error body."""
    return {"error": {"code": code, "message": message, "details": {"fields": fields}}}


def meta(total, *, page=1, page_size=100, total_pages=1):
    """The contract's page information."""
    return {"page": page, "page_size": page_size, "total": total, "total_pages": total_pages}
