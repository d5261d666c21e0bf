"""The whole life of an invoice with Moov's Python client, in whichever API version the installed client speaks."""

import json
import os
import uuid
from datetime import datetime, timedelta, timezone

from moovio_sdk import Moov
from moovio_sdk.models import components, errors

ACCESS = json.load(open(os.environ["QUITTANCE_ACCESS"], encoding="utf-8"))
OWN = ACCESS["moov"]
ACCOUNT, CUSTOMER = OWN["account_id"], OWN["customer_account_id"]
UNKNOWN = "01900000-0000-7000-8000-000000000000"
# Clients of v2026.07.00 and later know the parts of the amount; those before it, one tax.
NEWER = hasattr(components, "AmountDetails")


def client(username=OWN["username"], password=OWN["password"]):
    return Moov(server_url=ACCESS["base_url"], security=components.Security(username=username, password=password))


MOOV = client()
INVOICES = MOOV.invoices


def usd(value):
    return {"currency": "USD", "value_decimal": value}


def refused(error, status, call, /, *words, **arguments):
    """The call must end in exactly this error of the client's own."""
    try:
        call(**arguments)
    except errors.MoovError as found:
        assert type(found) is error, (type(found), str(found))
        assert found.status_code == status, (found.status_code, str(found))
        assert found.headers["x-request-id"]
        for word in words:
            assert word in str(found), str(found)
        return found
    raise AssertionError(f"{call} was not refused with {status}")


def items(price="50.00", quantity=2):
    return {"items": [{"name": "Consulting", "base_price": usd(price), "quantity": quantity}]}


def create(**more):
    tax = {"amount_details": {"tax": usd("1.50"), "surcharge": usd("0.50")}} if NEWER else {"tax_amount": usd("2.00")}
    arguments = {"account_id": ACCOUNT, "customer_account_id": CUSTOMER, "line_items": items(), **tax, **more}
    made = INVOICES.create_invoice(**arguments).result
    assert made.status == "draft" and made.total_amount.value_decimal == "102.00", made
    return made


def sent():
    made = create()
    return INVOICES.update_invoice(account_id=ACCOUNT, invoice_id=made.invoice_id, status="unpaid").result


def pay(invoice, value):
    paid = INVOICES.create_invoice_payment(account_id=ACCOUNT, invoice_id=invoice.invoice_id, amount=usd(value))
    assert paid.result.invoice_payment_type == "external" and paid.result.amount.value_decimal == value
    return paid.result


def get(invoice):
    return INVOICES.get_invoice(account_id=ACCOUNT, invoice_id=invoice.invoice_id).result


def listed(**filters):
    found = INVOICES.list_invoices(account_id=ACCOUNT, count=1000, **filters).result
    return [invoice.invoice_id for invoice in found]


def the_credentials_are_good():
    assert MOOV.ping.ping().headers["x-request-id"]


def a_draft_is_created_and_read():
    due = datetime(2030, 1, 2, 3, 4, 5, 678901, tzinfo=timezone.utc)
    number = f"CONF-{uuid.uuid4().hex[:12]}"
    made = create(invoice_number=number, description="March", customer_email="billing@example.com", due_date=due)
    read = get(made)
    assert read == made
    assert (read.invoice_number, read.description, read.due_date) == (number, "March", due)
    assert read.customer_email == "billing@example.com" and read.customer_account_id == CUSTOMER
    tax = read.amount_details.tax if NEWER else read.tax_amount
    assert tax.value_decimal == ("1.50" if NEWER else "2.00")
    refused(errors.GenericError, 409, create, number, invoice_number=number)


def it_is_listed_by_every_filter():
    made = create(due_date=datetime(2031, 5, 6, tzinfo=timezone.utc))
    hour = timedelta(hours=1)
    for filters in [
        {},
        {"status": "draft"},
        {"customer_account_id": CUSTOMER},
        {"created_start_date_time": made.created_on - hour, "created_end_date_time": made.created_on + hour},
        {"due_start_date_time": made.due_date, "due_end_date_time": made.due_date},
    ]:
        assert made.invoice_id in listed(**filters), filters
    assert made.invoice_id not in listed(status="paid")
    assert made.invoice_id not in listed(due_end_date_time=made.due_date - hour)
    first = INVOICES.list_invoices(account_id=ACCOUNT, skip=0, count=1).result
    second = INVOICES.list_invoices(account_id=ACCOUNT, skip=1, count=1).result
    assert len(first) == len(second) == 1 and first != second
    refused(errors.ListInvoicesValidationError, 422, INVOICES.list_invoices, account_id=ACCOUNT, count=-1)


