"""The lines of a bill in one cell, as a JSON list that exports write and imports read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t

from billing import sums
from billing.imports.plans import ENTRY
from billing.models import Bill, BillLine
from billing.services import NewLine
from catalog.imports import PRODUCT, SERVICE
from core.errors import InvalidInput
from core.imports import Scope, amount, key_of
from orders.imports import ORDER
from programs.imports import ENROLLMENT
from scheduling.imports import APPOINTMENT

LINE = ("label", "quantity", "unit_price", "discount", "vat_percentage", "vat_exemption", "price_is_net", "net", "vat")
NUMBERS = ("unit_price", "discount", "vat_percentage", "net", "vat")
SOLD = {"service": SERVICE, "product": PRODUCT}
# What a line bills: it is billed once.
ORIGINS = {
    "appointment": APPOINTMENT,
    "enrollment": ENROLLMENT,
    "product_order": ORDER,
    "care_plan_entry": ENTRY,
}


@dataclass(frozen=True, slots=True)
class ToldLine:
    """A line as the cell gives it: price, external ids of what it bills, number (from 1) of the line it credits."""

    values: dict[str, Any]
    named: dict[str, str] = field(default_factory=dict)
    credits: int | None = None


def lines_of(text: str) -> list[ToldLine]:
    """Parse the lines in one cell; ValidationError if they cannot be read."""
    try:
        told = json.loads(text, parse_float=Decimal, parse_int=Decimal)
        return [_line_of(one) for one in told]
    except (ValueError, TypeError, AttributeError, ArithmeticError, KeyError, RecursionError):
        raise ValidationError(_t('These are no lines; write [{"label": "Visit", "unit_price": "120.00"}].')) from None


def _line_of(told: dict[str, Any]) -> ToldLine:
    values: dict[str, Any] = {name: told[name] for name in told if name in LINE}
    values |= {name: amount(str(values[name])) for name in NUMBERS if name in values}
    values["quantity"] = int(values.get("quantity", 1))
    net, vat = values.pop("net", None), values.pop("vat", None)
    if net is not None and vat is not None:
        values["amounts"] = sums.Amounts(net, vat)
    NewLine(**values)  # that there is nothing missing
    named = {name: str(told[name]) for name in (*SOLD, *ORIGINS) if told.get(name)}
    return ToldLine(values, named, int(told["credits"]) if told.get("credits") else None)


def new_lines(told: Sequence[ToldLine], scope: Scope) -> list[NewLine]:
    """Return lines for a new bill; InvalidInput for one that names something unknown."""
    found = []
    for line in told:
        keys = {f"{name}_id": _key(name, line, scope) for name in line.named}
        sold = {name: keys.pop(name) for name in ("service_id", "product_id") if name in keys}
        found.append(NewLine(**line.values, **sold, origin=keys))  # type: ignore[arg-type]
    return found


def _key(name: str, line: ToldLine, scope: Scope) -> int:
    key = key_of((SOLD | ORIGINS)[name], line.named[name], scope)
    if key is None:
        reason = _t("“%(name)s” has not been imported from %(source)s, and nothing here is called so.")
        raise InvalidInput({"lines": f"{name}: {reason % {'name': line.named[name], 'source': scope.source}}"})
    return key


def credited(told: Sequence[ToldLine]) -> dict[int, Decimal] | None:
    """Return for a credit note line number -> amount with tax; None if it credits all that is left."""
    amounts = {line.credits - 1: line.values["amounts"] for line in told if line.credits is not None}
    return {place: one.net + one.vat for place, one in amounts.items()} or None


def lines_as_text(bill: Bill) -> str:
    """The lines of a bill as an export writes them."""
    return json.dumps([_told(line) for line in bill.lines.all()], ensure_ascii=False)


def _told(line: BillLine) -> dict[str, Any]:
    values = {name: getattr(line, name) for name in LINE}
    told = {name: str(value) if name in NUMBERS else value for name, value in values.items() if value != ""}
    if line.credits is not None:
        return told | {"credits": line.credits.position + 1}
    ids = {name: getattr(line, f"{name}_id") for name in (*SOLD, *ORIGINS)}
    # What was archived is not carried along.
    for name in ("appointment", "care_plan_entry"):
        if ids[name] is not None and getattr(line, name).archived_at is not None:
            del ids[name]
    return told | {name: str(pk) for name, pk in ids.items() if pk is not None}
