"""Staff at their pages: a client for each role, and the rows of each list."""

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from tests.conftest import everything_stored
from tests.factories import MembershipFactory, UserFactory


def signed_in(user):
    """A browser in which the user has signed in."""
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def boss(practice):
    """A superuser's browser."""
    return signed_in(UserFactory(username="boss", superuser=True))


@pytest.fixture
def manager(admin_user):
    """A clinic admin's browser."""
    return signed_in(admin_user)


@pytest.fixture
def desk(front_desk_user):
    """The front desk's browser."""
    return signed_in(front_desk_user)


@pytest.fixture
def therapist(specialist, specialist_user):
    """A specialist's browser."""
    return signed_in(specialist_user)


@pytest.fixture
def roles(boss, manager, desk, therapist):
    """Each role's browser by name."""
    return {"superuser": boss, "clinic_admin": manager, "front_desk": desk, "specialist": therapist}


@pytest.fixture
def two_practices(front_desk_user, practice, other_practice):
    """The front desk works at both practices of the organization."""
    MembershipFactory(user=front_desk_user, practice=other_practice)
    return practice, other_practice


def url(label, page, *args):
    """Where a page of a list is: `url("orders.productorder", "change", 5)`."""
    return reverse(f"admin:{label.replace('.', '_')}_{page}", args=args)


def formset_of(response, prefix):
    """The inline of this page whose fields begin with `prefix`."""
    return next(one.formset for one in response.context["inline_admin_formsets"] if one.formset.prefix == prefix)


def said(response):
    """The messages that the answer's request left, as (level, text)."""
    return [(message.level_tag, str(message)) for message in get_messages(response.wsgi_request)]


def stored():
    """Every row of every table of ours, to be compared before and after."""
    return everything_stored()


def form_of(response):
    """What a browser would send back of the form on this page: every field with its present value."""
    form = response.context["adminform"].form
    data = {}
    for bound in form:
        value = bound.value()
        if value is None or value is False:
            continue
        if value is True:
            value = "on"
        prepared = bound.field.widget.format_value(value) if not isinstance(value, list) else value
        data[bound.html_name] = prepared[0] if isinstance(prepared, list) and len(prepared) == 1 else prepared
    for inline in response.context["inline_admin_formsets"]:
        management = inline.formset.management_form
        for bound in management:
            data[bound.html_name] = bound.value()
        for one in inline.formset.forms:
            for bound in one:
                value = bound.value()
                if value is not None and value is not False and bound.name not in ("DELETE",):
                    data[bound.html_name] = "on" if value is True else value
    return {name: value for name, value in data.items() if value is not None}


@pytest.fixture
def here(practice, front_desk):
    """The practice's calendar, and short words for it."""
    from tests.backoffice.calendar.desk_calendar import Desk

    return Desk(practice, front_desk)
