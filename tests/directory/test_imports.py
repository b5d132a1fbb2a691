"""Importing practices and specialists: in our own columns, and as Synthea writes them."""

from pathlib import Path

import pytest

from core.models import AuditEntry, ExternalId
from directory.models import Organization, Practice, Resource, Specialist, SpecialistPractice, Specialty
from tests.factories import OrganizationFactory, PracticeFactory, SpecialistFactory, SpecialtyFactory
from tests.importing import counts, import_text, outcome, refusals, unknown

SYNTHEA = Path(__file__).parent.parent / "data" / "synthea"
ORGANIZATIONS = (SYNTHEA / "organizations.csv").read_bytes()
PROVIDERS = (SYNTHEA / "providers.csv").read_bytes()

PLACES = "external_id,name,time_zone,currency\n1,North,Europe/Rome,EUR\n2,South,Europe/Rome,EUR\n"
PEOPLE = "external_id,first_name,last_name,specialty,practices\n"


def works_at():
    """Who works where, by names."""
    pairs = SpecialistPractice.objects.order_by("pk").values_list("specialist__first_name", "practice__name")
    return list(pairs)


def test_the_first_practices_begin_an_organization(db):
    import_text("practices", PLACES, organization_name="My clinic")
    organization = Organization.objects.get()
    assert organization.name == "My clinic"
    assert set(Practice.objects.values_list("organization", "name")) == {
        (organization.pk, "North"),
        (organization.pk, "South"),
    }
    told = AuditEntry.objects.filter(object_kind="directory.organization")
    assert list(told.values_list("verb", "object_id")) == [("directory.create_organization", organization.pk)]


def test_practices_go_to_the_first_organization_or_the_named_one(organization):
    other = OrganizationFactory()
    import_text("practices", PLACES)
    import_text("practices", PLACES, organization_id=other.pk)
    assert [Practice.objects.filter(organization=one).count() for one in (organization, other)] == [2, 2]
    assert Organization.objects.count() == 2


def test_every_column_of_a_practice_is_kept(organization):
    import_text(
        "practices",
        "external_id,name,display_name,address_1,address_2,city,state,post_code,country_code,time_zone,currency,"
        "contact_information,additional_information,additional_invoice_information,website_address,email_reply_to,"
        "registration_name,registration_value,archived_at\n"
        "7,North,The North,Main 1,Stair B,Cluj,CJ,400001,ro,Europe/Bucharest,ron,"
        '"0264 000000\nring twice",Parking,VAT 19%,https://north.example,desk@north.example,'
        "North SRL,RO123,2025-01-31\n",
    )
    stored = Practice.objects.values().get()
    expected = {
        "name": "North",
        "display_name": "The North",
        "address_1": "Main 1",
        "address_2": "Stair B",
        "city": "Cluj",
        "state": "CJ",
        "post_code": "400001",
        "country_code": "RO",
        "time_zone": "Europe/Bucharest",
        "currency": "RON",
        "contact_information": "0264 000000\nring twice",
        "additional_information": "Parking",
        "additional_invoice_information": "VAT 19%",
        "website_address": "https://north.example",
        "email_reply_to": "desk@north.example",
        "registration_name": "North SRL",
        "registration_value": "RO123",
    }
    assert {name: stored[name] for name in expected} == expected
    assert stored["archived_at"].isoformat() == "2025-01-31T00:00:00+00:00"


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("3,East,Mars/X,EUR", "time_zone", "“Mars/X” is no IANA time zone."),
        (
            "3,East,Europe/Rome,EURO",
            "currency",
            "“EURO” is no currency; write its three capital letters (ISO 4217), such as EUR.",
        ),
        ("3,East,,EUR", "time_zone", "This column must not be empty."),
        ("3,North,Europe/Rome,EUR", "name", "There is already one with this name."),
    ],
)
def test_a_bad_practice_is_refused_by_its_column(organization, row, column, reason):
    report = import_text("practices", PLACES + row + "\n")
    assert refusals(report) == [(4, column, reason)]
    assert outcome(report) == (2, 0, 0, 1)
    assert Practice.objects.count() == 2


def test_specialists_get_a_resource_their_specialty_and_their_places(organization):
    known = SpecialtyFactory(organization=organization, name="Physiotherapy")
    SpecialtyFactory(name="Osteopathy")  # another organization's
    import_text("practices", PLACES)
    report = import_text(
        "specialists",
        PEOPLE + "a,Ana,Popa,Physiotherapy,1\nb,Ion,Rusu,Osteopathy,1; 2\nc,Dan,,Osteopathy,\n",
    )
    assert outcome(report) == (3, 0, 0, 0)
    ana, ion, dan = Specialist.objects.order_by("pk")
    assert ana.specialty == known
    assert ion.specialty == dan.specialty == Specialty.objects.get(organization=organization, name="Osteopathy")
    assert works_at() == [("Ana", "North"), ("Ion", "North"), ("Ion", "South")]
    resources = Resource.objects.filter(kind="person").values_list("pk", flat=True)
    assert sorted(resources) == sorted([ana.resource_id, ion.resource_id, dan.resource_id])
    told = AuditEntry.objects.filter(verb="directory.import_specialists").values_list("object_kind", "action")
    assert sorted(told) == [
        ("directory.specialist", "create"),
        ("directory.specialist", "create"),
        ("directory.specialist", "create"),
        ("directory.specialistpractice", "create"),
        ("directory.specialistpractice", "create"),
        ("directory.specialistpractice", "create"),
        ("directory.specialty", "create"),
    ]


