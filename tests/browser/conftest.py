"""A page in a real Chromium, signed-in staff, and an accessibility check.

A browser test takes `page` (and `sign_in`, `axe`) and makes its data with factories or the demo command.
To see it narrow or dark, parametrise what the page is made from:

    @in_each_look
    def test_the_order_list_is_readable(page, viewport, color_scheme, sign_in, axe): ...

Without a Chromium the tests are skipped and say so; CLINIC_REQUIRE_BROWSER=1 (CI) fails them instead.
"""

import os
import re
import shutil
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.plugins.counts import scaled

HERE = Path(__file__).parent
SCREENSHOTS = HERE.parent.parent / "var" / "screenshots"
WIDE: ViewportSize = {"width": 1280, "height": 800}
NARROW: ViewportSize = {"width": 390, "height": 844}

LOOKS = [(WIDE, "light"), (NARROW, "dark"), (WIDE, "dark"), (NARROW, "light")]
# Each width and each scheme once by day, each with each at night.
in_each_look = pytest.mark.parametrize(
    ("viewport", "color_scheme"),
    scaled(quick=LOOKS[:2], full=LOOKS),
    ids=lambda look: look if isinstance(look, str) else {1280: "wide", 390: "narrow"}[look["width"]],
)

SYSTEM_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-dev-shm-usage",
    # A page that needs something from elsewhere must fail here as it would in a clinic without internet.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]
PATIENCE = 15_000  # milliseconds; two cores are shared with the other worker

failed_call = pytest.StashKey[bool]()


@pytest.hookimpl(tryfirst=True)  # before tests are left out by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test in this folder is a browser test; what a page does there does not depend on the engine below it."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("browser")
            item.add_marker("engine_independent")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Remember a failure for the page, which is still open and takes a picture of itself."""
    report = yield
    if report.when == "call":
        item.stash[failed_call] = report.failed
    return report


@pytest.fixture(scope="package")
def browser() -> Generator[Browser]:
    """The Chromium of this process, closed before any test of another folder.

    While playwright runs, its event loop counts as running in this thread, and Django would refuse the ORM.
    It does no harm here: the test's own thread uses the ORM as ever.
    """
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        candidates = [shutil.which(name) for name in SYSTEM_BROWSERS]
        candidates.append(shutil.which(playwright.chromium.executable_path))
        executable = next(filter(None, candidates), None)
        if executable is None:
            no_browser(f"no Chromium: none of {', '.join(SYSTEM_BROWSERS)}, nor playwright's own")
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


def no_browser(reason: str) -> NoReturn:
    """Skip, or fail where a browser is required."""
    if os.environ.get("CLINIC_REQUIRE_BROWSER", "") not in ("", "0"):
        pytest.fail(f"{reason} (and CLINIC_REQUIRE_BROWSER is set)", pytrace=False)
    pytest.skip(reason)


@pytest.fixture
def viewport() -> ViewportSize:
    """The size of the window; parametrise it with WIDE and NARROW."""
    return WIDE


@pytest.fixture
def color_scheme() -> str:
    """Light or dark, as the visitor's system prefers."""
    return "light"


@pytest.fixture
def page(
    request: pytest.FixtureRequest,
    browser: Browser,
    live_server: LiveServer,
    viewport: ViewportSize,
    color_scheme: Any,
) -> Generator[Page]:
    """An empty page on the running product, as in `page.goto("/admin/")`.

    The test fails when a script on a page it opened did.
    """
    context = browser.new_context(
        base_url=live_server.url,
        viewport=viewport,
        color_scheme=color_scheme,
        locale="en-GB",
        # Far from every practice and from UTC, so that a page that shows or sends the browser's own clock is found.
        timezone_id="America/New_York",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    yield page
    if request.node.stash.get(failed_call, False):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^\w.-]+", "-", request.node.nodeid.split("/")[-1]).strip("-")
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
    context.close()
    assert broken == [], "a script on the page failed"


@pytest.fixture
def sign_in() -> Callable[..., None]:
    """`sign_in(page, "frontdesk")` through the admin's own form; the demo's password is `demo`."""

    def sign_in(page: Page, username: str, password: str = "demo") -> None:
        page.goto("/admin/login/?next=/admin/")
        page.fill("#id_username", username)
        page.fill("#id_password", password)
        with page.expect_navigation():
            page.press("#id_password", "Enter")
        assert "/login/" not in page.url, f"{username} was not let in: {page.locator('form').inner_text()}"

    return sign_in


@pytest.fixture
def axe() -> Callable[..., list[dict[str, Any]]]:
    """`axe(page)` lists the page's WCAG 2.2 A and AA violations, or those of `rules`: rule, impact, help, elements.

    Compare with `[]`. The script is put in by the debugger, so the page's content security policy stays on.
    """
    source = (HERE / "axe" / "axe.min.js").read_text()

    def axe(page: Page, *, include: str = "html", rules: Sequence[str] = WCAG) -> list[dict[str, Any]]:
        if not page.evaluate("'axe' in window"):
            page.evaluate(source)
        found = page.evaluate(
            "([selector, rules]) => axe.run({include: [[selector]]}, {runOnly: rules, resultTypes: ['violations']})",
            [include, list(rules)],
        )
        return [
            {
                "rule": violation["id"],
                "impact": violation["impact"],
                "help": violation["help"],
                "elements": [" ".join(map(str, node["target"])) for node in violation["nodes"]],
            }
            for violation in found["violations"]
        ]

    return axe
