"""Service plans, and the products that come with them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.base.body import Body, Money
from api.base.filters import BooleanFilter, ChoiceFilter, Filters, UuidFilter
from api.base.input import (
    AmountField,
    BooleanField,
    ChoiceField,
    CurrencyField,
    Input,
    PublicIdField,
    SmallIntegerField,
    TextField,
)
from api.base.operations import operation
from api.services.contract import ServicesViewSet
from api.services.services import ServiceScalarsBody
from catalog.models import Product, Service
from core.prepared import visible_rows
from programs.models import ServicePlan, ServicePlanProduct
from programs.querysets import ServicePlanQuerySet
from programs.services import (
    bundle_product,
    change_bundle,
    change_plan,
    create_plan,
    delete_plan,
    unbundle_product,
)
from programs.states import BillingModel


class PlanServiceBody(Body):
    """The service of a plan, in a list."""

    id = serializers.UUIDField(source="uuid")
    name = serializers.CharField()
    duration_minutes = serializers.IntegerField()
    base_price = Money()


class ServicePlanBody(Body):
    """A plan, as listed."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    service = PlanServiceBody(allow_null=True)
    billing_model = serializers.ChoiceField(choices=BillingModel.values)
    sessions_total = serializers.IntegerField(allow_null=True)
    validity_days = serializers.IntegerField(allow_null=True)
    access_months = serializers.IntegerField(allow_null=True)
    telerehab_access = serializers.BooleanField()
    library_access = serializers.BooleanField()
    total_price = Money()
    currency = serializers.CharField()
    is_published = serializers.BooleanField()
    bundled_products_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class ServicePlanDetailBody(ServicePlanBody):
    """A plan with every plain field of its service."""

    service = ServiceScalarsBody(allow_null=True)  # type: ignore[assignment] # DRF fields may be replaced


class BundledProductDetailBody(Body):
    """A product, as a plan shows it."""

    id = serializers.UUIDField(source="uuid")
    name = serializers.CharField()
    price = Money()
    currency = serializers.CharField()


class BundledProductBody(Body):
    """A product that comes with a plan."""

    id = serializers.IntegerField()
    product = BundledProductDetailBody()
    quantity = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class ServicePlanInput(Input):
    """A plan. session_based and hybrid need `service_id` and `sessions_total`, time_based has no sessions.

    `validity_days` null: without end; `access_months` null: for life. Without `currency` it is the service's.
    """

    name = TextField(max_length=255)
    service_id = PublicIdField(lambda actor: Service.objects.visible_to(actor).live(), required=False, allow_null=True)
    billing_model = ChoiceField(BillingModel.values)
    sessions_total = SmallIntegerField(min_value=1, required=False, allow_null=True)
    validity_days = SmallIntegerField(min_value=1, required=False, allow_null=True)
    access_months = SmallIntegerField(min_value=1, required=False, allow_null=True)
    telerehab_access = BooleanField(required=False)
    library_access = BooleanField(required=False)
    total_price = AmountField()
    currency = CurrencyField()
    is_published = BooleanField(required=False)


class BundleInput(Input):
    """A product to add to a plan."""

    product_id = PublicIdField(lambda actor: Product.objects.visible_to(actor).live(), missing=True)
    quantity = SmallIntegerField(min_value=1, required=False)


class QuantityInput(Input):
    """How many of the product come with the plan."""

    quantity = SmallIntegerField(min_value=1)


class ServicePlanFilters(Filters):
    """The filters of plans."""

    published = BooleanFilter("is_published", label="true: only published ones; false: only unpublished ones.")
    billing_model = ChoiceFilter(
        "billing_model", words=BillingModel.values, label="Only plans with this billing model."
    )
    service_id = UuidFilter("service__uuid", label="Filters by service.")
    telerehab_access = BooleanFilter(
        "telerehab_access", label="true: only plans with telerehab access; false: only plans without."
    )
    library_access = BooleanFilter(
        "library_access", label="true: only plans with library access; false: only plans without."
    )


