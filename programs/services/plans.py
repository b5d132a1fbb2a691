"""The verbs of plans for sale and the products that come with them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TypedDict

from django.utils.translation import gettext as _

from catalog.models import Product
from core.actor import Actor
from core.db import Work, verb
from core.errors import Conflict, InvalidInput
from core.values import assign
from directory.models import Organization, Practice
from programs.models import ServicePlan, ServicePlanProduct
from programs.states import WITH_SESSIONS


class PlanValues(TypedDict, total=False):
    """The columns of a plan that may be set."""

    name: str
    service_id: int | None
    billing_model: str
    sessions_total: int | None
    validity_days: int | None
    access_months: int | None
    telerehab_access: bool
    library_access: bool
    is_published: bool
    total_price: Decimal
    currency: str


@verb
def create_plan(work: Work, *, organization_id: int, values: PlanValues, by: Actor, at: datetime) -> ServicePlan:
    """Create a plan; its default currency is the service's, else that of the organization's first practice."""
    organization = Organization.objects.visible_to(by).one(pk=organization_id)
    by.require("programs.create_plan", organization_id=organization.pk)
    plan = ServicePlan(organization=organization)
    assign(plan, values, allowed=PlanValues.__annotations__, by=by, organization_id=plan.organization_id)
    if not plan.currency:
        plan.currency = _currency_of(plan)
    plan.check_billing_model()
    return work.create(plan)


@verb
def change_plan(work: Work, plan_id: int, *, values: PlanValues, by: Actor, at: datetime) -> ServicePlan:
    """Change a plan. Enrollments keep what they were promised."""
    plan = _plan(plan_id, "programs.change_plan", by=by)
    assign(plan, values, allowed=PlanValues.__annotations__, by=by, organization_id=plan.organization_id)
    plan.check_billing_model()
    return work.save(plan)


@verb
def delete_plan(work: Work, plan_id: int, *, by: Actor, at: datetime) -> None:
    """Delete a plan in which nobody was ever enrolled, with its bundle; otherwise Conflict: it can be archived."""
    plan = _plan(plan_id, "programs.delete_plan", by=by)
    if plan.enrollments.exists():
        raise Conflict(_("Patients are enrolled in this plan; archive it instead."), code="in_use")
    for bundled in plan.bundled_products.all():
        work.delete(bundled)
    work.delete(plan)


@verb
def archive_plan(work: Work, plan_id: int, *, by: Actor, at: datetime) -> ServicePlan:
    """Archive a plan: it is no longer sold; enrollments go on."""
    plan = _plan(plan_id, "programs.change_plan", by=by)
    plan.archived_at = plan.archived_at or at
    return work.save(plan)


@verb
def restore_plan(work: Work, plan_id: int, *, by: Actor, at: datetime) -> ServicePlan:
    """Restore an archived plan, so that it can be sold again."""
    plan = _plan(plan_id, "programs.change_plan", by=by)
    plan.archived_at = None
    return work.save(plan)


@verb
def bundle_product(
    work: Work, plan_id: int, *, product_id: int, quantity: int = 1, by: Actor, at: datetime
) -> ServicePlanProduct:
    """Add a product to a plan; Conflict for one that is not on sale or is already in the plan."""
    plan = _plan(plan_id, "programs.bundle_product", by=by)
    product: Product = Product.objects.visible_to(by).one(pk=product_id)
    if product.organization_id != plan.organization_id:
        raise InvalidInput({"product_id": _("belongs to another organization")})
    product.require_on_sale()
    return work.create(ServicePlanProduct(service_plan=plan, product=product, quantity=quantity))


@verb
def change_bundle(
    work: Work, plan_id: int, *, product_id: int, quantity: int, by: Actor, at: datetime
) -> ServicePlanProduct:
    """Change how many of a product come with a plan; orders already placed stay as they are."""
    bundled = _bundled(plan_id, product_id, "programs.change_bundle", by=by)
    bundled.quantity = quantity
    return work.save(bundled)


@verb
def unbundle_product(work: Work, plan_id: int, *, product_id: int, by: Actor, at: datetime) -> None:
    """Remove a product from a plan; orders already placed stay."""
    work.delete(_bundled(plan_id, product_id, "programs.unbundle_product", by=by))


def _plan(plan_id: int, permission: str, *, by: Actor) -> ServicePlan:
    plan: ServicePlan = ServicePlan.objects.visible_to(by).one(pk=plan_id)
    by.require(permission, organization_id=plan.organization_id)
    return plan


def _bundled(plan_id: int, product_id: int, permission: str, *, by: Actor) -> ServicePlanProduct:
    plan = _plan(plan_id, permission, by=by)
    bundled: ServicePlanProduct = ServicePlanProduct.objects.visible_to(by).one(
        service_plan=plan, product_id=product_id
    )
    return bundled


def _currency_of(plan: ServicePlan) -> str:
    if plan.billing_model in WITH_SESSIONS and plan.service is not None:
        return plan.service.currency
    first = Practice.objects.live().filter(organization_id=plan.organization_id).order_by("pk").first()
    return first.currency if first else ""
