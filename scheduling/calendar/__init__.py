"""The calendar engine: who is busy when, which times are free, and why a time is refused. It has no verbs."""

from scheduling.calendar.affected import hit_by_closure, hit_by_time_off, moved_from
from scheduling.calendar.agendas import Agenda, AgendaColumn, Span, SpanKind, agenda
from scheduling.calendar.claims import clashing_with
from scheduling.calendar.conflicts import describe
from scheduling.calendar.free_time_search import FreeTime, Search, first_of_each, free_times, next_free
from scheduling.calendar.groups import group_at, groups_at, open_groups
from scheduling.calendar.holidays import closed_days
from scheduling.calendar.offers import Offer, SlotWish
from scheduling.calendar.online import limits_of, online_offer, online_times, opening_of, public_slots, slots_within
from scheduling.calendar.parties import Treatments
from scheduling.calendar.places import Place, buffers, is_bookable
from scheduling.calendar.reasons import WhyNot, has_hours_near, offers_time, why_not
from scheduling.calendar.recurrence import at_wall_time, checked_rule, days, wall_span
from scheduling.calendar.replacing import Replacement, replacements
from scheduling.calendar.trends import WeekTrend, week_trends

__all__ = [
    "Agenda",
    "AgendaColumn",
    "FreeTime",
    "Offer",
    "Place",
    "Replacement",
    "Search",
    "SlotWish",
    "Span",
    "SpanKind",
    "Treatments",
    "WeekTrend",
    "WhyNot",
    "agenda",
    "at_wall_time",
    "buffers",
    "checked_rule",
    "clashing_with",
    "closed_days",
    "days",
    "describe",
    "first_of_each",
    "free_times",
    "group_at",
    "groups_at",
    "has_hours_near",
    "hit_by_closure",
    "hit_by_time_off",
    "is_bookable",
    "limits_of",
    "moved_from",
    "next_free",
    "offers_time",
    "online_offer",
    "online_times",
    "open_groups",
    "opening_of",
    "public_slots",
    "replacements",
    "slots_within",
    "wall_span",
    "week_trends",
    "why_not",
]
