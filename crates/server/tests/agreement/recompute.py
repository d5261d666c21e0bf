"""Recomputes a book's hash chain and reports from its events alone, as docs/log.md describes them.

recompute.py docs/log.md EVENTS SLOT [DAY ...]

EVENTS has one event a line, as GET /api/v1/log shows it. What tables there are is read from the page, so a page that says
something else than the log is found out. Prints figures as JSON; a broken chain is an error. Standard library only.
"""

import hashlib
import json
import re
import sys
from datetime import date

ROW = re.compile(r"^\| `(\w+)` \| (?:`([\w ]+)`|[\w ]+) \| `([\w ]+)` \|$")
BUCKETS = (0, 30, 60, 90)


def tables_of(page):
    """The tables of the page: name to (number of key columns, columns)."""
    with open(page, encoding="utf-8") as lines:
        rows = filter(None, map(ROW.match, lines))
        return {row[1]: (len((row[2] or "").split()), row[3].split()) for row in rows}


def cell(value):
    """What a cell adds to a hash."""
    if isinstance(value, int):
        value = value.to_bytes(8, "big", signed=True)
    elif isinstance(value, str):
        value = value.encode()
    return len(value).to_bytes(8, "big") + value


def instant(text):
    """An instant with nine digits behind the second."""
    whole, _, digits = text.rstrip("Z").partition(".")
    return f"{whole}.{digits:0<9}Z"


def hash_of(slot, event, before):
    """The hash that an event must have."""
    subject = event["subject"]
    cells = [slot, event["seq"], instant(event["recorded_at"]), event["actor"], event["source"]]
    cells += [event["request_id"], event["kind"], subject["kind"], subject["number"], event["body"], before]
    return hashlib.sha256(b"".join(map(cell, cells))).digest()


class Book:
    """The live records of a book, and what its log says of those that are gone."""

    def __init__(self, tables):
        self.tables = tables
        self.live = {name: {} for name in tables}
        self.deletions = []

    def apply(self, event):
        body = json.loads(event["body"])
        if event["kind"] in ("invoice.deleted", "credit_note.deleted"):
            self.deletions.append(self.deletion(event, body))
        for name, *cells in body["changes"]:
            sign, table = name[0], name[1:]
            keys, columns = self.tables[table]
            if len(cells) > len(columns):
                raise SystemExit(f"event {event['seq']}: {table} has more cells than columns")
            if sign == "+":
                cells += [None] * (len(columns) - len(cells))
                self.live[table][tuple(cells[:keys])] = dict(zip(columns, cells))
            else:
                del self.live[table][tuple(cells)]

    def deletion(self, event, body):
        withdrawn = body["receipt"]["withdrawn"]
        columns = self.tables["posting"][1]
        postings = [dict(zip(columns, cells)) for entry in withdrawn for cells in entry["postings"]]
        return {
            "event": event["seq"],
            "by": event["actor"],
            "source": event["source"],
            "document": event["subject"]["number"],
            "entries": len(withdrawn),
            "withdrawn": sum(posting["amount"] for posting in postings if posting["side"] == "debit"),
            "why": body.get("reason"),
        }

    def trial_balance(self, day):
        sums = {}
        for posting in self.live["posting"].values():
            if posting["date"] <= day:
                code = self.live["account"][(posting["account"],)]["code"]
                sums.setdefault(code, {"debit": 0, "credit": 0})[posting["side"]] += posting["amount"]
        return sums

    def aging(self, day):
        receivable = {key[0] for key, account in self.live["account"].items() if account["role"] == "receivable"}
        open_of = {}
        for posting in self.live["posting"].values():
            entry = self.live["entry"][(posting["entry"],)]
            if posting["account"] in receivable and posting["date"] <= day:
                sign = 1 if posting["side"] == "debit" else -1
                open_of[entry["invoice"]] = open_of.get(entry["invoice"], 0) + sign * posting["amount"]
        customers = {}
        for number, amount in open_of.items():
            if amount:
                invoice = self.live["invoice"][(number,)]
                due = invoice["due_on"]
                late = (date.fromisoformat(day) - date.fromisoformat(due)).days if due else 0
                buckets = customers.setdefault(invoice["customer"] or 0, [0] * 5)
                buckets[sum(late > end for end in BUCKETS)] += amount
        return customers

    def numbers(self):
        counts = {}
        for use in self.live["number_use"].values():
            counts[use["state"]] = counts.get(use["state"], 0) + 1
        return counts

    def without_an_owner(self):
        """Postings of no entry, lines of no invoice: what deleting could have forgotten."""
        live = self.live
        lost = [key for key in live["posting"] if key[:1] not in live["entry"]]
        lost += [key for key in live["line"] if key[:1] not in live["invoice"]]
        lost += [key for key in live["allocation"] if key[:1] not in live["payment"] and key[:1] not in live["credit_note"]]
        return len(lost)


def main(page, events, slot, *days):
    book, before, last = Book(tables_of(page)), bytes(32), ""
    count = 0
    with open(events, encoding="utf-8", newline="\n") as lines:
        for count, line in enumerate(lines, start=1):
            event = json.loads(line)
            own = hash_of(int(slot), event, before)
            if event["seq"] != count or event["prev_hash"] != before.hex() or event["hash"] != own.hex():
                raise SystemExit(f"event {event['seq']}: the chain is broken")
            if instant(event["recorded_at"]) < last:
                raise SystemExit(f"event {event['seq']}: time goes back")
            before, last = own, instant(event["recorded_at"])
            book.apply(event)
    figures = {
        "head": f"{count}:{before.hex()}",
        "deletions": book.deletions,
        "numbers": book.numbers(),
        "without_an_owner": book.without_an_owner(),
        "days": {day: {"trial_balance": book.trial_balance(day), "aging": book.aging(day)} for day in days},
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
