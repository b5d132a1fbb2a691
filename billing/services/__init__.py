"""The verbs of billing, and the questions that pages and contracts ask about money."""

from billing.services.bills import (
    bill_appointment,
    bill_care_plan,
    bill_enrollment,
    bill_order,
    issue_bill,
)
from billing.services.care_plans import (
    accept_care_plan,
    add_care_plan_entry,
    archive_care_plan,
    archive_care_plan_entry,
    change_care_plan,
    change_care_plan_entry,
    complete_care_plan,
    create_care_plan,
    discard_care_plan,
    link_entry_to_appointment,
    price_of,
    reopen_care_plan,
    set_entry_done,
    sign_care_plan,
)
from billing.services.credits import credit_bill
from billing.services.desk import pay_for_appointment, pay_for_enrollment, pay_for_order
from billing.services.documents import bill_pdf, receipt_pdf
from billing.services.due import (
    Unbilled,
    bill_what_is_due,
    complete_and_bill,
    deliver_and_bill,
    enroll_and_bill,
    unbilled_work,
)
from billing.services.elsewhere import (
    record_imported_bill,
    record_imported_credit,
    record_supplier_bill,
    take_back_imported_bill,
)
from billing.services.instalments import (
    Instalment,
    archive_liability,
    change_liability,
    instalments_of_bills,
    instalments_of_plans,
    set_instalments,
)
from billing.services.issuing import NewLine
from billing.services.merging import Merge, merge_patients, preview_merge
from billing.services.numbering import settings_of, today_at
from billing.services.payments import on_account, record_transaction, reverse_transaction, take_payment, use_credit
from billing.services.plan_sums import CarePlanSums, care_plan_sums
from billing.services.recorded import (
    record_care_plan,
    record_care_plan_entry,
    record_instalment,
    take_back_imported_entry,
)
from billing.services.setup import SETTINGS, change_settings, save_account, set_account_archived, set_price
from billing.services.till import (
    AccountDay,
    CashBookRow,
    Debtor,
    aged_debts,
    cash_book,
    close_till,
    debtors,
    till_of,
)
from billing.services.work import paid_service_id, price_of_appointment

__all__ = [
    "SETTINGS",
    "AccountDay",
    "CarePlanSums",
    "CashBookRow",
    "Debtor",
    "Instalment",
    "Merge",
    "NewLine",
    "Unbilled",
    "accept_care_plan",
    "add_care_plan_entry",
    "aged_debts",
    "archive_care_plan",
    "archive_care_plan_entry",
    "archive_liability",
    "bill_appointment",
    "bill_care_plan",
    "bill_enrollment",
    "bill_order",
    "bill_pdf",
    "bill_what_is_due",
    "care_plan_sums",
    "cash_book",
    "change_care_plan",
    "change_care_plan_entry",
    "change_liability",
    "change_settings",
    "close_till",
    "complete_and_bill",
    "complete_care_plan",
    "create_care_plan",
    "credit_bill",
    "debtors",
    "deliver_and_bill",
    "discard_care_plan",
    "enroll_and_bill",
    "instalments_of_bills",
    "instalments_of_plans",
    "issue_bill",
    "link_entry_to_appointment",
    "merge_patients",
    "on_account",
    "paid_service_id",
    "pay_for_appointment",
    "pay_for_enrollment",
    "pay_for_order",
    "preview_merge",
    "price_of",
    "price_of_appointment",
    "receipt_pdf",
    "record_care_plan",
    "record_care_plan_entry",
    "record_imported_bill",
    "record_imported_credit",
    "record_instalment",
    "record_supplier_bill",
    "record_transaction",
    "reopen_care_plan",
    "reverse_transaction",
    "save_account",
    "set_account_archived",
    "set_entry_done",
    "set_instalments",
    "set_price",
    "settings_of",
    "sign_care_plan",
    "take_back_imported_bill",
    "take_back_imported_entry",
    "take_payment",
    "till_of",
    "today_at",
    "unbilled_work",
    "use_credit",
]
