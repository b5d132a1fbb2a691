"""How often somebody may try to sign in, counted in the database, which all processes share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from core.checks import printable
from directory.models import SignIn, User
from directory.states import SignInOutcome

WINDOW = timedelta(minutes=15)
WRONG_OF_ONE = 5  # of an account from one address, or from one browser that knows it
WRONG_OF_ACCOUNT = 20  # of an account from everywhere
WRONG_OF_ADDRESS = 50  # from an address, of all accounts

# A year: long enough to look into what happened.
KEPT = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try that has been counted; `wait` > 0: one too many, and so many seconds until the next."""

    row: SignIn
    wait: int = 0


def begin_sign_in(*, account: str, address: str | None, agent: str, browser: str, at: datetime) -> Attempt:
    """Count one more try before its password is looked at.

    A reception behind one router is not locked out by one of its own, as the address's limit is wide; and a browser
    that has signed in to the account before (`browser`) is not locked out by strangers: it has a limit of its own.
    Tries at the same moment are all counted, each by all: too many are refused rather than one too many let in.
    """
    name = printable(account).casefold()[:150]
    row = SignIn.objects.create(
        at=at, account=name, address=address, agent=printable(agent)[:255], browser=browser, outcome=SignInOutcome.WRONG
    )
    since = SignIn.objects.filter(at__gt=at - WINDOW, outcome=SignInOutcome.WRONG)
    of_account = Q(account=name)
    if browser:
        limits = [(of_account & Q(browser=browser), WRONG_OF_ONE)]
    else:
        strangers = Q(browser="")
        limits = [
            (of_account & Q(address=address) & strangers, WRONG_OF_ONE),
            (of_account & strangers, WRONG_OF_ACCOUNT),
            (Q(address=address), WRONG_OF_ADDRESS),
        ]
    wait = 0
    for which, limit in limits:
        times = list(since.filter(which).order_by("-at", "-pk").values_list("at", flat=True)[: limit + 1])
        if len(times) > limit:
            # Free again once the oldest of the last `limit` others has left the window.
            wait = max(wait, math.ceil((times[limit] + WINDOW - at).total_seconds()), 1)
    if wait:
        row.outcome = SignInOutcome.REFUSED
        row.save(update_fields=["outcome"])
    return Attempt(row, wait)


def finish_sign_in(attempt: Attempt, *, user: User, browser: str) -> None:
    """The password was right: `user` came in, with the mark that `browser` has from now on."""
    attempt.row.user, attempt.row.outcome, attempt.row.browser = user, SignInOutcome.RIGHT, browser
    attempt.row.save(update_fields=["user", "outcome", "browser"])


def forget_sign_ins(*, at: datetime) -> int:
    """Delete the tries that are older than they are kept; returns how many."""
    return SignIn.objects.filter(at__lt=at - KEPT).delete()[0]
