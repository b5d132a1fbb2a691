"""Holidays and closed days of practices, entered singly or imported for a year by the country's calendar."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.sites import UnfoldAdminSite
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldBooleanSwitchWidget

from backoffice.calendar.hits import HitsForm, to_those_hit
from backoffice.calendar.pages.to_be_moved import page_of
from backoffice.kit.actor import actor_of, practices_required
from backoffice.kit.contributions import site_pages
from backoffice.kit.filters import DefaultFilter, PracticeFilter
from backoffice.kit.forms import show_refusal
from backoffice.kit.verb_admin import Values, VerbAdmin
from core.actor import Actor
from core.errors import DomainError, InvalidInput, Unavailable
from directory.models import Practice
from scheduling.calendar import hit_by_closure
from scheduling.models import Appointment, Holiday
from scheduling.services import import_holidays, remove_holiday, set_holiday

VERB = "scheduling.set_holiday"


class YearForm(forms.Form):
    """Which practice, which year."""

    practice = forms.ModelChoiceField(
        Practice.objects.none(), label=_("Practice"), empty_label=None, widget=UnfoldAdminSelectWidget
    )
    year = forms.IntegerField(
        label=_("Year"), min_value=2000, max_value=2100, widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("Days already in the list stay as they are."),
    )  # fmt: skip

    def __init__(self, *args: Any, practices: list[Practice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["practice"]
        field.queryset = Practice.objects.filter(pk__in=[one.pk for one in practices]).order_by("pk")
        field.initial = practices[0].pk
        self.fields["year"].initial = timezone.localdate().year


@site_pages
def holiday_urls(site: UnfoldAdminSite) -> list[URLPattern]:
    """The one page."""

    def view(request: HttpRequest) -> HttpResponse:
        return year_view(site, request)

    return [path("holidays-of-a-year/", site.admin_view(view), name="import_holidays")]


def year_view(site: UnfoldAdminSite, request: HttpRequest) -> HttpResponse:
    """Ask for the year, import it, and report how many days were added."""
    by, practices = actor_of(request), practices_required(request, VERB)
    form = YearForm(request.POST or None, practices=practices)
    back = reverse("admin:scheduling_holiday_changelist")
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            added = import_holidays(practice_id=given["practice"].pk, year=given["year"], by=by, at=timezone.now())
        except (DomainError, Unavailable) as error:
            show_refusal(form, error)
        else:
            text = ngettext("%(count)d day added.", "%(count)d days added.", len(added))
            messages.success(request, text % {"count": len(added)})
            warn_of_hits(request, given["practice"], added, by=by)
            return HttpResponseRedirect(back)
    request.current_app = site.name
    context = {
        **site.each_context(request),
        "title": _t("Public holidays of a year"),
        "form": form,
        "button": _t("Add them"),
        "back": back,
    }
    return TemplateResponse(request, "backoffice/kit/form_page.html", context)


def warn_of_hits(request: HttpRequest, practice: Practice, added: list[Holiday], *, by: Actor) -> None:
    """Say where the visits are that are booked on the new days."""
    rows = Appointment.objects.visible_to(by).open().filter(practice=practice, needs_move=True)
    booked = {when.astimezone(practice.zone).date() for when in rows.values_list("starts_at", flat=True) if when}
    days = [one for one in added if one.date in booked]
    if days:
        named = format_html_join(", ", '<a href="{}">{}</a>', ((page_of(one), day_of(one)) for one in days))
        messages.warning(request, format_html("{} {}", _t("Visits are booked on these days and must be moved:"), named))


def day_of(row: Holiday) -> str:
    """The day in words."""
    return date_format(row.date, "D j M Y")


class DayFilter(DefaultFilter):
    """What lies ahead; earlier days if asked for."""

    title = _("when")
    parameter_name = "when"
    quick = True
    default = "ahead"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("ahead", _("From today on")), ("any", _("All days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(date__gte=timezone.localdate()) if self.value() == "ahead" else queryset


class HolidayForm(HitsForm):
    """A day on which a practice is closed, or open although the calendar says otherwise."""

    is_closed = forms.BooleanField(
        label=_("Closed"),
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget,
        help_text=_("Off: the practice is open on this day although the calendar calls it a holiday."),
    )

    def hits(self, given: dict[str, Any], practice: Practice) -> list[Appointment]:
        day = given.get("date") or self.instance.date
        news = not self.instance.pk or not self.instance.is_closed
        if not given["is_closed"] or day is None or not news:
            return []
        return hit_by_closure(actor_of(self.request), practice_id=practice.pk, day=day)


@admin.register(Holiday)
class HolidayAdmin(VerbAdmin):
    """Holidays and closed days: bookings read them, and staff may override them with a reason."""

    view_verb = "scheduling.view_slots"
    add_verb = "scheduling.set_holiday"
    change_verb = "scheduling.set_holiday"
    delete_verb = "scheduling.set_holiday"
    scope = "practice"
    form = HolidayForm
    list_display = ("day", "name", "practice", "is_closed", "source")
    list_filter = (DayFilter, "is_closed", "source", PracticeFilter)
    list_select_related = ("practice",)
    ordering = ("date", "pk")
    search_fields = ("name",)
    search_help_text = _("Name")

    def layout(self, request: HttpRequest, obj: Any) -> list[Any]:
        return [(None, {"fields": ["practice", ("date", "name"), "is_closed", "anyway"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [*super().get_readonly_fields(request, obj), *(["date"] if obj is not None else [])]

    def list_links(self, request: HttpRequest) -> list[tuple[str, str]]:
        if not self.has_add_permission(request):
            return []
        return [(_t("Import the public holidays of a year"), reverse("admin:import_holidays"))]

    def create(self, form: Any, values: Values, *, by: Actor, at: datetime) -> Holiday:
        given, practice_id = form.cleaned_data, self.scope_id(form.request, form)
        if Holiday.objects.filter(practice_id=practice_id, date=given["date"]).exists():
            raise InvalidInput({"date": _t("This day is in the list already.")})
        return set_holiday(
            practice_id=practice_id,
            day=given["date"],
            name=given["name"],
            is_closed=given["is_closed"],
            by=by,
            at=at,
        )

    def change(self, obj: Holiday, form: Any, values: Values, *, by: Actor, at: datetime) -> Holiday | None:
        if not values:
            return None
        given = form.cleaned_data
        return set_holiday(
            practice_id=obj.practice_id, day=obj.date, name=given["name"], is_closed=given["is_closed"], by=by, at=at
        )

    def response_add(self, request: HttpRequest, obj: Holiday, post_url_continue: str | None = None) -> HttpResponse:
        answer: HttpResponse = super().response_add(request, obj, post_url_continue)
        return to_those_hit(request, page_of(obj)) or answer

    def response_change(self, request: HttpRequest, obj: Holiday) -> HttpResponse:
        answer: HttpResponse = super().response_change(request, obj)
        return to_those_hit(request, page_of(obj)) or answer

    def links(self, request: HttpRequest, row: Holiday) -> list[tuple[str, str]]:
        return [(_t("Visits to be moved"), page_of(row))] if row.is_closed else []

    def remove(self, obj: Holiday, *, by: Actor, at: datetime) -> None:
        remove_holiday(obj.pk, by=by, at=at)

    @display(description=_("day"), ordering="date")
    def day(self, row: Holiday) -> str:
        return day_of(row)