class ServicePlanViewSet(ServicesViewSet):
    """Service plans."""

    tag = "Service plans"

    def plans(self) -> ServicePlanQuerySet:
        """The plans that the caller may see, with the number of their bundled products."""
        counted = Count("bundled_products", distinct=True)
        return ServicePlan.objects.visible_to(self.actor).annotate(bundled_products_count=counted)

    @operation(
        "list_service_plans",
        "programs.view_plans",
        gives=ServicePlanBody,
        key="service_plans",
        filters=ServicePlanFilters,
    )
    def list(self, request: Request) -> HttpResponse:
        """List service plans.

        Without a credential, and for patients: the published ones.
        """
        return self.page(lambda: self.plans().live().order_by("pk"))

    @operation(
        "create_service_plan",
        "programs.create_plan",
        takes=ServicePlanInput,
        gives=ServicePlanDetailBody,
        status=201,
        placed=True,
    )
    def create(self, request: Request) -> HttpResponse:
        """Create a service plan."""
        organization_id = self.organization_id()
        plan = create_plan(organization_id=organization_id, values=self.input(), by=self.actor, at=self.at)
        return self.show(self.plans, pk=plan.pk)

    @operation("get_service_plan", "programs.view_plans", gives=ServicePlanDetailBody)
    def retrieve(self, request: Request, plan_id: int) -> HttpResponse:
        """Get a service plan with all details of its service."""
        return self.show(self.plans, pk=plan_id)

    @operation(
        "update_service_plan", "programs.change_plan", takes=ServicePlanInput, gives=ServicePlanDetailBody, partial=True
    )
    def update(self, request: Request, plan_id: int) -> HttpResponse:
        """Update a service plan.

        Fields that are left out stay as they are. Patients who are enrolled keep what they were promised.
        """
        change_plan(plan_id, values=self.changes(self.plans(), pk=plan_id), by=self.actor, at=self.at)
        return self.show(self.plans, pk=plan_id)

    @operation("delete_service_plan", "programs.delete_plan", status=204)
    def destroy(self, request: Request, plan_id: int) -> HttpResponse:
        """Delete a service plan.

        409 if a patient is or was ever enrolled in it.
        """
        delete_plan(plan_id, by=self.actor, at=self.at)
        return self.no_content()


class BundledProductViewSet(ServicesViewSet):
    """The products that come with a plan."""

    tag = "Bundled products"

    @operation("list_bundled_products", "programs.view_plans", gives=BundledProductBody, key="bundled_products")
    def list(self, request: Request, plan_id: int) -> HttpResponse:
        """List the products that come with a plan."""
        plan = visible_rows(ServicePlan).one(self.actor, pk=plan_id)
        bundled = ServicePlanProduct.objects.visible_to
        return self.page(lambda: bundled(self.actor).filter(service_plan=plan).order_by("pk"))

    @operation("bundle_product", "programs.bundle_product", takes=BundleInput, gives=BundledProductBody, status=201)
    def create(self, request: Request, plan_id: int) -> HttpResponse:
        """Add a product to a plan."""
        bundled = bundle_product(plan_id, **self.input(), by=self.actor, at=self.at)
        return self.show(lambda: ServicePlanProduct.objects.visible_to(self.actor), pk=bundled.pk)

    @operation("update_bundled_product", "programs.change_bundle", takes=QuantityInput, gives=BundledProductBody)
    def update(self, request: Request, plan_id: int, product_id: UUID) -> HttpResponse:
        """Update how many of a product come with a plan."""
        product = Product.objects.visible_to(self.actor).one(uuid=product_id)
        present = ServicePlanProduct.objects.visible_to(self.actor).filter(service_plan=plan_id, product=product)
        bundled = change_bundle(plan_id, product_id=product.pk, **self.changes(present), by=self.actor, at=self.at)
        return self.show(lambda: ServicePlanProduct.objects.visible_to(self.actor), pk=bundled.pk)

    @operation("unbundle_product", "programs.unbundle_product", status=204)
    def destroy(self, request: Request, plan_id: int, product_id: UUID) -> HttpResponse:
        """Remove a product from a plan."""
        product = Product.objects.visible_to(self.actor).one(uuid=product_id)
        unbundle_product(plan_id, product_id=product.pk, by=self.actor, at=self.at)
        return self.no_content()
