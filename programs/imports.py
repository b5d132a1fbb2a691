"""The import of plans with their bundles, and of enrollments with sessions already used."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from catalog.imports import CURRENCY, PRODUCT, SERVICE
from core.actor import Actor
from core.db import Work
from core.imports import (
    Column,
    ImportKind,
    Refers,
    Scope,
    amount,
    list_of_ids,
    moment_or_day,
    one_by_one,
    one_of,
    picked,
    reference,
    text_up_to,
    whole,
    yes_or_no,
)
from directory.imports import ARCHIVED, IN_PRACTICE, by_practice_clock, organization_of, practice_of
from patients.imports import PATIENT
from programs.models import Enrollment, ServicePlan, ServicePlanProduct
from programs.services import (
    archive_plan,
    bundle_product,
    change_bundle,
    change_plan,
    create_plan,
    delete_plan,
    record_enrollment,
    restore_plan,
    take_back_imported_enrollment,
    unbundle_product,
)
from programs.states import BillingModel, EnrollmentStatus

PLAN = Refers(model=ServicePlan, keys=("name",))
ENROLLMENT = Refers(model=Enrollment, scope="practice__organization")
PLAN_VALUES = (
    "name", "billing_model", "sessions_total", "validity_days", "access_months", "telerehab_access", "library_access",
    "is_published", "total_price", "currency",
)  # fmt: skip


def _save_plan(work: Work, obj: ServicePlan | None, values: dict[str, Any], scope: Scope) -> ServicePlan:
    told: Any = picked(values, *PLAN_VALUES, keys={"service": "service_id"})
    if not told.get("currency"):
        told.pop("currency", None)
    if obj is None:
        plan = create_plan(organization_id=scope.organization_id, values=told, by=work.by, at=work.at)
    else:
        plan = change_plan(obj.pk, values=told, by=work.by, at=work.at)
    present = set(ServicePlanProduct.objects.filter(service_plan=plan).values_list("product_id", flat=True))
    for product_id in values.get("products") or ():
        if product_id not in present:
            bundle_product(plan.pk, product_id=product_id, by=work.by, at=work.at)
    if "archived_at" in values and values["archived_at"] != plan.archived_at:
        away = values["archived_at"]
        plan = (restore_plan if away is None else archive_plan)(plan.pk, by=work.by, at=work.at)
        plan.archived_at = away
        plan = work.save(plan)
    return plan


def _save_bundle(
    work: Work, obj: ServicePlanProduct | None, values: dict[str, Any], scope: Scope
) -> ServicePlanProduct:
    plan_id, product_id, quantity = values["service_plan"], values["product"], values.get("quantity", 1)
    bundled = ServicePlanProduct.objects.filter(service_plan_id=plan_id, product_id=product_id)
    if obj is None and not bundled.exists():
        return bundle_product(plan_id, product_id=product_id, quantity=quantity, by=work.by, at=work.at)
    return change_bundle(plan_id, product_id=product_id, quantity=quantity, by=work.by, at=work.at)


def _unbundle(pk: int, *, by: Actor, at: datetime) -> None:
    row = ServicePlanProduct.objects.get(pk=pk)
    unbundle_product(row.service_plan_id, product_id=row.product_id, by=by, at=at)


def _save_enrollment(work: Work, obj: Enrollment | None, values: dict[str, Any], scope: Scope) -> Enrollment:
    if obj is not None:
        return obj  # what was sold stays sold; what was used since is in the ledger here
    values = by_practice_clock(values, scope)
    return record_enrollment(
        practice_id=practice_of(values, scope),
        patient_id=values["patient"],
        service_plan_id=values["service_plan"],
        enrolled_at=values["enrolled_at"],
        sessions_used=values.get("sessions_used") or 0,
        sessions_total=values.get("sessions_total"),
        price=values.get("price"),
        cancelled_at=values.get("cancelled_at"),
        cancellation_reason=values.get("cancellation_reason") or "",
        by=work.by,
        at=work.at,
    )


def _sessions_used(enrollment: Any) -> int | None:
    if enrollment.sessions_left is None:
        return None
    return int(enrollment.sessions_granted) - int(enrollment.sessions_left)


def _sessions_granted(enrollment: Any) -> int | None:
    return None if enrollment.sessions_left is None else enrollment.sessions_granted


PLANS = ImportKind(
    name="plans",
    help=_("Programs for sale."),
    verb="programs.import_plans",
    may="programs.create_plan",
    model=ServicePlan,
    columns=(
        Column(name="name", help="", required=True),
        Column(
            name="service",
            help=_("By external id, slug or name; required for a plan with sessions."),
            parse=text_up_to(255),
            blank=None,
            stored=False,
            refers=SERVICE,
        ),
        Column(
            name="billing_model",
            help=_("session_based, time_based or hybrid."),
            parse=one_of({word: word for word in BillingModel.values}),
            required=True,
        ),
        Column(name="sessions_total", help=_("How many sessions."), parse=whole, blank=None),
        Column(name="validity_days", help=_("Empty: without end."), parse=whole, blank=None),
        Column(name="access_months", help=_("Empty: for life."), parse=whole, blank=None),
        Column(name="telerehab_access", help=_("yes or no."), parse=yes_or_no, blank=False),
        Column(name="library_access", help=_("yes or no."), parse=yes_or_no, blank=False),
        Column(name="is_published", help=_("yes or no."), parse=yes_or_no, blank=False),
        Column(name="total_price", help=_("As 500.00."), parse=amount, required=True),
        CURRENCY,
        Column(
            name="products",
            help=_("Products that come with it, one of each, separated by semicolons; added, never taken away."),
            parse=list_of_ids,
            blank=(),
            stored=False,
            refers=PRODUCT,
            exported=False,
        ),
        ARCHIVED,
    ),
    place=organization_of,
    save=one_by_one(ServicePlan, _save_plan),
    undo=delete_plan,
    rows=lambda organization_id: ServicePlan.objects.filter(organization_id=organization_id),
)

BUNDLES = ImportKind(
    name="bundles",
    help=_("How many of which product come with which plan."),
    verb="programs.import_bundles",
    may="programs.bundle_product",
    model=ServicePlanProduct,
    columns=(
        reference("service_plan", PLAN, _("By external id or name."), required=True),
        reference("product", PRODUCT, _("By external id, slug, barcode or name."), required=True),
        Column(name="quantity", help="", parse=whole, blank=1),
    ),
    place=organization_of,
    save=one_by_one(ServicePlanProduct, _save_bundle),
    undo=_unbundle,
    rows=lambda organization_id: ServicePlanProduct.objects.filter(service_plan__organization_id=organization_id),
)

ENROLLMENTS = ImportKind(
    name="enrollments",
    help=_("Patients in plans, with the sessions that they have used."),
    verb="programs.import_enrollments",
    may="programs.enroll",
    model=Enrollment,
    columns=(
        reference("patient", PATIENT, _("By external id or e-mail address."), required=True),
        reference("service_plan", PLAN, _("By external id or name."), required=True),
        IN_PRACTICE,
        Column(
            name="enrolled_at",
            help=_("As 2024-12-31T09:30:00Z."),
            parse=moment_or_day,
            required=True,
            stored=False,
            dated=True,
        ),
        Column(
            name="sessions_total",
            help=_("Promised; empty: the plan's."),
            parse=whole,
            blank=None,
            stored=False,
            write=_sessions_granted,
        ),
        Column(
            name="sessions_used",
            help=_("Used up so far."),
            parse=whole,
            blank=0,
            stored=False,
            write=_sessions_used,
        ),
        Column(name="price", help=_("Paid; empty: the plan's."), parse=amount, blank=None, stored=False),
        Column(name="cancelled_at", help="", parse=moment_or_day, blank=None, stored=False, dated=True),
        Column(name="cancellation_reason", help="", stored=False),
        Column(
            name="status",
            help=_("Only written; it follows from the dates and the sessions."),
            parse=one_of({word: word for word in EnrollmentStatus.values}),
            stored=False,
        ),
    ),
    place=organization_of,
    save=one_by_one(Enrollment, _save_enrollment),
    undo=take_back_imported_enrollment,
    rows=lambda organization_id: Enrollment.objects.filter(practice__organization_id=organization_id).with_ledger(),
)

IMPORTS = [PLANS, BUNDLES, ENROLLMENTS]
