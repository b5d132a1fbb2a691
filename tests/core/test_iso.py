"""One list of countries, currencies and time zones."""

import pytest
from django.core.exceptions import ValidationError
from django.db.backends.utils import split_tzname_delta

from core.iso import (
    check_country,
    check_currency,
    check_holiday_calendar,
    check_time_zone,
    countries,
    currencies,
    time_zones,
)


def test_there_are_249_countries_and_every_one_has_a_name():
    assert len(countries()) == 249
    assert (countries()["RO"], countries()["GB"]) == ("Romania", "United Kingdom")


@pytest.mark.parametrize(
    ("check", "value"),
    [
        *((check_country, value) for value in ("UK", "ZZ", "EU", "ro", "", "ROU", "1A")),
        *((check_currency, value) for value in ("XYZ", "XXX", "XTS", "ROL", "ron", "")),
        *((check_time_zone, value) for value in ("localtime", "posixrules", "Factory", "Mars/X", "europe/rome", "")),
        *((check_holiday_calendar, value) for value in ("utils", "HolidaySum", "NYSE", "Italy", "IT-XX", "-RM", "it")),
    ],
)
def test_what_is_no_name_is_refused(check, value):
    with pytest.raises(ValidationError):
        check(value)


def test_what_clinics_use_is_there():
    for name in ("RO", "IT-RM", "GB", "US-NY"):
        check_holiday_calendar(name)
    assert {"RO", "IT", "GB", "US", "AU", "MD", "HK"} <= countries().keys()
    assert {"RON", "EUR", "GBP", "USD", "AUD", "MDL", "CHF"} <= currencies()
    assert {"Europe/Bucharest", "America/New_York", "UTC", "Asia/Kolkata"} <= time_zones()
    assert not [name for name in time_zones() if split_tzname_delta(name)[1]]  # as SQLite would read them
