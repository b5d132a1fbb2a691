"""flextell: customers and tenants."""

import pytest

from core import ids_first
from patients import searching
from patients.models import Patient
from tests.api.flextell.conftest import NOW, VENDOR
from tests.factories import AT, DAY, MembershipFactory, PatientFactory, PhoneNumberFactory

PATH = f"{VENDOR}/customers"
SENT = {
    "first_name": "Ada",
    "last_name": "Moss",
    "phone_number": "+40 722 123 456",
    "email": "ada@example.org",
    "date_of_birth": "1990-05-17T05:31:56Z",
    "gender": "female",
    "country_name": "Romania",
    "identity_number": "123",
    "job": "Baker",
    "address": "Main street 1",
    "avatar_url": "https://example.org/ada.png",
    "default_channel_id": 123,
}


def test_a_customer_is_created_and_shown(admin, practice, organization):
    response = admin.post(PATH, SENT)
    patient = Patient.objects.get()
    expected = {
        "id": patient.pk,
        "first_name": "Ada",
        "last_name": "Moss",
        "phone_number": "+40722123456",
        "email": "ada@example.org",
        "date_of_birth": "1990-05-17T00:00:00Z",
        "gender": "female",
        "country_name": "Romania",
        "identity_number": "123",
        "job": "Baker",
        "address": "Main street 1",
        "default_channel_id": None,
        "avatar_url": "https://example.org/ada.png",
        "related_user": None,
        "created_at": NOW,
        "updated_at": NOW,
        "deleted_at": None,
    }
    assert (response.status_code, response.json()) == (201, {"success": "true", "data": expected})
    shown = admin.get(f"{PATH}/{patient.pk}")
    assert (shown.status_code, shown.json()) == (200, {"success": "true", "data": expected})
    assert (patient.organization, patient.country_code) == (organization, "RO")


def test_a_name_is_enough(admin, practice):
    body = admin.post(PATH, {"first_name": "Ada", "last_name": "Moss"}).json()["data"]
    named = ("id", "first_name", "last_name", "created_at", "updated_at")
    assert {value for name, value in body.items() if name not in named} == {None}


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({}, "The 'first_name' field is required."),
        ({"first_name": "A", "last_name": ""}, "The 'last_name' field must not be empty."),
        (SENT | {"email": "ada"}, "The 'email' field must be a valid email address."),
        (SENT | {"country_name": "Atlantis"}, "The 'country_name' field is not a country."),
        (SENT | {"date_of_birth": "1990"}, "The 'date_of_birth' field must be an ISO 8601 date-time."),
        (SENT | {"gender": "m"}, """The 'gender' field is invalid: "m" is not a valid choice."""),
    ],
)
def test_what_cannot_be_is_told(admin, practice, sent, message):
    response = admin.post(PATH, sent)
    assert (response.status_code, response.json()) == (422, {"error": "validation_error", "message": message})
    assert not Patient.objects.exists()


def test_customers_are_searched_filtered_and_sorted(admin, organization, practice):
    ada = PatientFactory(
        organization=organization, first_name="Ada", last_name="Moss", gender="female", email="a@example.org"
    )
    bob = PatientFactory(organization=organization, first_name="Bob", last_name="Zander", gender="male")
    PatientFactory(organization=organization, archived=True)
    PhoneNumberFactory(patient=bob)

    def found(query):
        response = admin.get(f"{PATH}?{query}")
        assert response.status_code == 200, response.content
        return [one["id"] for one in response.json()["data"]]

    assert found("") == [ada.pk, bob.pk]
    assert found("search=mos") == [ada.pk]
    assert found("search=A@example.org") == [ada.pk]
    assert found("search=123456") == [bob.pk]
    assert found("gender=male") == [bob.pk]
    assert found("sort_by=last_name&sort_order=desc") == [bob.pk, ada.pk]
    assert found("sort_order=desc&per_page=1") == [bob.pk]
    assert found("per_page=1&page=2") == [bob.pk]


@pytest.mark.parametrize("query", ["sort_by=password", "sort_by=organization__id", "sort_order=up", "per_page=101"])
def test_only_what_is_offered_is_sorted_by(admin, practice, query):
    assert admin.get(f"{PATH}?{query}").status_code == 422


def test_a_customer_of_another_organization_is_as_if_there_were_none(admin, foreign_practice):
    stranger = PatientFactory(organization=foreign_practice.organization)
    for pk in (stranger.pk, 999_999):
        response = admin.get(f"{PATH}/{pk}")
        assert (response.status_code, response.json()) == (404, {"error": "not_found", "message": "Patient not found"})
    assert admin.get(PATH).json()["data"] == []


def test_the_tenants_are_where_the_caller_works(calling, admin_user, practice, other_practice, foreign_practice):
    caller = calling(admin_user)
    path = f"{VENDOR}/account/tenants"
    here = {"id": practice.pk, "name": "Practice"}
    assert caller.get(path).json() == {"success": "true", "data": [here]}
    MembershipFactory(user=admin_user, practice=other_practice)
    there = {"id": other_practice.pk, "name": "Other practice"}
    assert caller.get(path).json() == {"success": "true", "data": [here, there]}


