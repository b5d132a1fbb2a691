"""`manage.py forget_sign_ins`: delete sign-in attempts that are older than a year; for cron, once a day."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from core.commands import ClinicCommand
from directory.services.sign_ins import forget_sign_ins


class Command(ClinicCommand):
    """Deletes sign-in attempts that are older than a year."""

    help = "Delete the tries to sign in that are more than a year old. Idempotent."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{forget_sign_ins(at=timezone.now())} sign-ins forgotten")
