"""Filters of the directory, above all by who may see which rows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Self, TypeVar

from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models import OuterRef, Q, Value
from django.db.models.functions import Replace, Upper

from core.actor import Actor
from core.hints import OfEach
from core.permissions import CLINIC_ADMIN, FRONT_DESK
from core.prepared import read_once, there_is
from core.querysets import ClinicQuerySet

M = TypeVar("M", bound=models.Model)


class InOrganizationQuerySet(ClinicQuerySet[M]):
    """Rows of an organization, which the staff of its practices may read."""

    def live(self) -> Self:
        """Rows that are not archived."""
        return self.filter(archived_at=None)

    def visible_to(self, actor: Actor) -> Self:
        """Rows of the organizations in whose practices the actor works."""
        return self if actor.everything else self.filter(organization_id__in=actor.organizations_as())


class InPracticeQuerySet(ClinicQuerySet[M]):
    """Rows of a practice, which its staff may read."""

    def live(self) -> Self:
        """Rows that are not archived."""
        return self.filter(archived_at=None)

    def visible_to(self, actor: Actor) -> Self:
        """Rows of the practices in which the actor works."""
        return self if actor.everything else self.filter(practice_id__in_scope=actor.practices())


class UIElementQuerySet(ClinicQuerySet[Any]):
    """What connected programs show."""

    def visible_to(self, actor: Actor) -> Self:
        """Elements of the actor's practices, and those shown in all of their organizations."""
        if actor.everything:
            return self
        shared = Q(practice=None, organization_id__in=actor.organizations_as())
        return self.filter(shared | Q(practice_id__in=actor.practices()))


class RoomQuerySet(InPracticeQuerySet[Any]):
    """Rooms."""


def _who_works_for(actor: Actor, user: Any) -> models.QuerySet[Any, Any]:
    """The ids of the users who work in the practices of which the actor is a clinic admin.

    `user` is any field that refers to a user; this module cannot import the model.
    """
    memberships = user.related_model._meta.get_field("memberships").related_model._default_manager
    found: models.QuerySet[Any, Any] = memberships.filter(practice_id__in=actor.practices(CLINIC_ADMIN))
    return found.values("user_id")


class UserQuerySet(ClinicQuerySet[Any]):
    """Users."""

    def visible_to(self, actor: Actor) -> Self:
        """Oneself; clinic admins also who works in their practices. They and the front desk also see who acts for
        their organizations' patients. Who is nobody's yet is listed to superusers alone (see `nameable_by`).
        """
        if actor.everything:
            return self
        return self.filter(self._seen_by(actor))

    def staff(self, practices: Collection[int] | None) -> Self:
        """Who works in one of the practices (None: in any), and superusers; they are few and looked up first."""
        at_work = self.model._meta.get_field("memberships").related_model._default_manager.all()
        if practices is not None:
            at_work = at_work.filter(practice_id__in=practices)
        return self.filter(Q(pk__in=at_work.values("user_id")) | Q(is_superuser=True))

    def nameable_by(self, actor: Actor) -> Self:
        """Those to whom the actor may give a role or a patient, once told their exact name: whom they see, and who is
        nobody's yet. Never a list to choose from: an account without a role says nothing of whose it will be.
        """
        if not actor.practices(CLINIC_ADMIN, FRONT_DESK):
            return self.visible_to(actor)
        nobodys = ~there_is(self._related("memberships")) & ~there_is(self._related("patient_access"))
        return self.filter(self._seen_by(actor) | (nobodys & Q(is_superuser=False)))

    def _seen_by(self, actor: Actor) -> Q:
        works_there = self._related("memberships").filter(practice_id__in=actor.practices(CLINIC_ADMIN))
        acts_there = self._related("patient_access").filter(
            patient__organization_id__in_scope=actor.organizations_as(CLINIC_ADMIN, FRONT_DESK)
        )
        return Q(pk=actor.user_id) | there_is(works_there) | there_is(acts_there)

    def _related(self, name: str) -> models.QuerySet[Any, Any]:
        """The rows of another table that belong to the user who is asked about."""
        related = self.model._meta.get_field(name).related_model
        rows: models.QuerySet[Any, Any] = related._default_manager.filter(user_id=OuterRef("pk"))
        return rows


class UserManager(DjangoUserManager[Any]):
    """Django's user manager, with the filters of `UserQuerySet`."""

    use_in_migrations = False

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def visible_to(self, actor: Actor) -> UserQuerySet:
        """The users that `UserQuerySet.visible_to` selects."""
        return self.get_queryset().visible_to(actor)

    def nameable_by(self, actor: Actor) -> UserQuerySet:
        """The users that `UserQuerySet.nameable_by` selects."""
        return self.get_queryset().nameable_by(actor)