def it_is_sent_and_paid_in_parts():
    invoice = sent()
    assert invoice.status == "unpaid" and invoice.sent_on is not None
    first = pay(invoice, "40.00")
    partly = get(invoice)
    assert (partly.status, partly.paid_amount.value_decimal) == ("unpaid", "40.00")
    second = pay(invoice, "62.00")
    paid = get(invoice)
    assert (paid.status, paid.paid_amount.value_decimal) == ("paid", "102.00") and paid.paid_on is not None
    both = INVOICES.list_invoice_payments(account_id=ACCOUNT, invoice_id=invoice.invoice_id).result
    assert both == [first, second] == paid.invoice_payments
    more = {"account_id": ACCOUNT, "invoice_id": invoice.invoice_id, "amount": usd("0.01")}
    refused(errors.GenericError, 409, INVOICES.create_invoice_payment, "paid", **more)


def it_is_canceled_and_stays_listed():
    invoice = sent()
    done = INVOICES.update_invoice(account_id=ACCOUNT, invoice_id=invoice.invoice_id, status="canceled").result
    assert done.status == "canceled" and done.canceled_on is not None
    assert invoice.invoice_id in listed(status="canceled")
    for status in ["unpaid", "canceled"]:
        arguments = {"account_id": ACCOUNT, "invoice_id": invoice.invoice_id, "status": status}
        refused(errors.GenericError, 409, INVOICES.update_invoice, "canceled", **arguments)
    arguments = {"account_id": ACCOUNT, "invoice_id": invoice.invoice_id, "status": "paid"}
    refused(errors.UpdateInvoiceError, 422, INVOICES.update_invoice, **arguments)


def a_draft_is_deleted_and_read_afterwards():
    draft = create()
    where = {"account_id": ACCOUNT, "invoice_id": draft.invoice_id}
    assert INVOICES.delete(**where).headers["x-request-id"]
    gone = get(draft)
    assert gone.status == "draft" and gone.disabled_on is not None
    assert draft.invoice_id not in listed()
    refused(errors.GenericError, 409, INVOICES.delete, "deleted", **where)
    refused(errors.GenericError, 409, INVOICES.update_invoice, status="unpaid", **where)
    refused(errors.GenericError, 409, INVOICES.create_invoice_payment, amount=usd("1.00"), **where)


def what_is_no_draft_is_not_deleted():
    unpaid, paid, canceled = sent(), sent(), sent()
    pay(paid, "102.00")
    INVOICES.update_invoice(account_id=ACCOUNT, invoice_id=canceled.invoice_id, status="canceled")
    for invoice, status in [(unpaid, "unpaid"), (paid, "paid"), (canceled, "canceled")]:
        where = {"account_id": ACCOUNT, "invoice_id": invoice.invoice_id}
        refused(errors.GenericError, 409, INVOICES.delete, "Only a draft", status, **where)
        assert get(invoice).status == status
    closed = {"account_id": ACCOUNT, "invoice_id": OWN["fixtures"]["closed"][0]}
    refused(errors.GenericError, 409, INVOICES.delete, **closed)


def wrong_values_are_named_where_they_stand():
    def wrong(**arguments):
        return INVOICES.create_invoice(account_id=ACCOUNT, customer_account_id=CUSTOMER, **arguments)

    found = refused(errors.CreateInvoiceError, 422, wrong, line_items=items(quantity=0))
    assert found.data.line_items.items["0"].quantity
    found = refused(errors.CreateInvoiceError, 422, wrong, line_items=items(price="x"))
    assert found.data.line_items.items["0"].base_price.value_decimal
    arguments = {"account_id": ACCOUNT, "customer_account_id": UNKNOWN, "line_items": items()}
    found = refused(errors.CreateInvoiceError, 422, INVOICES.create_invoice, **arguments)
    assert found.data.customer_account_id
    refused(errors.GenericError, 400, wrong, line_items={"items": []})
    payment = {"account_id": ACCOUNT, "invoice_id": sent().invoice_id, "amount": usd("0.00")}
    found = refused(errors.CreateInvoicePaymentError, 422, INVOICES.create_invoice_payment, **payment)
    assert found.data.amount.value_decimal