@pytest.mark.parametrize("who", ["doctor"])
def test_a_specialist_adds_no_customers(request, who):
    response = request.getfixturevalue(who).post(PATH, SENT)
    assert (response.status_code, response.json()["error"]) == (403, "forbidden")
    assert not Patient.objects.exists()


@pytest.mark.parametrize("typed", ["%25", "%20", "_", ""])
def test_a_search_without_a_word_finds_nobody(admin, organization, typed):
    PatientFactory(organization=organization)
    assert admin.get(f"{PATH}?search={typed}").json()["data"] == []


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("1980-12-31T00:00:00+02:00", "1980-12-31T00:00:00Z"),
        ("1980-12-31T23:59:59-11:00", "1980-12-31T00:00:00Z"),
        ("1980-12-31", "1980-12-31T00:00:00Z"),
    ],
)
def test_a_birthday_is_the_day_as_it_is_written(admin, practice, sent, kept):
    response = admin.post(PATH, SENT | {"date_of_birth": sent})
    assert (response.status_code, response.json()["data"]["date_of_birth"]) == (201, kept)


def test_a_number_that_is_none_is_told_as_it_was_typed(admin, practice):
    response = admin.post(PATH, SENT | {"phone_number": "0722 / 0733, ask"})
    assert (response.status_code, response.json()["data"]["phone_number"]) == (201, "0722 / 0733, ask")
    found = admin.get(f"{PATH}?search=0722 0733").json()["data"]
    assert [one["phone_number"] for one in found] == ["0722 / 0733, ask"]


@pytest.mark.parametrize("most", [0, searching.COMMON])
@pytest.mark.parametrize("sort", ["id", "created_at", "last_name", "email"])
def test_a_common_word_is_asked_of_each_and_counted_at_once(admin, organization, monkeypatch, most, sort):
    monkeypatch.setattr(searching, "COMMON", most)
    born = [AT + DAY, AT, AT + 2 * DAY]
    named = [PatientFactory(organization=organization, last_name=f"Moss {n}", created_at=born[n]) for n in (2, 0, 1)]
    for one in (*named, PatientFactory(organization=organization, last_name="Pop")):
        PatientFactory(organization=organization, last_name="Other")
        Patient.objects.filter(pk=one.pk).update(email=f"{one.last_name}@example.org")
        one.refresh_from_db()
    page = admin.get(f"{PATH}?search=mos&sort_by={sort}&per_page=2").json()
    expected = sorted(named, key=lambda one: (getattr(one, sort), one.pk))[:2]
    assert [one["id"] for one in page["data"]] == [one.pk for one in expected]
    assert page["meta"]["total"] == 3
    Patient.objects.filter(pk=named[1].pk).update(gender="female")
    for asked, ids in (("MOS", [named[1].pk]), ("moss", [named[1].pk]), ("po", []), ("none", [])):
        assert [one["id"] for one in admin.get(f"{PATH}?search={asked}&gender=female").json()["data"]] == ids
    assert admin.get(f"{PATH}?search=mos&word of many=pop").json()["meta"]["total"] == 3


@pytest.mark.parametrize("typed", ["mos", "mos 4"])
@pytest.mark.parametrize("sort", ["id", "last_name"])
def test_the_total_counts_whom_the_list_shows_whatever_the_order(admin, organization, monkeypatch, typed, sort):
    """Where many names begin with the word, those alone are meant, not who has it as a first name."""
    monkeypatch.setattr(searching, "COMMON", 0)
    monkeypatch.setattr(searching, "ONE_IN_PLACE", 1)
    for last, first in (("Moss", "Ann 4"), ("Mosby", "Eve 40"), ("Mosley", "Sue 4"), ("Zed", "Mos 4")):
        PatientFactory(organization=organization, last_name=last, first_name=first)
    found = []
    for page in (1, 2, 3):
        answer = admin.get(f"{PATH}?search={typed}&sort_by={sort}&per_page=2&page={page}").json()
        assert answer["meta"]["total"] == 3
        found += [one["last_name"] for one in answer["data"]]
    assert sorted(found) == ["Mosby", "Mosley", "Moss"]


@pytest.mark.parametrize("most", [0, 1_000])
def test_few_customers_of_a_gender_are_found_by_their_ids_and_many_along_the_list(
    admin, organization, monkeypatch, most
):
    monkeypatch.setattr(ids_first, "FEW", most)
    found = [PatientFactory(organization=organization, gender=gender) for gender in ("female", "male", "female", "")]
    for path in (f"{PATH}?gender=female", f"{PATH}?gender=female&sort_by=email&updated_since={NOW}"):
        assert [one["id"] for one in admin.get(path).json()["data"]] == [found[0].pk, found[2].pk]
    assert admin.get(f"{PATH}?gender=other").json()["data"] == []


def test_no_client_names_ids(admin, organization):
    PatientFactory(organization=organization)
    assert len(admin.get(f"{PATH}?ids+of+few=7").json()["data"]) == 1
