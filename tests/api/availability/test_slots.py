"""availability: slots one by one and as series."""

from datetime import UTC, datetime

import pytest

from core.models import AuditEntry
from scheduling.models import AvailableSlot
from tests.api.availability.conftest import BATCH, BOOKS, SLOTS, wire, wish
from tests.conftest import everything_stored
from tests.factories import AT, DAY, MembershipFactory, PatientFactory, SpecialistFactory

SEED_NOW = datetime(2023, 10, 20, 10, 0, tzinfo=UTC)
EXAMPLE = {
    "start_time": "2023-10-27T14:00:00.000Z",
    "end_time": "2023-10-27T15:00:00.000Z",
    "appointment_type": "therapy",
    "recurring": True,
    "recurrence_pattern": "weekly",
}


def body_of(slot, provider, **more):
    """A slot as the specification writes it."""
    return {
        "id": slot.pk,
        "provider_id": provider.pk,
        "start_time": wire(slot.starts_at),
        "end_time": wire(slot.ends_at),
        "appointment_type": slot.appointment_type,
        "available": True,
        "recurring": False,
        "recurrence_pattern": None,
        "created_at": wire(AT),
        "updated_at": wire(AT),
        "provider": {"id": provider.pk, "first_name": "Jane", "last_name": "Smith"},
    } | more


def test_the_specified_request_answers_as_the_specification_writes_it(admin, provider, clock):
    clock.now = SEED_NOW
    response = admin.post(SLOTS, {"available_slot": {"provider_id": provider.pk, **EXAMPLE}})
    first = AvailableSlot.objects.order_by("starts_at").first()
    assert response.status_code == 201
    assert response.json() == {
        "id": first.pk,
        "provider_id": provider.pk,
        "start_time": "2023-10-27T14:00:00.000Z",
        "end_time": "2023-10-27T15:00:00.000Z",
        "appointment_type": "therapy",
        "available": True,
        "recurring": True,
        "recurrence_pattern": "weekly",
        "created_at": "2023-10-20T10:00:00.000Z",
        "updated_at": "2023-10-20T10:00:00.000Z",
        "provider": {"id": provider.pk, "first_name": "Jane", "last_name": "Smith"},
    }


def test_the_specified_token_header_is_taken_and_so_is_a_bearer_key(admin, provider, client):
    offer = {"available_slot": wish(provider)}
    key = admin.headers["Authorization"].removeprefix("Bearer ")
    sent = {"data": offer, "content_type": "application/json", "headers": {"X-User-Token": key}}
    assert client.post(SLOTS, **sent).status_code == 201
    assert admin.get(SLOTS).json()["total"] == 1
    path = f"{SLOTS}?provider_id={provider.pk}&start_date=2023-10-27"
    assert client.get(path, content_type="application/json", headers={"X-User-Token": key}).json()["total"] == 1


def test_a_slot_is_created_listed_shown_changed_and_deleted(admin, provider):
    created = admin.post(SLOTS, {"available_slot": wish(provider, appointment_type="therapy")})
    slot = AvailableSlot.objects.get()
    expected = body_of(slot, provider)
    assert (created.status_code, created.json()) == (201, expected)
    one = admin.get(f"{SLOTS}/{slot.pk}")
    assert (one.status_code, one.json()) == (200, expected)
    listed = admin.get(SLOTS)
    assert (listed.status_code, listed.json()) == (
        200,
        {"available_slots": [expected], "page": 1, "page_size": 25, "total": 1},
    )
    changed = admin.put(f"{SLOTS}/{slot.pk}", {"available_slot": {"appointment_type": "consultation"}})
    assert (changed.status_code, changed.json()) == (200, expected | {"appointment_type": "consultation"})
    moved = admin.put(f"{SLOTS}/{slot.pk}", {"available_slot": wish(provider, days=4)})
    slot.refresh_from_db()
    assert (moved.status_code, moved.json()["start_time"]) == (200, wire(AT + 4 * DAY))
    gone = admin.delete(f"{SLOTS}/{slot.pk}")
    assert (gone.status_code, gone.content) == (204, b"")
    for method, sent in (("GET", None), ("PUT", {"available_slot": {}}), ("DELETE", None)):
        response = admin(method, f"{SLOTS}/{slot.pk}", sent)
        assert (response.status_code, response.json()) == (404, {"errors": "Slot not found"}), method
    assert admin.get(SLOTS).json() == {"available_slots": [], "page": 1, "page_size": 25, "total": 0}


# Whether and how a slot recurs.
FIXED = "cannot be changed; make a new series"

