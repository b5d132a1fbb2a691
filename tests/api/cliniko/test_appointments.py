"""The specification: each operation at both mounts, field by field; what is refused, and that it changed nothing."""

import pytest

from scheduling.models import Appointment, Claim
from tests.api.cliniko.conftest import HOST, MINE, NOW, PLAIN, VENDOR, link, refused, wish
from tests.factories import AT, DAY, AppointmentFactory, PatientCaseFactory, PatientFactory


def whole(scene, pk, mount=MINE, **more):
    """The object of 1.3 as `wish` makes it."""
    own = f"{HOST}{mount}/{pk}"
    return {
        "appointment_type": link(f"appointment_types/{scene.service.pk}"),
        "archived_at": None,
        "attendees": {"links": {"self": f"{own}/attendees"}},
        "booking_ip_address": None,
        "business": link(f"businesses/{scene.practice.pk}"),
        "cancellation_note": None,
        "cancellation_reason": None,
        "cancellation_reason_description": None,
        "cancelled_at": None,
        "conflicts": {"links": {"self": f"{own}/conflicts"}},
        "created_at": NOW,
        "deleted_at": None,
        "did_not_arrive": False,
        "email_reminder_sent": False,
        "ends_at": "2026-02-19T14:30:22Z",
        "has_patient_appointment_notes": False,
        "id": str(pk),
        "invoice_status": None,
        "links": {"self": own},
        "notes": "string",
        "online_booking_policy_accepted": None,
        "patient": link(f"patients/{scene.patient.pk}"),
        "patient_arrived": False,
        "patient_case": link(f"patient_cases/{scene.case.pk}"),
        "patient_name": "Ada Moss",
        "practitioner": link(f"practitioners/{scene.practitioner.pk}"),
        "repeat_rule": None,
        "repeated_from": None,
        "repeats": None,
        "sms_reminder_sent": False,
        "starts_at": "2026-02-19T14:15:22Z",
        "telehealth_url": None,
        "treatment_note_status": None,
        "updated_at": NOW,
        **more,
    }


def a_visit(scene, **more):
    return AppointmentFactory(
        practice=scene.practice,
        specialist=scene.practitioner,
        patient=scene.patient,
        **{"service": scene.service, **more},
    )


@pytest.fixture(params=[PLAIN, MINE], ids=["example", "vendor"])
def mount(request):
    return request.param


# ------------------------------------------------------------------------------------------------ create


def test_an_appointment_is_created_and_answered_whole(client, scene, mount):
    response = client.post(mount, wish(scene))
    assert response.status_code == 201, response.content
    row = Appointment.objects.get()
    assert response.json() == whole(scene, row.pk, mount)
    assert response["Location"] == f"{HOST}{mount}/{row.pk}"
    assert client.get(f"{mount}/{row.pk}").json() == response.json()
    assert (row.status, row.created_via, row.overbooked) == ("confirmed", "api", False)
    assert [line.service_id for line in row.services.all()] == [scene.service.pk]


def test_without_an_end_it_lasts_as_long_as_its_type(client, scene, mount):
    for ends in ({}, {"ends_at": None}):
        sent = {key: value for key, value in wish(scene, patient_id=scene.patient.pk).items() if key != "ends_at"}
        response = client.post(mount, {**sent, **ends})
        assert response.json()["ends_at"] == "2026-02-19T14:45:22Z"


def test_ids_may_be_numbers(client, scene):
    numbers = {key: int(value) for key, value in wish(scene).items() if key.endswith("_id")}
    assert client.post(PLAIN, wish(scene, **numbers)).status_code == 201


@pytest.mark.parametrize(
    "starts",
    ["2026-02-19T14:15:22.000Z", "2026-02-19T14:15:22", "2026-02-19 T14:15:22Z", "2026-02-20T03:15:22+13:00"],
)
def test_times_are_taken_as_clients_write_them(client, scene, starts):
    assert client.post(PLAIN, wish(scene, starts_at=starts)).json()["starts_at"] == "2026-02-19T14:15:22Z"


