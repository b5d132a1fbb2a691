"""The booking page: free times to click, or a typed time with every reason and near free times if it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from unfold.sites import UnfoldAdminSite
from unfold.widgets import UnfoldBooleanWidget

from backoffice.calendar.clashes import in_words
from backoffice.calendar.pages.booking.alerts import alerts_of_chosen
from backoffice.calendar.pages.booking.form import HOURS, BookForm
from backoffice.calendar.pages.booking.free import (
    Choice,
    as_choices,
    chosen,
    first_choices,
    later_than,
    next_choices,
    offering,
    offers_at,
    searched,
)
from backoffice.calendar.pages.booking.new_patient import BUTTON, new_patient
from backoffice.calendar.pages.booking.series import Dates, dates_of, decisions_in, token_of
from backoffice.calendar.pages.booking.unusual import unusual
from backoffice.calendar.visits import visit_line
from backoffice.kit.actor import actor_of, practices_required
from backoffice.kit.clock import moment, on_clock
from backoffice.kit.forms import show_refusal
from backoffice.kit.lookups import asked_id, prefilled
from catalog.models import Service
from core.actor import Actor
from core.errors import DomainError, InvalidInput, Missing, Unavailable
from directory.models import Practice
from patients.models import Patient
from scheduling.calendar import WhyNot, group_at, groups_at, why_not
from scheduling.models import Appointment, AvailableSlot
from scheduling.services import Repeat, book_appointment, book_repeating, book_slot

VERB = "scheduling.book"
PREFILLED = {
    name: BookForm.base_fields[name]
    for name in ("patient", "service", "specialist", "room", "enrollment", "overbooking_reason", "starts_at")
}
# Kept in the address while the practice is chosen anew: what was filled in, and the way back.
KEPT = (*PREFILLED, "next")
# What a visit in a group has from its slot.
OF_THE_SLOT = frozenset({"practice_id", "specialist_id", "starts_at", "room_id"})
# Reasons that do not keep staff from booking.
ADVICE = frozenset({"outside_availability", "notice_period", "too_far_ahead", "past"})


def booking_view(site: UnfoldAdminSite, request: HttpRequest) -> HttpResponse:
    """Looks for free times ("look"), books a clicked one ("pick"), or books the typed time ("book")."""
    by, at = actor_of(request), timezone.now()
    practices = practices_required(request, VERB)
    practice, initial = started_from(request, practices, by=by)
    caller, added = new_patient(request, practice, by=by, at=at)
    if added is not None:
        messages.success(request, _("%(who)s was added. Continue with the visit.") % {"who": added})
        return HttpResponseRedirect(booking_for(added, request.POST, practice))
    picked = chosen(request.POST.get("pick", ""))
    data = with_program(with_picked(request, picked, practice), practice, by=by)
    form = BookForm(data, practice=practice, by=by, initial=initial)
    free: list[Choice] | None = None
    firsts: list[Choice] = []
    reasons: list[str] = []
    series: Dates | None = None
    wanted = request.GET.get("look") if request.method == "GET" else request.POST.get("look")
    if BUTTON in request.POST:
        form.errors.clear()  # what the visit lacks is asked for once the caller is known
    elif form.is_bound and form.is_valid():
        if wanted is not None:
            if form.needs("service"):
                free, firsts = look(form, later=later_than(wanted), at=at)
        elif form.needs("specialist", "starts_at"):
            try:
                asked = asked_of(form, starts_at=picked[0] if picked else None)
                repeat = repeat_of(form)
                if not meant(form, asked, by=by, at=at):
                    free = None
                elif repeat is None:
                    return booked(request, [book(form, asked, by=by, at=at)])
                elif request.POST.get("confirm") == token_of(repeated(form, asked), repeat):
                    made = book_series(form, asked, repeat, sent=request.POST, by=by, at=at)
                    return booked(request, made)
                else:
                    series = dates_of(repeated(form, asked), repeat, sent={}, by=by, at=at)
            except (DomainError, Unavailable) as error:
                show_refusal(form, error)
                if form.cleaned_data.get("repeat_type"):
                    series = dates_again(form, sent=request.POST, by=by, at=at)
                else:
                    reasons, free = explain(form, by=by, at=at)
    request.current_app = site.name
    context = {
        **site.each_context(request),
        "title": _("Book an appointment"),
        "form": form,
        "media": form.media,
        "practice": practice,
        "practices": practices if len(practices) > 1 else [],
        "next": request.POST.get("next") or request.GET.get("next", ""),
        "programs_of": programs_of(form),
        "warnings": alerts_of_chosen(str(form["patient"].value() or ""), by=by),
        "keep": urlencode({name: value for name, value in request.GET.items() if name in KEPT}),
        "new_patient": caller,
        "offers": offers_at(practice),
        "free": free,
        "firsts": firsts,
        "reasons": reasons,
        "series": series,
        "overbooking": "over" in request.GET or bool(reasons),
        "back": reverse("admin:scheduling_appointment_changelist"),
    }
    return TemplateResponse(request, "backoffice/calendar/book.html", context)


def started_from(request: HttpRequest, practices: list[Practice], *, by: Actor) -> tuple[Practice, dict[str, Any]]:
    """Where, and what the address filled in: single fields, or a slot, or an appointment to book over."""
    named = request.POST.get("practice") or request.GET.get("practice") or ""
    initial: dict[str, Any] = {} if "look" in request.GET else {**prefilled(PREFILLED, request.GET)}
    source: AvailableSlot | Appointment | None = None
    for name, rows in (("slot", AvailableSlot.objects.visible_to(by)), ("over", Appointment.objects.visible_to(by))):
        given = asked_id(request.GET, name)
        if given is not None:
            source = rows.select_related("practice").one(pk=given)
    if source is not None and source.starts_at is not None:
        named = named or str(source.practice_id)
        initial |= {"specialist": source.specialist_id, "room": source.room_id}
        initial["starts_at"] = on_clock(source.starts_at, source.practice)
        if isinstance(source, AvailableSlot):
            initial.setdefault("service", service_of(source, by=by))
    practice = next((one for one in practices if str(one.pk) == named), None)
    if practice is None:
        if named:
            raise Missing(_("Practice"))
        practice = practices[0]
    return practice, initial


def service_of(slot: AvailableSlot, *, by: Actor) -> int | None:
    """The service that the slot's type names, where it is one alone."""
    here = Service.objects.visible_to(by).live().filter(organization=slot.practice.organization_id)
    named = (
        list(here.filter(code=slot.appointment_type).values_list("pk", flat=True)[:2]) if slot.appointment_type else []
    )
    return named[0] if len(named) == 1 else None


