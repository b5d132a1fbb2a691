"""The appearance of the back office: django-unfold's settings. The settings import it; it imports nothing of ours."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def stylesheet(request: HttpRequest) -> str:
    """The style sheet of our own elements."""
    return static("backoffice/backoffice.css")


def colors(request: HttpRequest) -> str:
    """The theme's colors as a file: the theme itself writes them into each page, which our policy refuses."""
    return static("backoffice/theme.css")


def script(request: HttpRequest) -> str:
    """Names for what the theme's search boxes leave without one."""
    return static("backoffice/backoffice.js")


def icon(request: HttpRequest) -> str:
    """The icon of the browser's tab."""
    return static("backoffice/icon.svg")


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("Clinic"),
    "SITE_HEADER": _("Clinic"),
    "SITE_SYMBOL": "medical_services",
    "SITE_URL": None,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": icon}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": False,
    "BORDER_RADIUS": "6px",
    "STYLES": [colors, stylesheet],
    "SCRIPTS": [script],
    "DASHBOARD_CALLBACK": "backoffice.start.start_page",
    "COMMAND": {"search_models": False, "show_history": False},
    "ACCOUNT": {
        "navigation": [
            {"title": _("Second factor"), "link": reverse_lazy("mfa_index")},
            {"title": _("Where you are signed in"), "link": reverse_lazy("usersessions_list")},
        ]
    },
    "SIDEBAR": {"show_search": True, "command_search": True, "navigation": "backoffice.navigation.sidebar"},
}
