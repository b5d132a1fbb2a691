"""A contract's description of itself: its OpenAPI document, and a page to browse it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from rest_framework.request import Request

from api.base.operations import PUBLIC, Operation
from api.base.schema import document
from api.base.view import ContractView


class DocumentView(ContractView):
    """/v1/schema/<contract>: for everyone, as JSON."""

    authentication_classes = []
    operations = {"GET": Operation("get_schema", PUBLIC)}

    def get(self, request: Request) -> HttpResponse:
        """Describe this API."""
        return self.answer(document(self.contract))


class BrowseView(ContractView):
    """/v1/schema/<contract>/browse: the same as a page on which requests can be tried."""

    authentication_classes = []
    operations = {"GET": Operation("browse_schema", PUBLIC)}

    def get(self, request: Request) -> HttpResponse:
        """Browse this API."""
        context = {"title": self.contract.title, "schema": request.path.removesuffix("/browse")}
        return render(request, "api/browse.html", context)
