"""The words of money: care plans and their life, kinds and series of bills, directions, expense types."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CarePlanState(models.TextChoices):
    """The states of a care plan."""

    ESTIMATE = "estimate", _("Estimate")
    ACCEPTED = "accepted", _("Accepted")
    COMPLETED = "completed", _("Completed")
    DISCARDED = "discarded", _("Discarded")


_S = CarePlanState

NEXT: dict[str, frozenset[str]] = {
    _S.ESTIMATE: frozenset({_S.ACCEPTED, _S.DISCARDED}),
    _S.ACCEPTED: frozenset({_S.COMPLETED, _S.DISCARDED, _S.ESTIMATE}),
    _S.COMPLETED: frozenset({_S.ACCEPTED}),
    _S.DISCARDED: frozenset({_S.ESTIMATE}),
}


class BillType(models.TextChoices):
    """The kinds of bill: full, part of a care plan, credit note, or proforma."""

    FULL = "full", _("Invoice")
    PARTIAL = "partial", _("Part invoice")
    CREDIT = "credit", _("Credit note")
    PROFORMA = "proforma", _("Proforma")


class Direction(models.TextChoices):
    """The direction of money, seen from the practice."""

    INCOMING = "incoming", _("Money in")
    OUTGOING = "outgoing", _("Money out")


OPPOSITE = {Direction.INCOMING: Direction.OUTGOING, Direction.OUTGOING: Direction.INCOMING}


class Series(models.TextChoices):
    """The series from which a document's number comes; the last two are numbered by somebody else."""

    BILL = "bill", _("Invoices")
    CREDIT = "credit", _("Credit notes")
    PROFORMA = "proforma", _("Proformas")
    RECEIPT = "receipt", _("Receipts")
    IMPORTED = "imported", _("Imported")
    SUPPLIER = "supplier", _("Suppliers")


# Full and partial bills share a series: two of them never show the same number.
SERIES_OF: dict[str, Series] = {
    BillType.FULL: Series.BILL,
    BillType.PARTIAL: Series.BILL,
    BillType.CREDIT: Series.CREDIT,
    BillType.PROFORMA: Series.PROFORMA,
}
NUMBERED = frozenset({Series.BILL, Series.CREDIT, Series.PROFORMA})
NUMBERED_ELSEWHERE = frozenset({Series.IMPORTED, Series.SUPPLIER})

# Those that somebody owes; a credit lowers another bill, a proforma is no claim.
CLAIMS = frozenset({BillType.FULL, BillType.PARTIAL})


class Standing(models.TextChoices):
    """The state of a bill, from what was paid and credited."""

    OPEN = "open", _("Open")
    PART_PAID = "part_paid", _("Paid in part")
    PAID = "paid", _("Paid")
    CREDITED = "credited", _("Credited")
    OVERPAID = "overpaid", _("To be refunded")
    NO_CLAIM = "no_claim", _("No claim")


class ExpenseType(models.TextChoices):
    """The kind of medical expense, in the codes of Italy's Sistema TS."""

    TK = "tk", _("tk: co-payment")
    TK2 = "tk2", _("tk2: co-payment")
    FC = "fc", _("fc: medicine")
    FV = "fv", _("fv: veterinary medicine")
    SP = "sp", _("sp: health service")
    AD = "ad", _("ad: device")
    AS = "as", _("as: service of a pharmacy")
    SR = "sr", _("sr: specialist, hospital")
    SR2 = "sr2", _("sr2: specialist, hospital")
    CT = "ct", _("ct: thermal cure")
    PI = "pi", _("pi: prosthesis")
    IC = "ic", _("ic: aesthetic surgery")
    AA = "aa", _("aa: other")
    NN = "nn", _("nn: not deductible")


class Language(models.TextChoices):
    """The languages in which bills and receipts can be printed."""

    EN = "en", "English"
    IT = "it", "Italiano"
    RO = "ro", "Română"
