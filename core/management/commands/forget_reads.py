"""`manage.py forget_reads`: delete records of looks older than READS_KEPT_DAYS; for cron, once a day."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from core.commands import ClinicCommand
from core.looks import forget_reads


class Command(ClinicCommand):
    """Deletes records of who looked at patients that are older than READS_KEPT_DAYS."""

    help = "Delete who looked at records longer ago than READS_KEPT_DAYS. Idempotent."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{forget_reads(at=timezone.now())} looks forgotten")
