"""The owner of a credential, and the practice and archive that it may use."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.alfadocs.contract import AlfadocsViewSet
from api.base.body import Body
from api.base.operations import ANY_SCOPE, operation
from directory.models import Organization, Practice, User


class MeBody(Body):
    """The practice and archive of a credential, and its owner."""

    practiceId = serializers.IntegerField()
    archiveId = serializers.IntegerField()
    ownerEmail = serializers.CharField()
    userId = serializers.IntegerField()
    userEmail = serializers.CharField()


class ArchiveBody(Body):
    """An archive: the organization that its practices share."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    practiceId = serializers.IntegerField()


class AccountViewSet(AlfadocsViewSet):
    """The credential."""

    tag = "Account"

    @operation("get_me", "directory.view", scope=ANY_SCOPE, gives=MeBody)
    def me(self, request: Request) -> HttpResponse:
        """Get the owner of the credential, and the practice and archive that it may use.

        The practice is that of the key, else the first one where its owner works.
        """
        practice = self.practice
        owner: User | None = practice.organization.owner
        mine: Any = request.user
        return self.answer(
            self.enclose(
                {
                    "practiceId": practice.pk,
                    "archiveId": practice.organization_id,
                    "ownerEmail": owner.email if owner is not None else "",
                    "userId": mine.pk,
                    "userEmail": mine.email,
                }
            )
        )

    @operation("get_current_archive", "directory.view", scope="archive:view", gives=ArchiveBody)
    def archive(self, request: Request) -> HttpResponse:
        """Get the archive that the credential opens."""
        practice: Practice = self.practice
        organization: Organization = practice.organization
        return self.answer(self.enclose({"id": organization.pk, "name": organization.name, "practiceId": practice.pk}))
