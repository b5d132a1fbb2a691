"""Bills and receipts to print, as PDF."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from unfold.sites import UnfoldAdminSite

from backoffice.kit.actor import actor_of
from backoffice.kit.contributions import site_pages
from billing.services import bill_pdf, receipt_pdf


@site_pages
def document_urls(site: UnfoldAdminSite) -> list[URLPattern]:
    """One address a kind."""

    def bill(request: HttpRequest, pk: int) -> HttpResponse:
        return _pdf(bill_pdf(pk, by=actor_of(request)), f"bill-{pk}.pdf")

    def receipt(request: HttpRequest, pk: int) -> HttpResponse:
        return _pdf(receipt_pdf(pk, by=actor_of(request)), f"receipt-{pk}.pdf")

    return [
        path("bill/<int:pk>.pdf", site.admin_view(bill), name="bill_pdf"),
        path("receipt/<int:pk>.pdf", site.admin_view(receipt), name="receipt_pdf"),
    ]


def _pdf(content: bytes, name: str) -> HttpResponse:
    """Shown in the browser, which prints it."""
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
