"""The import of practices, and of the specialists who work at them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from babel import Locale
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from core.actor import Actor
from core.bulk_write import insert_numbered
from core.db import Work
from core.errors import InvalidInput
from core.hanging import check_free_to_change
from core.imports import (
    Batch,
    Column,
    From,
    ImportKind,
    Layout,
    Match,
    Outcome,
    Refers,
    Request,
    address,
    flag,
    list_of_ids,
    reference,
    start_of_day,
    text_up_to,
    valid_for,
    whole,
)
from core.imports.dates import LANGUAGES
from core.iso import check_country, check_currency, check_time_zone, countries, time_zone_called
from directory.models import (
    Organization,
    Practice,
    Resource,
    Specialist,
    SpecialistPractice,
    Specialty,
    User,
)
from directory.named import NAME_TAKEN
from directory.services import create_organization, delete_practice, delete_specialist
from directory.states import ResourceKind

# Of a practice, with what tells it apart (a comma and a space between).
LONGEST_NAME = 253


def country(text: str) -> str:
    """Return the ISO 3166 code for a code or a country's name in one of the languages that imports understand."""
    code = text.upper()
    if code not in countries():
        code = _codes().get(text.casefold(), code if len(code) == 2 else text)
        check_country(code)
    return code


@cache
def _codes() -> dict[str, str]:
    codes: dict[str, set[str]] = {"usa": {"US"}, "england": {"GB"}, "holland": {"NL"}}
    for language in LANGUAGES:
        for code, name in Locale(language).territories.items():
            if code in countries():
                codes.setdefault(name.casefold(), set()).add(code)
    return {name: meant.pop() for name, meant in codes.items() if len(meant) == 1}


ADDRESS = (
    Column(name="address_1", help=_("Street and number.")),
    Column(name="address_2", help=_("Second line of the address.")),
    Column(name="city", help=""),
    Column(name="state", help=_("State, province or county.")),
    Column(name="post_code", help=""),
    Column(name="country_code", help=_("Two letters (ISO 3166), or the name."), parse=country),
)
ARCHIVED = Column(name="archived_at", help=_("The day it was archived."), parse=start_of_day, blank=None, dated=True)

PRACTICE = Refers(model=Practice, keys=("name", "display_name"))
SPECIALIST = Refers(model=Specialist, full_name=True)
USER = Refers(model=User, scope="", keys=("username", "email"))


def organization_of(request: Request, *, by: Actor, at: datetime) -> int:
    """Return the organization that an import names, itself or by its practice; else the first that `by` sees."""
    organization_id = _named_organization(request, by) or _first_organization(by)
    if organization_id is None:
        raise InvalidInput({"organization": _t("There is no organization yet; import practices first.")})
    return organization_id


def organization_or_new(request: Request, *, by: Actor, at: datetime) -> int:
    """Like `organization_of`, but create an organization if there is none yet."""
    organization_id = _named_organization(request, by) or _first_organization(by)
    if organization_id is None:
        organization_id = create_organization(values={"name": request.organization_name}, by=by, at=at).pk
    return organization_id


def give_resources(work: Work, matches: Collection[Match[Any]], kind: ResourceKind) -> None:
    """Create the resource (what can be busy) of each new object."""
    new = [match.obj for match in matches if match.outcome is Outcome.CREATED]
    # Without an object for each: only its id is of interest, and it has no history entry, as its owner has one.
    ids = insert_numbered(Resource, ("kind", "created_at"), [(kind, work.at)] * len(new))
    for obj, pk in zip(new, ids, strict=True):
        obj.resource_id = pk


def save_practices(work: Work, batch: Batch) -> None:
    """Save practices of the organization."""
    organization_id = batch.scope.organization_id
    made = batch.match(Practice, lambda values: Practice(organization_id=organization_id, **values))
    matches = [match for match in made if _may_have_its_zone(work, batch, match)]
    away = [match for match in matches if match.obj.archived_at is not None]
    live = [match for match in matches if match.obj.archived_at is None]
    batch.store(work, [*_tell_apart(batch, live), *away])


def _may_have_its_zone(work: Work, batch: Batch, match: Match[Practice]) -> bool:
    """Whether the practice can have the row's time zone (see `change_practice`); refuses the row if not."""
    if match.outcome is Outcome.CREATED or "time_zone" not in match.obj.changes():
        return True
    try:
        check_free_to_change(match.obj, "time_zone", by=work.by, at=work.at)
    except InvalidInput as error:
        batch.refuse(match.row, "time_zone", str(error.fields["time_zone"]))
        return False
    return True


