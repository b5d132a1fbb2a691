"""The catalogue: services with all that belongs to them, products, and the lists that describe them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from backoffice.catalogue.inlines import AttachmentInline, FormInline, OfferInline, SessionInline, UsedProductInline
from backoffice.kit.actor import actor_of
from backoffice.kit.cells import badge, price
from backoffice.kit.config import NamedAdmin, putting_away
from backoffice.kit.files import send_file
from backoffice.kit.filters import PutAwayFilter
from backoffice.kit.hanging import GoingForm, say_hanging
from backoffice.kit.lookups import read_id
from backoffice.kit.steps import Step
from backoffice.kit.uploads import UploadForm
from backoffice.kit.verb_admin import Values, VerbAdmin
from catalog.models import (
    Brand,
    FormTemplate,
    Product,
    ProductCategory,
    ProductType,
    Service,
    ServiceAttachment,
    ServiceSpecialist,
    Unit,
)
from catalog.services import (
    add_attachment,
    archive_product,
    archive_service,
    change_product,
    change_service,
    create_product,
    create_service,
    delete_product,
    delete_service,
    restore_product,
    restore_service,
)
from core.actor import Actor
from core.hanging import hangs_on

MOST_OFFERS = 1000


def attach(pk: int, *, upload: Any, by: Actor, at: datetime) -> object:
    """Keep the file with the service."""
    return add_attachment(pk, upload=upload, by=by, at=at)


ATTACH = Step(
    name="attach",
    label=_("Attach a file"),
    verb="catalog.add_attachment",
    call=attach,
    done=ngettext_lazy("The file was attached.", "The file was attached to %(count)d services.", "count"),
    form=UploadForm,
    bulk=False,
    icon="attach_file",
)


class ServiceForm(GoingForm):
    """Warns about future work before a service's code, visibility or specialists change."""

    def warning(self, given: dict[str, Any]) -> SafeString | str:
        return format_html_join("", "{}", ((text,) for text in (self.about_code(), super().warning(given)) if text))

    def about_code(self) -> SafeString | str:
        """What is offered under the code that the service had."""
        if not self.instance.pk or not self.instance.code or "code" not in self.changed_data:
            return ""
        found = hangs_on(self.instance, column="code", by=actor_of(self.request), at=timezone.now())
        lead = _t(
            "Slots refer to this service by its code “%(code)s”. With another code they are no longer offered for it:"
        ) % {"code": self.instance.code}
        return say_hanging(found, lead) if found else ""

    def going(self, given: dict[str, Any]) -> list[Any]:
        """The service where patients no longer see it, else the offers that are switched off or removed below it."""
        if not self.instance.pk:
            return []
        hidden = [name for name in ("published", "is_public") if name in self.changed_data and not given.get(name)]
        return [self.instance] if hidden else self.offers_going()

    def offers_going(self) -> list[ServiceSpecialist]:
        """The offers whose row of the inline is sent without its tick, or to be removed."""
        prefix, count = "offers", read_id(self.data.get("offers-TOTAL_FORMS", "")) or 0
        rows = [f"{prefix}-{number}" for number in range(min(count, MOST_OFFERS))]
        gone = [
            read_id(self.data.get(f"{row}-id", ""))
            for row in rows
            if f"{row}-DELETE" in self.data or f"{row}-is_active" not in self.data
        ]
        offers = self.instance.offers.filter(pk__in=[pk for pk in gone if pk], is_active=True)
        return list(offers.select_related("specialist"))


