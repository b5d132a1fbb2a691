"""Each CHECK of the tables of money refuses what it is there for, also when no verb stands before it, on both engines.

The names are written by hand: a constraint that is dropped, or one that nobody violates here, is noticed.
"""

from decimal import Decimal

import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction

from billing.models import BillCounter, BilledWork, Liability, Receipt
from core.append_only import erasing
from tests.billing.conftest import TODAY
from tests.factories import (
    AT,
    BillingSettingsFactory,
    CarePlanDiscardReasonFactory,
    CompanyFactory,
    PriceListItemFactory,
)

pytestmark = pytest.mark.django_db
CENT, OVER = Decimal("-0.01"), Decimal("100.01")

# A word that is none is refused first by what else hangs on the column; either says so.
BEHIND_ANOTHER = {
    "bill_type_known": "bill_series_fits_type|bill_credits_iff_credit",
    "bill_direction_known": "bill_series_fits_type",
    "bill_series_known": "bill_series_fits_type|bill_numbered_once",
    "care_plan_state_known": "care_plan_accepted_has_date",
}

# constraint: the row of `books` that holds, and what no longer does.
VIOLATIONS = [
    ("price_list_item_price_at_least_0", "price", {"price": CENT}),
    ("billing_settings_prefixes_differ", "settings", {"bill_prefix": "X", "credit_prefix": "X"}),
    ("billing_settings_prefixes_differ", "settings", {"bill_prefix": "X", "proforma_prefix": "X"}),
    ("billing_settings_prefixes_differ", "settings", {"credit_prefix": "X", "proforma_prefix": "X"}),
    ("billing_settings_stamp_has_amount", "settings", {"stamp_threshold": 77, "stamp_amount": 0}),
    ("billing_settings_automatic_since", "settings", {"bill_automatically": True}),
    ("billing_settings_automatic_since", "settings", {"automatic_since": AT}),
    ("billing_settings_stamp_threshold_at_least_0", "settings", {"stamp_threshold": CENT, "stamp_amount": 2}),
    ("billing_settings_stamp_amount_at_least_0", "settings", {"stamp_amount": CENT}),
    ("billing_settings_first_bill_number_at_least_1", "settings", {"first_bill_number": 0}),
    ("billing_settings_first_credit_number_at_least_1", "settings", {"first_credit_number": 0}),
    ("billing_settings_first_proforma_number_at_least_1", "settings", {"first_proforma_number": 0}),
    ("billing_settings_first_receipt_number_at_least_1", "settings", {"first_receipt_number": 0}),
    ("billing_settings_language_known", "settings", {"language": "xx"}),
    ("care_plan_accepted_has_date", "plan", {"state": "accepted"}),
    ("care_plan_accepted_has_date", "plan", {"state": "completed"}),
    ("care_plan_accepted_has_date", "plan", {"date_accepted": TODAY}),
    ("care_plan_signed_by_someone", "plan", {"signed_at": AT}),
    ("care_plan_signed_by_someone", "plan", {"signed_by": "Jane"}),
    ("care_plan_reason_if_discarded", "plan", {"discard_reason_id": "reason"}),
    ("care_plan_state_known", "plan", {"state": "?"}),
    ("care_plan_discount_percentage_percent", "plan", {"discount_percentage": CENT}),
    ("care_plan_discount_percentage_percent", "plan", {"discount_percentage": OVER}),
    ("care_plan_entry_price_at_least_0", "entry", {"price": CENT}),
    ("care_plan_entry_absolute_discount_at_least_0", "entry", {"absolute_discount": CENT}),
    ("care_plan_entry_number_of_executions_at_least_1", "entry", {"number_of_executions": 0}),
    ("care_plan_entry_discount_percentage_percent", "entry", {"discount_percentage": CENT}),
    ("care_plan_entry_discount_percentage_percent", "entry", {"discount_percentage": OVER}),
    ("care_plan_entry_vat_percentage_percent", "entry", {"vat_percentage": CENT}),
    ("care_plan_entry_vat_percentage_percent", "entry", {"vat_percentage": OVER}),
    ("bill_numbered_once", "bill", {"number": None}),
    ("bill_numbered_once", "bill", {"external_number": "E-1"}),
    ("bill_numbered_once", "supplier", {"external_number": ""}),
    ("bill_numbered_once", "supplier", {"number": 7}),
    ("bill_series_fits_type", "bill", {"series": "credit"}),
    ("bill_series_fits_type", "bill", {"direction": "outgoing"}),
    ("bill_series_fits_type", "supplier", {"direction": "incoming"}),
    ("bill_credits_iff_credit", "bill", {"credits_id": "bill"}),
    ("bill_one_payee", "bill", {"company_id": "company"}),
    ("bill_number_positive", "bill", {"number": 0}),
    ("bill_net_at_least_0", "bill", {"net": CENT}),
    ("bill_vat_at_least_0", "bill", {"vat": CENT}),
    ("bill_stamp_at_least_0", "bill", {"stamp": CENT}),
    ("bill_total_at_least_0", "bill", {"total": CENT}),
    ("bill_type_known", "bill", {"type": "?"}),
    ("bill_direction_known", "bill", {"direction": "?"}),
    ("bill_series_known", "bill", {"series": "?"}),
    ("bill_line_unit_price_at_least_0", "line", {"unit_price": CENT}),
    ("bill_line_discount_at_least_0", "line", {"discount": CENT}),
    ("bill_line_net_at_least_0", "line", {"net": CENT}),
    ("bill_line_vat_at_least_0", "line", {"vat": CENT}),
    ("bill_line_quantity_at_least_1", "line", {"quantity": 0}),
    ("bill_line_vat_percentage_percent", "line", {"vat_percentage": CENT}),
    ("bill_line_vat_percentage_percent", "line", {"vat_percentage": OVER}),
    ("billed_work_one_origin", "work", {"appointment_id": None}),
    ("billed_work_one_origin", "work", {"care_plan_entry_id": "entry"}),
    ("bill_credited_within_total", "balance", {"credited": Decimal("100.01")}),
    ("bill_balance_credited_at_least_0", "balance", {"credited": CENT}),
    ("bill_balance_paid_at_least_0", "balance", {"paid": CENT}),
    ("bill_balance_direction_known", "balance", {"direction": "?"}),
    ("bill_counter_series_known", "counter", {"series": "?"}),
    ("liability_of_bill_or_care_plan", "instalment", {"bill_id": None}),
    ("liability_amount_positive", "instalment", {"amount": 0}),
    ("liability_sistema_ts_expense_type_known", "instalment", {"sistema_ts_expense_type": "?"}),
    ("receipt_amount_positive", "receipt", {"amount": 0}),
    ("transaction_amount_positive", "payment", {"amount": 0}),
    ("transaction_reversal_has_reason", "payment", {"reverses_id": "payment"}),
    ("transaction_direction_known", "payment", {"direction": "?"}),
    ("transaction_sistema_ts_expense_type_known", "payment", {"sistema_ts_expense_type": "?"}),
]


