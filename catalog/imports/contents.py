"""The import of what belongs to services: forms, protocol steps, and products that a treatment uses up."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from catalog.imports.goods import PRODUCT, SERVICE
from catalog.models import FormTemplate, ServiceForm, ServiceProduct, ServiceSession
from catalog.services import attach_form, remove_form, remove_used_product, set_protocol, use_product
from core.actor import Actor
from core.db import Work
from core.errors import InvalidInput
from core.imports import Column, ImportKind, Refers, Scope, one_by_one, picked, reference, whole
from directory.imports import configured_kind, organization_of

FORM_TEMPLATE = Refers(model=FormTemplate, keys=("name",))

OF_SERVICE = reference("service", SERVICE, _("By external id, slug or name."), required=True)


def _save_form(work: Work, obj: ServiceForm | None, values: dict[str, Any], scope: Scope) -> ServiceForm:
    told = picked(values, "form_type", "sort_order")
    if obj is not None:
        if (obj.service_id, obj.form_template_id) != (values["service"], values["form_template"]):
            raise InvalidInput({"form_template": _t("This id is of another form or service.")})
        for name, value in told.items():
            setattr(obj, name, value)
        return work.save(obj)
    return attach_form(values["service"], form_template_id=values["form_template"], by=work.by, at=work.at, **told)


def _remove_form(pk: int, *, by: Actor, at: Any) -> None:
    row = ServiceForm.objects.get(pk=pk)
    remove_form(row.service_id, row.form_template_id, by=by, at=at)


STEP_VALUES = ("session_order", "session_type", "offset_days", "next_gap_days")


def _save_step(work: Work, obj: ServiceSession | None, values: dict[str, Any], scope: Scope) -> ServiceSession:
    """Save the service's protocol with this step in its place."""
    others = ServiceSession.objects.filter(service_id=values["service"])
    steps: dict[int, Any] = {one.session_order: {name: getattr(one, name) for name in STEP_VALUES} for one in others}
    order = values["session_order"]
    steps[order] = steps.get(order, {}) | picked(values, *STEP_VALUES)
    made = set_protocol(values["service"], sessions=[steps[one] for one in sorted(steps)], by=work.by, at=work.at)
    return next(one for one in made if one.session_order == order)


def _remove_step(pk: int, *, by: Actor, at: Any) -> None:
    row = ServiceSession.objects.get(pk=pk)
    others = ServiceSession.objects.filter(service_id=row.service_id).exclude(pk=pk).order_by("session_order")
    steps: Any = [{name: getattr(one, name) for name in STEP_VALUES} for one in others]
    set_protocol(row.service_id, sessions=steps, by=by, at=at)


def _save_used(work: Work, obj: ServiceProduct | None, values: dict[str, Any], scope: Scope) -> ServiceProduct:
    quantity = values.get("quantity", 1)
    return use_product(values["service"], product_id=values["product"], quantity=quantity, by=work.by, at=work.at)


def _remove_used(pk: int, *, by: Actor, at: Any) -> None:
    row = ServiceProduct.objects.get(pk=pk)
    remove_used_product(row.service_id, row.product_id, by=by, at=at)


FORM_TEMPLATES = configured_kind("form-templates", FormTemplate, _("Forms that services come with."))

SERVICE_FORMS = ImportKind(
    name="service-forms",
    help=_("Which forms come with which service."),
    verb="catalog.import_service_forms",
    may="catalog.attach_form",
    model=ServiceForm,
    columns=(
        OF_SERVICE,
        reference("form_template", FORM_TEMPLATE, _("By external id or name."), required=True),
        Column(name="form_type", help=_("Such as consent."), required=True),
        Column(name="sort_order", help=_("Its place in lists."), parse=whole, blank=0),
    ),
    place=organization_of,
    save=one_by_one(ServiceForm, _save_form),
    undo=_remove_form,
    rows=lambda organization_id: ServiceForm.objects.filter(service__organization_id=organization_id),
)

PROTOCOLS = ImportKind(
    name="protocols",
    help=_("The visits of which a treatment consists, a row for each."),
    verb="catalog.import_protocols",
    may="catalog.set_protocol",
    model=ServiceSession,
    columns=(
        OF_SERVICE,
        Column(name="session_order", help=_("From 1."), parse=whole, required=True),
        Column(name="session_type", help="", blank="control"),
        Column(name="offset_days", help=_("Days after the first."), parse=whole, required=True),
        Column(name="next_gap_days", help=_("Days until the next."), parse=whole, blank=None),
    ),
    place=organization_of,
    save=one_by_one(ServiceSession, _save_step),
    undo=_remove_step,
    rows=lambda organization_id: ServiceSession.objects.filter(service__organization_id=organization_id),
    order=("service", "session_order"),
)

USED_PRODUCTS = ImportKind(
    name="used-products",
    help=_("How many of which product a treatment uses up."),
    verb="catalog.import_used_products",
    may="catalog.use_product",
    model=ServiceProduct,
    columns=(
        OF_SERVICE,
        reference("product", PRODUCT, _("By external id, slug, barcode or name."), required=True),
        Column(name="quantity", help="", parse=whole, blank=1),
    ),
    place=organization_of,
    save=one_by_one(ServiceProduct, _save_used),
    undo=_remove_used,
    rows=lambda organization_id: ServiceProduct.objects.filter(service__organization_id=organization_id),
)
