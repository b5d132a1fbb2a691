"""The verbs of what belongs to a service: forms, files, protocol steps, and products it uses up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TypedDict

from django.core.files.base import File
from django.utils.translation import gettext as _

from catalog.models import ServiceAttachment, ServiceForm, ServiceProduct, ServiceSession
from catalog.services.treatments import own_service
from core import files
from core.actor import Actor
from core.db import Work, verb
from core.errors import InvalidInput, Text
from core.values import assign

FOLDER = "services"


class SessionValues(TypedDict, total=False):
    """The columns of a protocol step that may be set."""

    session_order: int
    session_type: str
    offset_days: int
    next_gap_days: int | None


@verb
def attach_form(
    work: Work,
    service_id: int,
    *,
    form_template_id: int,
    form_type: str,
    sort_order: int = 0,
    by: Actor,
    at: datetime,
) -> ServiceForm:
    """Add a form of the organization to a service; Conflict if the service already has it."""
    service = own_service(service_id, permission="catalog.attach_form", by=by)
    form = ServiceForm(service=service, form_type=form_type, sort_order=sort_order)
    values = {"form_template_id": form_template_id}
    assign(form, values, allowed=values, by=by, organization_id=service.organization_id)
    return work.create(form)


@verb
def remove_form(work: Work, service_id: int, form_template_id: int, *, by: Actor, at: datetime) -> None:
    """Remove a form from a service."""
    service = own_service(service_id, permission="catalog.remove_form", by=by)
    work.delete(ServiceForm.objects.filter(service=service).one(form_template_id=form_template_id))


def add_attachment(service_id: int, *, upload: File[bytes], by: Actor, at: datetime) -> ServiceAttachment:
    """Attach a file to a service. It is stored before the transaction, and removed again if that fails."""
    own_service(service_id, permission="catalog.add_attachment", by=by)
    with files.stored(upload, folder=FOLDER) as kept:
        return _add_attachment(service_id, kept=kept, by=by, at=at)


@verb
def _add_attachment(
    work: Work, service_id: int, *, kept: files.StoredFile, by: Actor, at: datetime
) -> ServiceAttachment:
    return work.create(
        ServiceAttachment(
            service=own_service(service_id, permission="catalog.add_attachment", by=by),
            file=kept.name,
            file_name=kept.display_name,
            file_type=kept.content_type,
            file_size=kept.size,
            sha256=kept.sha256,
            created_by_id=by.user_id,
        )
    )


@verb
def delete_attachment(work: Work, service_id: int, attachment_id: int, *, by: Actor, at: datetime) -> None:
    """Delete a file of a service; it is removed from the storage once the transaction has committed."""
    service = own_service(service_id, permission="catalog.delete_attachment", by=by)
    attachment: ServiceAttachment = ServiceAttachment.objects.filter(service=service).one(pk=attachment_id)
    work.on_commit(partial(files.remove, str(attachment.file.name)))
    work.delete(attachment)


@verb
def set_protocol(
    work: Work, service_id: int, *, sessions: Sequence[SessionValues], by: Actor, at: datetime
) -> list[ServiceSession]:
    """Replace the steps of the service's protocol, ordered by `session_order` (absent: as given, from 1).

    Steps that stay the same are kept. InvalidInput names a step as `sessions.<index>.<field>`.
    """
    service = own_service(service_id, permission="catalog.set_protocol", by=by)
    present = {row.session_order: row for row in ServiceSession.objects.filter(service=service)}
    steps: dict[int, ServiceSession] = {}
    problems: dict[str, Text] = {}
    for index, values in enumerate(sessions):
        order = values.get("session_order", index + 1)
        if order in steps:
            problems[f"sessions.{index}.session_order"] = _("comes twice")
            continue
        steps[order] = step = present.get(order) or ServiceSession(service=service, session_order=order)
        try:
            assign(step, values, allowed=SessionValues.__annotations__, by=by, organization_id=service.organization_id)
            work.create(step) if step._state.adding else work.save(step)
        except InvalidInput as error:
            problems |= {f"sessions.{index}.{name}": why for name, why in error.fields.items()}
    if problems:
        raise InvalidInput(problems)
    for order, step in present.items():
        if order not in steps:
            work.delete(step)
    return [steps[order] for order in sorted(steps)]


@verb
def use_product(
    work: Work, service_id: int, *, product_id: int, quantity: int = 1, by: Actor, at: datetime
) -> ServiceProduct:
    """Set how many of a product the treatment uses up."""
    service = own_service(service_id, permission="catalog.use_product", by=by)
    row: ServiceProduct = ServiceProduct.objects.filter(
        service=service, product_id=product_id
    ).first() or ServiceProduct(service=service)
    values = {"product_id": product_id, "quantity": quantity}
    assign(row, values, allowed=values, by=by, organization_id=service.organization_id)
    return work.create(row) if row._state.adding else work.save(row)


@verb
def remove_used_product(work: Work, service_id: int, product_id: int, *, by: Actor, at: datetime) -> None:
    """Remove a product from those that the treatment uses up."""
    service = own_service(service_id, permission="catalog.remove_used_product", by=by)
    work.delete(ServiceProduct.objects.filter(service=service).one(product_id=product_id))