def test_a_form_is_taken_as_well_as_json(client, scene):
    sent = "&".join(f"{key}={value}" for key, value in wish(scene).items())
    form = f"{sent}&repeat_rule[repeat_type]=Weekly&repeat_rule[number_of_repeats]=2"
    response = client.post(PLAIN, form.encode(), content_type="application/x-www-form-urlencoded")
    assert response.status_code == 201, response.content
    assert Appointment.objects.count() == 3


def test_what_is_sent_back_but_cannot_be_changed_is_ignored(client, scene):
    sent = wish(scene, id="7", patient_name="x", did_not_arrive=True, links={"self": "x"}, unknown=[1])
    assert client.post(PLAIN, sent).json()["did_not_arrive"] is False


@pytest.mark.parametrize("name", ["appointment_type_id", "business_id", "patient_id", "practitioner_id", "starts_at"])
def test_what_is_missing_is_named(client, scene, name):
    for sent in ({key: value for key, value in wish(scene).items() if key != name}, wish(scene, **{name: ""})):
        response = client.post(PLAIN, sent)
        assert response.status_code == 422
        assert list(response.json()["errors"]) == [name]
    assert client.post(PLAIN, wish(scene, **{name: None})).json() == refused(**{name: "can't be blank"})
    assert not Appointment.objects.exists()


@pytest.mark.parametrize(
    ("name", "errors"),
    [
        ("appointment_type_id", {"max_attendees": "is not a number"}),
        ("business_id", {"business_id": "must exist"}),
        ("patient_id", {"patient_id": "must exist"}),
        ("practitioner_id", {"practitioner_id": "must exist"}),
        ("patient_case_id", {"patient_case_id": "must exist"}),
    ],
)
def test_an_id_that_names_nothing_is_refused_at_its_field(client, scene, name, errors):
    for value in ("999999", 999999):
        response = client.post(PLAIN, wish(scene, **{name: value}))
        assert (response.status_code, response.json()) == (422, refused(**errors))
    for value in (0, "0", -1, "x", 1.5, [1], True, str(2**70)):
        response = client.post(PLAIN, wish(scene, **{name: value}))
        assert (response.status_code, list(response.json()["errors"])) == (422, [name]), value
    assert not Appointment.objects.exists()


def test_a_case_that_is_archived_or_of_another_patient_is_refused(client, scene):
    archived = PatientCaseFactory(patient=scene.patient, archived_at=AT)
    response = client.post(PLAIN, wish(scene, patient_case_id=archived.pk))
    assert (response.status_code, response.json()) == (422, refused(base="Case has been archived."))
    other = PatientCaseFactory(patient=PatientFactory(organization=scene.practice.organization))
    response = client.post(PLAIN, wish(scene, patient_case_id=other.pk))
    assert (response.status_code, list(response.json()["errors"])) == (422, ["patient_case_id"])
    assert not Appointment.objects.exists()


def test_an_end_before_the_start_is_refused_at_the_end(client, scene):
    response = client.post(PLAIN, wish(scene, ends_at="2026-02-19T14:15:22Z"))
    assert (response.status_code, list(response.json()["errors"])) == (422, ["ends_at"])


# --------------------------------------------------------------------------------------------- overlaps


def test_an_overlap_is_recorded_as_an_overbooking_and_shows_in_its_conflicts(client, scene, mount):
    first = client.post(mount, wish(scene)).json()["id"]
    assert client.get(f"{mount}/{first}/conflicts").json() == {"conflicts": {"exist": False}}
    other = PatientFactory(organization=scene.practice.organization)
    second = client.post(mount, wish(scene, patient_id=other.pk, patient_case_id=None))
    assert second.status_code == 201
    row = Appointment.objects.get(pk=second.json()["id"])
    assert (row.overbooked, row.overbooking_reason) == (True, "cliniko")
    for pk in (first, row.pk):
        assert client.get(f"{mount}/{pk}/conflicts").json() == {"conflicts": {"exist": True}}


def test_who_may_not_overbook_is_refused_at_the_start(program, specialist, specialist_user, scene):
    mine = program(specialist_user)
    AppointmentFactory(practice=scene.practice, specialist=specialist, patient=scene.patient)
    sent = wish(scene, practitioner_id=specialist.pk)
    assert mine.post(PLAIN, sent).status_code == 201
    before = list(Claim.objects.values())
    response = mine.post(PLAIN, sent)
    assert (response.status_code, list(response.json()["errors"])) == (422, ["starts_at"])
    assert list(Claim.objects.values()) == before


