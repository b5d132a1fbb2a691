"""The books of a practice, kept a second time: whole cents and plain loops, nothing of the product.

A journal is a list of what happened, in order. `books` says what it must come to.
"""

from collections import defaultdict


def tax_within(gross, rate):
    """The tax in an amount, in cents, half a cent up. `rate` in hundredths of a percent."""
    return (2 * gross * rate + (10_000 + rate)) // (2 * (10_000 + rate))


def tax_on_top(net, rate):
    """The tax on an amount, in cents, half a cent up."""
    return (2 * net * rate + 10_000) // 20_000


def books(journal):
    """What all of it comes to: by year how many documents, net and tax by rate; by account and day what moved; what is
    owed by patient.
    """
    documents, net, tax = defaultdict(int), defaultdict(int), defaultdict(int)
    moved, owed = defaultdict(int), defaultdict(int)
    for what, *more in journal:
        if what in ("bill", "credit"):
            patient, day, lines = more
            sign = 1 if what == "bill" else -1
            documents[day.year, what] += 1
            for amount, rate, on_top in lines:
                part = tax_on_top(amount, rate) if on_top else tax_within(amount, rate)
                gross = amount + part if on_top else amount
                net[day.year, rate] += sign * (gross - part)
                tax[day.year, rate] += sign * part
                owed[patient] += sign * gross
        else:
            patient, day, account, kind, cents = more
            sign = 1 if what == "paid" else -1
            moved[day, account, kind] += sign * cents
            owed[patient] -= sign * cents
    return {"documents": dict(documents), "net": dict(net), "tax": dict(tax), "moved": dict(moved), "owed": dict(owed)}
