"""The countries, currencies and time zones that exist, in one list each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from babel import Locale
from babel.numbers import get_territory_currencies
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core.days import LAST_DAY

# What Unicode's list of territories has beside the 249 countries of ISO 3166-1.
NO_COUNTRY = frozenset(
    {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"},
)
# What the IANA database names beside the zones that somebody lives in; of those at sea, the ones whose last two digits
# Django takes for an offset on SQLite, where it then finds the wrong day.
NO_ZONE = frozenset(
    {
        *("Factory", "localtime", "posixrules"),
        *(f"Etc/GMT+{hours}" for hours in range(10, 13)),
        *(f"Etc/GMT-{hours}" for hours in range(10, 15)),
    }
)


@cache
def countries() -> Mapping[str, str]:
    """Return ISO 3166-1 code -> English name."""
    names = Locale("en").territories
    known = {code: name for code, name in names.items() if len(code) == 2 and code.isalpha()}
    return MappingProxyType({code: known[code] for code in sorted(known.keys() - NO_COUNTRY)})


@cache
def currencies() -> frozenset[str]:
    """Return the ISO 4217 codes of currencies in use."""
    return frozenset(code for country in countries() for code in get_territory_currencies(country, LAST_DAY))


@cache
def time_zones() -> frozenset[str]:
    """Return the names of the IANA database, the same on every machine."""
    return frozenset((resources.files("tzdata") / "zones").read_text("utf-8").split()) - NO_ZONE


def check_country(value: str) -> None:
    """Raise ValidationError unless the value is an ISO 3166-1 code."""
    if value not in countries():
        meant = " " + _("Write GB for the United Kingdom.") if value == "UK" else ""
        raise ValidationError(
            _("“%(value)s” is no country; write its two capital letters (ISO 3166), such as RO.") % {"value": value}
            + meant
        )


def check_currency(value: str) -> None:
    """Raise ValidationError unless the value is an ISO 4217 code."""
    if value not in currencies():
        raise ValidationError(
            _("“%(value)s” is no currency; write its three capital letters (ISO 4217), such as EUR."),
            params={"value": value},
        )


def time_zone_called(text: str) -> str:
    """Return the IANA name of a city's zone (Sydney, New York); the text itself if the city is unknown or ambiguous."""
    return _zones_of_cities().get(text.strip().casefold(), text)


@cache
def _zones_of_cities() -> Mapping[str, str]:
    of_city: dict[str, set[str]] = {}
    for zone in time_zones():
        area, slash, city = zone.partition("/")
        if slash and "/" not in city and area in AREAS:
            of_city.setdefault(city.replace("_", " ").casefold(), set()).add(zone)
    return MappingProxyType({city: zones.pop() for city, zones in of_city.items() if len(zones) == 1})


AREAS = frozenset({"Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"})


def check_time_zone(value: str) -> None:
    """Raise ValidationError unless the value is a name of the IANA database."""
    if value not in time_zones():
        raise ValidationError(_("“%(value)s” is no IANA time zone."), params={"value": value})


def check_holiday_calendar(value: str) -> None:
    """Raise ValidationError unless the value is a calendar of public holidays: a country, or `IT-RM` for a part."""
    import holidays  # half a second, which only who names a calendar should wait for

    country, _dash, region = value.partition("-")
    # The library looks a name up among everything it has, its own functions too: only countries are asked of it.
    try:
        known = country in countries() and holidays.country_holidays(country, subdiv=region or None) is not None
    except NotImplementedError:
        known = False
    if not known:
        raise ValidationError(_("“%(value)s” is no calendar of public holidays."), params={"value": value})
