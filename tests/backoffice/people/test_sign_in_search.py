"""Sign-ins are found by the account and by the user, however either is typed."""

import pytest

from tests.factories import SignInFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_sign_in_is_found_by_its_account_user_address_or_key_in_any_spelling(client):
    client.force_login(UserFactory(is_superuser=True))
    of_account = SignInFactory(account="ana@example.com", user=None, address="2001:db8::a1", credential="key:12")
    of_user = SignInFactory(account="other", user=UserFactory(username="Boss"), address="192.0.2.7")
    SignInFactory(account="nobody", user=None, address="192.0.2.8")
    for typed, found in (
        ("Ana@Example.COM", of_account),
        ("2001:DB8::A1", of_account),
        ("KEY:12", of_account),
        ("boss", of_user),
        ("BOSS", of_user),
        ("192.0.2.7", of_user),
    ):
        response = client.get("/admin/directory/signin/", {"q": typed})
        assert [row.pk for row in response.context["cl"].result_list] == [found.pk], typed
