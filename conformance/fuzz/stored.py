"""What the fuzzer makes before it draws: documents of every kind that a path names, so that it reaches more than refusals of strange ids.

Each function makes them through the dialect's own operations and hands back ids by the words of `x-example-of`; a tuple of words has
tuples of ids that belong together, such as an invoice and its payment. What the demo holds is left alone: other fuzzing uses it.
"""

import datetime
import json
import time
import urllib.request

# How many of each: several requests of a run change or delete what they name.
SEVERAL = range(8)
TODAY = datetime.date.today().isoformat()


class Caller:
    """Sends requests as the demo's own client of a dialect."""

    def __init__(self, access, dialect):
        self.base = access["base_url"]
        self.headers = {**access[dialect]["auth"], "Content-Type": "application/json"}

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, self.headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)


def campfire(access):
    own, call = access["campfire"], Caller(access, "campfire").ask
    party = {"entity": own["entity"], "client": own["client"]}
    accounts = call("GET", "/coa/api/account?limit=1000")["results"]
    by_number = {account["number"]: account["id"] for account in accounts}
    sales, fees, bank = by_number["4000"], by_number["6200"], by_number["1000"]

    def invoice():
        body = {**party, "invoice_date": TODAY, "due_date": TODAY, "lines": [{"amount": 100}]}
        return call("POST", "/coa/api/v1/invoice/", body)["id"]

    def memo():
        body = {**party, "credit_memo_date": TODAY, "lines": [{"account": sales, "amount": 30}]}
        return call("POST", "/coa/api/v1/credit-memo", body)["id"]

    def paid():
        id = invoice()
        by_hand = {"account_id": None, "account_name": None, "amount": 25, "payment_date": TODAY}
        answer = call("POST", f"/coa/api/v1/invoice/{id}/pay/", {"empty_transactions": [by_hand]})
        return id, answer["payment_ids"][0]

    def applied():
        id = memo()
        credit = {"credit_memo_id": id, "amount": 10, "posted_at": TODAY}
        call("POST", f"/coa/api/v1/invoice/{invoice()}/pay/", {"credit_memos": [credit]})
        return id, call("GET", f"/coa/api/v1/credit-memo/{id}")["payments"][0]["id"]

    def entry():
        moved = [{"account": fees, "debit_amount_native": 5}, {"account": bank, "credit_amount_native": 5}]
        return call("POST", "/coa/api/journal_entry", {"date": TODAY, "entity": own["entity"], "transactions": moved})["id"]

    paid_ones, applied_ones = [paid() for _ in SEVERAL], [applied() for _ in SEVERAL]
    return {
        "credit_memo.integer": [memo() for _ in SEVERAL] + [id for id, _ in applied_ones],
        "account.integer": [sales, fees, bank],
        "entry.integer": [entry() for _ in SEVERAL],
        "payment.integer": [payment for _, payment in paid_ones],
        "credit_memo_payment.integer": [payment for _, payment in applied_ones],
        ("invoice.integer", "payment.integer"): paid_ones,
        ("credit_memo.integer", "credit_memo_payment.integer"): applied_ones,
    }


def bookeeping(access):
    call = Caller(access, "bookeeping").ask
    found = call("GET", "/public-api/v1/transactions")["data"]["transactions"]
    return {"transaction.hex": [transaction["_id"] for transaction in found]}


def layer(access):
    own, caller = access["layer"], Caller(access, "layer")
    base = f"/v1/businesses/{own['business_id']}"

    def call(method, path, body=None):
        return caller.ask(method, base + path, body)["data"]

    def invoice():
        line = {"description": "Hour", "unit_price": 2500, "quantity": "2.00"}
        return call("POST", "/invoices", {"sent_at": TODAY, "customer_id": own["customer_id"], "line_items": [line]})["id"]

    def paid():
        id = invoice()
        return id, call("POST", f"/invoices/{id}/payment", {"amount": 5000, "method": "ACH", "paid_at": TODAY})["id"]

    def refunded():
        return call("POST", f"/invoices/{paid()[0]}/refund", {"completed_at": TODAY, "method": "ACH"})["id"]

    def owed():
        target = {"invoice_id": paid()[0], "total_amount": 1000}
        id = call("POST", "/invoices/refunds", {"completed_at": TODAY, "allocations": [target]})["id"]
        return id, call("POST", f"/invoices/refunds/{id}/payments", {"completed_at": TODAY, "refunded_amount": 100})["id"]

    def given_up():
        id = invoice()
        return id, call("POST", f"/invoices/{id}/write-off", {"amount": 1000})["id"]

    def entry():
        moved = [("FEES", "DEBIT"), ("CASH", "CREDIT")]
        lines = [
            {"account_identifier": {"type": "StableName", "stable_name": name}, "amount": 500, "direction": direction}
            for name, direction in moved
        ]
        body = {"entry_at": TODAY, "created_by": "fuzzer", "memo": "Fees", "line_items": lines}
        return call("POST", "/custom-journal-entries", body)["id"]

    def account():
        # A name of its own: a run on a book that an earlier one left would meet the other accounts.
        body = {"name": f"Fees {time.time_ns()}", "normality": "DEBIT", "account_type": "EXPENSE", "account_subtype": "OPERATING_EXPENSES"}
        return call("POST", "/ledger/accounts", body)["id"]

    def dimension(place):
        return call("POST", "/tags/dimensions", {"key": f"store-{place}", "strictness": "NON_BALANCING"})["id"]

    paid_ones, given_up_ones = [paid() for _ in SEVERAL], [given_up() for _ in SEVERAL]
    owed_ones = [owed() for _ in SEVERAL]
    return {
        "payment.uuid": [payment for _, payment in paid_ones],
        "refund.uuid": [refunded() for _ in SEVERAL] + [refund for refund, _ in owed_ones],
        "refund_payment.uuid": [payment for _, payment in owed_ones],
        "write_off.uuid": [write_off for _, write_off in given_up_ones],
        "custom_entry.uuid": [entry() for _ in SEVERAL],
        "entry.uuid": [entry["id"] for entry in call("GET", "/ledger/entries?sort_order=DESC&limit=20")],
        "account.uuid": [account() for _ in SEVERAL] + ["SALES"],
        "dimension.uuid": [dimension(place) for place in SEVERAL],
        "dimension.key": [f"store-{place}" for place in SEVERAL],
        ("invoice.uuid", "payment.uuid"): paid_ones,
        ("invoice.uuid", "write_off.uuid"): given_up_ones,
        ("refund.uuid", "refund_payment.uuid"): owed_ones,
    }


