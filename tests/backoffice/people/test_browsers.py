"""Browsers are shown in words wherever somebody is asked whether they know them."""

import pytest
from django.urls import reverse

from backoffice.kit.browsers import browser_in_words
from directory.models import SignIn
from tests.factories import AT, MembershipFactory, UserFactory

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
MAC = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36"
)
ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"
)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (IPHONE, "Safari on iOS"),
        (MAC, "Chrome on macOS"),
        (ANDROID, "Chrome on Android"),
        ("curl/8.5.0", "curl"),
        ("the clinic's own importer, " * 4, "the clinic's own importer, the clinic's "),
        ("", "unknown"),
    ],
)
def test_a_browser_is_named_as_people_name_it(agent, words):
    assert browser_in_words(agent) == words


@pytest.mark.django_db
def test_one_s_sessions_and_the_sign_ins_name_the_browser(client, practice):
    user = MembershipFactory(practice=practice, user=UserFactory(username="ana", is_superuser=True)).user
    sent = {"username": "ana", "password": "demo"}
    client.post(reverse("admin:login"), sent, headers={"User-Agent": FIREFOX})
    page = client.get(reverse("usersessions_list"), headers={"User-Agent": FIREFOX}).content.decode()
    assert "Firefox on Windows" in page
    assert "Gecko" not in page
    SignIn.objects.create(account="ana", user=user, step="password", outcome="right", agent=IPHONE, at=AT)
    page = client.get(reverse("admin:directory_signin_changelist")).content.decode()
    assert "Safari on iOS" in page
    assert "Gecko" not in page
