"""PATCH and PUT of an appointment: all at once or not at all; what is left out stays."""

from datetime import timedelta

import pytest

from scheduling.models import Appointment, AppointmentService, AvailableSlot, Claim, Holiday
from tests.api.cliniko.conftest import HOST, MINE, PLAIN, link, refused, wish
from tests.api.cliniko.test_appointments import whole
from tests.factories import (
    AT,
    DAY,
    EnrollmentFactory,
    PatientCaseFactory,
    PatientFactory,
    PracticeFactory,
    ServiceFactory,
    ServicePlanFactory,
    SlotFactory,
    SpecialistFactory,
)


@pytest.fixture(params=["PATCH", "PUT"])
def change(client, scene, request):
    """Change the scene's appointment."""
    pk = client.post(PLAIN, wish(scene)).json()["id"]

    def change(mount=PLAIN, **sent):
        return client(request.param, f"{mount}/{pk}", sent)

    change.pk = int(pk)
    return change


def stored():
    models = (Appointment, AppointmentService, Claim)
    return [list(model.objects.order_by("pk").values()) for model in models]


@pytest.mark.parametrize("mount", [PLAIN, MINE])
def test_what_is_left_out_stays_as_it_is(change, scene, mount):
    response = change(mount, notes="Other")
    assert response.status_code == 200
    assert response.json() == whole(scene, change.pk, mount, notes="Other")
    assert change(mount).json() == response.json()
    assert change(mount, notes=None).json()["notes"] is None


def test_everything_changes_at_once(change, scene, organization):
    practice = PracticeFactory(organization=organization)
    scene.practice.memberships.get().user.memberships.create(practice=practice, role="front_desk")
    person = SpecialistFactory(organization=organization, works_at=[practice])
    patient = PatientFactory(organization=organization, first_name="Bea", last_name="Kern")
    case = PatientCaseFactory(patient=patient)
    service = ServiceFactory(organization=organization, duration_minutes=50)
    response = change(
        appointment_type_id=service.pk,
        business_id=practice.pk,
        patient_id=patient.pk,
        patient_case_id=case.pk,
        practitioner_id=person.pk,
        starts_at="2026-02-20T09:00:00Z",
        ends_at="2026-02-20T10:00:00Z",
        notes=None,
    )
    assert response.json() == whole(
        scene,
        change.pk,
        PLAIN,
        appointment_type=link(f"appointment_types/{service.pk}"),
        business=link(f"businesses/{practice.pk}"),
        ends_at="2026-02-20T10:00:00Z",
        notes=None,
        patient=link(f"patients/{patient.pk}"),
        patient_case=link(f"patient_cases/{case.pk}"),
        patient_name="Bea Kern",
        practitioner=link(f"practitioners/{person.pk}"),
        starts_at="2026-02-20T09:00:00Z",
    )
    taken = set(Claim.objects.filter(appointment=change.pk).values_list("resource_id", "exclusive"))
    assert taken == {(person.resource_id, True), (patient.resource_id, True)}


@pytest.mark.parametrize(
    ("sent", "ends"),
    [
        ({"starts_at": "2026-02-19T15:00:00Z"}, "15:30:00"),
        ({"starts_at": "2026-02-19T15:00:00Z", "ends_at": None}, "15:30:00"),
        ({"starts_at": "2026-02-19T15:00:00Z", "ends_at": "2026-02-19T15:05:00Z"}, "15:05:00"),
        ({"ends_at": None}, "14:45:22"),
        ({"ends_at": "2026-02-19T16:00:00Z"}, "16:00:00"),
        ({"notes": "x"}, "14:30:22"),
    ],
)
def test_when_it_ends(change, sent, ends):
    assert change(**sent).json()["ends_at"] == f"2026-02-19T{ends}Z"


def test_another_type_lasts_as_long_as_it_says_at_its_price(change, organization):
    service = ServiceFactory(organization=organization, duration_minutes=50, base_price="77.00")
    assert change(appointment_type_id=service.pk).json()["ends_at"] == "2026-02-19T15:05:22Z"
    assert [(line.service_id, str(line.price)) for line in AppointmentService.objects.all()] == [(service.pk, "77.00")]


def test_another_patient_leaves_the_case_of_the_one_before(change, organization):
    patient = PatientFactory(organization=organization)
    assert change(patient_id=patient.pk).json()["patient_case"] is None
    taken = set(Claim.objects.filter(appointment=change.pk).values_list("resource_id", flat=True))
    assert patient.resource_id in taken


def test_an_overlap_is_recorded_as_an_overbooking(change, client, scene, organization):
    other = PatientFactory(organization=organization)
    later = {"starts_at": "2026-02-19T16:00:00Z", "ends_at": "2026-02-19T17:00:00Z"}
    client.post(PLAIN, wish(scene, patient_id=other.pk, patient_case_id=None, **later))
    response = change(starts_at="2026-02-19T16:30:00Z")
    assert response.status_code == 200
    row = Appointment.objects.get(pk=change.pk)
    assert (row.overbooked, row.overbooking_reason) == (True, "cliniko")
    assert client.get(f"{PLAIN}/{change.pk}/conflicts").json() == {"conflicts": {"exist": True}}
    assert change(starts_at="2026-02-19T17:00:00Z").status_code == 200
    row.refresh_from_db()
    assert row.overbooked is False


def test_a_closed_day_is_overridden(change, scene):
    Holiday.objects.create(practice=scene.practice, date="2026-02-20", name="Closed", is_closed=True)
    assert change(starts_at="2026-02-20T09:00:00Z").status_code == 200