def moov(access):
    call = Caller(access, "moov").ask
    found = call("GET", f"/accounts/{access['moov']['account_id']}/payment-links")
    return {"payment_link.code": [link["code"] for link in found]}


def highlevel(access):
    """Templates, schedules and estimates: nothing in the demo's book says where they are."""
    own, caller = access["highlevel"], Caller(access, "highlevel")
    caller.headers["Version"] = "v3"
    contact = {"id": own["contact_id"], "name": "Alex", "phoneNo": "", "email": "alex@example.com"}
    order = {
        "altId": own["alt_id"],
        "altType": "location",
        "name": "Retainer",
        "businessDetails": {"name": "Acme"},
        "currency": "USD",
        "items": [{"name": "Hour", "currency": "USD", "amount": 40, "qty": 3}],
        "discount": {"type": "percentage", "value": 10},
    }
    rule = {"intervalType": "monthly", "interval": 1, "startDate": "2026-03-16"}
    recurring = {"contactDetails": contact, "liveMode": True, "schedule": {"rrule": rule}}
    offered = {"contactDetails": contact, "frequencySettings": {"enabled": False}}

    def stored(path, words):
        return caller.ask("POST", path, {**order, **words})["_id"]

    return {
        "template.hex": [stored(path, {}) for path in ("/invoices/template", "/invoices/estimate/template") for _ in SEVERAL],
        "schedule.hex": [stored("/invoices/schedule", recurring) for _ in SEVERAL],
        "estimate.hex": [stored("/invoices/estimate", offered) for _ in SEVERAL],
    }


def native(access):
    call = Caller(access, "native").ask
    customer = access["highlevel"]["contact_id"]

    def usd(amount):
        return {"amount": amount, "currency": "USD"}

    def invoice():
        line = {"description": "Hour", "unit_price": usd("100.00")}
        id = call("POST", "/api/v1/invoices", {"customer": customer, "lines": [line]})["id"]
        return call("POST", f"/api/v1/invoices/{id}/issue", {})["id"]

    def credit_note():
        return call("POST", "/api/v1/credit-notes", {"invoice": invoice(), "amount": usd("40.00"), "apply": False})["id"]

    def payment(id):
        parts = [{"invoice": id, "amount": usd("60.00")}]
        return call("POST", "/api/v1/payments", {"customer": customer, "amount": usd("90.00"), "invoices": parts})["id"]

    def refunded():
        id = invoice()
        payment(id)
        call("POST", f"/api/v1/invoices/{id}/refund", {"amount": usd("5.00")})

    def given_up():
        call("POST", f"/api/v1/invoices/{invoice()}/write-off", {"amount": usd("5.00")})

    def entry():
        moved = [("debit", "FEES"), ("credit", "CASH")]
        postings = [{"account": account, "side": side, "amount": usd("5.00")} for side, account in moved]
        return call("POST", "/api/v1/entries", {"memo": "Fees", "postings": postings})["id"]

    for _ in SEVERAL:
        refunded()
        given_up()

    def ids(kind):
        return [document["id"] for document in call("GET", f"/api/v1/{kind}?limit=20")["data"]]

    return {
        "payment.hex": [payment(invoice()) for _ in SEVERAL],
        "product.hex": ids("products"),
        "credit_note.hex": [credit_note() for _ in SEVERAL],
        "refund.hex": ids("refunds"),
        "write_off.hex": ids("write-offs"),
        "entry": [entry() for _ in SEVERAL],
        "account.name": ["SALES", "FEES", "CASH"],
    }


def make(access, dialect):
    """Ids of documents that were made now, for the dialect whose document is read."""
    by_dialect = {
        "campfire": campfire,
        "bookeeping": bookeeping,
        "layer": layer,
        "moov": moov,
        "highlevel": highlevel,
        "native": native,
    }
    return by_dialect[dialect](access)
