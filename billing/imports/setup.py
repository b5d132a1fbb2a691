"""The import of what billing needs first: companies, price lists, accounts, payment types, billing settings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.models import (
    Account,
    BillCounter,
    BillingSettings,
    CarePlanDiscardReason,
    Company,
    PaymentType,
    PriceList,
    PriceListItem,
)
from billing.models.setup import COUNTED
from billing.services import change_settings, save_account, set_account_archived, set_price
from billing.services.numbering import today_at
from billing.services.setup import SETTINGS
from catalog.imports import SERVICE
from core.actor import Actor
from core.db import Work, unit_of_work
from core.imports import (
    Column,
    ImportKind,
    Refers,
    Scope,
    amount,
    flag,
    moment_or_day,
    one_by_one,
    picked,
    reference,
    valid_for,
    whole,
)
from core.iso import check_currency
from directory.imports import (
    ARCHIVED,
    IN_PRACTICE,
    NAME,
    by_practice_clock,
    configured_kind,
    organization_of,
    practice_of,
)

COMPANY = Refers(model=Company, keys=("name",))
PRICE_LIST = Refers(model=PriceList, keys=("name",))
PAYMENT_TYPE = Refers(model=PaymentType, keys=("name",))
ACCOUNT = Refers(model=Account, scope="practice__organization", keys=("name",))
DISCARD_REASON = Refers(model=CarePlanDiscardReason, keys=("name",))


def _save_price(work: Work, obj: PriceListItem | None, values: dict[str, Any], scope: Scope) -> PriceListItem:
    price = values["price"]
    item = set_price(values["price_list"], values["service"], price=price, by=work.by, at=work.at)
    assert item is not None  # noqa: S101 there is a price
    return item


def _remove_price(pk: int, *, by: Actor, at: datetime) -> None:
    item = PriceListItem.objects.get(pk=pk)
    set_price(item.price_list_id, item.service_id, price=None, by=by, at=at)


def _save_account(work: Work, obj: Account | None, values: dict[str, Any], scope: Scope) -> Account:
    row = obj or Account(practice_id=practice_of(values, scope))
    row.name = values["name"]
    account = save_account(row, by=work.by, at=work.at)
    away = values.get("archived_at", account.archived_at)
    if away == account.archived_at:
        return account
    account = set_account_archived(account.pk, archived=away is not None, by=work.by, at=work.at)
    account.archived_at = away
    return work.save(account)


COMPANIES = configured_kind(
    "companies",
    Company,
    _("Who pays for patients or sends us bills."),
    (NAME, Column(name="address", help=""), Column(name="tax_number", help=""), ARCHIVED),
)
PRICE_LISTS = configured_kind(
    "price-lists",
    PriceList,
    _("Prices that care plans take instead of the services' own."),
    (
        NAME,
        Column(
            name="currency",
            help=_("Three letters, ISO 4217."),
            parse=valid_for(check_currency, rewrite=str.upper),
            required=True,
        ),
        ARCHIVED,
    ),
)
PAYMENT_TYPES = configured_kind("payment-types", PaymentType, _("How money is paid."))
DISCARD_REASONS = configured_kind("discard-reasons", CarePlanDiscardReason, _("Why care plans come to nothing."))


def _save_settings(work: Work, obj: BillingSettings | None, values: dict[str, Any], scope: Scope) -> BillingSettings:
    practice_id = obj.practice_id if obj is not None else practice_of(values, scope)
    values = by_practice_clock({**values, "practice": practice_id}, scope)
    settings = change_settings(practice_id, values=picked(values, *SETTINGS), by=work.by, at=work.at)
    since = values.get("automatic_since")
    if settings.bill_automatically and since is not None and since != settings.automatic_since:
        settings.automatic_since, settings.looked_until = since, None
        settings = work.save(settings)
    return settings


def _remove_settings(pk: int, *, by: Actor, at: datetime) -> None:
    settings = BillingSettings.objects.get(pk=pk)
    by.require("billing.change_settings", settings.practice_id)
    with unit_of_work("billing.import_billing_settings.undo", by=by, at=at) as work:
        work.delete(settings)


def _next_number(series: str) -> Callable[[BillingSettings], int]:
    """The number that the next bill of the series gets this year: what the other side begins with."""

    def write(settings: BillingSettings) -> int:
        counters = BillCounter.objects.filter(practice=settings.practice_id, series=series)
        given = {one.year: one.last_number for one in counters}
        if not given:
            return settings.first_number_of(series)
        return given.get(today_at(settings.practice, timezone.now()).year, 0) + 1

    return write


BILLING_SETTINGS = ImportKind(
    name="billing-settings",
    help=_("How practices number and stamp their bills, and whether they bill automatically."),
    verb="billing.import_billing_settings",
    may="billing.change_settings",
    model=BillingSettings,
    columns=(
        IN_PRACTICE,
        flag("bill_automatically"),
        Column(
            name="automatic_since",
            help=_("What was done before is billed by hand; empty: from the import on."),
            parse=moment_or_day,
            blank=None,
            stored=False,
            dated=True,
        ),
        *(Column(name=f"{one}_prefix", help="") for one in COUNTED),
        *(
            Column(
                name=f"first_{one}_number",
                help=_("The number of the next one."),
                parse=whole,
                blank=1,
                write=_next_number(one),
            )
            for one in COUNTED
        ),
        Column(name="stamp_threshold", help=_("Empty: no stamps."), parse=amount, blank=None),
        Column(name="stamp_amount", help="", parse=amount, blank=0),
        Column(name="payment_link_days", help="", parse=whole, blank=30),
        Column(name="language", help=_("Of bills, such as en."), blank="en"),
    ),
    place=organization_of,
    save=one_by_one(BillingSettings, _save_settings),
    undo=_remove_settings,
    rows=lambda organization_id: BillingSettings.objects.filter(
        practice__organization_id=organization_id
    ).select_related("practice"),
)

PRICES = ImportKind(
    name="prices",
    help=_("What a service costs on a price list, without tax."),
    verb="billing.import_prices",
    may="billing.set_price",
    model=PriceListItem,
    columns=(
        reference("price_list", PRICE_LIST, _("By external id or name."), required=True),
        reference("service", SERVICE, _("By external id, slug or name."), required=True),
        Column(name="price", help=_("As 120.00."), parse=amount, required=True),
    ),
    place=organization_of,
    save=one_by_one(PriceListItem, _save_price),
    undo=_remove_price,
    rows=lambda organization_id: PriceListItem.objects.filter(price_list__organization_id=organization_id),
)

ACCOUNTS = ImportKind(
    name="accounts",
    help=_("Where a practice's money lies."),
    verb="billing.import_accounts",
    may="billing.save_account",
    model=Account,
    columns=(Column(name="name", help=_("Unique in its practice."), required=True), IN_PRACTICE, ARCHIVED),
    place=organization_of,
    save=one_by_one(Account, _save_account),
    undo=lambda pk, *, by, at: set_account_archived(pk, archived=True, by=by, at=at),
    rows=lambda organization_id: Account.objects.filter(practice__organization_id=organization_id),
)