@admin.register(Service)
class ServiceAdmin(VerbAdmin):
    """Services, with their specialists, forms, files, protocol and what they use up."""

    view_verb = "catalog.view"
    add_verb = "catalog.create_service"
    change_verb = "catalog.change_service"
    delete_verb = "catalog.delete_service"
    scope = "organization"
    set_up = True
    form = ServiceForm
    optional = (
        "slug", "currency", "vat_percentage", "buffer_minutes", "buffer_before_minutes", "booking_lead_hours",
        "sequence_number",
    )  # fmt: skip
    steps = (
        ATTACH,
        *putting_away("catalog.archive_service", archive_service, restore_service, back_verb="catalog.restore_service"),
    )
    inlines = (OfferInline, FormInline, AttachmentInline, SessionInline, UsedProductInline)

    list_display = ("name", "organization", "kind", "specialty", "lasts", "costs", "code", "seen_by")
    list_filter = ("category", "published", "is_public", PutAwayFilter)
    list_select_related = ("organization", "specialty")
    ordering = ("name", "pk")
    search_fields = ("name", "code", "slug")
    search_help_text = _("Name or code")
    autocomplete_fields = ("specialty", "color")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "organization",
                    "name",
                    "category",
                    "specialty",
                    ("duration_minutes", "max_attendees"),
                    "description",
                )
            },
        ),
        (_("Price"), {"fields": (("base_price", "currency"), ("vat_percentage", "vat_exemption"))}),
        (_("Visibility"), {"fields": (("published", "is_public"), ("is_addon", "telehealth_enabled"))}),
        (
            _("Booking"),
            {
                "fields": (("buffer_before_minutes", "buffer_minutes"), "booking_lead_hours", "code", "color"),
                "classes": ("collapse",),
            },
        ),
        (_("On the web"), {"fields": ("slug", "cover_url", "video_url", "sequence_number"), "classes": ("collapse",)}),
    )

    def create(self, form: Any, values: Values, *, by: Actor, at: datetime) -> Service:
        return create_service(organization_id=self.scope_id(form.request, form), values=values, by=by, at=at)

    def change(self, obj: Service, form: Any, values: Values, *, by: Actor, at: datetime) -> Service | None:
        if not values:
            return None
        # The form has said what is offered under the old code, and is saved all the same.
        return change_service(obj.pk, values=values, leaving_slots=form.cleaned_data["anyway"], by=by, at=at)

    def remove(self, obj: Service, *, by: Actor, at: datetime) -> None:
        delete_service(obj.pk, by=by, at=at)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.attachment_view)
        return [
            path("<int:pk>/attachment/<int:attachment_id>/", view, name="catalog_service_file"),
            *super().get_urls(),
        ]

    def attachment_view(self, request: HttpRequest, pk: int, attachment_id: int) -> HttpResponse | FileResponse:
        """The bytes of a file, for those who see its service."""
        rows: QuerySet[Any] = ServiceAttachment.objects.visible_to(actor_of(request)).filter(service_id=pk)
        found: ServiceAttachment = rows.one(pk=attachment_id)  # type: ignore[attr-defined]
        return send_file(found.file, name=found.file_name, content_type=found.file_type)

    @display(description=_("kind"), ordering="category")
    def kind(self, service: Service) -> str:
        return service.get_category_display()

    @display(description=_("minutes"), ordering="duration_minutes")
    def lasts(self, service: Service) -> int:
        return service.duration_minutes

    @display(description=_("price"), ordering="base_price")
    def costs(self, service: Service) -> str:
        return price(service.base_price, service.currency)

    @display(description=_("seen by"))
    def seen_by(self, service: Service) -> str:
        if not service.published:
            return badge("", _("Draft"))
        return badge("active", _("Everybody")) if service.is_public else badge("confirmed", _("Staff"))


class StockFilter(admin.SimpleListFilter):
    """Those of which fewer are there than should be."""

    title = _("stock")
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("low", _("Low"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        rows: QuerySet[Any] = queryset
        return queryset.low_in_stock() if self.value() == "low" else rows


@admin.register(Product)
class ProductAdmin(VerbAdmin):
    """Products."""

    view_verb = "catalog.view"
    add_verb = "catalog.create_product"
    change_verb = "catalog.change_product"
    delete_verb = "catalog.delete_product"
    scope = "organization"
    form = GoingForm
    optional = ("slug", "currency", "tax_rate")
    steps = putting_away(
        "catalog.archive_product", archive_product, restore_product, back_verb="catalog.restore_product"
    )

    list_display = ("name", "organization", "costs", "brand", "category", "barcode", "is_active", "stock")
    list_filter = (StockFilter, "is_active", PutAwayFilter)
    list_select_related = ("organization", "brand", "category")
    ordering = ("name", "pk")
    search_fields = ("name", "full_name", "^barcode")
    search_help_text = _("Name or barcode")
    autocomplete_fields = ("brand", "product_type", "category", "unit")
    fieldsets = (
        (None, {"fields": ("organization", "name", "is_active", "description")}),
        (_("Price"), {"fields": (("price", "currency"), ("tax_rate", "vat_exemption"))}),
        (
            _("Details"),
            {"fields": (("brand", "product_type"), ("category", "unit"), "barcode", ("box_quantity", "unit_volume"))},
        ),
        (_("Stock"), {"fields": (("stock_level", "critical_stock_level"),), "classes": ("collapse",)}),
        (_("Other names"), {"fields": ("full_name", "invoice_name", "slug"), "classes": ("collapse",)}),
    )

    def create(self, form: Any, values: Values, *, by: Actor, at: datetime) -> Product:
        return create_product(organization_id=self.scope_id(form.request, form), values=values, by=by, at=at)

    def change(self, obj: Product, form: Any, values: Values, *, by: Actor, at: datetime) -> Product | None:
        return change_product(obj.pk, values=values, by=by, at=at) if values else None

    def remove(self, obj: Product, *, by: Actor, at: datetime) -> None:
        delete_product(obj.pk, by=by, at=at)

    @display(description=_("price"), ordering="price")
    def costs(self, product: Product) -> str:
        return price(product.price, product.currency)

    @display(description=_("in stock"), ordering="stock_level")
    def stock(self, product: Product) -> Any:
        if product.stock_level is None:
            return ""
        low = product.critical_stock_level is not None and product.stock_level < product.critical_stock_level
        return badge("pending", product.stock_level) if low else product.stock_level


@admin.register(FormTemplate, Brand, ProductCategory)
class CatalogueNameAdmin(NamedAdmin):
    """Names of the catalogue."""


@admin.register(ProductType)
class ProductTypeAdmin(NamedAdmin):
    """Product types."""

    list_display = ("name", "category", "organization")
    fields = ("organization", "name", "category")
    search_fields = ("name", "category")


@admin.register(Unit)
class UnitAdmin(NamedAdmin):
    """What products are counted in."""

    list_display = ("name", "code", "organization")
    fields = ("organization", "name", "code")
    search_fields = ("name", "code")
