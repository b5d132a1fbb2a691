"""`manage.py forget_replies`: delete stored first replies of creating requests; for cron, once a day."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.utils import timezone

from api.base.idempotency import forget
from core.commands import ClinicCommand

DAYS = 30


class Command(ClinicCommand):
    """Run daily. After that time the same Idempotency-Key is a new one."""

    help = "Drop the replies kept under Idempotency-Keys for longer than --days."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=DAYS, help=f"how long they are kept (default {DAYS})")

    def handle(self, *args: Any, **options: Any) -> None:
        gone = forget(timezone.now() - timedelta(days=max(1, options["days"])))
        self.stdout.write(f"{gone} replies forgotten.")
