"""A passkey's life in a real Chromium, whose own authenticator is a virtual one."""

import pytest

from directory.models import SignIn
from tests.browser.conftest import NARROW
from tests.browser.test_policy import TELL
from tests.factories import MembershipFactory, UserFactory

ANSWERS = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": False,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def device(page):
    """`device("setUserVerified", isUserVerified=True)`: what the device under the browser does."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": ANSWERS})
    return lambda does, **how: devtools.send(f"WebAuthn.{does}", {**made, **how})


@pytest.mark.parametrize(("viewport", "color_scheme"), [(NARROW, "dark")], ids=["narrow-dark"])
def test_the_life_of_a_passkey(page, device, sign_in, axe, practice, settings, live_server, viewport, color_scheme):
    settings.SECOND_FACTOR_REQUIRED = True
    user = MembershipFactory(practice=practice, user=UserFactory(username="frontdesk")).user
    page.add_init_script(TELL)

    def looks_well():
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert (axe(page), wider, page.evaluate("window.refused || []")) == ([], 0, [])

    def sign_out():
        page.goto("/admin/account/leave/")
        page.get_by_role("button", name="Sign out").click()
        page.get_by_label("Password").wait_for()

    # Led to set one up; a finger that the device does not know is told on the page, and adds nothing.
    sign_in(page, "frontdesk")
    page.get_by_text("Your clinic asks everybody for a second factor.").wait_for()
    looks_well()
    page.get_by_role("link", name="Add a passkey").press("Enter")
    page.get_by_label("Name", exact=True).fill("Front desk")
    page.get_by_role("button", name="Add the passkey").press("Enter")
    page.get_by_role("alert").get_by_text("No passkey was added").wait_for()
    looks_well()
    device("setUserVerified", isUserVerified=True)
    page.get_by_label("Name", exact=True).press("Enter")
    codes = page.get_by_label("Unused codes").input_value().split()
    assert len(codes) == 10
    looks_well()
    page.get_by_label("I have kept my codes").check()
    page.get_by_role("link", name="To the start page").click()
    page.wait_for_url(f"{live_server.url}/admin/")

    # The same device again, and the last one that is to be removed.
    page.goto("/admin/account/second-factor/keys/add/")
    page.get_by_role("button", name="Add the passkey").click()
    page.get_by_role("alert").get_by_text("This device has a passkey of your account already.").wait_for()
    page.goto("/admin/account/second-factor/keys/")
    assert page.get_by_role("row", name="Front desk").get_by_text("alone").is_visible()
    looks_well()
    page.get_by_role("link", name="Remove").click()
    page.get_by_role("button", name="Remove the passkey").click()
    page.get_by_text("add another one before you remove this").wait_for()
    looks_well()

    # Alone, to the page that one wanted; then after the password.
    sign_out()
    page.goto("/admin/login/?next=/admin/patients/patient/")
    page.get_by_role("button", name="Sign in with a passkey").press("Enter")
    page.wait_for_url(f"{live_server.url}/admin/patients/patient/")
    sign_out()
    sign_in(page, "frontdesk")
    looks_well()
    page.keyboard.press("Enter")  # "Use your passkey" has the focus
    page.wait_for_url(f"{live_server.url}/admin/")

    # The device has lost it: said so, and a recovery code opens.
    sign_out()
    device("clearCredentials")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("alert").get_by_text("No passkey was used").wait_for()
    looks_well()
    sign_in(page, "frontdesk")
    page.get_by_label("recovery codes").fill(codes[0])
    page.keyboard.press("Enter")
    page.wait_for_url(f"{live_server.url}/admin/")
    noted = SignIn.objects.filter(user=user).exclude(step="password").order_by("pk")
    assert list(noted.values_list("step", "outcome")) == [
        ("added", "noted"),
        ("passkey", "right"),
        ("passkey", "right"),
        ("code", "right"),
    ]