# ----------------------------------------------------------------------------------------------- series


def test_a_repeat_rule_makes_so_many_further_ones(client, scene, mount):
    rule = {"number_of_repeats": 3, "repeat_type": "Weekly", "repeating_interval": 2}
    response = client.post(mount, wish(scene, repeat_rule=rule))
    assert response.status_code == 201
    pk = response.json()["id"]
    repeats = {"links": {"self": f"{HOST}{mount}?q[]=repeated_from_id:={pk}"}}
    assert response.json() == whole(scene, int(pk), mount, repeat_rule=rule, repeats=repeats)
    listed = client.get(response.json()["repeats"]["links"]["self"].removeprefix(HOST)).json()
    assert listed["total_entries"] == 3
    starts = [one["starts_at"][:10] for one in listed["individual_appointments"]]
    assert starts == ["2026-03-05", "2026-03-19", "2026-04-02"]
    for one in listed["individual_appointments"]:
        assert one["repeated_from"] == {"links": {"self": f"{HOST}{mount}/{pk}"}}
        assert (one["repeat_rule"], one["repeats"], one["notes"]) == (None, None, "string")


@pytest.mark.parametrize(
    "rule", [None, {}, {"number_of_repeats": None, "repeat_type": None, "repeating_interval": None}]
)
def test_a_rule_that_says_nothing_makes_no_series(client, scene, rule):
    assert client.post(PLAIN, wish(scene, repeat_rule=rule)).json()["repeat_rule"] is None
    assert Appointment.objects.count() == 1


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"number_of_repeats": 52, "repeat_type": "Daily", "repeating_interval": 1}, "number_of_repeats"),
        ({"number_of_repeats": 0, "repeat_type": "Daily", "repeating_interval": 1}, "number_of_repeats"),
        ({"number_of_repeats": 1, "repeat_type": "Yearly", "repeating_interval": 1}, "repeat_type"),
        ({"number_of_repeats": 1, "repeat_type": "Daily", "repeating_interval": 101}, "repeating_interval"),
        ({"number_of_repeats": 1}, "repeat_type"),
    ],
)
def test_a_rule_out_of_its_limits_is_refused(client, scene, rule, field):
    response = client.post(PLAIN, wish(scene, repeat_rule=rule))
    assert (response.status_code, list(response.json()["errors"])) == (422, [f"repeat_rule.{field}"])
    assert not Appointment.objects.exists()


# ----------------------------------------------------------------------------------------------- cancel


@pytest.mark.parametrize(
    ("code", "words"),
    [(10, "Feeling Better"), (20, "Condition Worse"), (30, "Sick"), (31, "COVID-19 related"), (40, "Away"),
     (50, "Other"), (60, "Work")],
)  # fmt: skip
def test_each_reason_cancels(client, scene, mount, code, words):
    pk = client.post(mount, wish(scene)).json()["id"]
    sent = {"cancellation_reason": code, "cancellation_note": "Called", "apply_to_repeats": False}
    response = client.patch(f"{mount}/{pk}/cancel", sent)
    assert (response.status_code, response.content) == (204, b"")
    assert client.get(f"{mount}/{pk}").status_code == 404
    shown = client.get(f"{mount}/{pk}?q[]=cancelled_at:*").json()
    told = {"cancellation_note": "Called", "cancellation_reason": code, "cancellation_reason_description": words}
    assert shown == whole(scene, int(pk), mount, cancelled_at=NOW, **told)


@pytest.mark.parametrize("sent", [None, {}, {"cancellation_reason": None}, {"cancellation_reason": 11}])
def test_a_cancellation_needs_a_reason(client, scene, sent):
    pk = client.post(PLAIN, wish(scene)).json()["id"]
    response = client.patch(f"{PLAIN}/{pk}/cancel", sent)
    assert (response.status_code, list(response.json()["errors"])) == (422, ["cancellation_reason"])
    assert Appointment.objects.get().status == "confirmed"


