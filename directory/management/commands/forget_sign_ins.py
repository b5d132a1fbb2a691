"""`manage.py forget_sign_ins`: delete the tries to sign in that are older than they are kept; for cron, once a day."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from core.commands import ClinicCommand
from directory.services.sign_ins import forget_sign_ins


class Command(ClinicCommand):
    """Forgets the tries to sign in of more than a year ago."""

    help = "Delete the tries to sign in that are more than a year old. Idempotent."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{forget_sign_ins(at=timezone.now())} sign-ins forgotten")
