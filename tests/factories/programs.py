"""Plans, enrollments and their ledger."""

from decimal import Decimal

import factory

from programs.models import Enrollment, ServicePlan, ServicePlanProduct, SessionMovement
from tests.factories.base import AT, DAY, RowFactory, of_practice_organization
from tests.factories.catalog import ProductFactory, ServiceFactory
from tests.factories.directory import OrganizationFactory, PracticeFactory
from tests.factories.patients import PatientFactory


class ServicePlanFactory(RowFactory):
    """Ten sessions of a service, published; `time_based=True` or `hybrid=True` for the other two."""

    class Meta:
        model = ServicePlan

    class Params:
        session_based = factory.Trait(billing_model="session_based")
        time_based = factory.Trait(
            billing_model="time_based", service=None, sessions_total=None, validity_days=None, access_months=3
        )
        hybrid = factory.Trait(billing_model="hybrid", access_months=1)
        lifetime = factory.Trait(access_months=None)
        unpublished = factory.Trait(is_published=False)
        archived = factory.Trait(archived_at=AT)

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Plan {n}")
    billing_model = "session_based"
    service = factory.SubFactory(ServiceFactory, organization=factory.SelfAttribute("..organization"))
    sessions_total = 10
    validity_days = 90
    total_price = Decimal("1000.00")
    currency = "RON"
    is_published = True


class ServicePlanProductFactory(RowFactory):
    class Meta:
        model = ServicePlanProduct

    service_plan = factory.SubFactory(ServicePlanFactory)
    product = factory.SubFactory(ProductFactory, organization=factory.SelfAttribute("..service_plan.organization"))


class EnrollmentFactory(RowFactory):
    """Enrolled at `AT` in a plan of ten sessions, granted in the ledger; `used=3` consumes three of them.

    What the plan promises is frozen as `Enrollment.of` freezes it. An expired one was enrolled a year before.
    """

    class Meta:
        model = Enrollment

    class Params:
        time_based = factory.Trait(service_plan=of_practice_organization(ServicePlanFactory, time_based=True))
        hybrid = factory.Trait(service_plan=of_practice_organization(ServicePlanFactory, hybrid=True))
        cancelled = factory.Trait(status="cancelled", cancelled_at=AT, cancellation_reason="Changed their mind")
        completed = factory.Trait(status="completed", completed_at=AT, used=10)
        expired = factory.Trait(status="expired", enrolled_at=AT - 365 * DAY)

    practice = factory.SubFactory(PracticeFactory)
    patient = of_practice_organization(PatientFactory)
    service_plan = of_practice_organization(ServicePlanFactory)
    enrolled_at = AT
    status = "active"
    used = 0

    @classmethod
    def _create(cls, model_class, *args, used, enrolled_at, **kwargs):
        plan = kwargs.pop("service_plan")
        whose = {"practice": kwargs.pop("practice"), "patient": kwargs.pop("patient")}
        enrollment = Enrollment.of(plan, **whose, at=enrolled_at)
        for name, value in {"created_at": AT, "updated_at": AT, **kwargs}.items():
            setattr(enrollment, name, value)
        granted = enrollment.sessions_total
        if granted is not None:
            enrollment.sessions_left = granted - used
        enrollment.save(force_insert=True)
        if granted is not None:
            SessionMovementFactory(enrollment=enrollment, quantity=granted, at=enrolled_at)
        for _session in range(used):
            SessionMovementFactory(enrollment=enrollment, consume=True, at=enrolled_at)
        enrollment.remember([field.attname for field in enrollment._meta.concrete_fields])
        return enrollment


class SessionMovementFactory(RowFactory):
    """A line of the ledger, without keeping `sessions_left`: say `enrollment=`."""

    class Meta:
        model = SessionMovement

    class Params:
        consume = factory.Trait(kind="consume", quantity=-1)

    kind = "grant"
    quantity = 10
    at = AT
