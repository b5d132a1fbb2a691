"""The signed-in user, and the patients for whom they may act."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body, Many, or_null
from api.base.operations import operation
from api.base.shared.people import named
from api.services.contract import ServicesViewSet
from core.actor import Actor
from directory.models import User
from patients.models import PatientAccess
from patients.states import Relation


def acts_for(actor: Actor) -> Any:
    """Return the patients for whom the actor may act with this credential."""
    return PatientAccess.objects.visible_to(actor).filter(patient_id__in=actor.patient_ids).order_by("pk")


class ActsForBody(Body):
    """A patient for whom the user may act."""

    id = serializers.IntegerField(source="patient_id")
    name = named("patient")
    relation = serializers.ChoiceField(choices=Relation.values)


class MeBody(Body):
    """The signed-in user, and the patients for whom they may act."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    name = named()
    email = or_null(serializers.EmailField(), "email")
    patients = Many(ActsForBody, of="user_id", rows=acts_for)


class MeViewSet(ServicesViewSet):
    """The signed-in user."""

    tag = "Me"

    @operation("get_me", "patients.view", gives=MeBody)
    def retrieve(self, request: Request) -> HttpResponse:
        """Get the signed-in user, and the patients for whom they may act."""
        return self.show(lambda: User.objects.visible_to(self.actor), pk=self.actor.user_id)