def test_places_are_added_and_never_taken_away(organization):
    import_text("practices", PLACES)
    import_text("specialists", PEOPLE + "a,Ana,Popa,,1\n")
    assert outcome(import_text("specialists", PEOPLE + "a,Ana,Popa,,2\n")) == (0, 1, 0, 0)
    assert works_at() == [("Ana", "North"), ("Ana", "South")]
    assert outcome(import_text("specialists", PEOPLE + "a,Ana,Popa,,1;2\n")) == (0, 0, 1, 0)


def test_a_specialist_without_a_place_works_at_the_named_practice(practice, other_practice):
    report = import_text("specialists", PEOPLE + "a,Ana,Popa,,\n", practice_id=other_practice.pk)
    assert report.organization_id == practice.organization_id
    assert works_at() == [("Ana", "Other practice")]


def test_an_unknown_practice_refuses_the_row_and_names_the_column(organization):
    import_text("practices", PLACES)
    import_text("practices", PLACES.replace("1,North", "9,East").replace("2,South", "8,West"), source="other")
    report = import_text("specialists", PEOPLE + "a,Ana,Popa,New,1;9\nb,Ion,Rusu,,1\n")
    assert refusals(report) == [(2, "practices", unknown("9"))]
    assert outcome(report) == (1, 0, 0, 1)
    assert works_at() == [("Ion", "North")]
    assert Specialty.objects.count() == 0


def test_a_specialty_that_was_put_away_is_not_taken(organization):
    SpecialtyFactory(organization=organization, name="Old", archived=True)
    import_text("specialists", PEOPLE + "a,Ana,Popa,Old,\n")
    assert Specialist.objects.get().specialty.archived_at is None
    assert Specialty.objects.filter(name="Old").count() == 2


def test_a_specialist_made_by_hand_is_not_taken_for_an_imported_one(organization):
    SpecialistFactory(organization=organization, first_name="Ana", last_name="Popa")
    assert outcome(import_text("specialists", PEOPLE + "a,Ana,Popa,,\n")) == (1, 0, 0, 0)
    assert Specialist.objects.count() == 2


# ------------------------------------------------------------------------------------------ synthea


def test_synthea_organizations_become_practices(db):
    report = import_text("practices", ORGANIZATIONS, layout="synthea")
    assert (outcome(report), report.source, report.unread, report.notes) == ((5, 0, 0, 0), "synthea", [], [])
    sturdy = Practice.objects.get(name="STURDY MEMORIAL HOSPITAL")
    assert sturdy.organization == Organization.objects.get(name="Imported")
    assert (sturdy.address_1, sturdy.city, sturdy.state, sturdy.post_code, sturdy.country_code) == (
        "211 PARK STREET",
        "ATTLEBORO",
        "MA",
        "02703",
        "US",
    )
    assert (sturdy.time_zone, sturdy.currency, sturdy.contact_information) == ("America/New_York", "USD", "5082225200")
    assert sorted(Practice.objects.values_list("post_code", flat=True)) == [
        "01801-4979",
        "01850",  # a spreadsheet made it 1850
        "02138",
        "02645-1316",
        "02703",
    ]
    known = ExternalId.objects.get(object_id=sturdy.pk)
    assert (known.source, known.kind, known.external_id) == (
        "synthea",
        "directory.practice",
        "5e765f2b-e908-3888-9fc7-df2cb87beb58",
    )


def test_what_synthea_does_not_say_can_be_told(organization):
    told = {"time_zone": "America/Chicago", "currency": "CAD"}
    import_text("practices", ORGANIZATIONS, layout="synthea", defaults=told)
    assert set(Practice.objects.values_list("time_zone", "currency", "country_code")) == {
        ("America/Chicago", "CAD", "US")
    }


def test_synthea_providers_become_specialists(db):
    import_text("practices", ORGANIZATIONS, layout="synthea")
    report = import_text("specialists", PROVIDERS, layout="synthea")
    assert (outcome(report), report.unread) == ((5, 0, 0, 0), [])
    victor = Specialist.objects.get(first_name="Víctor493")
    assert (victor.name, victor.specialty.name) == ("Víctor493 Noriega353", "GENERAL PRACTICE")
    assert [practice.name for practice in victor.practices.all()] == ["CAMBRIDGE HEALTH ALLIANCE"]
    assert sorted(Specialty.objects.values_list("name", flat=True)) == [
        "GENERAL PRACTICE",
        "INTERNAL MEDICINE",
        "PHYSICAL THERAPY",
    ]


def test_a_synthea_provider_of_an_unknown_organization_is_refused(organization):
    PracticeFactory(organization=organization)
    report = import_text("specialists", PROVIDERS, layout="synthea")
    assert outcome(report) == (0, 0, 0, 5)
    assert refusals(report)[0] == (
        2,
        "ORGANIZATION",
        unknown("c1414e2c-48df-3428-92a4-ac36114a2a45", "synthea"),
    )
    assert (Specialist.objects.count(), Resource.objects.count(), Specialty.objects.count()) == (0, 0, 0)


def test_a_second_run_of_synthea_changes_nothing(db):
    for kind, text in (("practices", ORGANIZATIONS), ("specialists", PROVIDERS)):
        import_text(kind, text, layout="synthea")
    before = counts()
    for kind, text in (("practices", ORGANIZATIONS), ("specialists", PROVIDERS)):
        assert outcome(import_text(kind, text, layout="synthea")) == (0, 0, 5, 0)
    assert counts() == {**before, "core.ImportJob": 4}