def _tell_apart(batch: Batch, matches: Collection[Match[Practice]]) -> list[Match[Practice]]:
    """Practices of one name, as chains have them, are told apart by their town, those of one town by their address.

    One that is known keeps the name that it has already. Returns those that have a name of their own.
    """
    names = {match.row.external_id: _names_of(match.obj) for match in matches}
    live = Practice.objects.live().filter(organization_id=batch.scope.organization_id)
    wanted = {name for several in names.values() for name in several}
    owners = dict(live.filter(name__in=wanted).values_list("name", "pk"))
    settled: set[str] = set()
    open_: list[Match[Practice]] = []
    for match in matches:
        before = match.obj.changes().get("name", (match.obj.name,))[0]
        if match.outcome is not Outcome.CREATED and before in names[match.row.external_id]:
            match.obj.name = before
            settled.add(before)
        else:
            open_.append(match)
    for length in range(1, 5):
        candidates = {match.row.external_id: names[match.row.external_id][:length][-1] for match in open_}
        often = Counter(candidates.values())
        for match in list(open_):
            name = candidates[match.row.external_id]
            is_free = name not in settled and owners.get(name, match.obj.pk) == match.obj.pk
            # What nothing tells apart is the first one's name in the end.
            if is_free and (often[name] == 1 or length == 4):
                open_.remove(match)
                settled.add(name)
                if name != match.obj.name:
                    says = _t("There are several practices of this name; this one is called “%(name)s” here.")
                    batch.remark(match.row, "name", says % {"name": name})
                    match.obj.name = name
    for match in open_:
        # What the database would say, one row after the other.
        batch.refuse(match.row, "name", NAME_TAKEN)
    return [match for match in matches if match not in open_]


def _names_of(practice: Practice) -> list[str]:
    """The practice's name, then with its town, then with its address, too."""
    names = [practice.name]
    for more in (practice.city, practice.address_1):
        if more and len(names[-1]) + len(more) <= LONGEST_NAME:
            names.append(f"{names[-1]}, {more}")
    return names


def save_specialists(work: Work, batch: Batch) -> None:
    """Save specialists with their specialty and places of work; places that the file does not name are kept."""
    organization_id = batch.scope.organization_id
    matches = batch.match(Specialist, lambda values: Specialist(organization_id=organization_id, **values))
    _give_specialties(work, matches, organization_id)
    give_resources(work, matches, ResourceKind.PERSON)
    _add_places_of_work(work, batch, batch.store(work, matches))


def _give_specialties(work: Work, matches: Collection[Match[Specialist]], organization_id: int) -> None:
    """Set each specialist's specialty to the organization's live one of that name, creating it if needed."""
    named = [match for match in matches if match.row.values.get("specialty")]
    names = dict.fromkeys(match.row.values["specialty"] for match in named)
    live = Specialty.objects.live().filter(organization_id=organization_id, name__in=names)
    by_name = {specialty.name: specialty for specialty in live}
    new = [Specialty(organization_id=organization_id, name=name) for name in names if name not in by_name]
    by_name |= {specialty.name: specialty for specialty in work.create_many(new)}
    for match in named:
        match.obj.specialty = by_name[match.row.values["specialty"]]


def _add_places_of_work(work: Work, batch: Batch, matches: Collection[Match[Specialist]]) -> None:
    present = set(
        SpecialistPractice.objects.filter(specialist__in=[match.obj.pk for match in matches]).values_list(
            "specialist_id", "practice_id"
        )
    )
    added = []
    for match in matches:
        wanted = batch.values_of(match.row, is_new=match.outcome is Outcome.CREATED).get("practices") or ()
        if not wanted and batch.scope.practice_id is not None:
            wanted = (batch.scope.practice_id,)
        for practice_id in dict.fromkeys(wanted):
            if (match.obj.pk, practice_id) not in present:
                added.append(SpecialistPractice(specialist=match.obj, practice_id=practice_id))
                match.touch()
    work.create_many(added)


def _named_organization(request: Request, by: Actor) -> int | None:
    organization_id = request.organization_id
    if request.practice_id is not None:
        practice = Practice.objects.visible_to(by).one(pk=request.practice_id)
        if organization_id not in (None, practice.organization_id):
            raise InvalidInput({"practice": _t("The practice belongs to another organization.")})
        organization_id = practice.organization_id
    return None if organization_id is None else Organization.objects.visible_to(by).one(pk=organization_id).pk


def _first_organization(by: Actor) -> int | None:
    first: int | None = Organization.objects.visible_to(by).order_by("pk").values_list("pk", flat=True).first()
    return first


def us_post_code(text: str) -> str:
    """Restore the leading zeros that a spreadsheet removed from a ZIP code."""
    return text.zfill(5) if text.isdigit() else text


def first_word(text: str) -> str:
    """Return the first name from a full name."""
    return text.partition(" ")[0]


def other_words(text: str) -> str:
    """Return the last name from a full name."""
    return text.partition(" ")[2].strip()


