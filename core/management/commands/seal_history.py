"""`manage.py seal_history`: seal the history's new entries; for cron, once a day."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from core.commands import ClinicCommand
from core.db import long_running
from core.seal import seal_history


class Command(ClinicCommand):
    """Seals the history and prints the last link, which reveals a rewritten chain if it is kept elsewhere."""

    help = "Seal the history's new entries into the hash chain and print its last link. Idempotent."

    def handle(self, *args: Any, **options: Any) -> None:
        with long_running():
            count, link = seal_history(at=timezone.now())
        self.stdout.write(f"{count} entries sealed; the last link is {link}")
