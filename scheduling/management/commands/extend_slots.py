"""`manage.py extend_slots`: roll recurring slots and time off forward to their horizon; for cron, once a day."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from core.actor import Actor
from scheduling.models import SlotSeries, TimeOffSeries
from scheduling.services import extend_series, extend_time_off


class Command(BaseCommand):
    """Makes the slots of every live series up to 90 days ahead. Running it again makes none."""

    help = "Roll recurring slots and recurring time off forward to 90 days from now. Idempotent."

    def handle(self, *args: Any, **options: Any) -> None:
        by, at = Actor.system("extend_slots"), timezone.now()
        away = sum(
            extend_time_off(pk, by=by, at=at)
            for pk in TimeOffSeries.objects.live().order_by("pk").values_list("pk", flat=True)
        )
        series = SlotSeries.objects.filter(withdrawn_at=None).order_by("pk").values_list("pk", flat=True)
        made = sum(extend_series(pk, by=by, at=at) for pk in series)
        self.stdout.write(f"{made} slots and {away} times off made")
