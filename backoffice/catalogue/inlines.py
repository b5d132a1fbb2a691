"""The tables below a service: who offers it, its forms, files, protocol, and the products it uses up."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.admin import display
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from backoffice.kit.actor import actor_of
from backoffice.kit.inlines import VerbInline, changed, given, refused_row
from catalog.models import Service, ServiceAttachment, ServiceForm, ServiceProduct, ServiceSession, ServiceSpecialist
from catalog.services import (
    SessionValues,
    assign_specialist,
    attach_form,
    change_offer,
    delete_attachment,
    remove_form,
    remove_specialist,
    remove_used_product,
    set_protocol,
    use_product,
)
from core.actor import Actor
from core.errors import InvalidInput


class OfferInline(VerbInline):
    """The specialists of a service, with their own prices."""

    model = ServiceSpecialist
    verbose_name, verbose_name_plural = _("specialist"), _("Specialists who offer the service")
    view_verb = "catalog.view"
    add_verb = "catalog.assign_specialist"
    change_verb = "catalog.change_offer"
    delete_verb = "catalog.remove_specialist"
    fields = ("specialist", "is_active", "custom_price", "priority")
    fixed = ("specialist",)
    related = ("specialist",)
    autocomplete_fields = ("specialist",)
    ordering = ("priority", "pk")
    per_page = 20  # of two hundred specialists the inputs alone took 0.7 s

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        """A new service is offered by nobody: it asks by whom."""
        return 1 if obj is None else 0

    def create(self, owner: Service, form: Any, *, by: Actor, at: datetime) -> object:
        return assign_specialist(owner.pk, **given(form, *self.fields), by=by, at=at)

    def change(self, owner: Service, row: Any, form: Any, *, by: Actor, at: datetime) -> object:
        return change_offer(owner.pk, row.specialist_id, values=changed(form), by=by, at=at)

    def remove(self, owner: Service, row: Any, *, by: Actor, at: datetime) -> object:
        return remove_specialist(owner.pk, row.specialist_id, by=by, at=at)


class FormInline(VerbInline):
    """The forms that patients fill in for a service. A form is taken off and added again, never changed."""

    model = ServiceForm
    verbose_name, verbose_name_plural = _("form"), _("Forms")
    view_verb = "catalog.view"
    add_verb = "catalog.attach_form"
    delete_verb = "catalog.remove_form"
    fields = ("form_template", "form_type", "sort_order")
    related = ("form_template",)
    autocomplete_fields = ("form_template",)
    ordering = ("sort_order", "pk")

    def create(self, owner: Service, form: Any, *, by: Actor, at: datetime) -> object:
        return attach_form(owner.pk, **given(form, *self.fields), by=by, at=at)

    def remove(self, owner: Service, row: Any, *, by: Actor, at: datetime) -> object:
        return remove_form(owner.pk, row.form_template_id, by=by, at=at)


class AttachmentInline(VerbInline):
    """The files of a service; they are added by the button above."""

    model = ServiceAttachment
    verbose_name, verbose_name_plural = _("file"), _("Files")
    view_verb = "catalog.view"
    delete_verb = "catalog.delete_attachment"
    fields = ("download", "file_type", "size")
    readonly_fields = ("download", "file_type", "size")
    ordering = ("pk",)

    @display(description=_("file"))
    def download(self, row: ServiceAttachment) -> SafeString | str:
        """A link; nothing for a row that somebody deleted while the page was open."""
        if not row.pk:
            return ""
        address = reverse("admin:catalog_service_file", args=(row.service_id, row.pk))
        return format_html('<a class="bo-link" href="{}">{}</a>', address, row.file_name)

    @display(description=_("size"))
    def size(self, row: ServiceAttachment) -> str:
        return filesizeformat(row.file_size)

    def remove(self, owner: Service, row: Any, *, by: Actor, at: datetime) -> object:
        return delete_attachment(owner.pk, row.pk, by=by, at=at)


class SessionInline(VerbInline):
    """The protocol of a treatment: its rows are saved together, in their order."""

    model = ServiceSession
    verbose_name, verbose_name_plural = _("session"), _("Protocol: the sessions of one treatment")
    view_verb = "catalog.view"
    add_verb = change_verb = delete_verb = "catalog.set_protocol"
    fields = ("session_order", "session_type", "offset_days", "next_gap_days")
    ordering = ("session_order",)

    def save(self, request: HttpRequest, owner: Service, formset: Any) -> None:
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        if not formset.has_changed():
            return
        kept = [form for form in formset.forms if form not in formset.deleted_forms]
        kept = [form for form in kept if form.instance.pk or form.has_changed()]
        sessions: list[SessionValues] = [given(form, *self.fields) for form in kept]
        try:
            set_protocol(owner.pk, sessions=sessions, by=actor_of(request), at=timezone.now())
        except InvalidInput as error:
            raise refused_row(error, [form.prefix for form in kept], of="sessions") from error


class UsedProductInline(VerbInline):
    """What a treatment uses up."""

    model = ServiceProduct
    verbose_name, verbose_name_plural = _("product"), _("Products used up")
    view_verb = "catalog.view"
    add_verb = change_verb = "catalog.use_product"
    delete_verb = "catalog.remove_used_product"
    fields = ("product", "quantity")
    fixed = ("product",)
    related = ("product",)
    autocomplete_fields = ("product",)
    ordering = ("pk",)

    def create(self, owner: Service, form: Any, *, by: Actor, at: datetime) -> object:
        return use_product(owner.pk, **given(form, *self.fields), by=by, at=at)

    def change(self, owner: Service, row: Any, form: Any, *, by: Actor, at: datetime) -> object:
        return use_product(owner.pk, product_id=row.product_id, quantity=form.cleaned_data["quantity"], by=by, at=at)

    def remove(self, owner: Service, row: Any, *, by: Actor, at: datetime) -> object:
        return remove_used_product(owner.pk, row.product_id, by=by, at=at)