def test_a_cancelled_appointment_cannot_be_cancelled_again(client, scene):
    pk = client.post(PLAIN, wish(scene)).json()["id"]
    sent = {"cancellation_reason": 50}
    assert client.patch(f"{PLAIN}/{pk}/cancel", sent).status_code == 204
    response = client.patch(f"{PLAIN}/{pk}/cancel", sent)
    assert (response.status_code, list(response.json()["errors"])) == (422, ["base"])


def test_apply_to_repeats_cancels_the_later_ones_too(client, scene):
    rule = {"number_of_repeats": 3, "repeat_type": "Weekly", "repeating_interval": 1}
    client.post(PLAIN, wish(scene, repeat_rule=rule))
    _first, second, *_rest = Appointment.objects.order_by("starts_at")
    sent = {"cancellation_reason": 50, "apply_to_repeats": True}
    assert client.patch(f"{PLAIN}/{second.pk}/cancel", sent).status_code == 204
    states = Appointment.objects.order_by("starts_at").values_list("status", flat=True)
    assert list(states) == ["confirmed", "cancelled", "cancelled", "cancelled"]


def test_apply_to_repeats_of_a_single_one_cancels_it(client, scene):
    pk = client.post(PLAIN, wish(scene)).json()["id"]
    sent = {"cancellation_reason": 50, "apply_to_repeats": True}
    assert client.patch(f"{PLAIN}/{pk}/cancel", sent).status_code == 204


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_another_verb_on_cancel_is_not_found(client, scene, mount, method):
    pk = client.post(mount, wish(scene)).json()["id"]
    response = client(method, f"{mount}/{pk}/cancel")
    assert (response.status_code, response.json()["message"]) == (404, "The requested resource could not be found")


# ---------------------------------------------------------------------------------------------- archive


@pytest.mark.parametrize(
    ("method", "suffix", "sent"),
    [
        ("POST", "/archive", None),
        ("POST", "/archive", {}),
        ("DELETE", "", None),
        ("DELETE", "", {"cancellation_reason": 1}),
    ],
)
def test_archiving_hides_it(client, scene, mount, method, suffix, sent):
    pk = client.post(mount, wish(scene)).json()["id"]
    response = client(method, f"{mount}/{pk}{suffix}", sent)
    assert (response.status_code, response.content) == (204, b"")
    assert client.get(f"{mount}/{pk}").status_code == 404
    assert client.get(mount).json()["total_entries"] == 0
    for name in ("archived_at", "deleted_at"):
        shown = client.get(f"{mount}/{pk}?q[]={name}:*").json()
        assert shown == whole(scene, int(pk), mount, archived_at=NOW, deleted_at=NOW)
        assert client.get(f"{mount}?q[]={name}:*").json()["total_entries"] == 1
    for again in ("archive", "cancel", "conflicts"):
        assert client.post(f"{mount}/{pk}/{again}", {}).status_code == 404


# ------------------------------------------------------------------------------------------- what shows


def test_what_it_tells_of_a_visit_that_took_place(client, scene):
    told = {"policy_accepted": True, "booking_ip": "192.0.2.7", "telehealth_url": "https://example.org/a"}
    arrived = a_visit(scene, arrived=True, email_reminder_sent_at=AT, sms_reminder_sent_at=AT, **told)
    shown = client.get(f"{PLAIN}/{arrived.pk}").json()
    assert shown["patient_arrived"] is shown["email_reminder_sent"] is shown["sms_reminder_sent"] is True
    assert shown["online_booking_policy_accepted"] is True
    assert (shown["booking_ip_address"], shown["telehealth_url"]) == ("192.0.2.7", "https://example.org/a")


@pytest.mark.parametrize(
    ("state", "arrived", "missed"),
    [("requested", False, False), ("in_care", True, False), ("done", True, False), ("no_show", False, True)],
)
def test_the_states_in_the_vendors_words(client, scene, state, arrived, missed):
    row = AppointmentFactory(
        practice=scene.practice, specialist=scene.practitioner, patient=scene.patient, status=state
    )
    shown = client.get(f"{PLAIN}/{row.pk}").json()
    assert (shown["patient_arrived"], shown["did_not_arrive"]) == (arrived, missed)