REFUSALS = {
    "nothing": (
        {},
        {"provider_id": ["can't be blank"], "start_time": ["can't be blank"], "end_time": ["can't be blank"]},
    ),
    "null": (
        {"provider_id": None, "start_time": None, "end_time": None},
        {"provider_id": ["can't be blank"], "start_time": ["can't be blank"], "end_time": ["can't be blank"]},
    ),
    "empty texts": (
        {"provider_id": "", "start_time": "", "end_time": ""},
        {"provider_id": ["can't be blank"], "start_time": ["can't be blank"], "end_time": ["can't be blank"]},
    ),
    "past": ({"start_time": "2026-02-16T10:00:00.000Z"}, {"start_time": ["must be in the future"],
                                                          "end_time": ["must be within a day of start time"]}),
    "backwards": ({"end_time": "2026-02-20T09:00:00.000Z"}, {"end_time": ["must be after start time"]}),
    "empty": ({"end_time": "2026-02-20T10:00:00.000Z"}, {"end_time": ["must be after start time"]}),
    "both": (
        {"start_time": "2020-01-01T10:00:00.000Z", "end_time": "2020-01-01T09:00:00.000Z"},
        {"start_time": ["must be in the future"], "end_time": ["must be after start time"]},
    ),
    "no moment": ({"start_time": "tomorrow"}, {"start_time": ["must be an ISO 8601 date-time"]}),
    "no pattern": ({"recurring": True}, {"recurrence_pattern": ["can't be blank"]}),
    "an empty pattern": ({"recurring": True, "recurrence_pattern": ""}, {"recurrence_pattern": ["can't be blank"]}),
    "a last day of no pattern": (
        {"recurrence_until": "2026-03-20"},
        {"recurrence_pattern": ["can't be blank"]},
    ),
    "a rule of no pattern": ({"recurrence_rule": "FREQ=DAILY"}, {"recurrence_pattern": ["can't be blank"]}),
    "a rule of another pattern": (
        {"recurrence_pattern": "weekly", "recurrence_rule": "FREQ=DAILY"},
        {"recurrence_rule": ["is for the pattern custom"]},
    ),
    "strange pattern": (
        {"recurring": True, "recurrence_pattern": "hourly"},
        {"recurrence_pattern": ['"hourly" is not a valid choice.']},
    ),
    "custom without a rule": (
        {"recurring": True, "recurrence_pattern": "custom"},
        {"recurrence_rule": ["is not a recurrence rule of days (RFC 5545)"]},
    ),
    "custom by the hour": (
        {"recurring": True, "recurrence_pattern": "custom", "recurrence_rule": "FREQ=HOURLY"},
        {"recurrence_rule": ["must repeat by day, week, month or year"]},
    ),
    "ends before it starts": (
        {"recurring": True, "recurrence_pattern": "daily", "recurrence_until": "2026-02-01"},
        {"recurrence_until": ["must not be before the first day"]},
    ),
    "unknown": ({"colour": "red"}, {"colour": ["is not a field of this request"]}),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
def test_a_slot_that_cannot_be_says_why_by_field_and_nothing_is_made(admin, provider, name):
    sent, errors = REFUSALS[name]
    noted = dict.fromkeys(("directory.ApiKey", "directory.SignIn"))  # that the key was used, and from where
    before = everything_stored() | noted
    whole = {**wish(provider), **sent} if sent else {}
    response = admin.post(SLOTS, {"available_slot": whole})
    assert (response.status_code, response.json()) == (422, {"errors": errors})
    assert everything_stored() | noted == before


def test_without_the_wrapping_object_there_is_no_slot(admin, provider):
    response = admin.post(SLOTS, {})
    assert (response.status_code, response.json()) == (422, {"errors": {"available_slot": ["can't be blank"]}})


@pytest.mark.parametrize("hours", [0, 0.5, -0.5])
def test_a_slot_over_another_of_the_provider_is_a_conflict(admin, provider, offered, hours):
    offered()
    response = admin.post(SLOTS, {"available_slot": wish(provider, hours=hours)})
    assert (response.status_code, response.json()) == (
        409,
        {"errors": "Time slot conflicts with existing availability"},
    )
    assert AvailableSlot.objects.count() == 1


def test_moving_a_slot_onto_another_is_a_conflict_and_it_stays(admin, provider, offered):
    offered()
    second = offered(days=4)
    response = admin.put(f"{SLOTS}/{second['id']}", {"available_slot": wish(provider)})
    assert (response.status_code, response.json()) == (
        409,
        {"errors": "Time slot conflicts with existing availability"},
    )
    assert admin.get(f"{SLOTS}/{second['id']}").json() == second


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"start_time": None}, {"start_time": ["can't be blank"]}),
        ({"start_time": "2020-01-01T00:00:00Z"}, {"start_time": ["must be in the future"],
                                                  "end_time": ["must be within a day of start time"]}),
        ({"end_time": "2026-02-20T01:00:00Z"}, {"end_time": ["must be after start time"]}),
        ({"recurring": True, "recurrence_pattern": "daily"},
         {"recurring": [FIXED], "recurrence_pattern": [FIXED]}),
        ({"recurring": True}, {"recurring": [FIXED]}),
        ({"recurring": True, "recurrence_pattern": None}, {"recurring": [FIXED]}),
        ({"recurrence_pattern": "weekly"}, {"recurrence_pattern": [FIXED]}),
        ({"id": 7}, {"id": ["is not a field of this request"]}),
    ],
)  # fmt: skip
def test_a_change_that_cannot_be_is_named_and_nothing_changes(admin, offered, sent, errors):
    slot = offered()
    response = admin.put(f"{SLOTS}/{slot['id']}", {"available_slot": sent})
    assert (response.status_code, response.json()) == (422, {"errors": errors})
    assert admin.get(f"{SLOTS}/{slot['id']}").json() == slot


