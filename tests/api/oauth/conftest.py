"""A program and the people who let it act for them: its requests as it sends them, over HTTP alone."""

from base64 import urlsafe_b64encode
from hashlib import sha256
from types import SimpleNamespace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from tests.api.conftest import Caller
from tests.factories import ApplicationFactory, MembershipFactory

CALLBACK = "https://program.example/callback"
SECRET = "cs_test-secret"
VERIFIER = "a-verifier-that-is-long-enough-for-the-rfc-0123456789"
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}


@pytest.fixture(autouse=True)
def clock(clock):
    """The library reads the clock itself, so that here the views' clock goes with it."""
    clock.now = timezone.now()
    return clock


class Program:
    """An application as its own server sees it."""

    def __init__(self, application, mount="/oauth2"):
        self.application, self.mount = application, mount
        self.browser = Client()

    def asks(self, scope="customers:read", **changed):
        """The address to which it sends people."""
        sent = {
            "response_type": "code",
            "client_id": self.application.client_id,
            "redirect_uri": CALLBACK,
            "scope": scope,
            "state": "s-1",
            **changed,
        }
        return f"{self.mount}/authorize?" + urlencode({key: text for key, text in sent.items() if text is not None})

    def let(self, user, answer="allow", *, practice="", **asked):
        """Where `user` is sent back to after they answered: its parameters."""
        self.browser.force_login(user)
        response = self.browser.post(self.asks(**asked), {answer: "yes", "practice": practice})
        assert response.status_code == 302, response.content
        back = urlsplit(response["Location"])
        assert response["Location"].startswith(f"{CALLBACK}?")
        return {key: value for key, (value,) in parse_qs(back.query).items()}

    def post(self, name, **sent):
        """A form to an endpoint, with its id and secret in the body."""
        form = {"client_id": self.application.client_id, "client_secret": SECRET, **sent}
        return Client().post(
            f"{self.mount}/{name}",
            urlencode({key: text for key, text in form.items() if text is not None}, doseq=True),
            content_type="application/x-www-form-urlencoded",
        )

    def exchange(self, code, **sent):
        """The code for tokens."""
        return self.post("token", grant_type="authorization_code", code=code, **{"redirect_uri": CALLBACK, **sent})

    def refresh(self, token, **sent):
        """A refresh token for the next pair."""
        return self.post("token", grant_type="refresh_token", refresh_token=token, **sent)

    def tokens(self, user, **asked):
        """What it gets once `user` has let it."""
        given = self.exchange(self.let(user, **asked)["code"])
        assert given.status_code == 200, given.content
        return SimpleNamespace(**given.json())


@pytest.fixture
def program(admin_user):
    """A program with a secret."""
    return Program(ApplicationFactory(user=admin_user))


@pytest.fixture
def public_program(admin_user):
    """A program without."""
    return Program(ApplicationFactory(user=admin_user, client_type="public"))


@pytest.fixture
def two_practices(front_desk_user, other_practice):
    """The front desk works at both practices of the organization."""
    MembershipFactory(user=front_desk_user, practice=other_practice)


CUSTOMERS = "/flextell/api/v1/customers"


def opens(token, path=CUSTOMERS):
    """What a request with this token answers."""
    return Caller(token).get(path).status_code


def refusal(response):
    """Status and word of a refusal."""
    assert response["Cache-Control"] == "no-store"
    assert response.json()["error_description"]
    return response.status_code, response.json()["error"]
