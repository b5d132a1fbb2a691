"""A year that nobody means is refused at its field, on every page that takes a day, and never an error of ours."""

import pytest
from django.urls import reverse

from scheduling.models import Appointment, AvailableSlot, Holiday, TimeOff, TimeOffSeries
from tests.backoffice.calendar.test_booking import BOOK, DAY, VISIT, asked
from tests.backoffice.conftest import form_of, url

FAR = ["9999-12-31", "0001-01-01", "1000-06-01", "2200-01-01"]
SAID = "Must be a day from 1900 to 2199."


def refused(response, field):
    assert response.status_code == 200
    shown = response.context["adminform"].form if "adminform" in response.context else response.context["form"]
    assert shown.errors[field] in ([SAID], ["Enter a valid date."], ["Enter a valid date/time."])


@pytest.mark.parametrize("day", FAR)
def test_booking_and_moving(desk, here, day):
    for how in ("book", "look"):
        refused(desk.post(BOOK, asked(here, starts_at=f"{day}T23:45", **{how: "1"})), "starts_at")
    row = here.book(3, 9)
    refused(desk.post(url(VISIT, "reschedule", row.pk), {"apply": "1", "starts_at": f"{day}T23:45"}), "starts_at")
    assert Appointment.objects.get().starts_at == row.starts_at


@pytest.mark.parametrize("day", FAR)
@pytest.mark.parametrize(
    ("label", "fields"),
    [
        ("scheduling.timeoff", ("starts_at", "ends_at")),
        ("scheduling.timeoffseries", ("start_date", "until_date")),
        ("scheduling.holiday", ("date",)),
        ("scheduling.availableslot", ("starts_at", "until_date")),
    ],
)
def test_time_off_closures_and_slots(desk, here, day, label, fields):
    address = url(label, "add")
    empty = form_of(desk.get(address))
    for field in fields:
        value = f"{day}T23:45" if field in ("starts_at", "ends_at") else day
        refused(desk.post(address, {**empty, field: value}), field)
    assert not any(model.objects.exists() for model in (AvailableSlot, Holiday, TimeOff, TimeOffSeries))


@pytest.mark.parametrize("day", FAR)
def test_a_days_list_the_bulk_page_and_the_search(desk, here, day):
    assert desk.get(f"{DAY}?day={day}").status_code == 200
    response = desk.get(reverse("admin:bulk_slots"), {"first": day, "last": day})
    assert response.status_code == 200
    assert desk.get(url(VISIT, "changelist"), {"q": day}).status_code == 200
    assert desk.get(url("scheduling.availableslot", "changelist"), {"q": day}).status_code == 200