def booking_for(patient: Patient, sent: Mapping[str, str], practice: Practice) -> str:
    """The booking page with a patient who has just been added, and all that was chosen before."""
    kept = {name: sent[name] for name in KEPT if sent.get(name)}
    asked = {**kept, "practice": practice.pk, "patient": patient.pk}
    if "service" in kept:
        asked["look"] = "1"
    return f"{reverse('admin:scheduling_appointment_add')}?{urlencode(asked)}"


def with_picked(request: HttpRequest, picked: tuple[datetime, int] | None, practice: Practice) -> Any:
    """What was sent (looking is a GET), with the clicked time and its specialist in their fields."""
    if request.method != "POST" and "look" not in request.GET:
        return None
    data = (request.POST if request.method == "POST" else request.GET).copy()
    if picked is not None:
        data["starts_at"] = on_clock(picked[0], practice).isoformat(timespec="minutes")
        data["specialist"] = str(picked[1])
    return data


def with_program(data: Any, practice: Practice, *, by: Actor) -> Any:
    """What was sent, with the program that fits patient and service, the first time that they are looked for."""
    if data is None or "look" not in data or data.get("enrollment"):
        return data
    form = BookForm(data, practice=practice, by=by)
    if data.get("programs_of") != programs_of(form):
        data["enrollment"] = str(form.fitting_program() or "")
    return data


def programs_of(form: BookForm) -> str:
    """For whom and what the box of programs was filled."""
    return f"{form['patient'].value() or ''}/{form['service'].value() or ''}"


def meant(form: BookForm, asked: dict[str, Any], *, by: Actor, at: datetime) -> bool:
    """Whether nothing is out of the ordinary, or it was ticked; else the form asks."""
    given = form.cleaned_data
    told = unusual(form.practice, given["service"], given["specialist"], asked["starts_at"], at=at)
    if not told:
        return True
    form.fields["anyway"].widget = UnfoldBooleanWidget()
    if given["anyway"]:
        return True
    found = why(form, by=by, at=at)
    if found is not None and any(one["code"] not in ADVICE for one in found.reasons):
        return True  # the verb refuses it, and the page then says everything at once
    form.add_error("anyway", " ".join(told))
    return False


def look(form: BookForm, *, later: datetime | None, at: datetime) -> tuple[list[Choice], list[Choice]]:
    """The next free times for what the form asks (after those shown, where later ones are asked for), and the first
    of each specialist, where anybody will do.
    """
    given = form.cleaned_data
    service = given["service"]
    people = [given["specialist"].pk] if given["specialist"] else offering(form.practice, service)
    after = None
    if given["starts_at"]:
        try:
            after = moment(given["starts_at"], form.practice, field="starts_at")
        except InvalidInput as error:
            show_refusal(form, error)
    after = later or after
    length = timedelta(minutes=service.duration_minutes)
    narrowed = {"weekday": given["weekday"], "hours": HOURS.get(given["hours"])}
    search = searched(service, length, patient=given["patient"], after=after, **narrowed, at=at)
    anytime = given["weekday"] is None and not given["hours"]
    firsts = first_choices(form.practice, people, search, at=at) if later is None and anytime else []
    return next_choices(form.practice, people, search, at=at), firsts


