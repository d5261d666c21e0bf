"""The whole life of an invoice with HighLevel's Python client."""

import asyncio
import json
import os
import uuid
from datetime import datetime, timezone

from highlevel import HighLevel
from highlevel.error import GHLError

ACCESS = json.load(open(os.environ["QUITTANCE_ACCESS"], encoding="utf-8"))
OWN = ACCESS["highlevel"]
LOCATION, CONTACT, USER = OWN["alt_id"], OWN["contact_id"], OWN["user_id"]
TOKEN = OWN["auth"]["Authorization"].split()[1]
ALT = {"altId": LOCATION, "altType": "location"}
TODAY = datetime.now(timezone.utc).date().isoformat()
UNKNOWN = "666666666666666666666666"
NO_INVOICE = "Unable to find an invoice with the given invoice id"


class Local(HighLevel):
    BASE_URL = ACCESS["base_url"]


def invoices(token=TOKEN):
    return Local(private_integration_token=token, log_level="none").invoices


async def refused(status, call, *words):
    """The call must end in the client's own error with this status."""
    try:
        await call
    except GHLError as found:
        assert found.status_code == status, (found.status_code, found.message)
        assert found.response["statusCode"] == status, found.response
        for word in words:
            assert word in found.message, found.message
        return found
    raise AssertionError(f"was not refused with {status}")


def order(**more):
    return {
        **ALT,
        "name": "March support",
        "businessDetails": {"name": "Acme"},
        "currency": "USD",
        "items": [{"name": "Hour", "currency": "USD", "amount": 40, "qty": 3}],
        "discount": {"type": "percentage", "value": 10},
        "contactDetails": {"id": CONTACT, "name": "Alex", "phoneNo": "+12145596993", "email": "alex@example.com"},
        "issueDate": TODAY,
        "dueDate": TODAY,
        "sentTo": {"email": ["alex@example.com"]},
        "liveMode": True,
        **more,
    }


