"""Someone lets a program act for them, or does not, in a real browser; the program then calls with what it got."""

import json
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request, urlopen

import pytest

from directory.models import Authorization
from tests.browser.conftest import NARROW, WIDE
from tests.factories import ApplicationFactory, MembershipFactory, PracticeFactory

CALLBACK = "https://program.example/callback"


@pytest.fixture
def staff(transactional_db):
    """A member of two practices of an organization."""
    practice = PracticeFactory(name="Harbour Street")
    user = MembershipFactory(practice=practice, user__username="frontdesk").user
    MembershipFactory(practice=PracticeFactory(organization=practice.organization), user=user)
    return user


@pytest.fixture
def program(staff):
    return ApplicationFactory(name="Reminder Robot", user=staff)


def asks(program):
    sent = {
        "response_type": "code",
        "client_id": program.client_id,
        "redirect_uri": CALLBACK,
        "scope": "customers:read tenants:read",
        "state": "s-1",
    }
    return "/oauth2/authorize?" + urlencode(sent)


def signed_in_at(page, address):
    """The page that a program leads to, after the sign-in that comes first."""
    page.goto(address)
    page.fill("[name=username], [name=login]", "frontdesk")
    page.fill("[name=password]", "demo")
    page.press("[name=password]", "Enter")
    page.wait_for_selector("text=Reminder Robot wants to:")


def answered(page, button):
    """What the browser carries back to the program."""
    with page.expect_request(lambda request: request.url.startswith(CALLBACK)) as sent:
        page.click(f"button:text-is('{button}')")
    return {name: value for name, (value,) in parse_qs(urlsplit(sent.value.url).query).items()}


@pytest.mark.parametrize(("viewport", "color_scheme"), [(WIDE, "light"), (NARROW, "dark")], ids=["wide", "narrow-dark"])
def test_denied(page, program, axe):
    signed_in_at(page, asks(program))
    assert page.locator(".bo-wishes li").all_inner_texts() == ["See patients", "See the practices you work in"]
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert answered(page, "Do not allow") == {"error": "access_denied", "state": "s-1"}
    assert not Authorization.objects.exists()


def test_granted_for_one_practice(page, live_server, program):
    signed_in_at(page, asks(program))
    page.select_option("[name=practice]", label="Harbour Street")
    back = answered(page, "Allow")
    assert back["state"] == "s-1"
    assert Authorization.objects.get().practice.name == "Harbour Street"
    form = {
        "grant_type": "authorization_code",
        "client_id": program.client_id,
        "client_secret": "cs_test-secret",
        "code": back["code"],
        "redirect_uri": CALLBACK,
    }
    given = json.load(urlopen(f"{live_server.url}/oauth2/token", urlencode(form).encode()))
    headers = {"Authorization": f"Bearer {given['access_token']}"}
    tenants = json.load(urlopen(Request(f"{live_server.url}/flextell/api/v1/account/tenants", headers=headers)))
    assert [one["name"] for one in tenants["data"]] == ["Harbour Street"]
