"""`manage.py extend_slots`: roll recurring slots and time off forward to their horizon; for cron, once a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from core.actor import Actor
from core.bulk import for_each
from core.commands import ClinicCommand
from scheduling.calendar.recurrence import HORIZON
from scheduling.models import SlotSeries, TimeOffSeries
from scheduling.services import extend_series, extend_time_off


class Command(ClinicCommand):
    """Makes the slots of every live series up to 90 days ahead, first of those that are furthest behind.

    Running it again makes none.
    """

    help = "Roll recurring slots and recurring time off forward to 90 days from now. Idempotent."

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        away = self._all(extend_time_off, TimeOffSeries.objects.to_roll_forward(at, HORIZON), at=at)
        made = self._all(extend_series, SlotSeries.objects.to_roll_forward(at, HORIZON), at=at)
        self.stdout.write(f"{made} slots and {away} times off made")

    def _all(self, verb: Callable[..., int], rows: QuerySet[Any], *, at: datetime) -> int:
        """Run `verb` for each row; report a refused one (ended meanwhile, database busy) and go on."""
        by = Actor.system("extend_slots")
        made = []
        ids = list(rows.order_by("generated_until", "pk").values_list("pk", flat=True))
        report = for_each(ids, lambda pk: made.append(verb(pk, by=by, at=at)))
        for pk, error in report.refused.items():
            self.stderr.write(f"{rows.model._meta.verbose_name} {pk}: {error}")
        return sum(made)
