"""What a connected program says of itself: whether its integration succeeded, and what it shows."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.alfadocs.contract import AlfadocsViewSet, BareBody
from api.alfadocs.fields import VendorInput
from api.base.input import ChoiceField, ListField, TextField
from api.base.operations import operation
from api.base.renderer import to_json
from directory.models import ApiKey
from directory.services import MOST_ITEMS, set_integration_status, set_ui_elements
from directory.states import IntegrationStatus

# Where the vendor's errors say what is wrong beside what kind of error it is.
DESCRIBED = ("update", "update_everywhere")


class IntegrationItem(serializers.Serializer[Any]):
    """How an integration stands."""

    status = serializers.ChoiceField(choices=IntegrationStatus.values)


class IntegrationBody(BareBody):
    """How the integration stands now."""

    data = serializers.ListField(child=IntegrationItem())  # type: ignore[assignment] # the metaclass takes it out of the class


class UIItem(serializers.Serializer[Any]):
    """A line that the program shows."""

    title = serializers.CharField()
    value = serializers.CharField()


class UIElementBody(BareBody):
    """What the program shows now."""

    data = serializers.ListField(child=UIItem())  # type: ignore[assignment] # as above


class IntegrationInput(VendorInput):
    """Whether the integration succeeded."""

    status = ChoiceField(IntegrationStatus.values)


class UIItemInput(VendorInput):
    """A line to show."""

    title = TextField(max_length=255)
    value = TextField(max_length=2000, allow_blank=True)


class UIElementInput(VendorInput):
    """What to show; without it, what the program shows everywhere."""

    data = ListField(  # type: ignore[assignment] # as above
        child=UIItemInput(), required=False, max_length=MOST_ITEMS, source="items"
    )


class UIElementsInput(VendorInput):
    """What to show in every practice."""

    data = ListField(child=UIItemInput(), max_length=MOST_ITEMS, source="items")  # type: ignore[assignment] # as above


class MarketplaceViewSet(AlfadocsViewSet):
    """What a connected program says of itself."""

    tag = "Marketplace"

    @property
    def app(self) -> str:
        """The program: the client id of its application, or its key."""
        auth: Any = self.request.auth
        return f"key:{auth.pk}" if isinstance(auth, ApiKey) else str(auth.application.client_id)

    @operation(
        "set_integration_status",
        "directory.set_integration_status",
        scope="app:integration:setStatus",
        takes=IntegrationInput,
        gives=IntegrationBody,
    )
    def status(self, request: Request) -> HttpResponse:
        """Say whether the integration of the program with the practice succeeded."""
        row = set_integration_status(
            practice_id=self.practice.pk, app=self.app, **self.input(), by=self.actor, at=self.at
        )
        return self.success(data=[{"status": row.status}])

    @operation(
        "update_ui_elements_of_practice",
        "directory.set_ui_elements",
        scope="app:ui-element:update",
        takes=UIElementInput,
        gives=UIElementBody,
    )
    def update(self, request: Request, element_name: str) -> HttpResponse:
        """Replace what the program shows under a name in the practice."""
        return self._show(element_name, everywhere=False)

    @operation(
        "update_ui_elements",
        "directory.set_ui_elements",
        scope="app:ui-element:update",
        takes=UIElementsInput,
        gives=UIElementBody,
    )
    def update_everywhere(self, request: Request, element_name: str) -> HttpResponse:
        """Replace what the program shows under a name wherever a practice has nothing of its own."""
        return self._show(element_name, everywhere=True)

    def _show(self, element_name: str, *, everywhere: bool) -> HttpResponse:
        items = self.input().get("items")
        row = set_ui_elements(
            practice_id=self.practice.pk,
            app=self.app,
            name=element_name,
            items=items,
            everywhere=everywhere,
            by=self.actor,
            at=self.at,
        )
        return self.success(data=row.items)

    def refuse(self, error: Exception, context: dict[str, Any]) -> HttpResponse | None:
        """The reply to a refusal; bad input is told as the vendor tells it here, with a description beside it."""
        reply, problem = super().refuse(error, context), self.problem_of(error)
        if (
            reply is not None
            and problem is not None
            and problem.status == self.contract.invalid
            and self.action in DESCRIBED
        ):
            told = {"error": "invalid_request", "error_description": self.contract.error_body(problem)["error"]}
            reply.content = to_json(told)
        return reply
