"""The list of bulk creations, what each made and refused, and undoing one while none of its slots is booked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy

from backoffice.calendar.pages.bulk_slots.wishes import Ask, ask_of, wishes_of
from backoffice.kit.actor import actor_of
from backoffice.kit.cells import badge
from backoffice.kit.clock import show_days, show_span, show_when
from backoffice.kit.filters import PracticeFilter
from backoffice.kit.panels import Panel
from backoffice.kit.steps import Step
from backoffice.kit.verb_admin import VerbAdmin
from core.actor import Actor
from core.errors import Conflict
from directory.models import Room, Specialist
from scheduling.models import AvailableSlot, SlotBatch
from scheduling.services import undo_batch

SHOWN = 200


def can_undo(row: SlotBatch) -> None:
    """Once is enough."""
    if row.undone_at is not None:
        raise Conflict(_t("It has already been undone."), code="undone")


UNDO = Step(
    name="undo",
    label=_("Undo"),
    verb="scheduling.undo_batch",
    call=undo_batch,
    done=ngettext_lazy("%(count)d bulk creation undone.", "%(count)d bulk creations undone.", "count"),
    offered=lambda row: row.undone_at is None,
    guard=lambda row, given, at: can_undo(row),
    confirm=_("All slots that this bulk creation made are withdrawn. If any of them is booked, nothing is withdrawn."),
    variant="danger",
    icon="undo",
)


@admin.register(SlotBatch)
class BatchAdmin(VerbAdmin):
    """Bulk creations."""

    view_verb = "scheduling.view_slots"
    add_verb = "scheduling.create_slots"
    made_on = "admin:bulk_slots"
    scope = "practice"
    steps = (UNDO,)

    list_display = ("made", "practice", "who", "asked", "refusals", "state")
    sortable_by = ("made",)
    list_filter = (PracticeFilter,)
    list_select_related = ("practice", "created_by")
    ordering = ("-pk",)
    search_fields = ("=pk", "~created_by__username", "~created_by__last_name")
    search_help_text = _("Who made it, or its number")
    readonly_fields = ("made", "who", "asked_in_full", "refusals", "state", "practice")
    fieldsets = ((None, {"fields": (("made", "who"), "practice", "asked_in_full", ("refusals", "state"))}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related(*self.list_select_related)

    def list_links(self, request: HttpRequest) -> list[tuple[str, str]]:
        """The page that makes them."""
        if not actor_of(request).may("scheduling.create_slots"):
            return []
        return [(_t("Create slots in bulk"), reverse("admin:bulk_slots"))]

    def links(self, request: HttpRequest, row: SlotBatch) -> list[tuple[str, str]]:
        query = urlencode({"batch__id__exact": row.pk, "when": "any", "state": "any"})
        found = [(_t("Its slots"), f"{reverse('admin:scheduling_availableslot_changelist')}?{query}")]
        may = actor_of(request).may("scheduling.create_slots", row.practice_id)
        if may and ask_of(row.params) is not None:
            again = urlencode({"like": row.pk, "practice": row.practice_id})
            found.append((_t("Create more like these"), f"{reverse('admin:bulk_slots')}?{again}"))
        return found

    def panels(self, request: HttpRequest, row: SlotBatch) -> Sequence[Panel]:
        by = actor_of(request)
        return [figures(row, by=by), refused(row)]

    @display(description=_("made"), ordering="pk")
    def made(self, row: SlotBatch) -> str:
        return show_when(row.created_at, row.practice)

    @display(description=_("by"))
    def who(self, row: SlotBatch) -> str:
        return (row.created_by.get_full_name() or str(row.created_by)) if row.created_by else ""

    @display(description=_("asked for"))
    def asked(self, row: SlotBatch) -> str:
        ask = ask_of(row.params)
        return in_words(ask) if ask is not None else _t("through the API")

    @display(description=_("asked for"))
    def asked_in_full(self, row: SlotBatch) -> SafeString | str:
        ask = ask_of(row.params)
        if ask is None:
            return _t("through the API")
        return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in in_full(ask)))

    @display(description=_("refused"))
    def refusals(self, row: SlotBatch) -> int:
        return len(refused_of(row))

    @display(description=_("state"))
    def state(self, row: SlotBatch) -> SafeString:
        if row.undone_at is not None:
            return badge("cancelled", _t("Undone"))
        return badge("done", _t("Made"))


def in_words(ask: Ask) -> str:
    """The days and hours in a line."""
    hours = ", ".join(f"{opens:%H:%M}–{closes:%H:%M}" for opens, closes in ask.blocks)
    return f"{show_days(ask.first, ask.last)}, {hours}, {ask.length} min"


def in_full(ask: Ask) -> list[str]:
    """All that was asked for, line by line: who, on which days, at which hours, where and for what."""
    people = Specialist.objects.filter(pk__in=ask.specialists).order_by("last_name", "first_name", "pk")
    room = Room.objects.filter(pk=ask.room).first() if ask.room else None
    hours = ", ".join(f"{opens:%H:%M}–{closes:%H:%M}" for opens, closes in ask.blocks)
    days = ", ".join(str(WEEKDAYS[day]) for day in sorted(ask.weekdays))
    first, last = date_format(ask.first, "D j M Y"), date_format(ask.last, "D j M Y")
    length = _t("%(length)d minutes each, %(pause)d minutes between") % {"length": ask.length, "pause": ask.pause}
    places = ngettext("%(count)d place", "%(count)d places", ask.capacity) % {"count": ask.capacity}
    where = [str(room) if room else _t("no room"), ask.appointment_type or _t("any service"), places]
    return [", ".join(str(one) for one in people), f"{first} – {last}: {days}", f"{hours}: {length}", ", ".join(where)]


def figures(row: SlotBatch, *, by: Actor) -> Panel:
    """How many it made, and what has become of them."""
    slots = AvailableSlot.objects.visible_to(by).filter(batch=row)
    counts = slots.aggregate(
        made=Count("pk"),
        booked=Count("pk", filter=Q(booked__gt=0, withdrawn_at=None)),
        withdrawn=Count("pk", filter=Q(withdrawn_at__isnull=False)),
    )
    facts = [
        (_t("Slots created"), str(counts["made"])),
        (_t("Existing already"), str(len(row.failed) - len(refused_of(row)))),
        (_t("Refused"), str(len(refused_of(row)))),
        (_t("Booked so far"), str(counts["booked"])),
        (_t("Withdrawn"), str(counts["withdrawn"])),
    ]
    return Panel(_t("Result"), facts=facts)


def refused_of(row: SlotBatch) -> list[dict[str, Any]]:
    """The slots that were refused; one that was offered already does not count as refused."""
    return [one for one in row.failed if not one.get("there")]


def refused(row: SlotBatch) -> Panel:
    """Each refused slot, with the reason."""
    ask, failed = ask_of(row.params), refused_of(row)
    wishes = wishes_of(ask, row.practice).wishes if ask is not None and failed else []
    names = Specialist.objects.in_bulk({wish.specialist_id for wish in wishes})
    lines = []
    for one in failed[:SHOWN]:
        wish = wishes[one["index"]] if one["index"] < len(wishes) else None
        when = show_span(wish.starts_at, wish.ends_at, row.practice) if wish else _t("number %d") % one["index"]
        why = "; ".join(text for texts in one["errors"].values() for text in texts)
        lines.append([when, str(names.get(wish.specialist_id, "")) if wish else "", why])
    title = _t("Refused") if len(failed) <= SHOWN else _t("Refused: the first %d") % SHOWN
    columns = [_t("When"), _t("Specialist"), _t("Why")]
    return Panel(title, columns=columns, rows=lines, empty=_t("None."))