def asked_of(form: BookForm, *, starts_at: datetime | None) -> dict[str, Any]:
    """What the verbs of booking one visit and of booking a series are both called with."""
    given = form.cleaned_data
    return {
        "practice_id": form.practice.pk,
        "patient_id": given["patient"].pk,
        "service_id": given["service"].pk,
        "specialist_id": given["specialist"].pk,
        "starts_at": starts_at or moment(given["starts_at"], form.practice, field="starts_at"),
        "room_id": given["room"].pk if given["room"] else None,
        "enrollment_id": given["enrollment"].pk if given["enrollment"] else None,
        "assistant_ids": [one.pk for one in given["assistants"]],
        "overbooking_reason": given.get("overbooking_reason", ""),
        "override_reason": given["override_reason"],
    }


def repeat_of(form: BookForm) -> Repeat | None:
    """How often, where it repeats."""
    given = form.cleaned_data
    if not given["repeat_type"]:
        return None
    return Repeat(given["repeat_type"], given["repeating_interval"] or 1, given["number_of_repeats"] or 1)


def repeated(form: BookForm, asked: dict[str, Any]) -> dict[str, Any]:
    """The same of a series: where a group begins at the first time, every visit of it is one in the group."""
    groups = groups_at(form.practice, asked["specialist_id"], [asked["starts_at"]])
    return {**asked, "in_groups": groups.exists()}


def book(form: BookForm, asked: dict[str, Any], *, by: Actor, at: datetime) -> Appointment:
    """Call the verb of one visit, or of one in a group."""
    notes = form.cleaned_data["notes"]
    group = group_at(form.practice, asked["specialist_id"], asked["starts_at"], room_id=asked["room_id"])
    if group is not None:
        given = {name: value for name, value in asked.items() if name not in OF_THE_SLOT}
        return book_slot(group.pk, **given, notes=notes, by=by, at=at)
    return book_appointment(**asked, notes=notes, by=by, at=at)


def book_series(
    form: BookForm, asked: dict[str, Any], repeat: Repeat, *, sent: Mapping[str, str], by: Actor, at: datetime
) -> list[Appointment]:
    """Call the verb of a series, with what was decided about its dates."""
    decisions, notes = decisions_in(sent, repeat), form.cleaned_data["notes"]
    made: list[Appointment] = book_repeating(
        **repeated(form, asked), repeat=repeat, decisions=decisions, notes=notes, by=by, at=at
    )
    return made


def dates_again(form: BookForm, *, sent: Mapping[str, str], by: Actor, at: datetime) -> Dates | None:
    """The dates as they are now, after a refusal, with what was decided; none where they cannot be told."""
    try:
        asked, repeat = asked_of(form, starts_at=None), repeat_of(form)
        return dates_of(repeated(form, asked), repeat, sent=sent, by=by, at=at) if repeat is not None else None
    except DomainError:
        return None


def why(form: BookForm, *, by: Actor, at: datetime) -> WhyNot | None:
    """All that the engine says against the typed time; None where it is not complete or cannot be asked."""
    given = form.cleaned_data
    if not all(given.get(name) for name in ("patient", "service", "specialist", "starts_at")):
        return None
    try:
        return why_not(
            by,
            practice_id=form.practice.pk,
            specialist_id=given["specialist"].pk,
            service_id=given["service"].pk,
            starts_at=moment(given["starts_at"], form.practice, field="starts_at"),
            patient_id=given["patient"].pk,
            room_id=given["room"].pk if given.get("room") else None,
            enrollment_id=given["enrollment"].pk if given.get("enrollment") else None,
            at=at,
        )
    except DomainError:
        return None


def explain(form: BookForm, *, by: Actor, at: datetime) -> tuple[list[str], list[Choice]]:
    """Every reason against the typed time, and the nearest free ones."""
    found = why(form, by=by, at=at)
    if found is None:
        return [], []
    return in_words(found.reasons, by=by), as_choices(found.nearest, form.practice)


def booked(request: HttpRequest, made: list[Appointment]) -> HttpResponse:
    """Back to where booking was asked for (the calendar), else to the appointment, the first of a series."""
    text = ngettext("%(who)s is booked.", "%(who)s is booked, %(count)d visits.", len(made))
    text = text % {"who": made[0].patient, "count": len(made)}
    messages.success(request, f"{text} {visit_line(made[0])}")
    back = request.POST.get("next") or request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    own_page = reverse("admin:scheduling_appointment_change", args=(made[0].pk,))
    return HttpResponseRedirect(back if back and safe else own_page)
