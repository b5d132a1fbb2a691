"""The import engine: what is created, changed and left, the job, dry runs, which column is which, who may."""

import pytest
from django.db import connection

from core.errors import Forbidden, InvalidInput, Missing
from core.imports import engine
from core.models import AuditEntry, ExternalId, ImportJob
from directory.models import Organization
from patients.models import Patient
from tests.factories import AT, OrganizationFactory, PatientFactory
from tests.importing import HEADER, NOW, THREE, counts, import_text, numbered, outcome, patient_names, refusals


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(engine, "CHUNK", 4)


def test_new_rows_are_created_known_ones_changed_or_left(organization):
    first = import_text("patients", THREE, source="old")
    assert outcome(first) == (3, 0, 0, 0)
    second = import_text("patients", THREE.replace("Rusu", "Rus") + "d,Toma,,\n", source="old")
    assert outcome(second) == (1, 1, 2, 0)
    assert patient_names() == ["Popa", "Rus", "Stan", "Toma"]


def test_a_second_run_of_the_same_file_writes_nothing_but_its_own_job(organization):
    import_text("patients", THREE)
    before, rows = counts(), list(Patient.objects.order_by("pk").values())
    assert outcome(import_text("patients", THREE)) == (0, 0, 3, 0)
    assert counts() == {**before, "core.ImportJob": before["core.ImportJob"] + 1}
    assert list(Patient.objects.order_by("pk").values()) == rows


def test_every_written_row_has_its_history(organization):
    import_text("patients", THREE, source="old")
    import_text("patients", THREE.replace("Rusu", "Rus"), source="old")
    told = AuditEntry.objects.order_by("pk").values_list("verb", "action", "object_kind", "door", "organization_id")
    created = ("patients.import_patients", "create", "patients.patient", "command:import_data", organization.pk)
    changed = ("patients.import_patients", "change", "patients.patient", "command:import_data", organization.pk)
    assert list(told) == [created] * 3 + [changed]
    entry = AuditEntry.objects.order_by("pk").last()
    assert entry.object_id == Patient.objects.get(last_name="Rus").pk
    assert entry.changes == {"last_name": ["Rusu", "Rus"], "search_name": ["rusu", "rus"]}
    assert (entry.at, entry.user_id, entry.actor_kind) == (NOW, None, "system")


def test_rows_are_dated_by_the_clock(organization):
    PatientFactory(organization=organization)
    import_text("patients", THREE)
    assert set(Patient.objects.values_list("created_at", "updated_at")) == {(AT, AT), (NOW, NOW)}


def test_the_same_id_of_two_systems_is_two_patients(organization):
    import_text("patients", THREE, source="old")
    import_text("patients", THREE, source="other")
    assert Patient.objects.count() == 6
    assert set(ExternalId.objects.values_list("organization_id", "source", "kind")) == {
        (organization.pk, "old", "patients.patient"),
        (organization.pk, "other", "patients.patient"),
    }


def test_the_same_id_in_two_organizations_is_two_patients(organization):
    other = OrganizationFactory()
    import_text("patients", THREE)
    import_text("patients", THREE, organization_id=other.pk)
    assert [Patient.objects.filter(organization=one).count() for one in (organization, other)] == [3, 3]


def test_a_column_that_the_file_does_not_have_is_left_alone(organization):
    import_text("patients", THREE)
    import_text("patients", "external_id,last_name\na,Popa\n")
    assert Patient.objects.get(last_name="Popa").email == "a@example.org"


def test_an_empty_cell_empties_the_column(organization):
    import_text("patients", THREE)
    import_text("patients", HEADER + "a,Popa,,\n")
    patient = Patient.objects.get(last_name="Popa")
    assert (patient.email, patient.date_of_birth) == ("", None)


def test_the_job_counts_what_was_done(organization):
    text = THREE + "d,,,\n"
    import_text("patients", text, source="old")
    job = ImportJob.objects.get()
    assert (job.organization, job.kind, job.source, job.file_name) == (organization, "patients", "old", "rows.csv")
    assert (job.rows, job.line, job.created, job.changed, job.unchanged, job.refused) == (4, 5, 3, 0, 0, 1)
    assert (job.started_at, job.finished_at, job.user) == (NOW, NOW, None)
    assert len(job.sha256) == 64


# --------------------------------------------------------------------------------------- dry run


@pytest.mark.parametrize("known", [False, True], ids=["nothing there", "some rows known"])
def test_a_dry_run_reports_what_the_run_then_does_and_leaves_nothing(organization, small_chunks, known):
    if known:
        import_text("patients", numbered(3), source="old")
    text = numbered(9).replace("Popa 2", "Rusu 2") + "p5,twice,,\nq,No date,soon,\nr,,,\n"
    before = counts()
    rehearsed = import_text("patients", text, source="old", dry_run=True)
    assert counts() == before
    performed = import_text("patients", text, source="old")
    rehearsed.dry_run = False
    assert rehearsed == performed
    assert outcome(performed) == ((6, 1, 2, 3) if known else (9, 0, 0, 3))


def test_a_dry_run_of_the_first_import_makes_no_organization(db):
    before = counts()
    text = "external_id,name\na,Practice\n"
    report = import_text("practices", text, defaults={"time_zone": "Europe/Rome", "currency": "EUR"}, dry_run=True)
    assert outcome(report) == (1, 0, 0, 0)
    assert counts() == before


