"""Importing appointments: placed by the rule of booking, refused or overbooked where their time is taken."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.errors import Forbidden, InvalidInput
from core.imports import engine
from core.models import AuditEntry, ExternalId
from directory.models import Practice
from scheduling.calendar import SlotWish
from scheduling.models import Appointment, AppointmentService, AvailableSlot, Claim, TimeOff
from scheduling.services import add_time_off, create_slots
from tests.factories import AT, PracticeFactory
from tests.importing import NOW, counts, csv_file, import_text, outcome, refusals, unknown
from tests.races.racing import broken
from tests.stage import DAY, actor_with, set_stage

SYNTHEA = (Path(__file__).parent.parent / "data" / "synthea" / "encounters.csv").read_bytes()
HEADER = "external_id,starts_at,ends_at,patient,specialist,practice\n"
WHO = {"patients": "PATIENT", "specialists": "PROVIDER", "practices": "ORGANIZATION"}


@pytest.fixture
def known(organization):
    """Practice 1 in Bucharest, specialists s1 and s2, patients p1 to p3, known from `import`."""
    import_text("practices", "external_id,name,time_zone,currency\n1,North,Europe/Bucharest,RON\n")
    import_text("specialists", "external_id,first_name,last_name,practices\ns1,Ana,Pop,1\ns2,Dan,Stan,1\n")
    import_text("patients", "external_id,last_name\n" + "".join(f"p{n},Patient {n}\n" for n in (1, 2, 3)))
    return organization


def row(key, start="09:00", end="09:30", patient="p1", specialist="s1", practice="1"):
    return f"{key},2024-03-04T{start}:00Z,2024-03-04T{end}:00Z,{patient},{specialist},{practice}\n"


def load(*rows, header=HEADER, **more):
    return import_text("appointments", header + "".join(rows), **more)


def taken():
    """role, from, to, exclusive of each claim, by the clock of UTC."""
    rows = Claim.objects.order_by("starts_at", "pk").values_list("role", "starts_at", "ends_at", "exclusive")
    return [(role, f"{start:%H:%M}", f"{end:%H:%M}", exclusive) for role, start, end, exclusive in rows]


def test_an_appointment_is_kept_with_everything_its_row_says(known):
    header = HEADER.strip() + ",appointment_type,notes\n"
    report = load(row("a").strip() + ",checkup,All well\n", header=header)
    assert outcome(report) == (1, 0, 0, 0)
    stored = Appointment.objects.select_related("patient", "specialist", "practice").get()
    assert (stored.patient.last_name, stored.specialist.first_name, stored.practice.name) == (
        "Patient 1",
        "Ana",
        "North",
    )
    assert (stored.starts_at, stored.ends_at - stored.starts_at) == (
        datetime(2024, 3, 4, 9, tzinfo=UTC),
        timedelta(minutes=30),
    )
    assert (stored.status, stored.created_via, stored.slot, stored.overbooked) == ("done", "import", None, False)
    assert (stored.appointment_type, stored.notes) == ("checkup", "All well")
    assert taken() == [("patient", "09:00", "09:30", True), ("specialist", "09:00", "09:30", True)]
    told = AuditEntry.objects.filter(object_kind="scheduling.appointment")
    assert list(told.values_list("verb", "action", "object_id")) == [
        ("scheduling.import_appointments", "create", stored.pk)
    ]
    assert broken() == []


def test_a_time_without_an_offset_is_the_wall_time_of_the_practice(known):
    load("a,2024-07-01T09:00,2024-07-01 09:30,p1,s1,1\n")
    assert Appointment.objects.get().starts_at == datetime(2024, 7, 1, 6, tzinfo=UTC)


def test_a_second_run_changes_nothing(known):
    rows = [row("a"), row("b", "09:15", "09:45"), row("c", "10:00", "10:30")]
    load(*rows)
    before, stored = counts(), list(Appointment.objects.order_by("pk").values())
    report = load(*rows)
    assert outcome(report) == (0, 0, 2, 1)
    assert counts() == {**before, "core.ImportJob": before["core.ImportJob"] + 1}
    assert list(Appointment.objects.order_by("pk").values()) == stored


@pytest.mark.parametrize(
    ("second", "clashes"),
    [
        (row("b", "09:15", "09:45", patient="p2"), {"specialist": "Ana Pop"}),
        (row("b", "09:15", "09:45", specialist="s2"), {"patient": "Patient 1"}),
        (row("b", "09:00", "09:30"), {"patient": "Patient 1", "specialist": "Ana Pop"}),
        (row("b", "08:00", "12:00"), {"patient": "Patient 1", "specialist": "Ana Pop"}),
    ],
)
def test_an_overlap_is_refused_with_its_line_its_column_and_what_it_hits(known, second, clashes):
    report = load(row("a"), second)
    assert outcome(report) == (1, 0, 0, 1)
    assert refusals(report) == [
        (3, column, f"The time is taken: {who}, Mon 4 Mar 2024, 11:00 – 11:30: line 2")
        for column, who in clashes.items()
    ]
    assert len(taken()) == 2
    assert broken() == []


def test_what_stands_in_the_calendar_already_is_named_as_such(known):
    load(row("a"))
    report = load(row("b", "09:15", "09:45", patient="p2"))
    said = "The time is taken: Ana Pop, Mon 4 Mar 2024, 11:00 – 11:30: appointment with Patient 1"
    assert refusals(report) == [(2, "specialist", said)]


def test_back_to_back_is_no_overlap(known):
    assert outcome(load(row("a"), row("b", "09:30", "10:00"), row("c", "08:30", "09:00"))) == (3, 0, 0, 0)


def test_an_overlap_is_kept_as_an_overbooking_if_told(known):
    report = load(
        row("a"), row("b", "09:15", "09:45", patient="p2"), row("c", "10:00", "10:30"), chosen={"overlaps": "overbook"}
    )
    assert (outcome(report), report.counted) == ((3, 0, 0, 0), {"overbooked": 1})
    over = Appointment.objects.get(patient__last_name="Patient 2")
    assert (over.overbooked, over.overbooking_reason) == (True, "Imported from import, where it overlapped.")
    assert taken()[:4] == [
        ("patient", "09:00", "09:30", True),
        ("specialist", "09:00", "09:30", True),
        ("patient", "09:15", "09:45", True),
        ("specialist", "09:15", "09:45", False),
    ]
    assert Appointment.objects.filter(overbooked=False, overbooking_reason="").count() == 2
    assert broken() == []


def test_what_was_refused_can_be_kept_by_a_run_that_overbooks(known):
    rows = [row("a"), row("b"), row("c")]
    assert outcome(load(*rows)) == (1, 0, 0, 2)
    assert outcome(load(*rows, chosen={"overlaps": "overbook"})) == (2, 0, 1, 0)
    assert outcome(load(*rows)) == (0, 0, 3, 0)
    assert broken() == []


def test_overlaps_between_chunks_are_found(known, monkeypatch):
    monkeypatch.setattr(engine, "CHUNK", 1)
    assert outcome(load(row("a"), row("b", patient="p2"))) == (1, 0, 0, 1)


@pytest.mark.django_db
def test_time_off_and_bookings_of_ours_stand_in_the_way():
    stage = set_stage()
    for obj in (stage.practice, stage.specialist, stage.patient):
        know(obj)
    add_time_off(
        practice_id=stage.practice.pk,
        specialist_id=stage.specialist.pk,
        starts_at=AT + DAY,
        ends_at=AT + DAY * 1.5,
        reason="Course",
        by=stage.desk,
        at=AT,
    )
    stage.book(days=3)
    hits = [f"x{n},{(AT + DAY * n).isoformat()},{(AT + DAY * (n + 0.01)).isoformat()},p,s,1\n" for n in (1, 2, 3)]
    report = load(*hits)
    assert outcome(report) == (1, 0, 0, 2)
    assert [(line, column) for line, column, _ in refusals(report)] == [
        (2, "specialist"),
        (4, "patient"),
        (4, "specialist"),
    ]
    assert "time off (Course)" in refusals(report)[0][2]
    assert broken() == []


def know(obj):
    """Let `obj` be known from `import` by the first letter of its kind (a practice: 1)."""
    name = obj._meta.model_name
    organization_id = obj.organization_id
    external = "1" if name == "practice" else name[0]
    ExternalId.objects.create(
        organization_id=organization_id,
        source="import",
        kind=obj._meta.label_lower,
        external_id=external,
        object_id=obj.pk,
    )


@pytest.mark.django_db
def test_a_free_slot_under_an_imported_appointment_is_blocked():
    stage = set_stage()
    for obj in (stage.practice, stage.specialist, stage.patient):
        know(obj)
    wish = SlotWish(specialist_id=stage.specialist.pk, starts_at=AT + DAY, ends_at=AT + DAY * 1.02)
    create_slots(practice_id=stage.practice.pk, wishes=[wish], by=stage.desk, at=AT)
    header = HEADER.strip() + ",status\n"
    load(f"a,{(AT + DAY).isoformat()},{(AT + DAY * 1.01).isoformat()},p,s,1,confirmed\n", header=header)
    assert AvailableSlot.objects.get().blocked == 1
    assert Appointment.objects.get().status == "confirmed"
    assert broken() == []


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        (row("a", patient="p9"), "patient", unknown("p9")),
        (
            row("a", specialist="s9"),
            "specialist",
            unknown("s9"),
        ),
        (row("a", practice="9"), "practice", unknown("9")),
        (row("a", practice=""), "practice", "The row names no practice; say which with --practice."),
        (row("a", "09:30", "09:30"), "ends_at", "It ends before it starts."),
        ("a,,2024-03-04T09:30Z,p1,s1,1\n", "starts_at", "This column must not be empty."),
        ("a,soon,2024-03-04T09:30Z,p1,s1,1\n", "starts_at", "“soon” is no time; write 2024-12-31T09:30:00Z."),
        (
            "a,2024-03-31T03:30,2024-03-31T04:30,p1,s1,1\n",
            "starts_at",
            "The practice's clock skips Sun 31 Mar 2024, 03:30.",
        ),
    ],
)
def test_a_row_that_cannot_be_kept_is_refused_alone(known, text, column, reason):
    report = load(text, row("z", "15:00", "16:00"))
    assert (outcome(report), refusals(report)) == ((1, 0, 0, 1), [(2, column, reason)])
    assert broken() == []


def test_statuses_that_claim_nothing_overlap_nothing(known):
    header = HEADER.strip() + ",status\n"
    rows = [row(key).strip() + f",{status}\n" for key, status in (("a", "cancelled"), ("b", "no_show"), ("c", "done"))]
    assert outcome(load(*rows, header=header)) == (3, 0, 0, 0)
    assert len(taken()) == 2
    assert Appointment.objects.get(status="cancelled").cancelled_at is not None
    changed = load(row("c").strip() + ",cancelled\n", header=header)
    assert refusals(changed) == [(2, "status", "It is Done here; an import does not change that.")]
    assert broken() == []


@pytest.mark.parametrize(("status", "kept"), [("done", 0), ("no_show", 0), ("confirmed", 1), ("cancelled", 1)])
def test_a_visit_that_lies_ahead_is_not_over(known, status, kept):
    ahead = row("a").replace("2024", "2050").strip() + f",{status}\n"
    report = load(ahead, header=HEADER.strip() + ",status\n")
    assert outcome(report) == (kept, 0, 0, 1 - kept)
    assert Appointment.objects.filter(status=status).count() == kept
    if not kept:
        assert refusals(report) == [(2, "status", "A visit that lies ahead cannot be over.")]


def test_a_row_that_says_another_time_moves_its_appointment(known):
    load(row("a"), row("b", "10:00", "10:30"))
    report = load(row("a", "09:15", "09:45"), row("b", "09:30", "10:00"))
    assert outcome(report) == (0, 1, 0, 1)
    assert taken() == [
        ("patient", "09:15", "09:45", True),
        ("specialist", "09:15", "09:45", True),
        ("patient", "10:00", "10:30", True),
        ("specialist", "10:00", "10:30", True),
    ]
    assert [(line, column) for line, column, _ in refusals(report)] == [(3, "patient"), (3, "specialist")]
    assert broken() == []


def test_an_overbooking_moved_away_is_none_any_longer(known):
    load(row("a"), row("b"), chosen={"overlaps": "overbook"})
    assert outcome(load(row("a"), row("b", "11:00", "11:30"))) == (0, 1, 1, 0)
    assert not Appointment.objects.filter(overbooked=True).exists()
    assert {exclusive for *_, exclusive in taken()} == {True}
    assert broken() == []


def test_who_may_record_appointments_may_import_them(known):
    practice = Practice.objects.get()
    specialist = actor_with("specialist", practice)
    with pytest.raises(Forbidden):
        load(row("a"), by=specialist)
    desk = actor_with("front_desk", practice)
    assert outcome(load(row("a"), row("b"), by=desk, chosen={"overlaps": "overbook"})) == (2, 0, 0, 0)


def test_appointments_are_imported_only_where_one_may_record_them(known):
    practice = Practice.objects.get()
    elsewhere = PracticeFactory(organization=practice.organization)
    desk_elsewhere = replace(
        actor_with("specialist", practice),
        roles={practice.pk: "specialist", elsewhere.pk: "front_desk"},
        organizations=dict.fromkeys((practice.pk, elsewhere.pk), practice.organization_id),
    )
    report = load(row("a"), by=desk_elsewhere)
    assert refusals(report) == [(2, "practice", "You may not record appointments in this practice.")]
    assert not Appointment.objects.exists()


def test_an_unknown_choice_is_refused_whole(known):
    with pytest.raises(InvalidInput):
        load(row("a"), chosen={"overlaps": "ignore"})
    with pytest.raises(InvalidInput):
        import_text("patients", "external_id,last_name\n1,Popa\n", chosen={"overlaps": "refuse"})
    assert Appointment.objects.count() == 0


def test_the_number_of_queries_does_not_grow_with_the_rows(known, django_assert_max_num_queries):
    def day(n):
        return f"k{n},2024-03-{1 + n % 28:02}T{n // 28:02}:00Z,2024-03-{1 + n % 28:02}T{n // 28:02}:30Z,p1,s1,1\n"

    with django_assert_max_num_queries(40):
        assert outcome(load(*[day(n) for n in range(400)])) == (400, 0, 0, 0)
    assert broken() == []


# ------------------------------------------------------------------------------------------ synthea


@pytest.fixture
def people_of_the_file(organization):
    """Whoever the excerpt names, known from synthea."""
    table = csv_file(SYNTHEA)
    columns = {kind: table.header.index(name) for kind, name in WHO.items()}
    named = {kind: dict.fromkeys(one.cells[place] for one in table.records()) for kind, place in columns.items()}
    practices = [f"{key},Practice {n},America/New_York,USD\n" for n, key in enumerate(named["practices"])]
    import_text("practices", "external_id,name,time_zone,currency\n" + "".join(practices), source="synthea")
    for kind, column in (("specialists", "first_name"), ("patients", "last_name")):
        rows = [f"{key},N{n}\n" for n, key in enumerate(named[kind])]
        import_text(kind, f"external_id,{column}\n" + "".join(rows), source="synthea")


def test_synthea_encounters_become_appointments_that_are_done(people_of_the_file):
    report = import_text("appointments", SYNTHEA, layout="synthea")
    assert (outcome(report), report.unread) == ((5, 0, 0, 2), [])
    assert [(line, column) for line, column, _ in refusals(report)] == [(5, "PATIENT"), (5, "PROVIDER"), (7, "PATIENT")]
    first = Appointment.objects.order_by("pk").first()
    assert (first.status, first.appointment_type, first.notes) == ("done", "ambulatory", "Encounter for symptom")
    assert first.starts_at == datetime(2023, 1, 27, 16, 17, 47, tzinfo=UTC)
    longest = max(one.ends_at - one.starts_at for one in Appointment.objects.all())
    assert longest == timedelta(minutes=5507, seconds=30)
    assert broken() == []


def test_synthea_overlaps_can_be_kept_as_overbookings(people_of_the_file):
    report = import_text("appointments", SYNTHEA, layout="synthea", chosen={"overlaps": "overbook"})
    assert (outcome(report), report.counted) == ((7, 0, 0, 0), {"overbooked": 2})
    assert Claim.objects.filter(exclusive=False).count() == 3
    assert outcome(import_text("appointments", SYNTHEA, layout="synthea")) == (0, 0, 7, 0)
    assert broken() == []


def test_states_are_read_as_programs_call_them_and_a_row_of_several_patients_says_what_to_do(known):
    called = {"Completed": "done", "no-show": "no_show", "Did not attend": "no_show", "Annullato": "cancelled"}
    header = HEADER.replace("\n", ",status\n")
    rows = [row(f"v{n}", f"0{n}:00", f"0{n}:30").replace("\n", f",{word}\n") for n, word in enumerate(called)]
    group = row("g", patient='"p1, p2"').replace("\n", ",\n")
    nobody = row("n", patient='"Pop, Ana"').replace("\n", ",\n")
    arrived = row("a").replace("\n", ",arrived\n")  # here, or over: programs differ
    report = load(*rows, group, nobody, arrived, header=header)
    assert list(Appointment.objects.order_by("pk").values_list("status", flat=True)) == list(called.values())
    reasons = {(line, column): reason for line, column, reason in refusals(report)}
    assert reasons.keys() == {(6, "patient"), (7, "patient"), (8, "status")}
    assert reasons[6, "patient"] == unknown("p1, p2") + " One row names one: make a row of each."
    assert reasons[7, "patient"] == unknown("Pop, Ana")


def test_who_is_away_until_a_day_is_away_on_that_day(known):
    text = "external_id,specialist,practice,starts_at,ends_at\na,s1,1,2026-06-15,2026-06-16\nb,s2,1,2026-06-15 8:00,\n"
    report = import_text("time-off", text)
    assert refusals(report) == [(3, "ends_at", "The row says neither when it ends nor how long it lasts.")]
    away = TimeOff.objects.get()
    assert (away.starts_at, away.ends_at) == (
        datetime(2026, 6, 14, 21, tzinfo=UTC), datetime(2026, 6, 16, 21, tzinfo=UTC),
    )  # fmt: skip
    assert outcome(import_text("time-off", text)) == (0, 0, 1, 1)


def test_a_treatment_that_is_imported_later_changes_its_visit_and_one_that_is_there_does_not(known):
    import_text("services", "external_id,name,category,base_price,duration_minutes\nm,Massage,therapy,50.00,30\n")
    load(row("a"), row("b", "10:00", "10:30"))
    Appointment.objects.update(updated_at=AT)
    for expected in (1, 0):
        import_text("treatments", "external_id,appointment,service,price\nt,a,m,50.00\n")
        assert Appointment.objects.filter(updated_at=NOW).count() == expected
        assert AppointmentService.objects.get().price == 50
        Appointment.objects.update(updated_at=AT)
