"""A contract's OpenAPI document, and a page to browse it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from rest_framework.request import Request

from api.base.operations import PUBLIC, operation
from api.base.view import ContractViewSet


class DocumentViewSet(ContractViewSet):
    """/v1/schema/<contract>: for everyone, as JSON."""

    authentication_classes = []

    @operation("get_schema", PUBLIC)
    def retrieve(self, request: Request) -> HttpResponse:
        """Describe this API."""
        from api.base.schema import document  # what makes documents is loaded by whoever asks for one

        return self.answer(document(self.contract))


class BrowseViewSet(ContractViewSet):
    """/v1/schema/<contract>/browse: the same as a page on which requests can be tried."""

    authentication_classes = []

    @operation("browse_schema", PUBLIC)
    def retrieve(self, request: Request) -> HttpResponse:
        """Browse this API."""
        context = {"title": self.contract.title, "schema": request.path.removesuffix("/browse")}
        return render(request, "api/browse.html", context)
