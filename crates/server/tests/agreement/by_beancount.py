"""What beancount makes of an export: per month, the balance of every account and what is open by customer and days past due.

Reads a ledger, writes JSON with amounts as texts: {"2026-01-31": {"trial": {code: sum}, "aging": {customer: [five sums]}, "abroad":
{"EUR customer": [five sums]}}}. Trial and aging are in the book's currency, at the prices that the ledger states; what is open in other
currencies is in those. The second argument is how many digits the book's currency has.
"""

import calendar
import datetime
import json
import sys
from collections import defaultdict
from decimal import Decimal

from beancount import loader
from beancount.core import data


def bucket(due, day):
    days = 0 if due is None else (day - due).days
    for place, most in enumerate((0, 30, 60, 90)):
        if days <= most:
            return place
    return 4


def booked(posting):
    """What a posting is in the book's currency."""
    if posting.price is None:
        return posting.units.number
    return (posting.units.number * posting.price.number).quantize(DIGITS)


DIGITS = Decimal(1).scaleb(-int(sys.argv[2]))
entries, errors, options = loader.load_file(sys.argv[1])
if errors:
    sys.exit("\n".join(str(error) for error in errors[:5]))
own = options["operating_currency"][0]
codes = {entry.account: entry.meta["code"] for entry in entries if isinstance(entry, data.Open)}
moves = [
    (entry.date, posting)
    for entry in entries
    if isinstance(entry, data.Transaction)
    for posting in entry.postings
]
first = min(date for date, _ in moves)
last = max(date for date, _ in moves)
report = {}
year, month = first.year, first.month
while (year, month) <= (last.year, last.month):
    day = datetime.date(year, month, calendar.monthrange(year, month)[1])
    trial, invoices, foreign = defaultdict(Decimal), {}, {}
    for date, posting in moves:
        if date > day:
            continue
        trial[codes[posting.account]] += booked(posting)
        meta = posting.meta or {}
        if "invoice" in meta:
            known = invoices.setdefault(meta["invoice"], [meta.get("customer", ""), meta.get("due"), Decimal(0)])
            known[2] += booked(posting)
            if posting.units.currency != own:
                known = foreign.setdefault(
                    (meta["invoice"], posting.units.currency), [meta.get("customer", ""), meta.get("due"), Decimal(0)]
                )
                known[2] += posting.units.number
    abroad = defaultdict(lambda: [Decimal(0)] * 5)
    for (_, currency), (customer, due, amount) in foreign.items():
        if amount:
            abroad[f"{currency} {customer}"][bucket(due, day)] += amount
    aging = defaultdict(lambda: [Decimal(0)] * 5)
    for customer, due, amount in invoices.values():
        if amount:
            aging[customer][bucket(due, day)] += amount
    report[str(day)] = {
        "trial": {code: str(amount) for code, amount in trial.items() if amount},
        "aging": {customer: [str(amount) for amount in amounts] for customer, amounts in aging.items()},
        "abroad": {customer: [str(amount) for amount in amounts] for customer, amounts in abroad.items()},
    }
    month += 1
    if month > 12:
        year, month = year + 1, 1
json.dump(report, sys.stdout)