class SignInQuerySet(ClinicQuerySet[Any]):
    """Sign-in attempts."""

    def visible_to(self, actor: Actor) -> Self:
        """All attempts for superusers; for clinic admins those at the accounts of their practices' staff."""
        if actor.everything:
            return self
        return self.filter(user_id__in=_who_works_for(actor, self.model._meta.get_field("user")))


class OrganizationQuerySet(ClinicQuerySet[Any]):
    """Organizations."""

    def visible_to(self, actor: Actor) -> Self:
        """The organizations of the actor's practices."""
        return self if actor.everything else self.filter(pk__in=actor.organizations_as())


class PracticeQuerySet(ClinicQuerySet[Any]):
    """Practices."""

    def live(self) -> Self:
        """Practices that are not archived."""
        return self.filter(archived_at=None)

    def visible_to(self, actor: Actor) -> Self:
        """The practices in which the actor has a role."""
        return self if actor.everything else self.filter(pk__in=actor.practices())

    def country_of(self, organization_id: int) -> str:
        """The country of an organization's first practice; "" if it has none."""
        practices = self.live().filter(organization_id=organization_id).order_by("pk")
        return practices.values_list("country_code", flat=True).first() or ""


class MembershipQuerySet(ClinicQuerySet[Any]):
    """Memberships: who works where, in which role."""

    def visible_to(self, actor: Actor) -> Self:
        """Clinic admins see the members of their practices."""
        return self if actor.everything else self.filter(practice_id__in=actor.practices(CLINIC_ADMIN))


class SpecialistQuerySet(InOrganizationQuerySet[Any]):
    """Specialists."""

    def with_fiscal_code(self, code: str) -> Self:
        """Specialists with this Italian fiscal code, ignoring spaces and case."""
        plain = Replace(Upper("italian_fiscal_code"), Value(" "), Value(""))
        return self.alias(plain_code=plain).filter(plain_code="".join(code.split()).upper())

    def taking_appointments(self) -> Self:
        """Specialists who may get appointments: live, and active for scheduling."""
        return self.filter(archived_at=None, scheduling_active=True)

    def working_at(self, practice_id: int) -> Self:
        """Specialists who work at the practice; none if it is archived."""
        return self.filter(works_at__practice_id=practice_id, works_at__practice__archived_at=None)


class ApiKeyQuerySet(ClinicQuerySet[Any]):
    """Keys."""

    def usable(self, at: datetime) -> Self:
        """Keys that work at `at`: not revoked, not expired, of an active user, and not for an archived practice."""
        return self.filter(
            Q(expires_at=None) | Q(expires_at__gt=at),
            revoked_at=None,
            user__is_active=True,
            practice__archived_at=None,
        )

    def visible_to(self, actor: Actor) -> Self:
        """The actor's own keys, and for a clinic admin also those limited to their practices."""
        if actor.everything:
            return self
        if actor.user_id is None:
            return self.none()
        return self.filter(Q(user_id=actor.user_id) | Q(practice_id__in=actor.practices(CLINIC_ADMIN)))


class ApplicationQuerySet(ClinicQuerySet[Any]):
    """Applications."""

    def open(self) -> Self:
        """Applications that are not closed."""
        return self.filter(closed_at=None)

    def visible_to(self, actor: Actor) -> Self:
        """The actor's own applications, and for a clinic admin also those limited to their practices."""
        if actor.everything:
            return self
        if actor.user_id is None:
            return self.none()
        return self.filter(Q(user_id=actor.user_id) | Q(practice_id__in=actor.practices(CLINIC_ADMIN)))


class AuthorizationQuerySet(ClinicQuerySet[Any]):
    """Authorizations of applications by users."""

    def visible_to(self, actor: Actor) -> Self:
        """One's own; a clinic admin also those for their practices, and of who works there for all of theirs."""
        if actor.everything:
            return self
        if actor.user_id is None:
            return self.none()
        practices, staff = actor.practices(CLINIC_ADMIN), _who_works_for(actor, self.model._meta.get_field("user"))
        works_there = Q(OfEach(Q(practice=None))) & read_once("user_id", staff)
        return self.filter(Q(user_id=actor.user_id) | Q(practice_id__in_scope=practices) | works_there)


class AccessTokenQuerySet(ClinicQuerySet[Any]):
    """Access tokens."""

    def usable(self, at: datetime) -> Self:
        """Tokens that work at `at`.

        They are not expired and not for an archived practice; their application is open, their person active, and the
        authorization not revoked.
        """
        of_person = Q(
            authorization__revoked_at=None,
            authorization__user__is_active=True,
            authorization__practice__archived_at=None,
            authorization__isnull=False,
        )
        of_owner = Q(authorization=None, application__user__is_active=True, application__practice__archived_at=None)
        return self.filter(of_person | of_owner, expires__gt=at, application__closed_at=None)