def strangers_and_unknown_ids_are_refused():
    draft = create()
    nobody = client(OWN["username"], "wrong").invoices
    refused(errors.APIError, 401, nobody.list_invoices, account_id=ACCOUNT)
    for call in [nobody.delete, nobody.get_invoice]:
        refused(errors.APIError, 401, call, account_id=ACCOUNT, invoice_id=draft.invoice_id)
    for call in [INVOICES.delete, INVOICES.get_invoice, INVOICES.list_invoice_payments]:
        refused(errors.APIError, 403, call, account_id=UNKNOWN, invoice_id=draft.invoice_id)
        refused(errors.APIError, 404, call, account_id=ACCOUNT, invoice_id=UNKNOWN)
        refused(errors.APIError, 404, call, account_id=ACCOUNT, invoice_id="nope")
    arguments = {"account_id": ACCOUNT, "invoice_id": UNKNOWN}
    refused(errors.APIError, 404, INVOICES.update_invoice, status="unpaid", **arguments)
    refused(errors.APIError, 404, INVOICES.create_invoice_payment, amount=usd("1.00"), **arguments)
    assert get(draft) == draft


def granted(call=MOOV, **arguments):
    return call.authentication.create_access_token(**arguments).result


def access_is_granted_narrowed_refreshed_and_revoked():
    reads = f"/accounts/{ACCOUNT}/invoices.read"
    token = granted(grant_type="client_credentials", scope=reads)
    assert (token.token_type, token.scope) == ("Bearer", reads) and token.access_token != token.refresh_token
    bare = Moov(server_url=ACCESS["base_url"])
    where = {"account_id": ACCOUNT, "http_headers": {"Authorization": f"Bearer {token.access_token}"}}
    assert bare.invoices.list_invoices(count=1, **where).result
    draft = create()
    refused(errors.APIError, 403, bare.invoices.delete, invoice_id=draft.invoice_id, **where)
    again = granted(bare, grant_type="refresh_token", refresh_token=token.refresh_token)
    assert again.scope == reads and again.access_token != token.access_token
    spent = {"grant_type": "refresh_token", "refresh_token": token.refresh_token}
    found = refused(errors.AuthTokenRequestError, 422, bare.authentication.create_access_token, **spent)
    assert found.data.refresh_token
    assert MOOV.authentication.revoke_access_token(token=token.access_token).headers["x-request-id"]
    refused(errors.APIError, 401, bare.invoices.list_invoices, **where)
    found = refused(errors.RevokeTokenRequestError, 422, MOOV.authentication.revoke_access_token, token="nobody")
    assert found.data.token
    foreign = {"grant_type": "client_credentials", "scope": f"/accounts/{UNKNOWN}/invoices.read /x"}
    assert granted(**foreign).scope == foreign["scope"], "a key pair without scopes of its own may ask for any"
    unknown = {"grant_type": "client_credentials", "scope": reads}
    refused(errors.APIError, 401, client(OWN["username"], "wrong").authentication.create_access_token, **unknown)


STAGES = [
    the_credentials_are_good,
    access_is_granted_narrowed_refreshed_and_revoked,
    a_draft_is_created_and_read,
    it_is_listed_by_every_filter,
    it_is_sent_and_paid_in_parts,
    it_is_canceled_and_stays_listed,
    a_draft_is_deleted_and_read_afterwards,
    what_is_no_draft_is_not_deleted,
    wrong_values_are_named_where_they_stand,
    strangers_and_unknown_ids_are_refused,
]

if __name__ == "__main__":
    for stage in STAGES:
        stage()
        print("ok", stage.__name__.replace("_", " "))
