"""Input that means harm or nonsense is a 4xx here, too, in the contract's words, and leaves nothing behind."""

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.throttling import SimpleRateThrottle

from core.models import AuditEntry
from patients.models import Patient, PatientCase
from scheduling.models import Appointment
from tests.api.cliniko.conftest import PLAIN, VENDOR, wish
from tests.api.cliniko.test_filtering import ANYTHING, OPERATORS
from tests.api.cliniko.test_patients import SENT
from tests.api.test_hostile_input import NONSENSE
from tests.plugins.counts import by_day, scaled

# The live service refuses the whole by "base", and an unknown appointment type at this field.
REFUSED_ELSEWHERE = {"base", "max_attendees"}


@pytest.fixture(autouse=True)
def no_limit(monkeypatch):
    """As many requests as a walk needs."""
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "cliniko", "1000000/minute")


def writes(scene):
    """A good request for each route that takes a body."""
    booked = Appointment.objects.first()
    rule = {"repeat_rule": {"number_of_repeats": 1, "repeat_type": "Daily", "repeating_interval": 1}}
    cancelled = {"cancellation_reason": 50, "cancellation_note": "x", "apply_to_repeats": True}
    own = f"{PLAIN}/{booked.pk if booked else 1}"
    return {
        "appointment": ("POST", PLAIN, wish(scene, **rule)),
        "appointment changed": ("PATCH", own, wish(scene, **rule)),
        "cancelled": ("PATCH", f"{own}/cancel", cancelled),
        "patient": ("POST", f"{VENDOR}/patients", SENT),
        "patient changed": ("PUT", f"{VENDOR}/patients/{scene.patient.pk}", SENT),
        "case": ("POST", f"{VENDOR}/patient_cases", {"name": "x", "patient_id": scene.patient.pk}),
        "case changed": ("PATCH", f"{VENDOR}/patient_cases/{scene.case.pk}", {"name": "x"}),
    }


@pytest.mark.parametrize("name", ["appointment", "appointment changed", "cancelled", "patient", "patient changed",
                                  "case", "case changed"])  # fmt: skip
def test_no_value_of_any_field_is_a_server_error(client, scene, name):
    if name in ("appointment changed", "cancelled"):
        client.post(PLAIN, wish(scene))
    method, path, good = writes(scene)[name]
    for number, field in enumerate(good):
        for value in by_day(NONSENSE, number, share=4):
            response = client(method, path, {**good, field: value})
            assert response.status_code < 500, (field, value, response.content)
            assert response.status_code != 409, (field, value)
            if response.status_code == 422:
                assert {one.split(".")[0] for one in response.json()["errors"]} <= {*good, *REFUSED_ELSEWHERE}, (
                    field,
                    value,
                )
            if response.status_code >= 400:
                assert set(response.json()) <= {"message", "errors"}, (field, value)


def test_what_was_refused_left_nothing(client, scene):
    before = (Patient.objects.count(), PatientCase.objects.count())
    for value in NONSENSE:
        client.post(PLAIN, {"patient_id": value})
        client.post(f"{VENDOR}/patients", {"first_name": value})
        client.post(f"{VENDOR}/patient_cases", {"patient_id": value})
    assert (Patient.objects.count(), PatientCase.objects.count()) == before
    assert not Appointment.objects.exists()
    assert not AuditEntry.objects.exists()


LISTS = ["individual_appointments", "patients", "practitioners", "businesses", "appointment_types", "attendees",
         "bookings", "appointments", "patient_cases", "products", "users"]  # fmt: skip
NAMES = ["id", "created_at", "starts_at", "archived_at", "cancelled_at", "date_of_birth", "email", "patient_id",
         "patient_ids", "appointment_type_ids", "did_not_arrive", "expiry_date", "booking_id", "x"]  # fmt: skip
WAYS = st.sampled_from(["asc", "desc"])
QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "q[]": st.one_of(ANYTHING, st.builds("{}:{}{}".format, st.sampled_from(NAMES), OPERATORS, ANYTHING)),
        "sort": st.one_of(
            ANYTHING, st.builds("{}:{}".format, st.sampled_from(NAMES), st.sampled_from(["asc", "desc"]))
        ),
        "order": st.sampled_from(["asc", "desc", "up", ""]),
        "page": st.one_of(st.integers(-1, 2**70).map(str), ANYTHING),
        "per_page": st.one_of(st.integers(-1, 200).map(str), ANYTHING),
    },
)


# At night 20,000 questions, in five parts as no test may take minutes.
@pytest.mark.parametrize("part", range(scaled(1, 5)))
@settings(max_examples=scaled(150, 4_000))
@given(name=st.sampled_from(LISTS), query=QUERIES)
def test_no_question_is_a_server_error(client, scene, part, name, query):
    asked = "&".join(f"{key}={quote(value)}" for key, value in query.items())
    response = client.get(f"{VENDOR}/{name}?{asked}")
    assert response.status_code in (200, 400, 422), (asked, response.content)


@pytest.mark.parametrize(
    "query",
    ["q[]=%00", "q[]=email:=%00", "q[]=%FF", "q[]=id:=%D9%A1", "sort=%00", "page=%D9%A1",
     "q[]=id:=1&q[]=id:=%F0%9F%98%80",
     "q[]=email:~~" + "%25" * 600, "q[]=starts_at:>0001-01-01T00:00:00Z", "q[]=starts_at:>9999-12-31T23:59:59-23:59",
     "order=" + "x" * 3000],
)  # fmt: skip
def test_a_hostile_question_is_answered_or_refused(client, scene, query):
    for name in LISTS:
        assert client.get(f"{VENDOR}/{name}?{query}").status_code in (200, 400, 422), name
