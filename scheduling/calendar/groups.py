"""Free places in group slots, which staff find and book as patients do."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, F, OuterRef
from django.utils.translation import gettext as _

from core.errors import Conflict, InvalidInput
from directory.models import Practice, Room
from scheduling.calendar.free_time_search import Search
from scheduling.calendar.parties import Treatments
from scheduling.calendar.places import conditions_of, refuse_unless_bookable
from scheduling.dated import LastsFor
from scheduling.models import AvailableSlot, Claim
from scheduling.querysets import AvailableSlotQuerySet

MOST_READ = 500  # group slots within one search


def open_groups(
    practice: Practice, specialist_ids: Collection[int], search: Search, *, at: datetime, limit: int
) -> list[AvailableSlot]:
    """The group slots of these specialists that have a free place, the earliest first.

    They begin within the search and are at least as long as it asks; none of the resources in its `also` is busy then.
    """
    rows = AvailableSlot.objects.at_practices([practice.pk]).filter(capacity__gt=1, specialist__in=specialist_ids)
    rows = rows.filter(starts_at__gte=max(search.start, at), starts_at__lt=search.end)
    rows = rows.filter(LastsFor(search.duration))
    if search.appointment_type is not None:
        rows = rows.for_type(search.appointment_type)
    rows = rows.available(at)
    if search.also:
        for over in Claim.objects.standing(at).over_each(OuterRef("starts_at"), OuterRef("ends_at")):
            rows = rows.filter(~Exists(over.filter(resource__in=search.also)))
    read = rows.order_by("starts_at", "pk")[:MOST_READ]
    return [slot for slot in read if search.suits(slot.starts_at.astimezone(practice.zone))][:limit]


def group_at(
    practice: Practice, specialist_id: int, starts_at: datetime, *, room_id: int | None = None
) -> AvailableSlot | None:
    """The group slot of the specialist at the practice that begins then and has a free place; None where there is none.

    It takes the specialist's time: an ordinary visit at this time can only be one in the group. A full one is a time
    that is taken, like any other. InvalidInput where a room is named that is not the group's.
    """
    rows = AvailableSlot.objects.offered().filter(practice=practice, specialist=specialist_id, starts_at=starts_at)
    rows = rows.select_related("practice", "specialist", "room").filter(capacity__gt=1, booked__lt=F("capacity"))
    found: AvailableSlot | None = rows.first()
    if found is not None and room_id not in (None, found.room_id):
        raise InvalidInput({"room_id": _("is not where the group meets; leave it empty")})
    return found


def groups_at(practice: Practice, specialist_id: int, starts: Collection[datetime]) -> AvailableSlotQuerySet:
    """Find the group slots of the specialist at the practice that begin at these times, full ones included."""
    rows: AvailableSlotQuerySet = AvailableSlot.objects.offered().filter(capacity__gt=1, starts_at__in=starts)
    return rows.filter(practice=practice, specialist=specialist_id)


def why_not_in_group(slot: AvailableSlot | None, done: Treatments, room: Room | None) -> str:
    """Say why a visit cannot be in a group, read with its conditions (None: there is no group); "" where it can.

    A closed day is not named here: it is overridden apart.
    """
    if slot is None:
        return _("No group begins then.")
    if room is not None and room.pk != slot.room_id:
        return _("The group does not meet in %(room)s.") % {"room": room}
    if done.duration > slot.ends_at - slot.starts_at:
        return _("%(service)s takes longer than the group.") % {"service": done.main}
    try:
        refuse_unless_bookable(slot, conditions_of(slot), override_reason="-")
    except Conflict as error:
        return str(error)
    return ""
