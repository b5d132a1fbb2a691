"""The questions asked before an unusual booking, confirmed by one tick."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from catalog.models import Service
from core.months import add_months
from directory.models import Practice, Specialist
from scheduling.calendar import has_hours_near, offers_time

FAR_MONTHS = 6


def unusual(
    practice: Practice, service: Service, specialist: Specialist, starts_at: datetime, *, at: datetime
) -> list[str]:
    """Each thing that is out of the ordinary about the visit, in words."""
    length = timedelta(minutes=service.duration_minutes)
    found = []
    if starts_at < at:
        found.append(_("This time is in the past."))
    if starts_at > add_months(at, FAR_MONTHS):
        found.append(_("This time is more than six months ahead."))
    offers = service.offers.filter(is_active=True)
    if offers.exists() and not offers.filter(specialist=specialist).exists():
        found.append(_("%(who)s does not offer %(service)s.") % {"who": specialist, "service": service})
    # Whoever offers no time at all works without slots, and has no hours to be outside of.
    outside = not offers_time(practice, specialist, starts_at, starts_at + length)
    if starts_at >= at and outside and has_hours_near(practice, specialist, starts_at):
        found.append(_("%(who)s does not offer this time.") % {"who": specialist})
    return found
