"""The limits of sign-in attempts, counted in the database, which all processes share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from core.checks import printable
from core.origin import Origin, network_of
from directory.models import AccessToken, ApiKey, SignIn, User
from directory.states import SignInOutcome, SignInStep

WINDOW = timedelta(minutes=15)
WRONG_OF_ONE = 5  # of an account from one address, or from one browser that knows it
WRONG_OF_ACCOUNT = 20  # of an account from everywhere
WRONG_OF_ADDRESS = 50  # from an address, of all accounts

# A year: long enough to look into what happened.
KEPT = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A counted attempt; if `wait` > 0 it is one too many, and the next is allowed in so many seconds."""

    row: SignIn
    wait: int = 0


def begin_sign_in(
    *,
    account: str,
    address: str | None,
    agent: str,
    browser: str,
    at: datetime,
    step: SignInStep = SignInStep.PASSWORD,
) -> Attempt:
    """Count an attempt at this step before its password or code is checked.

    A reception behind one router is not locked out by one of its own, as the address's limit is wide; and a browser
    that has signed in to the account before (`browser`) is not locked out by strangers: it has a limit of its own.
    Of IPv6 a whole line's network counts as one address.
    Tries at the same moment are all counted, each by all: too many are refused rather than one too many let in.
    """
    name = printable(account).casefold()[:150]
    row = SignIn.objects.create(
        at=at,
        step=step,
        account=name,
        # Whose account it is, where it is one, so that those who manage it see the wrong tries as well.
        user_id=User.objects.filter(username=printable(account)).values_list("pk", flat=True).first(),
        address=address,
        network=network_of(address),
        agent=printable(agent)[:255],
        browser=browser,
        outcome=SignInOutcome.WRONG,
    )
    since = SignIn.objects.filter(at__gt=at - WINDOW, step=step, outcome__in=(SignInOutcome.WRONG, SignInOutcome.NOTED))
    of_account, of_network = Q(account=name), Q(network=network_of(address))
    if browser:
        limits = [(of_account & Q(browser=browser), WRONG_OF_ONE)]
    elif not name:
        # A passkey itself says whose it is. Tries that name no account come from strangers: they must not shut all out.
        limits = [(of_network, WRONG_OF_ADDRESS)]
    else:
        strangers = Q(browser="")
        limits = [
            (of_account & of_network & strangers, WRONG_OF_ONE),
            (of_account & strangers, WRONG_OF_ACCOUNT),
            (of_network, WRONG_OF_ADDRESS),
        ]
    wait = 0
    for which, limit in limits:
        times = list(since.filter(which).order_by("-at", "-pk").values_list("at", flat=True)[: limit + 1])
        if len(times) > limit:
            # The next attempt is allowed once the oldest of the last `limit` attempts has left the window.
            wait = max(wait, math.ceil((times[limit] + WINDOW - at).total_seconds()), 1)
    if wait:
        row.outcome = SignInOutcome.REFUSED
        row.save(update_fields=["outcome"])
    return Attempt(row, wait)


def finish_sign_in(attempt: Attempt, *, user: User) -> None:
    """Mark the attempt as right, made by `user`."""
    row = attempt.row
    row.user, row.account, row.outcome = user, user.username.casefold()[:150], SignInOutcome.RIGHT
    row.save(update_fields=["user", "account", "outcome"])


def note_try(attempt: Attempt) -> None:
    """Leave the attempt neither right nor wrong; it counts towards the limits all the same."""
    attempt.row.outcome = SignInOutcome.NOTED
    attempt.row.save(update_fields=["outcome"])


def note_sign_in(
    step: SignInStep, *, user: User, address: str | None, agent: str, at: datetime, credential: str = ""
) -> None:
    """Record what happened to an account's passwords, second factors or keys, and from where."""
    SignIn.objects.create(
        at=at,
        step=step,
        account=user.username.casefold()[:150],
        user=user,
        address=address,
        agent=printable(agent)[:255],
        credential=credential,
        outcome=SignInOutcome.NOTED,
    )


def note_new_address(key: ApiKey | AccessToken, origin: Origin, *, user: User, at: datetime) -> None:
    """Record that a user's key or token is used from an address that is new to it, as far back as records go."""
    if not SignIn.objects.filter(credential=key.carried_as, address=origin.address).exists():
        note_sign_in(
            SignInStep.KEY,
            user=user,
            address=origin.address,
            agent=origin.agent,
            at=at,
            credential=key.carried_as,
        )


def forget_sign_ins(*, at: datetime) -> int:
    """Delete the attempts that are older than a year; return how many."""
    return SignIn.objects.filter(at__lt=at - KEPT).delete()[0]
