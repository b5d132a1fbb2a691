"""Users: the staff with whom the caller works, and the owner of the key."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, Subquery, Value, When
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body, or_null
from api.base.operations import operation
from api.base.words import WordField
from api.cliniko import words
from api.cliniko.contract import ClinikoViewSet
from api.cliniko.filtering import DateTime, Numeric
from api.cliniko.links import self_link, text_id
from api.cliniko.lists import ClinikoFilters
from directory.models import Membership, Specialist, User
from directory.querysets import UserQuerySet
from directory.states import Role


class UserBody(Body):
    """A member of the staff. `role` is their highest one, `time_zone` that of the first practice they work in."""

    id = text_id()
    title = or_null(serializers.CharField(), "held_title")
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    email = or_null(serializers.EmailField(), "email")
    role = WordField(words.ROLE_WORDS, "held_role")
    time_zone = serializers.CharField(source="held_zone", allow_null=True)
    user_active = serializers.BooleanField(source="is_active")
    created_at = serializers.DateTimeField(source="date_joined")
    updated_at = serializers.DateTimeField(source="date_joined")
    links = self_link("users/{}")


class UserFilters(ClinikoFilters):
    """The filters of users."""

    fields = {"created_at": DateTime("date_joined"), "id": Numeric("pk"), "updated_at": DateTime("date_joined")}


class UserViewSet(ClinikoViewSet):
    """Users."""

    tag = "Users"

    def users(self) -> UserQuerySet:
        """The staff that the caller may see, each with their highest role."""
        practices = None if self.actor.everything else self.actor.practices()
        mine = Membership.objects.filter(user=OuterRef("pk"))
        mine = mine if practices is None else mine.filter(practice_id__in=practices)
        title = Specialist.objects.filter(user=OuterRef("pk"), archived_at=None).order_by("pk").values("title")[:1]
        role = Case(
            When(Q(is_superuser=True) | Q(Exists(mine.filter(role=Role.CLINIC_ADMIN))), then=Value(Role.CLINIC_ADMIN)),
            When(Exists(mine.filter(role=Role.FRONT_DESK)), then=Value(Role.FRONT_DESK)),
            default=Value(Role.SPECIALIST),
            output_field=CharField(),
        )
        staff: UserQuerySet = User.objects.visible_to(self.actor).staff(practices)
        found: UserQuerySet = staff.annotate(
            held_title=Subquery(title),
            held_role=role,
            held_zone=Subquery(mine.order_by("practice_id").values(zone=F("practice__time_zone"))[:1]),
        )
        return found

    @operation("list_users", "directory.view", gives=UserBody, key="users", filters=UserFilters)
    def list(self, request: Request) -> HttpResponse:
        """List the staff whom the caller may see."""
        return self.page(self.users)

    @operation("get_user", "directory.view", gives=UserBody)
    def retrieve(self, request: Request, user_id: int) -> HttpResponse:
        """Get a member of the staff."""
        return self.show(self.users, pk=user_id)

    @operation("get_own_user", "directory.view", gives=UserBody)
    def own(self, request: Request) -> HttpResponse:
        """Get the owner of the key."""
        lookup: dict[str, Any] = {"pk": self.actor.user_id}
        return self.show(self.users, **lookup)