def test_what_it_is_may_be_sent_back(admin, provider, offered):
    slot = offered(recurring=True, recurrence_pattern="weekly")
    same = {name: slot[name] for name in ("provider_id", "start_time", "end_time", "appointment_type", "recurring",
                                          "recurrence_pattern")}  # fmt: skip
    assert admin.put(f"{SLOTS}/{slot['id']}", {"available_slot": same}).json() == slot


def test_a_booked_slot_keeps_its_time_and_is_not_deleted(admin, offered, organization):
    slot = offered()
    book = {"available_slot_id": slot["id"], "patient_id": PatientFactory(organization=organization).pk}
    assert admin.post(BOOKS, {"book": book}).status_code == 201
    moved = admin.put(f"{SLOTS}/{slot['id']}", {"available_slot": {"end_time": wire(AT + 3 * DAY + DAY / 12)}})
    assert (moved.status_code, moved.json()) == (409, {"errors": "The slot is booked; move its appointments first."})
    deleted = admin.delete(f"{SLOTS}/{slot['id']}")
    assert (deleted.status_code, deleted.json()) == (
        409,
        {"errors": "The slot is booked; move or cancel its appointments first."},
    )
    assert admin.get(f"{SLOTS}/{slot['id']}").json() == slot | {"available": False}


@pytest.mark.parametrize("who", ["desk", "doctor", "me", "foreign_admin"])
def test_only_clinic_admins_come_in_and_only_to_theirs(request, offered, provider, who):
    slot = offered()
    caller = request.getfixturevalue(who)
    inside = who == "foreign_admin"
    for method, path, sent in (
        ("GET", f"{SLOTS}/{slot['id']}", None),
        ("PUT", f"{SLOTS}/{slot['id']}", {"available_slot": {}}),
        ("DELETE", f"{SLOTS}/{slot['id']}", None),
        ("POST", SLOTS, {"available_slot": wish(provider, days=5)}),
    ):
        response = caller(method, path, sent)
        if not inside:
            assert (response.status_code, response.json()) == (403, {"errors": "Admin access required"}), (method, path)
        else:
            assert response.status_code == 404
    if inside:
        assert caller.get(SLOTS).json() == {"available_slots": [], "page": 1, "page_size": 25, "total": 0}
    assert AvailableSlot.objects.filter(withdrawn_at=None).count() == 1


def test_without_a_credential_or_with_a_wrong_one_it_is_a_401(anyone, practice):
    words = {"errors": "You are not authorized to perform this action."}
    for headers in ({}, {"X-User-Token": "wrong"}, {"Authorization": "Bearer wrong"}):
        response = anyone.get(SLOTS, headers=headers)
        assert (response.status_code, response.json()) == (401, words)
        assert response["WWW-Authenticate"] == 'Token realm="clinic"'
    assert anyone.get("/v1/admin/clinic/availability/nothing").json() == {"errors": "Not found"}


def test_an_admin_here_who_is_front_desk_there_sees_only_here(calling, admin_user, other_practice, provider, offered):
    MembershipFactory(user=admin_user, practice=other_practice)
    colleague = SpecialistFactory(organization=provider.organization, works_at=[other_practice])
    caller = calling(admin_user, scopes=("slots:read", "slots:write"))
    response = caller.post(SLOTS, {"available_slot": wish(colleague)})
    assert (response.status_code, response.json()) == (
        422,
        {"errors": {"provider_id": ["works at no practice of yours"]}},
    )


def test_a_slot_goes_to_the_practice_where_the_provider_works(calling, admin_user, other_practice, organization):
    MembershipFactory(user=admin_user, practice=other_practice, admin=True)
    colleague = SpecialistFactory(organization=organization, works_at=[other_practice])
    assert calling(admin_user).post(SLOTS, {"available_slot": wish(colleague)}).status_code == 201
    assert AvailableSlot.objects.get().practice == other_practice


