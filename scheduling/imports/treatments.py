"""The import of treatments done in visits, set-wise because each of a million visits may have several."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from catalog.imports import SERVICE
from catalog.models import Service
from core.actor import Actor
from core.db import Work, unit_of_work
from core.imports import Batch, Column, From, ImportKind, Layout, Match, Outcome, Refers, amount, reference
from core.locks import lock
from directory.imports import organization_of
from scheduling.models import Appointment, AppointmentService

APPOINTMENT = Refers(model=Appointment, scope="practice__organization")


def save_treatments(work: Work, batch: Batch) -> None:
    """Add treatments after those that the visit already has; without a price they cost what the service costs."""
    matches = batch.match(AppointmentService, lambda values: AppointmentService(**values))
    visits = {one.pk: one for one in lock(Appointment.objects.all(), {match.obj.appointment_id for match in matches})}
    present = AppointmentService.objects.filter(appointment__in=visits).values_list("appointment_id", "service_id")
    taken = set(present)
    positions = Counter(appointment_id for appointment_id, _service_id in taken)
    kept = []
    for match in matches:
        if match.outcome is Outcome.CREATED and not _is_new(batch, match, taken):
            continue
        if match.outcome is Outcome.CREATED:
            match.obj.position = positions[match.obj.appointment_id]
            positions[match.obj.appointment_id] += 1
        elif match.obj.changes().keys() & {"appointment_id", "service_id"}:
            batch.refuse(match.row, "appointment", _t("This id is of another treatment."))
            continue
        told = batch.values_of(match.row, is_new=match.outcome is Outcome.CREATED).get("price")
        if told is not None:
            match.obj.price = told
        kept.append(match)
    _set_prices(kept, visits)
    stored = [one for one in batch.store(work, kept) if one.outcome is not Outcome.UNCHANGED]
    # What was done in a visit is part of it: whoever asks for visits that changed, bills included, is told of it.
    changed = Appointment.objects.filter(pk__in={one.obj.appointment_id for one in stored})
    changed.update(updated_at=work.at)


def _remove_treatment(pk: int, *, by: Actor, at: datetime) -> None:
    row = AppointmentService.objects.select_related("appointment").get(pk=pk)
    by.require("scheduling.record", row.appointment.practice_id)
    with unit_of_work("scheduling.import_treatments.undo", by=by, at=at) as work:
        lock(Appointment.objects.all(), [row.appointment_id])
        work.delete(row)


def _is_new(batch: Batch, match: Match[AppointmentService], taken: set[tuple[int, int]]) -> bool:
    """Whether the visit does not have the treatment yet; refuses the row if it does."""
    key = (match.obj.appointment_id, match.obj.service_id)
    if key in taken:
        batch.refuse(match.row, "service", _t("The visit already has this treatment."))
        return False
    taken.add(key)
    return True


def _set_prices(matches: list[Match[AppointmentService]], visits: dict[int, Appointment]) -> None:
    """Give new treatments their service's currency and, without a price, its price with the visit's specialist."""
    of_specialist: dict[int | None, list[AppointmentService]] = {}
    for match in matches:
        if match.outcome is Outcome.CREATED:
            of_specialist.setdefault(visits[match.obj.appointment_id].specialist_id, []).append(match.obj)
    for specialist_id, rows in of_specialist.items():
        services = Service.objects.with_price_of(specialist_id).in_bulk({row.service_id for row in rows})
        for row in rows:
            service = services[row.service_id]
            row.currency = service.currency
            if row.__dict__.get("price") is None:
                row.price = service.price


TREATMENTS = ImportKind(
    name="treatments",
    help=_("What was done in which visit."),
    verb="scheduling.import_treatments",
    may="scheduling.record",
    model=AppointmentService,
    columns=(
        reference("appointment", APPOINTMENT, _("By external id."), required=True, stored=True),
        reference("service", SERVICE, _("By external id, slug or name."), required=True, stored=True),
        Column(
            name="price", help=_("Empty: the service's with that specialist."), parse=amount, blank=None, stored=False
        ),
    ),
    place=organization_of,
    save=save_treatments,
    undo=_remove_treatment,
    rows=lambda organization_id: AppointmentService.objects.filter(
        appointment__practice__organization_id=organization_id,
        appointment__archived_at=None,
        appointment__starts_at__isnull=False,
        appointment__patient__isnull=False,
        appointment__specialist__isnull=False,
    ),
    order=("appointment", "position", "pk"),
    layouts={
        "synthea": Layout(
            name="synthea",
            help="procedures.csv",
            columns={
                "external_id": From("ENCOUNTER", "CODE", join="-"),
                "appointment": From("ENCOUNTER"),
                "service": From("CODE"),
                "price": From("BASE_COST"),
            },
            unread=frozenset({"START", "STOP", "PATIENT", "DESCRIPTION", "REASONCODE", "REASONDESCRIPTION"}),
        )
    },
)
