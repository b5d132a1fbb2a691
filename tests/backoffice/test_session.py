"""Who is signed in, as a page asks before it sends a form."""

from django.test import Client
from django.urls import reverse

from tests.backoffice.conftest import signed_in
from tests.factories import UserFactory

NOW = reverse("admin:session")


def test_the_session_tells_who_it_is_and_a_token(desk, front_desk_user):
    told = desk.get(NOW).json()
    assert told["user"] == front_desk_user.pk
    assert len(told["token"]) == 64


def test_nobody_and_a_patient_are_nobody_here(db):
    for client in (Client(), signed_in(UserFactory())):
        answer = client.get(NOW)
        assert answer.json()["user"] is None
        assert "no-store" in answer.headers["Cache-Control"]


def test_every_page_of_staff_can_ask_and_has_a_way_past_the_menu(desk, practice):
    page = desk.get(reverse("admin:patients_patient_changelist")).content.decode()
    assert f'data-url="{NOW}"' in page
    assert 'href="#content"' in page
