"""Adding a new patient while booking: name, phone and birth date, with a question if somebody similar exists."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from backoffice.kit.alike import alike_list
from backoffice.kit.forms import show_refusal
from backoffice.kit.inputs import DayField
from core.actor import Actor
from core.errors import DomainError, Unavailable
from directory.models import Practice
from patients.models import Patient
from patients.services import create_patient, similar_patients

BUTTON = "add_patient"
VERB = "patients.create_patient"


class NewPatientForm(forms.Form):
    """Asks for a new caller's data; more is entered on the patient's own page."""

    prefix = "new"

    first_name = forms.CharField(
        label=_("First name"), max_length=255, required=False, widget=UnfoldAdminTextInputWidget
    )
    last_name = forms.CharField(label=_("Last name"), max_length=255, widget=UnfoldAdminTextInputWidget)
    phone = forms.CharField(label=_("Phone"), max_length=32, required=False, widget=UnfoldAdminTextInputWidget)
    date_of_birth = DayField(label=_("Date of birth"), required=False)
    known = forms.BooleanField(label=_("This is another person"), required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, practice: Practice, by: Actor, **kwargs: Any) -> None:
        self.practice, self.by = practice, by
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors or given.get("known"):
            return given
        names = ("first_name", "last_name", "phone", "date_of_birth")
        organization_id = self.practice.organization_id
        alike = similar_patients(self.by, organization_id=organization_id, **{name: given[name] for name in names})
        if alike:
            self.fields["known"].widget = UnfoldBooleanWidget()
            asked = _t("A similar patient already exists. Choose them above, or tick the box to add this one.")
            self.add_error("known", alike_list(asked, alike, by=self.by))
        return given


def new_patient(
    request: HttpRequest, practice: Practice, *, by: Actor, at: datetime
) -> tuple[NewPatientForm | None, Patient | None]:
    """The form (none for whoever may add no patients), and the patient whom it has just made."""
    if not by.may(VERB, organization_id=practice.organization_id):
        return None, None
    sent = request.method == "POST" and BUTTON in request.POST
    form = NewPatientForm(request.POST if sent else None, practice=practice, by=by)
    if not sent or not form.is_valid():
        return form, None
    given = form.cleaned_data
    values: Any = {name: given[name] for name in ("first_name", "last_name", "date_of_birth") if given[name]}
    try:
        made = create_patient(
            organization_id=practice.organization_id,
            values=values,
            phone_numbers=[{"number": given["phone"]}] if given["phone"] else [],
            by=by,
            at=at,
        )
    except (DomainError, Unavailable) as error:
        show_refusal(form, error)
        return form, None
    return form, made
