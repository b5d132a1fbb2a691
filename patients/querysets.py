"""Patients and what belongs to them, by who may see them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import Q

from core.actor import Actor
from core.permissions import CLINIC_ADMIN, FRONT_DESK, SPECIALIST
from core.querysets import ClinicQuerySet
from patients.names import fold
from patients.phones import dictated
from patients.searching import MOST_WORDS, by_phone, found_by_word, meant_by, one_of

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


class PatientQuerySet(ClinicQuerySet[Any]):
    """Patients."""

    # Whose patients a search looks through: set by `visible_to`, carried along by every filter; None: everybody's.
    _organizations: Collection[int] | None = None

    def live(self) -> Self:
        """Those that have not been put away or merged into another."""
        return self.filter(archived_at=None, merged_into=None)

    def visible_to(self, actor: Actor) -> Self:
        """See `visible_patients`."""
        if actor.everything:
            return self
        rows = self.filter(visible_patients(actor))
        # A patient sees people of any organization, of whom there are few.
        rows._organizations = None if actor.patient_ids else actor.organizations_as()
        return rows

    def _clone(self) -> Self:
        rows: Self = super()._clone()  # type: ignore[misc]
        rows._organizations = self._organizations
        return rows

    def to_book(self) -> Self:
        """With the few columns that a booking asks of somebody (of 55); another is read when it is asked for."""
        return self.only("organization", "resource", "first_name", "last_name", "archived_at", "merged_into")

    def found_by(self, text: str) -> Self:
        """Those whom `text` means: an e-mail address, (a piece of) a phone number, or words of the name."""
        text = text.strip()
        if "@" in text:
            return self.filter(one_of([found_by_word(text, organizations=self._organizations)]), email__iexact=text)
        if dictated(text) is not None:
            return self.filter(one_of([by_phone(text)]))
        return self.named_like(text)

    def searched(self, text: str) -> Self:
        """Those whom the desk means (see `patients.searching`); everybody for a text that says nothing."""
        condition = meant_by(text, organizations=self._organizations)
        return self if condition is None else self.filter(condition)

    def named_like(self, text: str) -> Self:
        """Those of whose folded name each word of `text` begins a word; nobody for a text without a word."""
        words = fold(text).split()[:MOST_WORDS]
        ways = [found_by_word(word, organizations=self._organizations) for word in words]
        return self.filter(one_of(ways)) if ways else self.none()


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
