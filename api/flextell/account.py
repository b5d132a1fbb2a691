"""The account: the tenants that `X-Tenant` may name."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body
from api.base.operations import operation
from api.base.shared.practices import practice_name
from api.flextell.contract import FlextellViewSet, VendorFilters
from directory.models import Practice


class TenantBody(Body):
    """A practice."""

    id = serializers.IntegerField()
    name = practice_name()


class TenantViewSet(FlextellViewSet):
    """The tenants that `X-Tenant` may name."""

    tag = "Account"

    @operation(
        "list_tenants",
        "directory.view",
        gives=TenantBody,
        key="data",
        filters=VendorFilters,
        whole=True,
        placed=True,
        scope="tenants:read",
    )
    def list(self, request: Request) -> HttpResponse:
        """List the practices in which the caller works."""
        return self.whole(lambda: Practice.objects.visible_to(self.actor).live().order_by("pk"))
