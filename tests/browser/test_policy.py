"""With the Content-Security-Policy on, no page asks for what it refuses."""

from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import Error

from tests.backoffice.rows import ROWS
from tests.factories import UserFactory
from tests.plugins.counts import FULL

TELL = """
document.addEventListener("securitypolicyviolation", (told) => {
  (window.refused ||= []).push(`${told.violatedDirective} ${told.blockedURI} ${told.sourceFile}:${told.lineNumber}`);
});
"""
PUT_IN = """
document.body.append(Object.assign(document.createElement("script"), { textContent: "window.ran = 1" }));
"""
# What answers no page; the error page that the browser shows in its place would come in between the next one.
NO_PAGES = ("logout", "login", "jsi18n", "calendar_move", "autocomplete")


def addresses(practice):
    """The entrance, every page without an id, and a row of each list."""
    rows = {label: make(practice) for label, make in ROWS.items()}
    yield from (reverse("mfa_index"), reverse("mfa_activate_totp"), reverse("mfa_add_webauthn"))
    yield from (reverse("usersessions_list"), reverse("admin:password_change"))
    for one in admin.site.get_urls():
        name, pattern = getattr(one, "name", None), str(one.pattern)
        if name and "<" not in pattern and "(?P" not in pattern and name not in NO_PAGES:
            yield reverse(f"admin:{name}")
    # Lists and forms are drawn by the same templates: all of them at night, else a few.
    for label in rows if FULL else ("patients.patient", "orders.productorder", "directory.color", "directory.user"):
        row = rows[label]
        stem = f"admin:{label.replace('.', '_')}"
        yield reverse(f"{stem}_changelist")
        yield reverse(f"{stem}_change", args=(row.pk,))
    yield reverse("admin:patients_patient_page", args=(rows["patients.patient"].pk,))
    yield from ("/v1/schema/services", "/nowhere")


def test_no_page_asks_for_what_the_policy_refuses(page, practice, sign_in):
    """Control: a script that is put into a page is refused and told."""
    UserFactory(username="boss", superuser=True)
    page.add_init_script(TELL)
    refused, looked = {}, []

    def look(address):
        try:
            page.goto(address, wait_until="load")
        except Error:  # a download, or an address that is only sent to: no page
            return
        looked.append(address)
        if found := page.evaluate("window.refused || []"):
            refused[address] = found

    for address in (reverse("admin:login"), reverse("password_reset")):
        look(address)
    sign_in(page, "boss")
    for address in addresses(practice):
        look(address)
    assert refused == {}
    assert len(looked) > 30
    page.evaluate(PUT_IN)
    assert page.evaluate("window.ran") is None
    assert page.evaluate("window.refused.length") == 1