def set_books(desk):
    """A row of each table, each as it may be."""
    organization = desk.practice.organization
    bill, plan = desk.bill("100.00"), desk.care_plan(("100.00", "19.00"))
    desk.pay("40.00", bill)
    supplier = type(bill).objects.create(
        practice=desk.practice, type="full", direction="outgoing", issued_on=TODAY, currency="RON", series="supplier",
        year=2026, external_number="S-1", net=1, vat=0, total=1, created_at=AT,
    )  # fmt: skip
    return {
        "bill": bill,
        "line": bill.lines.get(),
        "balance": bill.balance,
        "supplier": supplier,
        "counter": BillCounter.objects.filter(series="bill").get(),
        "receipt": Receipt.objects.get(),
        "payment": bill.transactions.get(),
        "plan": plan,
        "entry": plan.entries.get(),
        "reason": CarePlanDiscardReasonFactory(organization=organization),
        "company": CompanyFactory(organization=organization),
        "price": PriceListItemFactory(),
        "settings": BillingSettingsFactory(practice=desk.practice),
        "work": BilledWork.objects.create(bill=bill, appointment=desk.visit(), created_at=AT),
        "instalment": Liability.objects.create(bill=bill, due_on=TODAY, amount=10, created_at=AT, updated_at=AT),
    }


def test_the_database_itself_refuses_it(desk):
    with transaction.atomic():
        books = set_books(desk)
        for name, label, change in VIOLATIONS:
            row = books[label]
            values = {
                column: books[one].pk if column.endswith("_id") and one else one for column, one in change.items()
            }
            expected = f"{name}|{BEHIND_ANOTHER.get(name, name)}"
            with erasing(), pytest.raises(IntegrityError, match=expected), transaction.atomic():
                type(row)._base_manager.filter(pk=row.pk).update(**values)
        transaction.set_rollback(True)


def test_no_check_is_missing_here_or_in_the_tables():
    declared = {
        constraint.name
        for model in apps.get_app_config("billing").get_models()
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint)
    }
    assert declared == {name for name, _label, _change in VIOLATIONS}