class Life:
    def __init__(self):
        self.invoices = invoices()

    async def create(self, **more):
        made = await self.invoices.create_invoice(order(**more))
        assert (made["status"], made["total"], made["amountDue"]) == ("draft", 108, 108), made
        return made["_id"]

    async def send(self, id):
        members = {**ALT, "userId": USER, "action": "email", "liveMode": True}
        done = await self.invoices.send_invoice(id, members)
        assert set(done) >= {"invoice", "smsData", "emailData"}
        return done["invoice"]

    async def sent(self):
        id = await self.create()
        assert (await self.send(id))["status"] == "sent"
        return id

    async def pay(self, id, amount=None):
        members = {**ALT, "mode": "cash", **({} if amount is None else {"amount": amount})}
        done = await self.invoices.record_invoice(id, members)
        assert done["success"] is True
        return done["invoice"]

    async def get(self, id):
        return await self.invoices.get_invoice(id, LOCATION, "location")

    async def listed(self, **filters):
        page = await self.invoices.list_invoices(LOCATION, "location", "100", "0", **filters)
        assert page["total"] >= len(page["invoices"])
        return [invoice["_id"] for invoice in page["invoices"]]

    async def delete(self, id):
        return await self.invoices.delete_invoice(id, LOCATION, "location")

    async def a_draft_is_created_and_read(self):
        number = await self.invoices.generate_invoice_number(LOCATION, "location")
        id = await self.create()
        read = await self.get(id)
        assert read["invoiceNumber"] == number["invoiceNumber"], (read["invoiceNumber"], number)
        assert read["altId"] == LOCATION and read["totalSummary"] == {"subTotal": 120, "discount": 12, "tax": 0}
        assert read["contactDetails"]["email"] == "alex@example.com"
        taken = f"9{uuid.uuid4().int % 10**9}"
        await self.create(invoiceNumber=taken)
        await refused(400, self.invoices.create_invoice(order(invoiceNumber=taken)))

    async def it_is_listed_by_filters(self):
        id = await self.create()
        for filters in [{}, {"status": "draft"}, {"contact_id": CONTACT}, {"start_at": TODAY, "end_at": TODAY}]:
            assert id in await self.listed(**filters), filters
        assert id not in await self.listed(status="paid")
        await refused(422, self.listed(sort_order="sideways"), "sortOrder")

    async def it_is_sent_and_paid_in_parts(self):
        id = await self.sent()
        part = await self.pay(id, 8)
        assert (part["status"], part["amountPaid"], part["amountDue"]) == ("partially_paid", 8, 100), part
        await refused(400, self.pay(id, 100.01))
        paid = await self.pay(id)
        assert (paid["status"], paid["amountPaid"], paid["amountDue"]) == ("paid", 108, 0), paid
        await refused(400, self.pay(id, 1))
        assert id in await self.listed(status="paid")

    async def it_is_voided(self):
        id = await self.sent()
        assert (await self.invoices.void_invoice(id, ALT))["status"] == "void"
        assert id in await self.listed(status="void")
        await refused(400, self.invoices.void_invoice(id, ALT))
        await refused(400, self.pay(id))
        await refused(400, self.invoices.void_invoice(await self.create(), ALT), "Can not void draft invoice")

    async def a_draft_is_deleted_and_gone(self):
        id = await self.create()
        gone = await self.delete(id)
        assert (gone["_id"], gone["status"]) == (id, "draft")
        assert id not in await self.listed()
        for call in [self.get(id), self.delete(id), self.send(id), self.pay(id), self.invoices.void_invoice(id, ALT)]:
            await refused(400, call, NO_INVOICE)

    async def what_is_no_draft_is_not_deleted(self):
        unpaid, paid, void = await self.sent(), await self.sent(), await self.sent()
        await self.pay(paid)
        await self.invoices.void_invoice(void, ALT)
        for id, status in [(unpaid, "sent"), (paid, "paid"), (void, "void")]:
            await refused(400, self.delete(id), "Invoice status need to be draft to delete an invoice")
            assert (await self.get(id))["status"] == status

    async def wrong_members_are_all_named(self):
        body = order(items=[], nonsense=1)
        del body["name"]
        found = await refused(422, self.invoices.create_invoice(body), "name", "items", "nonsense")
        assert isinstance(found.response["message"], list) and found.response["error"] == "Unprocessable Entity"

    async def access_is_granted_and_refreshed(self):
        client_id, client_secret = TOKEN.rsplit("_", 1)
        pair = {"client_id": client_id, "client_secret": client_secret}
        oauth = Local(client_id=client_id, client_secret=client_secret, log_level="none").oauth
        asked = {**pair, "grant_type": "client_credentials", "scope": "invoices.readonly"}
        token = await oauth.get_access_token(asked)
        assert (token["userType"], token["locationId"], token["expires_in"]) == ("Location", LOCATION, 86400), token
        reader = invoices(token["access_token"])
        assert (await reader.list_invoices(LOCATION, "location", "1", "0"))["total"] > 0
        await refused(401, reader.create_invoice(order()), "not authorized for this scope")
        refresh = [token["refresh_token"], client_id, client_secret, "refresh_token", "Location"]
        again = await oauth.refresh_token(*refresh)
        assert again["scope"] == "invoices.readonly" and again["access_token"] != token["access_token"]
        try:
            await oauth.refresh_token(*refresh)
        except GHLError as found:
            assert found.status_code == 401, found
        else:
            raise AssertionError("a refresh works once")

    async def strangers_and_unknown_ids_are_refused(self):
        id = await self.create()
        nobody = invoices("pit-nobody")
        await refused(401, nobody.get_invoice(id, LOCATION, "location"), "Invalid")
        await refused(401, nobody.delete_invoice(id, LOCATION, "location"), "Invalid")
        await refused(403, self.invoices.get_invoice(id, UNKNOWN, "location"), "does not have access")
        await refused(403, self.invoices.delete_invoice(id, UNKNOWN, "location"), "does not have access")
        for unknown in [UNKNOWN, "nope"]:
            await refused(400, self.get(unknown), NO_INVOICE)
            await refused(400, self.delete(unknown), NO_INVOICE)
        assert (await self.get(id))["status"] == "draft"


async def main():
    life = Life()
    for stage in [
        life.a_draft_is_created_and_read,
        life.it_is_listed_by_filters,
        life.it_is_sent_and_paid_in_parts,
        life.it_is_voided,
        life.a_draft_is_deleted_and_gone,
        life.what_is_no_draft_is_not_deleted,
        life.wrong_members_are_all_named,
        life.access_is_granted_and_refreshed,
        life.strangers_and_unknown_ids_are_refused,
    ]:
        await stage()
        print("ok", stage.__name__.replace("_", " "))


if __name__ == "__main__":
    asyncio.run(main())
