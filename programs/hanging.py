"""Which plans for sale and running programs depend on a service, product, patient or practice."""

from datetime import datetime
from typing import Any

from django.utils.translation import ngettext_lazy

from core.hanging import Work
from programs.models import Enrollment, ServicePlan
from programs.querysets import EnrollmentQuerySet, ServicePlanQuerySet

RUNNING = ngettext_lazy("%(count)d running program", "%(count)d running programs", "count")
SOLD = ngettext_lazy("%(count)d plan for sale", "%(count)d plans for sale", "count")


def _plans(**with_it: Any) -> ServicePlanQuerySet:
    return ServicePlan.objects.live().filter(**with_it).order_by("name", "pk")


def _running(at: datetime, **with_it: Any) -> EnrollmentQuerySet:
    return Enrollment.objects.running(at).filter(**with_it).select_related("patient").order_by("enrolled_at", "pk")


WORK = [
    Work("catalog.service", SOLD, lambda service, at: _plans(service=service)),
    Work("catalog.service", RUNNING, lambda service, at: _running(at, service=service)),
    Work("catalog.product", SOLD, lambda product, at: _plans(bundled_products__product=product)),
    Work("patients.patient", RUNNING, lambda patient, at: _running(at, patient=patient)),
    Work("directory.practice", RUNNING, lambda practice, at: _running(at, practice=practice)),
]
