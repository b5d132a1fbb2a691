"""The verbs of billing setup: settings, accounts, and prices on price lists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from billing.models import Account, BillCounter, BillingSettings, PriceList, PriceListItem
from billing.models.setup import COUNTED
from catalog.models import Service
from core.actor import Actor
from core.db import Work, verb
from core.errors import InvalidInput
from core.values import assign
from directory.models import Practice

SETTINGS = frozenset(
    field.attname
    for field in BillingSettings._meta.concrete_fields
    if field.editable and field.name not in ("id", "practice")
)


@verb
def change_settings(
    work: Work, practice_id: int, *, values: Mapping[str, Any], by: Actor, at: datetime
) -> BillingSettings:
    """Change how a practice bills. A first number can be set until its series has begun (InvalidInput afterwards)."""
    practice = Practice.objects.visible_to(by).one(pk=practice_id)
    by.require("billing.change_settings", practice.pk)
    settings = BillingSettings.objects.filter(practice=practice).first() or BillingSettings(practice=practice)
    before = {name: settings.first_number_of(name) for name in COUNTED}
    assign(settings, values, allowed=SETTINGS, by=by, organization_id=practice.organization_id)
    settings.guard()
    # What was done before is billed by hand: turning it on does not bill the past.
    settings.automatic_since = (settings.automatic_since or at) if settings.bill_automatically else None
    begun = set(BillCounter.objects.filter(practice=practice).values_list("series", flat=True))
    problems = {
        f"first_{name}_number": _("has already been used")
        for name in COUNTED
        if name in begun and settings.first_number_of(name) != before[name]
    }
    if problems:
        raise InvalidInput(problems)
    return work.create(settings) if settings._state.adding else work.save(settings)


@verb
def save_account(work: Work, account: Account, *, by: Actor, at: datetime) -> Account:
    """Create or change an account of a practice. Conflict for the name of another live one."""
    practice = Practice.objects.visible_to(by).one(pk=account.practice_id)
    by.require("billing.save_account", practice.pk)
    if account._state.adding:
        return work.create(account)
    stored = Account.objects.visible_to(by).one(pk=account.pk)
    if stored.practice_id != account.practice_id:
        raise InvalidInput({"practice_id": _("never changes")})
    return work.save(account)


@verb
def set_account_archived(work: Work, account_id: int, *, archived: bool, by: Actor, at: datetime) -> Account:
    """Archive or restore an account; one that is in that state already stays as it is."""
    account: Account = Account.objects.visible_to(by).one(pk=account_id)
    by.require("billing.set_account_archived", account.practice_id)
    account.archived_at = (account.archived_at or at) if archived else None
    return work.save(account)


@verb
def set_price(
    work: Work, price_list_id: int, service_id: int, *, price: Decimal | None, by: Actor, at: datetime
) -> PriceListItem | None:
    """Set a service's price on a price list; None removes it, so that the base price applies."""
    price_list = PriceList.objects.visible_to(by).one(pk=price_list_id)
    by.require("billing.set_price", organization_id=price_list.organization_id)
    service = Service.objects.visible_to(by).one(pk=service_id, organization_id=price_list.organization_id)
    item = PriceListItem.objects.filter(price_list=price_list, service=service).first()
    if price is None:
        if item is not None:
            work.delete(item)
        return None
    if item is None:
        return work.create(PriceListItem(price_list=price_list, service=service, price=price))
    item.price = price
    return work.save(item)
