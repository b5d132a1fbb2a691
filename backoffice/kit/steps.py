"""Steps: what staff do to a row other than editing it, as a button on one and an action on many.

A step names a verb. Where the verb needs input, a page asks for it, and its form asks the domain's own guard
before the verb is called; what the verb then refuses is said, never swallowed.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.kit.actor import actor_of
from backoffice.kit.forms import say, show_refusal
from backoffice.kit.panels import Panel
from core.actor import Actor
from core.bulk import Report
from core.errors import DomainError, Forbidden, Text

if TYPE_CHECKING:
    from backoffice.kit.verb_admin import VerbAdmin

AT_ONCE = 500

Page = Callable[["VerbAdmin", HttpRequest, int], HttpResponse]
Concerns = Callable[[Any, Actor, datetime], Sequence[Panel]]
Guard = Callable[[Any, Mapping[str, Any], datetime], object]


class StepForm(forms.Form):
    """The input of a step; it refuses what the guard would refuse."""

    def __init__(self, *args: Any, step: Step, rows: list[Any], by: Actor, at: datetime, **kwargs: Any) -> None:
        self.step, self.rows, self.by, self.at = step, rows, by, at
        super().__init__(*args, **kwargs)
        self.prepare()

    def prepare(self) -> None:
        """Fill in choices that depend on the rows."""

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if len(self.rows) == 1 and not self.errors:
            error = self.step.refusal(self.rows[0], given, at=self.at)
            if error is not None:
                show_refusal(self, error)
        return given

    def values(self) -> dict[str, Any]:
        """What the verb is called with."""
        return dict(self.cleaned_data)


@dataclass(frozen=True)
class Step:
    """One step. `call` is the verb, called with the row's id, the form's values, `by` and `at`.

    `done` is the message for a number of rows; `offered` says for which rows the button is shown; `guard` is the
    model's own mutator, tried on a copy. `each` asks for input row by row, else once for all. `told` says what
    became of one row, from what the verb returned, where `done` would say too little. `concerns` are the panels
    that the page shows of a row before the step is taken. `page` is the view of a step that needs more than a form:
    it is called with the ModelAdmin, the request and the row's id. `warning` asks before what is unusual of this row
    at this moment ("" where nothing is): one more click goes on; a step that is `form_with_warning` shows its form only
    then.
    """

    name: str
    label: Text
    verb: str
    call: Callable[..., object]
    done: str | Promise
    offered: Callable[[Any], bool] = lambda row: True
    guard: Guard = lambda row, given, at: None
    form: type[StepForm] | None = None
    form_with_warning: bool = False
    each: bool = False
    bulk: bool = True
    confirm: Text = ""
    warning: Callable[[Any, datetime], Text] = lambda row, at: ""
    variant: str = "default"
    icon: str = ""
    template: str = "backoffice/kit/step.html"
    page: Page | None = None
    context: Callable[[HttpRequest, Any], Mapping[str, Any]] = field(default=lambda request, row: {})
    concerns: Concerns = lambda row, by, at: ()
    leaves: bool = False
    told: Callable[[Any], str] | None = None

    @property
    def asks(self) -> bool:
        """Whether a page comes between the button and the verb."""
        return (self.form is not None and not self.form_with_warning) or bool(self.confirm)

    def asks_about(self, row: Any, *, at: datetime) -> bool:
        """Whether a page comes between the button of this row and the verb."""
        return self.asks or bool(self.warning(row, at))

    def refusal(self, row: Any, given: Mapping[str, Any], *, at: datetime) -> DomainError | None:
        """Return what the domain would refuse, without writing anything."""
        try:
            self.guard(copy.copy(row), given, at)
        except DomainError as error:
            return error
        return None

    def run(self, pk: int, values: Mapping[str, Any], *, by: Actor) -> object:
        """Call the verb."""
        return self.call(pk, **values, by=by, at=timezone.now())

    def message(self, count: int) -> str:
        """Return the message that `count` rows were done."""
        return str(self.done % {"count": count})

    def make_form(
        self, data: Any, rows: list[Any], *, by: Actor, prefix: str | None = None, files: Any = None
    ) -> StepForm | None:
        """The form for these rows, bound if there is data."""
        if self.form is None:
            return None
        return self.form(data or None, files or None, prefix=prefix, step=self, rows=rows, by=by, at=timezone.now())


@dataclass(frozen=True)
class Button:
    """A step as a row offers it to this actor."""

    step: Step
    url: str
    asks: bool

    @property
    def label(self) -> str:
        """Three dots say that a page follows."""
        return f"{self.step.label} …" if self.asks else str(self.step.label)


def may_step(request: HttpRequest, admin: VerbAdmin, step: Step, row: Any = None) -> bool:
    """Whether the permission tables allow the step with this row, or with any."""
    place = admin.place(row) if row is not None else {}
    return actor_of(request).may(step.verb, **place)


def forbidden_or_refused(request: HttpRequest, admin: VerbAdmin, step: Step, row: Any) -> DomainError | None:
    """Return why the step cannot be taken with this row whatever is typed; None if it can."""
    if not may_step(request, admin, step, row):
        return Forbidden()
    return None if step.offered(row) else step.refusal(row, defaultdict(str), at=timezone.now())


def tell(
    request: HttpRequest, step: Step, report: Report, names: Mapping[int, str], results: Mapping[int, object]
) -> None:
    """Show how many rows were done, and how many refused for which reason, with their names."""
    if report.done:
        # One alone may have taken its series along, and says so.
        alone = step.told if len(report.done) == 1 else None
        messages.success(request, alone(results[report.done[0]]) if alone else step.message(len(report.done)))
    reasons: dict[str, list[str]] = defaultdict(list)
    for pk, error in report.refused.items():
        reasons[say(error)].append(names.get(pk, f"#{pk}"))
    for why, which in reasons.items():
        shown = ", ".join(which[:5]) + (" …" if len(which) > 5 else "")
        text = ngettext("%(count)d refused: %(why)s (%(which)s)", "%(count)d refused: %(why)s (%(which)s)", len(which))
        messages.error(request, text % {"count": len(which), "why": why, "which": shown})
    if not report.done and not report.refused:
        messages.warning(request, _("Nothing was selected."))
