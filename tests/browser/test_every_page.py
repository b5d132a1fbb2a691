"""Every page of the back office is accessible and fits its window: a crawl of the demo clinic, by night."""

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.urls import NoReverseMatch, reverse

from tests.browser.conftest import NARROW, WIDE

pytestmark = pytest.mark.slow

# Pages that are no page of a list; those of the menu are found there.
OTHERS = (
    "/admin/scheduling/appointment/add/?look=1&service=1",
    "/admin/bulk-slots/",
    "/admin/holidays-of-a-year/",
    "/admin/to-be-moved/",
    "/admin/password_change/",
)


def pages(page) -> Iterator[str]:
    """The menu, and of each list: itself, its empty form, its last row, that row's history and the steps it offers."""
    yield "/admin/"
    page.goto("/admin/")
    menu = page.locator("#nav-sidebar a, aside a, nav a").evaluate_all(
        "all => all.map(one => one.getAttribute('href'))"
    )
    yield from sorted({one for one in menu if one and one.startswith("/admin/") and "logout" not in one})
    yield from OTHERS
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


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_no_page_violates_wcag_or_is_wider_than_its_window(page, live_server, sign_in, axe, viewport, color_scheme):
    page.set_default_timeout(60_000)
    call_command("demo", force=True, verbosity=0)
    sign_in(page, "admin")
    found, seen = {}, set()
    for address in list(pages(page)):
        if address in seen:
            continue
        seen.add(address)
        answer = page.goto(address)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        wrong = ([(one["rule"], one["elements"][:3]) for one in axe(page)], wide, answer.status)
        if wrong != ([], 0, 200):
            found[address] = wrong
    assert len(seen) > 100
    assert found == {}