def test_a_request_that_was_turned_down_is_a_cancelled_one(client, scene):
    row = AppointmentFactory(
        practice=scene.practice, specialist=scene.practitioner, patient=scene.patient, rejected=True
    )
    assert client.get(f"{PLAIN}/{row.pk}").status_code == 404
    assert client.get(f"{PLAIN}/{row.pk}?q[]=cancelled_at:?").json()["cancelled_at"] == NOW
    assert client.get(f"{PLAIN}/cancelled").json()["total_entries"] == 1


def test_what_has_no_time_patient_or_specialist_does_not_show(client, scene):
    AppointmentFactory(practice=scene.practice, registration=True)
    AppointmentFactory(practice=scene.practice, patient=None, specialist=scene.practitioner, contact_name="x")
    AppointmentFactory(practice=scene.practice, patient=scene.patient, specialist=None)
    assert client.get(PLAIN).json()["total_entries"] == 0


def test_without_a_service_it_has_the_practitioners_default_type(client, scene):
    scene.practitioner.default_service = scene.service
    scene.practitioner.save()
    row = a_visit(scene)
    row.services.all().delete()
    assert client.get(f"{PLAIN}/{row.pk}").json()["appointment_type"] == link(f"appointment_types/{scene.service.pk}")


# ------------------------------------------------------------------------------------------------ lists


@pytest.fixture
def week(scene):
    """Seven appointments, a day apart and made an hour apart."""
    return [
        a_visit(scene, starts_at=AT + n * DAY, ends_at=AT + n * DAY + DAY / 48, created_at=AT + n * DAY / 24)
        for n in range(1, 8)
    ]


def ids(response):
    assert response.status_code == 200, response.content
    return [int(one["id"]) for one in response.json()["individual_appointments"]]


def test_a_list_has_an_exact_total_and_only_links_that_lead_somewhere(client, week, mount):
    first = client.get(f"{mount}?per_page=3")
    assert ids(first) == [row.pk for row in week[:3]]
    assert set(first.json()) == {"individual_appointments", "total_entries", "links"}
    assert first.json()["total_entries"] == 7
    assert first.json()["links"] == {
        "self": f"{HOST}{mount}?per_page=3&page=1",
        "next": f"{HOST}{mount}?per_page=3&page=2",
    }
    second = client.get(first.json()["links"]["next"].removeprefix(HOST))
    assert ids(second) == [row.pk for row in week[3:6]]
    assert set(second.json()["links"]) == {"self", "next", "previous"}
    last = client.get(second.json()["links"]["next"].removeprefix(HOST))
    assert ids(last) == [week[6].pk]
    assert last.json()["links"]["previous"] == f"{HOST}{mount}?per_page=3&page=2"
    assert "next" not in last.json()["links"]
    assert last.json()["total_entries"] == 7


def test_links_keep_every_parameter(client, week):
    response = client.get(f"{PLAIN}?q[]=id:>0&q%5B%5D=starts_at:%3E2026-01-01T00:00:00%2B02:00&per_page=2&x=1&sort=id")
    following = response.json()["links"]["next"]
    assert following == (
        f"{HOST}{PLAIN}?q[]=id:%3E0&q[]=starts_at:%3E2026-01-01T00:00:00%2B02:00&per_page=2&x=1&sort=id&page=2"
    )
    assert ids(client.get(following.removeprefix(HOST))) == [row.pk for row in week[2:4]]


@pytest.mark.parametrize("query", ["page=0", "page=x", "page=", "per_page=0", "per_page=101", f"page={10**18}"])
def test_a_page_that_is_none_is_refused(client, query):
    response = client.get(f"{PLAIN}?{query}")
    assert response.status_code == 422
    assert list(response.json()["errors"]) == [query.partition("=")[0]]


