"""The tables below a patient: phone numbers, and who may act for the patient."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from backoffice.kit.actor import actor_of
from backoffice.kit.choices import named_user
from backoffice.kit.inlines import InlineForm, ReadOnlyField, VerbInline, given, refused_row
from core.actor import Actor
from core.errors import InvalidInput
from directory.models import User
from patients.models import Patient, PatientAccess, PhoneNumber
from patients.services import change_patient, grant_access, revoke_access


class PhoneInline(VerbInline):
    """The numbers of a patient, in the order in which they are called; saved together."""

    model = PhoneNumber
    verbose_name, verbose_name_plural = _("number"), _("Phone numbers")
    view_verb = "patients.view"
    add_verb = change_verb = delete_verb = "patients.change_patient"
    fields = ("prefix", "number", "phone_type", "label", "sms_enabled")
    ordering = ("position", "pk")

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        """A new patient mostly has one."""
        return 1 if obj is None else 0

    def save(self, request: HttpRequest, owner: Patient, formset: Any) -> None:
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        if not formset.has_changed():
            return
        kept = [form for form in formset.forms if form not in formset.deleted_forms]
        kept = [form for form in kept if form.instance.pk or form.has_changed()]
        numbers = [given(form, *self.fields) for form in kept]
        try:
            change_patient(owner.pk, values={}, phone_numbers=numbers, by=actor_of(request), at=timezone.now())
        except InvalidInput as error:
            raise refused_row(error, [form.prefix for form in kept], of="phone_numbers") from error


class AccessForm(InlineForm):
    """Names the user as people know them: nobody scrolls through everybody's accounts."""

    user = forms.CharField(
        label=_("user name or e-mail"), max_length=254, widget=UnfoldAdminTextInputWidget({"autocomplete": "off"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["user"] = ReadOnlyField(self.instance.user, label=self.fields["user"].label)

    def clean_user(self) -> User:
        """The one visible user with this name or address."""
        typed = self.cleaned_data["user"]
        return typed if isinstance(typed, User) else named_user(self.request, typed)


class AccessInline(VerbInline):
    """The users who may act for a patient."""

    model = PatientAccess
    verbose_name, verbose_name_plural = _("person"), _("Who may act for the patient")
    form = AccessForm
    view_verb = "patients.view"
    add_verb = change_verb = "patients.grant_access"
    delete_verb = "patients.revoke_access"
    fields = ("user", "relation")
    related = ("user",)
    ordering = ("pk",)

    def create(self, owner: Patient, form: Any, *, by: Actor, at: datetime) -> object:
        return grant_access(patient_id=owner.pk, **given(form, *self.fields), by=by, at=at)

    def change(self, owner: Patient, row: Any, form: Any, *, by: Actor, at: datetime) -> object:
        relation = form.cleaned_data["relation"]
        return grant_access(patient_id=owner.pk, user_id=row.user_id, relation=relation, by=by, at=at)

    def remove(self, owner: Patient, row: Any, *, by: Actor, at: datetime) -> object:
        return revoke_access(row.pk, by=by, at=at)