def test_in_its_slot_it_stays_and_moved_away_it_leaves_it(client, scene, organization):
    slot = SlotFactory(
        practice=scene.practice,
        specialist=scene.practitioner,
        starts_at=AT + 3 * DAY,
        ends_at=AT + 3 * DAY + timedelta(minutes=30),
    )
    sent = wish(scene, starts_at="2026-02-20T10:00:00Z", ends_at=None)
    pk = client.post(PLAIN, sent).json()["id"]
    assert AvailableSlot.objects.get().booked == 1
    other = PatientFactory(organization=organization)
    assert client.patch(f"{PLAIN}/{pk}", {"patient_id": other.pk}).status_code == 200
    slot.refresh_from_db()
    assert (slot.booked, Appointment.objects.get().slot_id) == (1, slot.pk)
    assert set(Claim.objects.values_list("resource_id", flat=True)) == {
        scene.practitioner.resource_id,
        other.resource_id,
    }
    assert client.patch(f"{PLAIN}/{pk}", {"starts_at": "2026-02-20T11:00:00Z"}).status_code == 200
    slot.refresh_from_db()
    assert (slot.booked, Appointment.objects.get().slot_id) == (0, None)


# --------------------------------------------------------------------------------------------- series


RULE = {"number_of_repeats": 2, "repeat_type": "Weekly", "repeating_interval": 1}


def test_a_repeat_rule_makes_a_single_one_a_series(change, client, scene):
    response = change(repeat_rule=RULE, notes="Series")
    repeats = {"links": {"self": f"{HOST}{PLAIN}?q[]=repeated_from_id:={change.pk}"}}
    assert response.json() == whole(scene, change.pk, PLAIN, repeat_rule=RULE, repeats=repeats, notes="Series")
    listed = client.get(response.json()["repeats"]["links"]["self"].removeprefix(HOST)).json()
    assert [one["starts_at"] for one in listed["individual_appointments"]] == [
        "2026-02-26T14:15:22Z",
        "2026-03-05T14:15:22Z",
    ]
    assert {one["notes"] for one in listed["individual_appointments"]} == {"Series"}


def test_the_rule_that_it_has_is_ignored_and_another_refused(change):
    change(repeat_rule=RULE)
    before = stored()
    for same in (RULE, None, {}):
        assert change(repeat_rule=same).status_code == 200
    response = change(repeat_rule={**RULE, "number_of_repeats": 3}, notes="x")
    assert (response.status_code, list(response.json()["errors"])) == (422, ["repeat_rule"])
    assert stored() == before


def test_a_change_does_not_reach_the_repeats(change):
    change(repeat_rule=RULE)
    change(notes="Only this", starts_at="2026-02-19T18:00:00Z")
    rows = Appointment.objects.order_by("pk").values_list("notes", "starts_at__hour")
    assert list(rows) == [("Only this", 18), ("string", 14), ("string", 14)]


# ------------------------------------------------------------------------------------------ refusals


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
def test_an_id_that_names_nothing_is_refused(change, name, errors):
    before = stored()
    response = change(**{name: 999_999, "notes": "x"})
    assert (response.status_code, response.json()) == (422, refused(**errors))
    assert stored() == before


def test_what_cannot_be_is_refused_and_nothing_changes(change, scene, organization):
    before = stored()
    elsewhere = SpecialistFactory(organization=organization)
    for sent, field in (
        ({"ends_at": "2026-02-19T14:00:00Z"}, "ends_at"),
        ({"practitioner_id": elsewhere.pk}, "practitioner_id"),
        ({"patient_case_id": PatientCaseFactory(patient=scene.patient, archived_at=AT).pk}, "base"),
        ({"starts_at": "soon"}, "starts_at"),
        ({"patient_id": None}, "patient_id"),
    ):
        response = change(**sent, notes="x")
        assert (response.status_code, list(response.json()["errors"])) == (422, [field]), sent
    assert stored() == before


def test_one_that_took_place_keeps_its_time_and_takes_notes(change):
    Appointment.objects.update(status="done")
    assert change(notes="Went well").json()["notes"] == "Went well"
    response = change(starts_at="2026-02-20T09:00:00Z")
    assert (response.status_code, list(response.json()["errors"])) == (422, ["base"])


def test_a_session_of_a_program_keeps_its_patient_and_type(change, scene, organization):
    plan = ServicePlanFactory(organization=organization, service=scene.service)
    program = EnrollmentFactory(practice=scene.practice, patient=scene.patient, service_plan=plan)
    Appointment.objects.update(enrollment=program)
    other = ServiceFactory(organization=organization)
    for sent in ({"patient_id": PatientFactory(organization=organization).pk}, {"appointment_type_id": other.pk}):
        response = change(**sent)
        assert (response.status_code, list(response.json()["errors"])) == (422, ["base"])
    assert change(starts_at="2026-02-19T15:00:00Z").status_code == 200


def test_an_archived_one_is_not_there(change):
    Appointment.objects.update(archived_at=AT)
    assert change(notes="x").status_code == 404


def test_a_specialist_moves_only_in_their_own_calendar(program, specialist, specialist_user, scene, client):
    pk = client.post(PLAIN, wish(scene, practitioner_id=specialist.pk)).json()["id"]
    mine = program(specialist_user)
    assert mine.patch(f"{PLAIN}/{pk}", {"starts_at": "2026-02-19T15:00:00Z"}).status_code == 200
    before = stored()
    assert mine.patch(f"{PLAIN}/{pk}", {"practitioner_id": scene.practitioner.pk}).status_code == 403
    assert stored() == before
