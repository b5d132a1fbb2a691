"""`manage.py expire_programs`: stamp programs whose end is past; for cron, once a day."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from core.actor import Actor
from core.commands import ClinicCommand
from programs.services import expire_programs


class Command(ClinicCommand):
    """Stamps ended programs as expired; readers show them as expired even before that."""

    help = "Stamp every active program whose end is past as expired. Idempotent."

    def handle(self, *args: Any, **options: Any) -> None:
        stamped = expire_programs(by=Actor.system("expire_programs"), at=timezone.now())
        self.stdout.write(f"{stamped} programs expired")
