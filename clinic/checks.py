"""Checks of `check --deploy` for settings that suit a demo but not a clinic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

MAIL_IN_THE_LOG = checks.Warning(
    "Mails are written to the log, with the links in them that set passwords.",
    hint="Set EMAIL_URL.",
    id="clinic.W001",
)
COUNTS_OF_ONE_PROCESS = checks.Warning(
    "Each process counts requests, and codes that are used up, for itself.",
    hint="Set CACHE_URL to dbcache://throttles or to a Redis.",
    id="clinic.W002",
)


@checks.register(checks.Tags.security, deploy=True)
def check_what_suits_a_demo(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Warn of mail that is only printed, and of a cache that processes do not share."""
    found: list[checks.CheckMessage] = []
    if settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
        found.append(MAIL_IN_THE_LOG)
    if settings.CACHES["default"]["BACKEND"].endswith("locmem.LocMemCache"):
        found.append(COUNTS_OF_ONE_PROCESS)
    return found
