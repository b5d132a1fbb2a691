"""Settings of the account (our organization). What we do not keep is a constant from one table."""

from __future__ import annotations

from functools import cache
from typing import Any

from babel.numbers import get_currency_symbol
from django.db.models import BigIntegerField
from django.http import HttpResponse
from django.utils.text import slugify
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body
from api.base.lists import PreparedList, rows_for
from api.base.operations import operation
from api.base.shared.countries import country_name
from api.cliniko.contract import ClinikoViewSet
from core.actor import Actor
from core.prepared import PreparedFor, hole
from directory.models import Practice, Specialist
from directory.querysets import SpecialistQuerySet

TERMINOLOGY = {"patient": "patient"}
CALENDAR = {
    "start_hour": 0,
    "end_hour": 24,
    "timeslot_height_in_pixels": 15,
    "timeslot_size_in_minutes": 15,
    "show_current_time_indicator": True,
    "multiple_appointments_gap": False,
}
ONLINE_BOOKINGS: dict[str, Any] = {
    "calendar_info": None,
    "enabled": True,
    "logo_url": None,
    "max_appointments_per_day_segment": None,
    "min_hours_advance_required_to_book": 0,
    "min_hours_notice_for_patient_cancellation": 0,
    "notify_practitioner_by_email": False,
    "notify_practitioner_by_sms": False,
    "policy": None,
    "practitioner_order": [],
    "require_patient_address": False,
    "show_appointment_duration": True,
    "show_prices": True,
}
REMINDERS = {"default_reminder_type": "SMS & Email"}


class Terminology(Body):
    """What a patient is called."""

    patient = serializers.CharField()


class AccountAdmin(Body):
    """Whose account it is."""

    first_name = serializers.CharField()
    last_name = serializers.CharField()
    email = serializers.EmailField(allow_null=True)


class PublicAccount(Body):
    """The account, to whoever has a key."""

    id = serializers.CharField()
    name = serializers.CharField()
    country = serializers.CharField(allow_null=True)
    time_zone = serializers.CharField()
    currency_symbol = serializers.CharField()
    subdomain = serializers.CharField()


class Account(PublicAccount):
    """The account, to who may see its settings."""

    email_from = serializers.EmailField(allow_null=True)
    admin = AccountAdmin(allow_null=True)


class Calendar(Body):
    """How the calendar is drawn."""

    start_hour = serializers.IntegerField()
    end_hour = serializers.IntegerField()
    timeslot_height_in_pixels = serializers.IntegerField()
    timeslot_size_in_minutes = serializers.IntegerField()
    show_current_time_indicator = serializers.BooleanField()
    multiple_appointments_gap = serializers.BooleanField()


class OnlineBookings(Body):
    """What patients may do by themselves."""

    enabled = serializers.BooleanField()
    calendar_info = serializers.CharField(allow_null=True)
    logo_url = serializers.URLField(allow_null=True)
    max_appointments_per_day_segment = serializers.IntegerField(allow_null=True)
    min_hours_advance_required_to_book = serializers.IntegerField()
    min_hours_notice_for_patient_cancellation = serializers.IntegerField()
    notify_practitioner_by_email = serializers.BooleanField()
    notify_practitioner_by_sms = serializers.BooleanField()
    policy = serializers.CharField(allow_null=True)
    practitioner_order = serializers.ListField(child=serializers.CharField())
    require_patient_address = serializers.BooleanField()
    show_appointment_duration = serializers.BooleanField()
    show_prices = serializers.BooleanField()


class Reminders(Body):
    """Which reminders patients get where nothing else is said."""

    default_reminder_type = serializers.CharField()


class SettingsLinks(Body):
    """Where the settings are."""

    self = serializers.URLField()


class PublicSettingsBody(Body):
    """What any key may read of the settings."""

    terminology = Terminology()
    account = PublicAccount()
    calendar = Calendar()
    online_bookings = OnlineBookings()
    reminders = Reminders()
    links = SettingsLinks()


class SettingsBody(PublicSettingsBody):
    """All of them."""

    account = Account()


# What the settings tell of a practice and of the organization it belongs to.
TOLD = (
    "country_code",
    "time_zone",
    "currency",
    "notice_hours",
    "email_reply_to",
    "organization__name",
    "organization__owner__first_name",
    "organization__owner__last_name",
    "organization__owner__email",
)


@cache
def symbol_of(currency: str) -> str:
    """How English writes the currency."""
    return get_currency_symbol(currency, locale="en")


def _first_practice(actor: Actor) -> Any:
    rows = Practice.objects.visible_to(actor).live().select_related("organization__owner").only(*TOLD)
    return rows.order_by("pk")[:1]


FIRST_PRACTICE = PreparedFor(_first_practice)


def _people_for(actor: Actor) -> SpecialistQuerySet:
    """The specialists of an organization, which is given later, in the order of the practice."""
    people: SpecialistQuerySet = Specialist.objects.visible_to(actor).live()
    return people.filter(organization_id=hole("organization", BigIntegerField())).order_by("sequence_number", "pk")


class SettingsViewSet(ClinikoViewSet):
    """Settings."""

    tag = "Settings"

    @operation("get_public_settings", "directory.view", gives=PublicSettingsBody)
    def public(self, request: Request) -> HttpResponse:
        """Get what any key may read of the settings."""
        return self.answer(self._settings("settings/public", self._practice()))

    @operation("get_settings", "directory.change_practice", gives=SettingsBody)
    def retrieve(self, request: Request) -> HttpResponse:
        """Get the settings, with whose account it is."""
        practice = self._practice()
        owner = practice.organization.owner
        told = self._settings("settings", practice)
        told["account"] |= {
            "email_from": practice.email_reply_to or None,
            "admin": owner
            and {"first_name": owner.first_name, "last_name": owner.last_name, "email": owner.email or None},
        }
        return self.answer(told)

    def _practice(self) -> Practice:
        """The first practice that the caller may see; it speaks for the account."""
        practice: Practice = FIRST_PRACTICE.one(self.actor)
        return practice

    def _settings(self, path: str, practice: Practice) -> dict[str, Any]:
        people = rows_for(self.actor, SettingsViewSet, lambda: PreparedList(_people_for(self.actor), ("pk",)))
        order = people.rows(organization=practice.organization_id)
        return {
            "terminology": TERMINOLOGY,
            "account": {
                "id": str(practice.organization_id),
                "name": practice.organization.name,
                "country": country_name(practice.country_code),
                "time_zone": practice.time_zone,
                "currency_symbol": symbol_of(practice.currency),
                "subdomain": slugify(practice.organization.name),
            },
            "calendar": CALENDAR,
            "online_bookings": ONLINE_BOOKINGS
            | {
                "min_hours_notice_for_patient_cancellation": practice.notice_hours,
                "practitioner_order": [str(pk) for (pk,) in order],
            },
            "reminders": REMINDERS,
            "links": {"self": self.reading.link(path)},
        }
