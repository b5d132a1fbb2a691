"""The pages of steps: for one row after its button, for many after the list's action."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.admin import helpers
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.kit.actor import actor_of
from backoffice.kit.contributions import added_steps
from backoffice.kit.forms import say, show_refusal
from backoffice.kit.lookups import read_id
from backoffice.kit.panels import Panel
from backoffice.kit.steps import AT_ONCE, Button, Step, StepForm, forbidden_or_refused, may_step, tell
from core.bulk import Report, for_each
from core.errors import Conflict, DomainError, Missing, Unavailable

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
    from django.db.models import Model, QuerySet


@dataclass
class Line:
    """A row on a step's page: its form, or the reason why it cannot take the step."""

    row: Any
    name: str
    form: StepForm | None = None
    why: str = ""
    warning: str = ""
    panels: Sequence[Panel] = ()

    @property
    def patient(self) -> Any:
        """Whose it is, where the name does not say it."""
        patient = getattr(self.row, "patient", None)
        return patient if patient is not None and str(patient) not in self.name else None


class StepsMixin:
    """Gives a ModelAdmin its steps: its own `steps` in the order of the buttons, then those of other areas."""

    steps: Sequence[Step] = ()
    model: type[Model]
    admin_site: AdminSite

    def all_steps(self) -> tuple[Step, ...]:
        """The admin's own steps, and those that other areas add."""
        return (*self.steps, *added_steps(self.model))

    # ------------------------------------------------------------------------------------------ buttons

    def buttons(self, request: HttpRequest, row: Any, *, among: Sequence[Step] | None = None) -> list[Button]:
        """The steps that this actor may take with this row; with `among`, only those."""
        at = timezone.now()
        return [
            Button(step, self.step_url(step, row.pk), asks=step.asks_about(row, at=at))
            for step in (self.all_steps() if among is None else among)
            if step.offered(row) and may_step(request, self, step, row)  # type: ignore[arg-type]
        ]

    def step_url(self, step: Step, pk: int) -> str:
        """Where a step with one row is."""
        meta = self.model._meta
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_{step.name}", args=(pk,))

    def step_urls(self) -> list[URLPattern]:
        """One address for each step."""
        meta = self.model._meta
        return [
            path(
                f"<int:pk>/{step.name}/",
                self.admin_site.admin_view(partial(self.step_view, step=step)),
                name=f"{meta.app_label}_{meta.model_name}_{step.name}",
            )
            for step in self.all_steps()
        ]

    # ------------------------------------------------------------------------------------------ one row

    def step_view(self, request: HttpRequest, pk: int, *, step: Step) -> HttpResponse:
        """The step with one row: the page it names or the common one, or the verb at once where nothing is asked."""
        if step.page is not None:
            return step.page(self, request, pk)  # type: ignore[arg-type]
        row = self.get_object(request, str(pk))  # type: ignore[attr-defined]
        if row is None:
            return self.missing(request, str(pk))
        back = self.back(request, row)
        refused = forbidden_or_refused(request, self, step, row)  # type: ignore[arg-type]
        if refused is not None:
            messages.error(request, f"{self.named(row)}: {say(refused)}")
            return HttpResponseRedirect(back)
        sent = request.method == "POST" and ("apply" in request.POST or not step.asks_about(row, at=timezone.now()))
        by = actor_of(request)
        form = step.make_form(request.POST if sent else None, [row], by=by, files=request.FILES if sent else None)
        if sent and (form is None or form.is_valid()):
            try:
                result = step.run(row.pk, form.values() if form else {}, by=by)
            except (DomainError, Unavailable) as error:
                if form is None:
                    messages.error(request, f"{self.named(row)}: {say(error)}")
                    return HttpResponseRedirect(back)
                show_refusal(form, error)
            else:
                messages.success(request, step.told(result) if step.told else step.message(1))
                return HttpResponseRedirect(self.after(row, back) if not step.leaves else self.list_url())
        extra = {
            "form": form,
            "back": back,
            "lines": [Line(row, self.named(row), panels=step.concerns(row, by, timezone.now()))],
            "one": row,
            "original": row,
            "warning": step.warning(row, timezone.now()),
        }
        extra.update(step.context(request, row))
        return self.step_page(request, step, title=f"{step.label}: {self.named(row)}", **extra)

    def named(self, row: Any) -> str:
        """What staff know a row by, in titles and messages."""
        return str(row)

    def missing(self, request: HttpRequest, pk: str) -> HttpResponse:
        """What Django says of a row that does not exist; another's looks the same."""
        response: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.model._meta, pk)  # type: ignore[attr-defined]
        return response

    def after(self, row: Any, back: str) -> str:
        """Where staff go once the step is done."""
        return back

    def list_url(self) -> str:
        """The list of this model."""
        return reverse(f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}_changelist")

    def row_url(self, row: Any) -> str:
        """The page of a row."""
        return reverse(f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}_change", args=(row.pk,))

    def back(self, request: HttpRequest, row: Any) -> str:
        """Where the button was: the page that the request names, if it is one of ours, else the row's own."""
        return named_page(request) or self.row_url(row)

    def step_page(self, request: HttpRequest, step: Step, *, title: str, **context: Any) -> HttpResponse:
        """The page that asks."""
        request.current_app = self.admin_site.name
        form: forms.Form | None = context.get("form")
        media = forms.Media() + self.media  # type: ignore[attr-defined]
        every = [form, *(line.form for line in context["lines"])]
        for one in every:
            media += one.media if one is not None else forms.Media()
        return TemplateResponse(
            request,
            step.template,
            {
                **self.admin_site.each_context(request),
                "title": title,
                "opts": self.model._meta,
                "step": step,
                "media": media,
                "multipart": any(one is not None and one.is_multipart() for one in every),
                **context,
            },
        )

    # ---------------------------------------------------------------------------------------- many rows

    def get_actions(self, request: HttpRequest) -> dict[str, tuple[Callable[..., Any], str, str]]:
        """The steps that the actor may take somewhere; Django's own deletion is not among them."""
        if "_popup" in request.GET:
            return {}
        return {
            step.name: (partial(run_many, step=step), step.name, str(step.label))
            for step in self.all_steps()
            if step.bulk and may_step(request, self, step)  # type: ignore[arg-type]
        }

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Refuse ids that are no ids, and more rows at once than a request can carry."""
        chosen = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)
        if any(read_id(one) is None for one in chosen):
            messages.error(request, _("Something was selected that is not in the list."))
            return None
        if len(chosen) > AT_ONCE or (request.POST.get("select_across") == "1" and queryset[AT_ONCE:].exists()):
            text = _("At most %(count)d at a time. Filter the list, or select page by page.")
            messages.error(request, text % {"count": AT_ONCE})
            return None
        response: HttpResponse | None = super().response_action(request, queryset)  # type: ignore[misc]
        return response


def named_page(request: HttpRequest) -> str:
    """Return the page that the request names to go back to, if it is one of ours; else ""."""
    named = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(named, {request.get_host()}, require_https=request.is_secure())
    return named if named and safe else ""


def run_many(admin: Any, request: HttpRequest, queryset: QuerySet[Any], *, step: Step) -> HttpResponse | None:
    """Take the step with each selected row; ids that the actor may not see are refused as missing."""
    rows = {row.pk: row for row in queryset.select_related(*(admin.list_select_related or ()))}
    across = request.POST.get("select_across") == "1"
    ids = sorted(rows) if across else [int(pk) for pk in request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)]
    by, report, back = actor_of(request), Report(), named_page(request)
    lines: list[Line] = []
    for pk in dict.fromkeys(ids):
        refused = (
            forbidden_or_refused(request, admin, step, rows[pk])
            if pk in rows
            else Missing(str(admin.model._meta.verbose_name).capitalize())
        )
        if refused is not None:
            report.refused[pk] = refused
        if pk in rows:
            lines.append(Line(rows[pk], admin.named(rows[pk]), why=say(refused) if refused else ""))
    ready = [line for line in lines if not line.why]
    for line in ready:
        line.panels = step.concerns(line.row, by, timezone.now())
        line.warning = str(step.warning(line.row, timezone.now()))
    sent = "apply" in request.POST or not (step.asks or any(line.warning for line in ready))
    shared = None
    if ready and step.form is not None:
        data = request.POST if sent else None
        if step.each:
            for line in ready:
                line.form = step.make_form(data, [line.row], by=by, prefix=f"row{line.row.pk}")
        else:
            shared = step.make_form(data, [line.row for line in ready], by=by)
    asked = [one for one in (shared, *(line.form for line in ready)) if one is not None]
    # Each is asked, so that all that is wrong is shown at once.
    wrong = [one for one in asked if not one.is_valid()]
    if ready and (wrong or not sent):
        title = _("%(step)s: %(count)d selected") % {"step": step.label, "count": len(ids)}
        return admin.step_page(  # type: ignore[no-any-return]
            request,
            step,
            title=title,
            form=shared,
            lines=lines,
            ready=ready,
            back=back or request.get_full_path(),
            ids=ids,
        )
    values = {line.row.pk: (line.form or shared) for line in ready}
    results: dict[int, object] = {}

    def call(pk: int) -> None:
        form = values[pk]
        try:
            results[pk] = step.run(pk, form.values() if form else {}, by=by)
        except Unavailable as error:
            raise Conflict(say(error), code="busy") from error

    done = for_each(values, call)
    report.done, report.refused = done.done, {**report.refused, **done.refused}
    tell(request, step, report, {pk: admin.named(row) for pk, row in rows.items()}, results)
    return HttpResponseRedirect(back) if back else None


run_many.short_description = gettext_lazy("Run the action on the selected rows")  # type: ignore[attr-defined]
