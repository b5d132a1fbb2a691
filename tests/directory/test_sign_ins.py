"""How often somebody may try: each kind of try by itself, and every limit to the moment."""

from datetime import timedelta

import pytest

from directory.models import SignIn
from directory.services.sign_ins import KEPT, WINDOW, begin_sign_in, finish_sign_in, forget_sign_ins, note_try
from directory.states import SignInStep
from tests.factories import SignInFactory, UserFactory

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def attempt(at, account="ana", address="192.0.2.1", **more):
    return begin_sign_in(account=account, address=address, agent="Firefox", at=at, **{"browser": "", **more})


def test_a_wrong_password_is_no_wrong_code(at):
    for _time in range(5):
        attempt(at)
    other = next(one for one in SignInStep if one != SignInStep.PASSWORD)
    assert attempt(at, step=other).wait == 0
    assert attempt(at).wait > 0


def test_a_try_counts_for_a_quarter_of_an_hour_to_the_second(at):
    for _time in range(5):
        attempt(at)
    assert attempt(at + WINDOW - SECOND).wait == 1
    assert attempt(at + WINDOW).wait == 0


def test_a_try_that_was_refused_counts_no_more_and_a_right_one_never(at):
    user = UserFactory(username="ana")
    for _time in range(8):
        finish_sign_in(attempt(at), user=user)
    for _time in range(5):
        assert attempt(at).wait == 0
    assert [attempt(at + SECOND).wait, attempt(at + 2 * SECOND).wait] == [899, 898]
    assert list(SignIn.objects.order_by("pk").values_list("outcome", flat=True)[8:]) == ["wrong"] * 5 + ["refused"] * 2


def test_what_is_neither_right_nor_wrong_counts_as_it_is(at):
    for _time in range(5):
        note_try(attempt(at))
    assert attempt(at).wait > 0
    assert SignIn.objects.filter(outcome="noted").count() == 5


def test_the_case_of_an_account_makes_no_other_account_of_it(at):
    for name in ("ana", "ANA", "Ana", "aNa", "anA"):
        assert attempt(at, name).wait == 0
    assert attempt(at, "AnA").wait > 0
    assert set(SignIn.objects.values_list("account", flat=True)) == {"ana"}


@pytest.mark.parametrize(("tries", "different"), [(20, "address"), (50, "account")])
def test_an_account_and_an_address_have_so_many_tries_in_all(at, tries, different):
    for number in range(tries):
        told = {"address": f"198.51.100.{number}"} if different == "address" else {"account": f"somebody{number}"}
        assert attempt(at, **told).wait == 0
    one_more = {"address": "203.0.113.1"} if different == "address" else {"account": "else"}
    assert attempt(at, **one_more).wait > 0
    assert attempt(at, account="else", address="203.0.113.1").wait == 0


def test_a_known_browser_has_five_tries_of_its_own(at):
    for _time in range(5):
        assert attempt(at, browser="mark").wait == 0
    assert attempt(at, browser="mark").wait > 0
    assert attempt(at, browser="another").wait == 0
    assert attempt(at).wait == 0


def test_a_try_is_kept_for_a_year_to_the_second(at):
    SignInFactory(at=at - KEPT - SECOND)
    kept = SignInFactory(at=at - KEPT)
    assert forget_sign_ins(at=at) == 1
    assert SignIn.objects.get() == kept
