"""Who gets in: members of a practice and superusers; being staff is no flag."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.backoffice.conftest import stored
from tests.factories import AT, MembershipFactory, PatientAccessFactory, PatientFactory, UserFactory

LOGIN = reverse("admin:login")


def sign_in(username, password="demo"):
    client = Client()
    response = client.post(f"{LOGIN}?next=/admin/", {"username": username, "password": password, "next": "/admin/"})
    return client, response


def refusal(response):
    return [text for texts in response.context["form"].errors.values() for text in texts]


@pytest.mark.parametrize("role", ["front_desk", "specialist", "clinic_admin"])
def test_a_member_of_a_practice_signs_in(practice, role):
    MembershipFactory(practice=practice, role=role, user=UserFactory(username="ana"))
    client, response = sign_in("ana")
    assert (response.status_code, response.headers["Location"]) == (302, "/admin/")
    assert client.get("/admin/").status_code == 200


def test_the_entrance_itself_leads_to_the_start_page(practice):
    MembershipFactory(practice=practice, user=UserFactory(username="ana"))
    client = Client()
    assert client.get(LOGIN).headers["Location"] == f"{LOGIN}?next=%2Fadmin%2F"
    response = client.post(LOGIN, {"username": "ana", "password": "demo"})
    assert response.headers["Location"] == "/admin/"
    assert client.get(LOGIN, {"next": "/admin/"}).headers["Location"] == "/admin/"


def test_a_superuser_signs_in(db):
    UserFactory(username="boss", superuser=True, is_staff=False)
    client, response = sign_in("boss")
    assert response.status_code == 302
    assert client.get("/admin/").status_code == 200


def test_a_patient_is_told_where_to_sign_in(practice):
    user = UserFactory(username="pat")
    PatientAccessFactory(user=user, patient=PatientFactory(organization=practice.organization))
    client, response = sign_in("pat")
    assert refusal(response) == ["This sign-in is for staff. Patients sign in to the patient portal."]
    assert client.get("/admin/").status_code == 302


def test_the_flag_alone_lets_nobody_in(db):
    UserFactory(username="flag", staff=True)
    _client, response = sign_in("flag")
    assert refusal(response) == ["This sign-in is for staff. Patients sign in to the patient portal."]


def test_a_member_of_a_practice_that_was_put_away_is_not_let_in(practice):
    MembershipFactory(practice=practice, user=UserFactory(username="ana"))
    practice.archived_at = AT
    practice.save()
    _client, response = sign_in("ana")
    assert response.status_code == 200


def test_a_wrong_password_does_not_say_who_exists(practice):
    MembershipFactory(practice=practice, user=UserFactory(username="ana"))
    wrong, nobody = sign_in("ana", "wrong")[1], sign_in("nobody", "wrong")[1]
    assert refusal(wrong) == refusal(nobody)
    assert "Please enter the correct username and password" in refusal(wrong)[0]


def test_an_inactive_user_is_not_let_in(practice):
    MembershipFactory(practice=practice, user=UserFactory(username="ana", inactive=True))
    _client, response = sign_in("ana")
    assert response.status_code == 200


def test_whoever_leaves_the_last_practice_is_out_at_once(desk, front_desk_user):
    assert desk.get("/admin/").status_code == 200
    front_desk_user.memberships.all().delete()
    assert desk.get("/admin/").status_code == 302


def test_a_patients_session_opens_no_page(practice, patient_user, patient):
    client = Client()
    client.force_login(patient_user)
    for address in ("/admin/", reverse("admin:patients_patient_changelist"), reverse("admin:registrations")):
        response = client.get(address)
        assert (response.status_code, response.headers["Location"].startswith(LOGIN)) == (302, True)


def test_staff_who_are_patients_elsewhere_see_their_practice_alone(desk, front_desk_user, practice, foreign_practice):
    own = PatientFactory(organization=foreign_practice.organization)
    PatientAccessFactory(user=front_desk_user, patient=own)
    listed = desk.get(reverse("admin:patients_patient_changelist")).context["cl"].result_list
    assert own.pk not in {row.pk for row in listed}
    assert desk.get(reverse("admin:patients_patient_page", args=(own.pk,))).status_code == 302


def test_times_are_those_of_the_practice(desk, practice):
    from tests.factories import ProductOrderFactory

    # 10:00 UTC in February is noon in Bucharest.
    row = ProductOrderFactory(practice=practice)
    page = desk.get(reverse("admin:orders_productorder_change", args=(row.pk,))).content.decode()
    assert "17 Feb 2026, 12:00" in page


def test_a_row_of_a_practice_in_another_zone_names_its_zone(desk, two_practices):
    from tests.factories import ProductOrderFactory

    _first, second = two_practices
    second.time_zone = "Europe/Lisbon"
    second.save()
    row = ProductOrderFactory(practice=second)
    page = desk.get(reverse("admin:orders_productorder_change", args=(row.pk,))).content.decode()
    assert "17 Feb 2026, 10:00 WET" in page


def test_the_zone_of_one_request_does_not_stay_for_the_next(desk, practice):
    from django.utils import timezone

    desk.get("/admin/")
    assert timezone.get_current_timezone_name() == "UTC"


# -------------------------------------------------------------------------------------- one's own password

OWN = reverse("admin:password_change")
TRIES = "directory.SignIn"
NEW = "a long and unusual pass"


def test_staff_change_their_own_password_and_stay_signed_in(desk, front_desk_user, history):
    response = desk.post(OWN, {"old_password": "demo", "password1": NEW, "password2": NEW})
    assert response.headers["Location"] == "/admin/"
    front_desk_user.refresh_from_db()
    assert front_desk_user.check_password(NEW)
    assert desk.get("/admin/").status_code == 200
    assert [verb for verb, *_rest in history()] == ["directory.change_own_password"]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"old_password": "wrong", "password1": NEW, "password2": NEW}, "old_password"),
        ({"old_password": "demo", "password1": NEW, "password2": NEW + "x"}, "password2"),
        ({"old_password": "demo", "password1": "123", "password2": "123"}, "password1"),
        ({"old_password": "demo", "password1": "", "password2": ""}, "password1"),
    ],
)
def test_another_password_is_refused_at_its_field(desk, typed, field):
    before = stored()
    response = desk.post(OWN, typed)
    assert list(response.context["form"].errors) == [field]
    # But for the try itself, which is counted.
    assert {**stored(), TRIES: before[TRIES]} == before