PRACTICES = ImportKind(
    name="practices",
    help=_("The locations of an organization."),
    verb="directory.import_practices",
    may="directory.create_practice",
    columns=(
        Column(name="name", help=_("Unique among the organization's live practices."), required=True),
        Column(name="display_name", help=_("What patients read, where it differs.")),
        *ADDRESS,
        Column(
            name="time_zone",
            help=_("IANA name, such as Europe/Bucharest."),
            parse=valid_for(check_time_zone, rewrite=time_zone_called),
            required=True,
        ),
        Column(
            name="currency",
            help=_("Three letters, ISO 4217."),
            parse=valid_for(check_currency, rewrite=str.upper),
            required=True,
        ),
        Column(name="contact_information", help=_("Phone and whatever else reaches it.")),
        Column(name="additional_information", help=""),
        Column(name="additional_invoice_information", help=_("Printed on invoices.")),
        Column(name="website_address", help=""),
        Column(name="email_reply_to", help="", parse=address),
        Column(name="registration_name", help=_("Registered as.")),
        Column(name="registration_value", help=_("Registration number.")),
        flag("reminders_enabled", _("Patients are reminded: yes or no."), blank=True),
        flag("show_in_online_bookings", _("Patients may book: yes or no."), blank=True),
        Column(name="notice_hours", help=_("How long before a visit patients may cancel."), parse=whole, blank=24),
        Column(name="booking_horizon_months", help=_("How far ahead patients may book."), parse=whole, blank=12),
        flag("no_show_forfeits", _("A visit missed costs its session: yes or no.")),
        flag("late_cancel_forfeits", _("So does one cancelled too late: yes or no.")),
        Column(name="holiday_calendar", help=_("Such as IT-RM; empty: its country's.")),
        ARCHIVED,
    ),
    place=organization_or_new,
    save=save_practices,
    undo=delete_practice,
    rows=lambda organization_id: Practice.objects.filter(organization_id=organization_id),
    model=Practice,
    layouts={
        "synthea": Layout(
            name="synthea",
            help="organizations.csv",
            columns={
                "external_id": From("Id"),
                "name": From("NAME"),
                "address_1": From("ADDRESS"),
                "city": From("CITY"),
                "state": From("STATE"),
                "post_code": From("ZIP", convert=us_post_code),
                "contact_information": From("PHONE"),
            },
            defaults={"country_code": "US", "time_zone": "America/New_York", "currency": "USD"},
            unread=frozenset({"LAT", "LON", "REVENUE", "UTILIZATION"}),
        )
    },
)

SPECIALISTS = ImportKind(
    name="specialists",
    help=_("The people who treat, and where they work."),
    verb="directory.import_specialists",
    may="directory.create_specialist",
    columns=(
        Column(name="first_name", help="", required=True),
        Column(name="last_name", help=""),
        Column(name="title", help=_("Such as Dr.")),
        Column(name="designation", help=_("What stands behind the name.")),
        Column(name="description", help=""),
        Column(
            name="specialty",
            help=_("Its name; made where the organization has none of it."),
            parse=text_up_to(255),
            stored=False,
            write=lambda specialist: specialist.specialty.name if specialist.specialty else "",
        ),
        Column(
            name="practices",
            help=_("Practices by external id or name, separated by semicolons."),
            parse=list_of_ids,
            blank=(),
            stored=False,
            refers=PRACTICE,
            write=lambda specialist: ";".join(str(one.practice_id) for one in specialist.works_at.all()),
        ),
        Column(name="italian_fiscal_code", help=""),
        Column(name="telehealth_url", help=""),
        Column(name="sequence_number", help=_("Their place in lists."), parse=whole, blank=0),
        flag("scheduling_active", _("May be booked: yes or no."), blank=True),
        flag("show_in_online_bookings", _("Patients may book them: yes or no."), blank=True),
        reference("user", USER, _("Who signs in as them, by external id, name or e-mail."), stored=True),
        ARCHIVED,
    ),
    place=organization_of,
    save=save_specialists,
    undo=delete_specialist,
    rows=lambda organization_id: (
        Specialist.objects.filter(organization_id=organization_id)
        .select_related("specialty")
        .prefetch_related("works_at")
    ),
    model=Specialist,
    layouts={
        "synthea": Layout(
            name="synthea",
            help="providers.csv",
            columns={
                "external_id": From("Id"),
                "first_name": From("NAME", convert=first_word),
                "last_name": From("NAME", convert=other_words),
                "specialty": From("SPECIALITY"),
                "practices": From("ORGANIZATION"),
            },
            unread=frozenset({"GENDER", "ADDRESS", "CITY", "STATE", "ZIP", "LAT", "LON", "UTILIZATION"}),
        )
    },
)
