"""Which agreed care plans and treatments depend on a patient, practice, specialist or service."""

from datetime import datetime
from typing import Any

from django.utils.translation import ngettext_lazy

from billing.models import CarePlan, CarePlanEntry
from billing.querysets import CarePlanEntryQuerySet, CarePlanQuerySet
from billing.states import CarePlanState
from core.hanging import Work

PLANS = ngettext_lazy("%(count)d agreed care plan", "%(count)d agreed care plans", "count")
TREATMENTS = ngettext_lazy(
    "%(count)d agreed treatment that is not done", "%(count)d agreed treatments that are not done", "count"
)


def _plans(**of: Any) -> CarePlanQuerySet:
    plans: CarePlanQuerySet = CarePlan.objects.live().filter(state=CarePlanState.ACCEPTED, **of)
    return plans.select_related("patient").order_by("pk")


def _treatments(service: Any, at: datetime) -> CarePlanEntryQuerySet:
    agreed = _plans().values("pk")
    entries: CarePlanEntryQuerySet = CarePlanEntry.objects.live().filter(service=service, done_on=None)
    return entries.filter(care_plan__in=agreed).order_by("pk")


WORK = [
    Work("patients.patient", PLANS, lambda row, at: _plans(patient=row)),
    Work("directory.practice", PLANS, lambda row, at: _plans(practice=row)),
    Work("directory.specialist", PLANS, lambda row, at: _plans(specialist=row)),
    Work("catalog.service", TREATMENTS, _treatments),
]
