"""`manage.py bill_due_work`: bill completed work of practices that bill automatically; every night."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from billing.models import BillingSettings
from billing.services import bill_what_is_due
from core.actor import Actor
from core.commands import ClinicCommand


class Command(ClinicCommand):
    """Bills work that was completed through an interface that does not bill. Running it again bills nothing twice."""

    help = "Bill visits done, programs begun and orders delivered, in practices that bill automatically. Idempotent."

    def handle(self, *args: Any, **options: Any) -> None:
        by, at = Actor.system("bill_due_work"), timezone.now()
        billed = refused = 0
        for practice_id in BillingSettings.objects.filter(bill_automatically=True).values_list("practice", flat=True):
            due = bill_what_is_due(practice_id, by=by, at=at)
            billed, refused = billed + len(due.billed), refused + len(due.refused)
            for (model, pk), error in due.refused.items():
                self.stderr.write(f"{model._meta.verbose_name} {pk}: {error}")
        self.stdout.write(f"{billed} billed, {refused} refused")