def test_a_dry_run_hears_what_the_database_refuses(practice):
    text = "external_id,name\na,New\nb,Practice\nc,New\n"
    before = counts()
    report = import_text("practices", text, defaults={"time_zone": "Europe/Rome", "currency": "EUR"}, dry_run=True)
    taken = "There is already one with this name."
    assert refusals(report) == [(3, "name", taken), (4, "name", taken)]
    assert outcome(report) == (1, 0, 0, 2)
    assert counts() == before


# -------------------------------------------------------------------------------------- which column


def test_headers_are_known_in_any_case_and_unknown_ones_reported(organization):
    report = import_text("patients", "External_ID, LAST_NAME ,shoe size,,EMAIL\na,Popa,43,,\n")
    assert outcome(report) == (1, 0, 0, 0)
    assert report.unread == ["shoe size"]


def test_a_mapped_column_goes_before_the_one_of_our_name(organization):
    text = "Nr,Surname,last_name\n7,Popa,wrong\n"
    report = import_text("patients", text, mapping={"nr": "external_id", "Surname": "last_name"})
    assert (patient_names(), report.unread) == (["Popa"], ["last_name"])
    assert ExternalId.objects.get().external_id == "7"


def test_a_refusal_names_the_files_own_header(organization):
    text = "Nr,Surname,Born\n7,Popa,soon\n"
    mapping = {"Nr": "external_id", "Surname": "last_name", "Born": "date_of_birth"}
    assert refusals(import_text("patients", text, mapping=mapping)) == [
        (2, "Born", "“soon” is no date; write 1980-12-31.")
    ]


def test_a_default_fills_new_rows_and_touches_no_known_one(organization):
    text = "external_id,last_name,country_code\na,Popa,\nb,Rusu,IT\n"
    import_text("patients", text, defaults={"country_code": "ro"})
    assert dict(Patient.objects.values_list("last_name", "country_code")) == {"Popa": "RO", "Rusu": "IT"}
    assert outcome(import_text("patients", text, defaults={"country_code": "FR"})) == (0, 0, 2, 0)


# ---------------------------------------------------------------------------------- who may, and where


def test_where_to_must_be_a_place_that_exists(organization, foreign_practice):
    for request in ({"organization_id": 999_999_999}, {"practice_id": 999_999_999}):
        with pytest.raises(Missing):
            import_text("patients", THREE, **request)
    with pytest.raises(InvalidInput) as refused:
        import_text("patients", THREE, organization_id=organization.pk, practice_id=foreign_practice.pk)
    assert refused.value.fields == {"practice": "The practice belongs to another organization."}
    assert (Patient.objects.count(), ImportJob.objects.count()) == (0, 0)


def test_only_practices_begin_an_organization(db):
    with pytest.raises(InvalidInput) as refused:
        import_text("patients", THREE)
    assert refused.value.fields == {"organization": "There is no organization yet; import practices first."}
    assert Organization.objects.count() == 0


def test_an_import_needs_the_right_to_make_such_rows(organization, admin_actor, specialist_actor, practice):
    assert outcome(import_text("patients", THREE, by=admin_actor, organization_id=organization.pk)) == (3, 0, 0, 0)
    assert ImportJob.objects.get().user_id == admin_actor.user_id
    before = counts()
    with pytest.raises(Forbidden):
        import_text("patients", THREE, by=specialist_actor, organization_id=organization.pk)
    with pytest.raises(Forbidden):
        import_text(
            "practices", "external_id,name,time_zone,currency\n", by=admin_actor, organization_id=organization.pk
        )
    assert counts() == before


def test_another_organization_looks_like_a_missing_one(admin_actor, foreign_practice):
    before = counts()
    with pytest.raises(Missing):
        import_text("patients", THREE, by=admin_actor, organization_id=foreign_practice.organization_id)
    assert counts() == before


def test_an_id_whose_object_is_gone_makes_a_new_one(organization):
    import_text("patients", THREE)
    Patient.objects.filter(last_name="Rusu").delete()
    assert outcome(import_text("patients", THREE)) == (1, 0, 2, 0)
    assert patient_names() == ["Popa", "Rusu", "Stan"]
    assert ExternalId.objects.count() == 3
    assert outcome(import_text("patients", THREE)) == (0, 0, 3, 0)


# ----------------------------------------------------------------------------------------- what it costs


@pytest.mark.parametrize("kind", ["practices", "specialists", "patients"])
def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(organization, kind, django_assert_max_num_queries):
    header = {
        "practices": "external_id,name,time_zone,currency\n",
        "specialists": "external_id,first_name,specialty,practices\n",
        "patients": "external_id,last_name,phone\n",
    }[kind]
    row = {
        "practices": "{n},Name {n}{more},Europe/Rome,EUR\n",
        "specialists": "{n},Name {n}{more},Specialty {even},p\n",
        "patients": "{n},Name {n}{more},0722{n:06}\n",
    }[kind]
    import_text("practices", "external_id,name,time_zone,currency\np,Place,Europe/Rome,EUR\n")

    def text(rows, more=""):
        return header + "".join(row.format(n=n, even=n % 2, more=more) for n in range(rows))

    asked = []
    for begin, more in ((120, ""), (1200, ""), (1200, ""), (1200, "!")):
        with connection.execute_wrapper(lambda run, sql, *rest: asked.append(sql) or run(sql, *rest)):
            asked.append("--")
            import_text(kind, text(begin, more))
    runs = [part.split("\n") for part in "\n".join(asked).split("--\n")[1:]]
    fewest, *others = [len(run) for run in runs]
    assert fewest <= 30, runs[0]
    assert max(others) <= fewest + 8, "what SQLite splits at 999 variables"
