"""The page that merges two records of one person: look for the other, compare them, choose, confirm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from backoffice.kit.actor import actor_of
from backoffice.kit.cells import link, patient_link
from backoffice.kit.choices import ScopedSelect
from backoffice.kit.clock import show_when
from backoffice.kit.forms import say
from backoffice.kit.lookups import read_id
from backoffice.kit.panels import Panel
from backoffice.kit.steps import Step, forbidden_or_refused
from billing.services import Merge, merge_patients, preview_merge
from core.errors import DomainError, InvalidInput, Unavailable
from patients.models import Patient, PatientAccess
from patients.services import shown, similar_patients

if TYPE_CHECKING:
    from backoffice.kit.verb_admin import VerbAdmin


@dataclass(frozen=True, slots=True)
class Line:
    """A field of both records on the page; with `choices` the desk says which value stays."""

    label: str
    name: str
    kept: Any
    gone: Any
    choices: tuple[str, ...] = ()
    chosen: str = "kept"


class OtherForm(forms.Form):
    """Asks for the other record by name, birth date, phone or number."""

    other = forms.ModelChoiceField(Patient.objects.none(), label=gettext_lazy("Another record of the same person"))

    def __init__(self, *args: Any, patient: Patient, rows: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["other"]
        field.queryset = rows
        field.widget = ScopedSelect(PatientAccess._meta.get_field("patient"), admin.site, edited=patient)
        field.widget.choices = field.choices


def merge_page(model_admin: VerbAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the other record, then show both and merge them once it is confirmed."""
    patient = model_admin.get_object(request, str(pk))
    if patient is None:
        return model_admin.missing(request, str(pk))
    back = model_admin.row_url(patient)
    refused = forbidden_or_refused(request, model_admin, MERGE, patient)
    if refused is not None:
        messages.error(request, f"{patient}: {say(refused)}")
        return HttpResponseRedirect(back)
    named = request.POST.get("other") or request.GET.get("other") or ""
    if not named:
        return _search(model_admin, request, patient)
    other_id = read_id(named)
    try:
        merge = preview_merge(actor_of(request), keep_id=pk, gone_id=other_id or 0, at=timezone.now())
    except DomainError as error:
        problem = " ".join(map(str, error.fields.values())) if isinstance(error, InvalidInput) else say(error)
        return _search(model_admin, request, patient, problem=_("The other record: %(why)s") % {"why": problem})
    problems: list[str] = [say(merge.refusal)] if merge.refusal is not None else []
    chosen = {one.name: request.POST.get(f"choice.{one.name}", "kept") for one in merge.compared if one.is_choice}
    if request.method == "POST" and not problems:
        if request.POST.get("same") != "on":
            problems.append(_("Confirm first that both records are of the same person."))
        else:
            choices = {name: choice for name, choice in chosen.items() if choice != "kept"}
            by = actor_of(request)
            try:
                merge_patients(pk, merge.gone.pk, choices=choices, by=by, at=timezone.now())
            except (DomainError, Unavailable) as error:
                problems.append(say(error))
            else:
                told = {"gone": merge.gone.name, "id": merge.gone.pk, "kept": merge.keep.name}
                messages.success(request, _("The record of %(gone)s (%(id)s) was merged into %(kept)s.") % told)
                return HttpResponseRedirect(back)
    return _compare(model_admin, request, merge, chosen, problems)


def _search(model_admin: VerbAdmin, request: HttpRequest, patient: Patient, *, problem: str = "") -> HttpResponse:
    """The search box, and those who look like the patient."""
    by = actor_of(request)
    first_number = patient.phone_numbers.order_by("position", "pk").first()
    alike = similar_patients(
        by,
        organization_id=patient.organization_id,
        first_name=patient.first_name,
        last_name=patient.last_name,
        email=patient.email,
        phone=str(first_number or ""),
        date_of_birth=patient.date_of_birth,
    )
    rows = Patient.objects.visible_to(by).live().filter(organization_id=patient.organization_id).exclude(pk=patient.pk)
    lines = [
        [
            patient_link(one),
            date_format(one.date_of_birth) if one.date_of_birth else "",
            one.email,
            one.city,
            link(patient, _("Compare"), page=MERGE.name, query=f"other={one.pk}"),
        ]
        for one in alike
        if one.pk != patient.pk
    ]
    found = Panel(
        _("Records that look like this one"),
        columns=[_("Name"), _("Born"), _("E-mail"), _("City"), ""],
        rows=lines,
        empty=_("None shares the e-mail, the phone, the name, or the last name and birth date."),
    )
    form = OtherForm(patient=patient, rows=rows)
    context = {"found": found, "form": form, "problems": [problem] if problem else [], "merge": None}
    return _page(model_admin, request, patient, **context)


def _compare(
    model_admin: VerbAdmin, request: HttpRequest, merge: Merge, chosen: dict[str, str], problems: list[str]
) -> HttpResponse:
    """Both records side by side, what moves, and the question."""
    keep, gone = merge.keep, merge.gone
    lines = [
        Line(_("Record"), "", f"{keep.name} ({keep.pk})", f"{gone.name} ({gone.pk})"),
        Line(_("Added"), "", show_when(keep.created_at), show_when(gone.created_at)),
        Line(_("Phone"), "", _numbers(keep), _numbers(gone)),
    ]
    for one in merge.compared:
        kept, theirs = shown(one)
        choices = one.choices if one.is_choice else ()
        lines.append(Line(one.label, one.name, kept, theirs, choices, chosen.get(one.name, "kept")))
    moves = Panel(
        _("Moves to the record that stays"),
        facts=[(label, str(count)) for label, count in merge.counts],
    )
    swap = reverse("admin:patients_patient_merge", args=(gone.pk,))
    context = {
        "merge": merge,
        "fields": lines,
        "has_choices": any(line.choices for line in lines),
        "moves": moves,
        "problems": problems,
        "swap": f"{swap}?other={keep.pk}",
        "form": None,
    }
    return _page(model_admin, request, keep, **context)


def _page(model_admin: VerbAdmin, request: HttpRequest, patient: Patient, **context: Any) -> HttpResponse:
    return model_admin.step_page(
        request,
        MERGE,
        title=_("Merge with another record: %(who)s") % {"who": patient},
        back=model_admin.row_url(patient),
        original=patient,
        one=patient,
        lines=[],
        **context,
    )


def _numbers(patient: Patient) -> str:
    return ", ".join(str(one) for one in patient.phone_numbers.order_by("position", "pk"))


MERGE = Step(
    name="merge",
    label=gettext_lazy("Merge with another record"),
    verb="patients.merge_patients",
    call=merge_patients,
    done=ngettext_lazy("%(count)d record merged.", "%(count)d records merged.", "count"),
    offered=lambda patient: patient.archived_at is None and patient.merged_into_id is None,
    confirm=gettext_lazy("Everything of one record moves to the other. This cannot be undone."),
    bulk=False,
    page=merge_page,
    template="backoffice/patients/merge.html",
    icon="merge",
)
