"""What the management commands have in common."""

from __future__ import annotations

from django.core.management.base import BaseCommand


class ClinicCommand(BaseCommand):
    """Does its work at once.

    Django would first check the whole project, and for that import every page and every contract: more than half of
    the two seconds that a nightly command took. `migrate`, with which each new version begins, checks it.
    """

    requires_system_checks = []
