"""Every page of the back office is accessible, fits its window and keeps its policy, in the demo clinic and in an
empty one: crawls, by night.
"""

import faulthandler
import re
import sys
from collections import defaultdict
from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.urls import NoReverseMatch, reverse
from playwright.sync_api import Error

from tests.browser.conftest import NARROW, WIDE
from tests.browser.test_policy import TELL
from tests.factories import UserFactory

pytestmark = pytest.mark.slow

# Pages that are no page of a list; those of the menu are found there.
OTHERS = (
    "/admin/scheduling/appointment/add/?look=1&service=1",
    "/admin/bulk-slots/",
    "/admin/holidays-of-a-year/",
    "/admin/to-be-moved/",
    "/admin/password_change/",
    "/admin/nowhere/",
)
# The pages of one's own account.
ACCOUNT = ("mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "mfa_list_webauthn", "usersessions_list")
ENTRANCE = ("/admin/login/", "/admin/account/password/", "/admin/account/password/x/y/", "/nowhere")
# A page that takes so long hangs, and the run says where; the crawl of them all may take longer.
HANGS = 300  # seconds
# The rules that look at colors.
OF_COLORS = ("color-contrast", "link-in-text-block")
# Hovering and opening fade in; a colour is looked at when it has arrived.
FADED = 300  # milliseconds


def pages(page) -> Iterator[str]:
    """The menu, and of each list: itself, its empty form, its last row, that row's history and the steps it offers."""
    yield "/admin/"
    page.goto("/admin/")
    menu = page.locator("#nav-sidebar a, aside a, nav a").evaluate_all(
        "all => all.map(one => one.getAttribute('href'))"
    )
    yield from sorted({one for one in menu if one and one.startswith("/admin/") and "logout" not in one})
    yield from OTHERS
    yield from map(reverse, ACCOUNT)
    for model in admin.site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"admin:{name}_add")
        row = model._default_manager.order_by("-pk").first()
        if row is None:
            continue
        for kind in ("change", "history", "page"):
            try:
                yield reverse(f"admin:{name}_{kind}", args=(row.pk,))
            except NoReverseMatch:
                continue
        page.goto(reverse(f"admin:{name}_change", args=(row.pk,)))
        steps = page.locator("a.bo-button").evaluate_all("all => all.map(one => one.getAttribute('href'))")
        yield from sorted({one for one in steps if one and one.startswith("/admin/") and "logout" not in one})


def told_by(page) -> list[str]:
    """What the page writes into its console as an error, and the scripts on it that fail, from now on."""
    told: list[str] = []
    page.on("console", lambda line: told.append(f"console: {line.text}") if line.type == "error" else None)
    page.on("pageerror", lambda error: told.append(f"script: {error}"))
    return told


def shape_of(address):
    """The page that an address opens, whichever row it is about and however its list is narrowed."""
    return re.sub(r"\d+", "0", address.partition("?")[0].partition("#")[0])


def links_on(page) -> list[str]:
    """Where the links of the page lead inside the back office."""
    found = page.locator("a[href^='/']").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    return [one for one in found if not one.startswith("//")]


def seen_on(page, address, axe, told) -> Iterator[str]:
    """Whatever is wrong with one page, in the light and in the dark theme."""
    told.clear()
    try:
        answer = page.goto(address)
    except Error as failed:
        if "Download is starting" not in str(failed):
            yield f"does not open: {str(failed).splitlines()[0]}"
        return
    # Rows that another page or a verb makes have no empty form; the refusal is a page like any other.
    usual = {404} if "nowhere" in address else {200, 403} if address.endswith("/add/") else {200}
    if answer.status not in usual:
        yield f"answers {answer.status}"
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.evaluate("theme => document.documentElement.classList.toggle('dark', theme === 'dark')", theme)
        page.wait_for_timeout(FADED)
        # The dark theme changes colors alone: what else there is to find was found in the light one.
        for one in axe(page) if theme == "light" else axe(page, rules=OF_COLORS):
            yield f"{theme}: {one['rule']}: {', '.join(one['elements'][:3])}"
    page.emulate_media(color_scheme="light")
    if wide := page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"):
        yield f"is {wide} pixels wider than its window"
    for one in page.evaluate("window.refused || []"):
        yield f"policy: {one}"
    yield from (one for one in told if answer.status == 200 or f"status of {answer.status}" not in one)


class Crawl:
    """Opens pages in turn; keeps what is wrong, under it the pages that show it, and where their links lead."""

    def __init__(self, page, axe):
        page.set_default_timeout(60_000)
        page.add_init_script(TELL)
        self.page, self.axe, self.told = page, axe, told_by(page)
        self.found, self.seen, self.linked = defaultdict(list), set(), {}

    def look(self, addresses):
        for address in addresses:
            if address in self.seen:
                continue
            self.seen.add(address)
            faulthandler.dump_traceback_later(HANGS, exit=True, file=sys.__stderr__)
            for wrong in seen_on(self.page, address, self.axe, self.told):
                print(f"{address}: {wrong}", flush=True)
                self.found[wrong].append(address)
            for link in links_on(self.page):
                self.linked.setdefault(shape_of(link), (link, address))
        faulthandler.cancel_dump_traceback_later()

    def follow(self):
        """Ask for one link of each kind that no page of the crawl was, without a look at the page."""
        for shape in self.linked.keys() - {shape_of(one) for one in self.seen}:
            link, address = self.linked[shape]
            if (status := self.page.request.get(link, max_redirects=5).status) >= 400:
                self.found[f"the link to {link} answers {status}"].append(address)
        print(f"{len(self.seen)} pages seen, {len(self.linked)} kinds of links")


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_no_page_violates_wcag_or_the_policy_or_is_wider_than_its_window(page, live_server, sign_in, axe, viewport):
    call_command("demo", force=True, verbosity=0)
    crawl = Crawl(page, axe)
    crawl.look(ENTRANCE)
    sign_in(page, "admin")
    crawl.look(list(pages(page)))
    crawl.follow()
    assert len(crawl.seen) > 100
    assert dict(crawl.found) == {}


@pytest.mark.parametrize("viewport", [NARROW], ids=["narrow"])
def test_no_page_of_an_empty_clinic_does_either(page, live_server, sign_in, axe, viewport):
    UserFactory(username="boss", superuser=True)
    crawl = Crawl(page, axe)
    sign_in(page, "boss")
    crawl.look(list(pages(page)))
    crawl.follow()
    assert len(crawl.seen) > 50
    assert dict(crawl.found) == {}
