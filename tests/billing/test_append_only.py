"""What has been booked is never changed nor deleted: bills, their lines, payments, receipts and closings."""

from decimal import Decimal

import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction

from billing.models import Bill, BillLine, Receipt, TillClosing, Transaction
from billing.services import close_till
from core.append_only import AppendOnly
from tests.billing.conftest import TODAY
from tests.factories import AT

TABLES = {
    Bill: "bill_append_only",
    BillLine: "bill_line_append_only",
    Receipt: "receipt_append_only",
    TillClosing: "till_closing_append_only",
    Transaction: "transaction_append_only",
}


def test_every_append_only_table_of_billing_is_tried_here():
    declared = {
        model: constraint.name
        for model in apps.get_app_config("billing").get_models()
        for constraint in model._meta.constraints
        if isinstance(constraint, AppendOnly)
    }
    assert declared == TABLES


def update(rows):
    column = rows.model._meta.concrete_fields[-1].attname
    rows.update(**{column: models.F(column)})


def delete(rows):
    rows._raw_delete(rows.db)


@pytest.mark.django_db
@pytest.mark.parametrize("change", [update, delete])
@pytest.mark.parametrize("model", TABLES)
def test_nobody_changes_or_deletes_what_is_booked(desk, model, change):
    desk.pay("100.00", desk.bill("100.00"))
    close_till(desk.drawer.pk, date=TODAY, counted=Decimal("100.00"), by=desk.desk, at=AT)
    before = list(model._base_manager.order_by("pk").values())
    assert before
    with pytest.raises(IntegrityError, match=r"append.only"), transaction.atomic():
        change(model._base_manager.all())
    assert list(model._base_manager.order_by("pk").values()) == before