@pytest.mark.parametrize("provider_id", [999_999, 2**53 - 1])
def test_a_provider_whom_nobody_knows_is_a_404(admin, provider, provider_id):
    response = admin.post(SLOTS, {"available_slot": wish(provider) | {"provider_id": provider_id}})
    assert (response.status_code, response.json()) == (404, {"errors": "Specialist not found"})
    assert not AvailableSlot.objects.exists()


def test_slots_are_filtered_by_provider_by_day_and_by_being_free(admin, provider, practice, offered, organization):
    colleague = SpecialistFactory(organization=organization, works_at=[practice])
    early, late = offered(days=1), offered(days=2)
    # 23:30 in Bucharest is the same day there, 21:30 the same day in UTC; 00:30 there is the day before in UTC.
    night = offered(days=3, hours=12.5, minutes=30)
    other = admin.post(SLOTS, {"available_slot": wish(colleague, days=2)}).json()
    book = {"available_slot_id": late["id"], "patient_id": PatientFactory(organization=organization).pk}
    admin.post(BOOKS, {"book": book})

    def found(query, path=SLOTS):
        return [slot["id"] for slot in admin.get(f"{path}?{query}").json()["available_slots"]]

    everything = [early["id"], late["id"], other["id"], night["id"]]
    assert found("") == everything
    assert found(f"provider_id={colleague.pk}") == [other["id"]]
    assert found("provider_id=999999") == []
    assert found("start_date=2026-02-19") == [late["id"], other["id"], night["id"]]
    assert found("end_date=2026-02-19") == [early["id"], late["id"], other["id"]]
    assert found("start_date=2026-02-21&end_date=2026-02-21") == [night["id"]]
    assert found("start_date=2026-02-20&end_date=2026-02-20") == []
    assert found("available=true") == [early["id"], other["id"], night["id"]]
    assert found("available=false") == found("available=False") == [late["id"]]
    assert found("updated_since=2026-02-17T10:00:01Z") == []
    assert found("page=2&page_size=3") == [night["id"]]
    assert found("", BATCH) == [early["id"], late["id"], night["id"], other["id"]]


def test_a_slot_that_has_begun_is_not_available(admin, offered, clock):
    slot = offered()
    clock.now = AT + 3 * DAY
    assert admin.get(f"{SLOTS}/{slot['id']}").json()["available"] is False
    assert admin.get(f"{SLOTS}?available=true").json()["total"] == 0
    assert admin.get(f"{SLOTS}?available=false").json()["total"] == 1


def test_the_search_finds_free_slots_long_enough_of_the_type(admin, provider, offered, organization):
    short, long = offered(days=1, minutes=30, appointment_type="therapy"), offered(days=1, hours=1, minutes=60)
    other = offered(days=2, minutes=60, appointment_type="consultation")
    taken = offered(days=3)
    book = {"available_slot_id": taken["id"], "patient_id": PatientFactory(organization=organization).pk}
    admin.post(BOOKS, {"book": book})

    def found(query):
        response = admin.get(f"{SLOTS}/search?{query}")
        assert set(response.json()) == {"available_slots", "page", "page_size", "total"}
        return [slot["id"] for slot in response.json()["available_slots"]]

    assert found("") == [short["id"], long["id"], other["id"]]
    assert found("duration=45") == [long["id"], other["id"]]
    assert found("duration=60&date=2026-02-18") == [long["id"]]
    assert found("date=2026-02-19") == [other["id"]]
    assert found("appointment_type=therapy") == [short["id"], long["id"]]  # the second takes any type
    assert found(f"provider_id={provider.pk}&duration=61") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("provider_id=x", "provider_id"),
        ("start_date=27.10.2023", "start_date"),
        ("end_date=2026-02-30", "end_date"),
        ("available=1", "available"),
        ("page=0", "page"),
        ("page_size=201", "page_size"),
        ("sort_by=id", "sort_by"),
    ],
)
def test_a_parameter_without_sense_is_named(admin, practice, query, field):
    response = admin.get(f"{SLOTS}?{query}")
    assert response.status_code == 422
    assert list(response.json()["errors"]) == [field]


@pytest.mark.parametrize("query", ["duration=0", "duration=1441", "duration=x", "date=today", "appointment_type=%00"])
def test_so_is_one_of_the_search(admin, practice, query):
    response = admin.get(f"{SLOTS}/search?{query}")
    assert response.status_code == 422
    assert list(response.json()["errors"]) == [query.partition("=")[0]]


def test_each_write_leaves_who_did_it(admin, admin_user, offered):
    slot = offered()
    admin.delete(f"{SLOTS}/{slot['id']}")
    entries = AuditEntry.objects.order_by("pk").values_list("verb", "action", "user_id", "door")
    assert list(entries) == [
        ("scheduling.create_slot", "create", admin_user.pk, "api:availability"),
        ("scheduling.withdraw_slot", "change", admin_user.pk, "api:availability"),
    ]
