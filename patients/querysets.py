"""Patients and what belongs to them, by who may see them."""

from __future__ import annotations

from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import F, Q

from core.actor import Actor
from core.permissions import CLINIC_ADMIN, FRONT_DESK, SPECIALIST
from core.querysets import ClinicQuerySet
from directory.querysets import InOrganizationQuerySet
from patients.names import fold
from patients.phones import Dictated, dictated
from patients.searching import meant_by

M = TypeVar("M", bound=models.Model)


def visible_patients(actor: Actor, path: str = "") -> Q:
    """The condition that a patient at `path` (such as "patient") is one that `actor` may see.

    Clinic admins and front desk see their organizations' patients, a specialist those they have appointments with,
    a patient themselves and those they have access to.
    """
    prefix = f"{path}__" if path else ""
    pk = f"{path}_id" if path else "pk"
    condition = Q(**{f"{prefix}organization_id__in": actor.organizations_as(CLINIC_ADMIN, FRONT_DESK)})
    if actor.patient_ids:
        condition |= Q(**{f"{pk}__in": actor.patient_ids})
    if actor.specialist_ids:
        condition |= Q(**{f"{pk}__in": treated_by(actor)})
    return condition


def treated_by(actor: Actor) -> models.QuerySet[Any, Any]:
    """Ids of the patients with whom the actor has appointments, in the practices where they are a specialist."""
    from patients.models import Patient

    mine = Patient.objects.filter(
        appointments__specialist_id__in=actor.specialist_ids,
        appointments__practice_id__in=actor.practices(SPECIALIST),
    )
    return mine.values("pk")


def dialled(number: Dictated) -> Q:
    """The condition that a phone number is one that `number` says; digits are compared with digits."""
    condition = Q(digits__contains=number.contains) | Q(e164__contains=number.contains)
    if number.begins:
        condition |= Q(digits__startswith=number.begins)
    return condition | Q(e164__startswith=number.whole) if number.whole else condition


class PatientQuerySet(ClinicQuerySet[Any]):
    """Patients."""

    def live(self) -> Self:
        """Those that have not been put away or merged into another."""
        return self.filter(archived_at=None, merged_into=None)

    def visible_to(self, actor: Actor) -> Self:
        """See `visible_patients`."""
        return self if actor.everything else self.filter(visible_patients(actor))

    def to_book(self) -> Self:
        """With the few columns that a booking asks of somebody (of 55); another is read when it is asked for."""
        return self.only("organization", "resource", "first_name", "last_name", "archived_at", "merged_into")

    def found_by(self, text: str) -> Self:
        """Those whom `text` means: an e-mail address, (a piece of) a phone number, or words of the name."""
        text = text.strip()
        if "@" in text:
            return self.filter(email__iexact=text)
        if (number := dictated(text)) is not None:
            numbers = self.model._meta.get_field("phone_numbers").related_model._default_manager
            return self.filter(pk__in=numbers.filter(dialled(number)).values("patient"))
        return self.named_like(text)

    def searched(self, text: str) -> Self:
        """Those whom the desk means (see `patients.searching`); everybody for a text that says nothing."""
        condition = meant_by(text)
        return self if condition is None else self.filter(condition)

    def named_like(self, text: str) -> Self:
        """Those whose folded name contains each word of `text`, in any order; nobody for a text without a word."""
        words = fold(text).split()
        found = self if words else self.none()
        for word in words:
            found = found.filter(search_name__contains=word)
        return found


class PatientAccessQuerySet(ClinicQuerySet[Any]):
    """Who may act for whom."""

    def visible_to(self, actor: Actor) -> Self:
        """The staff who see the patient; and one's own."""
        if actor.everything:
            return self
        own = Q(user_id=actor.user_id) if actor.user_id else Q(pk=None)
        return self.filter(Q(patient__organization_id__in=actor.organizations_as(CLINIC_ADMIN, FRONT_DESK)) | own)


class OfPatientQuerySet(ClinicQuerySet[M]):
    """Rows that belong to a patient."""

    def live(self) -> Self:
        """Those that have not been put away."""
        return self.filter(archived_at=None)

    def visible_to(self, actor: Actor) -> Self:
        """Whoever sees the patient sees them."""
        return self if actor.everything else self.filter(visible_patients(actor, "patient"))


class CustomFieldQuerySet(InOrganizationQuerySet[Any]):
    """The fields that clinics defined themselves."""

    def of(self, object_type: str) -> Self:
        """Those that describe this kind of object."""
        return self.filter(object_type=object_type)

    def in_order(self) -> Self:
        """As forms and lists show them: by their position, those without one last."""
        return self.order_by(F("sequence_number").asc(nulls_last=True), "pk")


class CustomFieldValueQuerySet(ClinicQuerySet[Any]):
    """What the clinic's own fields say."""

    def live(self) -> Self:
        """Those of fields that have not been put away."""
        return self.filter(field__archived_at=None)

    def visible_to(self, actor: Actor) -> Self:
        """Whoever sees the patient or the care plan sees what is said of it."""
        if actor.everything:
            return self
        plans = self.model._meta.get_field("care_plan").related_model._default_manager.visible_to(actor)
        return self.filter(visible_patients(actor, "patient") | Q(care_plan_id__in=plans.values("pk")))

    def in_order(self) -> Self:
        """As forms and lists show them."""
        return self.order_by(F("field__sequence_number").asc(nulls_last=True), "field_id")
