"""The account: which tenants `X-Tenant` may name."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body, Made
from api.base.operations import Operation
from api.flextell.contract import FlextellView, VendorFilters
from directory.models import Practice


class TenantBody(Body):
    """A practice."""

    id = serializers.IntegerField()
    name = Made(serializers.CharField(), "display_name", "name", make=lambda shown, name: shown or name)


class TenantListView(FlextellView):
    """/flextell/api/v1/account/tenants"""

    tag = "Account"
    operations = {
        "GET": Operation(
            "list_tenants",
            "directory.view",
            gives=TenantBody,
            key="data",
            filters=VendorFilters,
            whole=True,
            placed=True,
        )
    }

    def get(self, request: Request) -> HttpResponse:
        """List the practices in which the caller works."""
        return self.whole(Practice.objects.visible_to(self.actor).live().order_by("pk"))