def test_a_page_behind_the_last_is_empty(client, week):
    response = client.get(f"{PLAIN}?page=9")
    assert (ids(response), response.json()["total_entries"]) == ([], 7)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort=starts_at:desc", [6, 5, 4, 3, 2, 1, 0]),
        ("sort=created_at&order=desc", [6, 5, 4, 3, 2, 1, 0]),
        ("order=desc", [6, 5, 4, 3, 2, 1, 0]),
        ("sort=practitioner_id,starts_at:asc", [0, 1, 2, 3, 4, 5, 6]),
        ("patient_id=999&status=x&foo", [0, 1, 2, 3, 4, 5, 6]),
        ("?", [0, 1, 2, 3, 4, 5, 6]),
        ("q=id:%3E0&q=id:%3C0", [0, 1, 2, 3, 4, 5, 6]),
        ("q[]=", [0, 1, 2, 3, 4, 5, 6]),
        ("q=starts_at:>=2026-02-22T10:00:00Z", [4, 5, 6]),
        ("q[]=starts_at:%3E2026-02-19T10:00:00Z&q[]=starts_at:%3C=2026-02-21T10:00:00.000Z", [2, 3]),
        ("q[]=starts_at:>2026-02-19&q[]=starts_at:<2026-02-21 T00:00:00Z", [1, 2]),
        ("q[]=updated_at:>2026-02-17T09:59:59Z", [0, 1, 2, 3, 4, 5, 6]),
        ("q[]=cancelled_at:!?", [0, 1, 2, 3, 4, 5, 6]),
        ("q[]=archived_at:?", []),
        ("q[]=repeated_from_id:?", []),
    ],
)
def test_a_list_is_sorted_and_filtered(client, week, query, expected):
    assert ids(client.get(f"{PLAIN}?{query}")) == [week[n].pk for n in expected]


def test_a_list_is_filtered_by_whom_and_where(client, week, scene):
    for name, pk in (
        ("patient_id", scene.patient.pk),
        ("practitioner_id", scene.practitioner.pk),
        ("business_id", scene.practice.pk),
        ("appointment_type_id", scene.service.pk),
    ):
        assert len(ids(client.get(f"{PLAIN}?q[]={name}:={pk}"))) == 7
        assert len(ids(client.get(f"{PLAIN}?q[]={name}:=999998,{pk},999999"))) == 7
        assert ids(client.get(f"{PLAIN}?q[]={name}:!={pk}")) == []


@pytest.mark.parametrize(
    "query", ["q[]=status:=x", "q[]=starts_at:=2026-02-19T10:00:00Z", "q[]=patient__email:~a", "q=x"]
)
def test_a_bad_filter_is_a_400_that_names_it(client, week, query):
    response = client.get(f"{PLAIN}?{query}")
    assert response.status_code == 400
    assert list(response.json()) == ["errors", "message"]
    assert list(response.json()["errors"]) == [query.partition("=")[2]]


def test_one_takes_the_three_filters_of_its_state_alone(client, week):
    assert client.get(f"{PLAIN}/{week[0].pk}?q[]=archived_at:!?&q[]=cancelled_at:*").status_code == 200
    assert client.get(f"{PLAIN}/{week[0].pk}?q[]=deleted_at:?").status_code == 404
    assert client.get(f"{PLAIN}/{week[0].pk}?q[]=id:=1").status_code == 400


def test_the_legacy_lists_show_what_the_others_leave_out(client, week):
    Appointment.objects.filter(pk=week[0].pk).update(archived_at=AT)
    Appointment.objects.filter(pk=week[1].pk).update(status="cancelled", cancelled_at=AT)
    assert ids(client.get(PLAIN)) == [row.pk for row in week[2:]]
    assert ids(client.get(f"{PLAIN}/deleted")) == [week[0].pk]
    assert ids(client.get(f"{MINE}/cancelled")) == [week[1].pk]
    assert ids(client.get(f"{PLAIN}?q[]=cancelled_at:*&q[]=archived_at:*")) == [row.pk for row in week]


def test_its_attendees_are_itself(client, week, mount):
    listed = client.get(f"{mount}/{week[0].pk}/attendees").json()
    assert listed["total_entries"] == 1
    assert listed["attendees"][0]["id"] == str(week[0].pk)
    assert listed["attendees"][0]["booking"] == link(f"bookings/{week[0].pk}")
    assert client.get(f"{VENDOR}/individual_appointments/999999/attendees").status_code == 404
