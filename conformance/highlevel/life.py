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
TEMPLATE = ["altId", "altType", "name", "businessDetails", "currency", "items", "discount"]
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


def update(**more):
    """The least that an update holds."""
    return {
        **ALT,
        "name": "April support",
        "currency": "USD",
        "invoiceItems": [{"name": "Hour", "currency": "USD", "amount": 50, "qty": 3}],
        "issueDate": TODAY,
        "dueDate": TODAY,
        **more,
    }


LATE_FEES = {"enable": True, "value": 5, "type": "percentage", "frequency": {"intervalCount": 1, "interval": "month"}}
KIM = {"id": "kim", "name": "Kim", "phoneNo": "", "email": "kim@example.com"}


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
        await refused(400, self.invoices.create_invoice(order(invoiceNumber=taken)), "is already in use")

    async def it_is_listed_by_filters(self):
        id = await self.create()
        for filters in [{}, {"status": "draft"}, {"contact_id": CONTACT}, {"start_at": TODAY, "end_at": TODAY}]:
            assert id in await self.listed(**filters), filters
        assert id not in await self.listed(status="paid")
        await refused(422, self.listed(sort_order="sideways"), "sortOrder")

    async def change(self, id, **more):
        return await self.invoices.update_invoice(id, update(**more))

    async def it_is_updated(self):
        id = await self.create()
        # The 10 % that were agreed on hold for the new items.
        changed = await self.change(id, title="BILL", description="second half")
        assert (changed["_id"], changed["total"], changed["title"]) == (id, 135, "BILL"), changed
        assert changed["contactDetails"]["email"] == "alex@example.com" and changed["sentTo"] == order()["sentTo"]
        back = {**ALT, **{name: changed[name] for name in ["name", "currency", "issueDate", "dueDate", "invoiceItems"]}}
        assert (await self.invoices.update_invoice(id, {**back, "contactDetails": KIM}))["total"] == 135
        assert (await self.get(id))["contactDetails"]["name"] == "Kim"
        await self.send(id)
        assert (await self.change(id, discount={"type": "fixed", "value": 0}))["total"] == 150
        await self.pay(id, 100)
        part = await self.change(id, contactDetails=KIM)
        assert (part["status"], part["amountDue"]) == ("partially_paid", 50), part
        fees = await self.invoices.update_invoice_late_fees_configuration(id, {**ALT, "lateFeesConfiguration": LATE_FEES})
        assert fees["lateFeesConfiguration"] == LATE_FEES
        assert await self.invoices.update_invoice_last_visited_at({"invoiceId": id}) == {}
        assert (await self.get(id))["lastVisitedAt"] > part["createdAt"]

    async def wrong_updates_are_refused(self):
        part, paid, void, gone, draft = await self.sent(), await self.sent(), await self.sent(), await self.create(), await self.create()
        await self.pay(part, 100)
        await self.pay(paid)
        await self.invoices.void_invoice(void, ALT)
        await self.delete(gone)
        one_hour = [{"name": "Hour", "currency": "USD", "amount": 50, "qty": 1}]
        for call, words in [
            (self.change(part, invoiceItems=one_hour), "Total is less than the amount paid"),
            (self.change(part, contactDetails=KIM), "Contact can not be changed"),
            (self.change(paid), "Can not update paid invoice"),
            (self.change(void), "Can not update void invoice"),
            (self.change(draft, contactId="nobody"), "Unable to find the contact nobody"),
            (self.change(gone), NO_INVOICE),
            (self.change(UNKNOWN), NO_INVOICE),
            (self.invoices.update_invoice_late_fees_configuration(UNKNOWN, {**ALT, "lateFeesConfiguration": LATE_FEES}), NO_INVOICE),
            (self.invoices.update_invoice_last_visited_at({"invoiceId": gone}), NO_INVOICE),
        ]:
            await refused(400, call, words)
        await refused(422, self.change(draft, currency="EUR"), "currency must be USD")
        await refused(422, self.change(draft, sentTo={"email": []}), "sentTo should not exist")
        await refused(422, self.invoices.update_invoice_late_fees_configuration(draft, ALT), "lateFeesConfiguration")
        await refused(422, self.invoices.update_invoice_last_visited_at({}), "invoiceId")

    async def closed_periods_stay_as_they_are(self):
        closed = OWN["fixtures"]["closed"][0]
        was = await self.get(closed)
        if was["status"] != "paid":
            await refused(400, self.change(closed), "The books are closed")
        await refused(400, self.delete(closed), "need to be draft")
        early = await self.create(issueDate=was["issueDate"])
        await refused(400, self.send(early), "The books are closed")
        await refused(400, self.pay(early), "The books are closed")
        assert (await self.delete(early))["_id"] == early
        assert await self.get(closed) == was

    async def settings_are_read(self):
        settings = await self.invoices.get_invoice_settings(LOCATION, "location")
        assert (settings["altId"], settings["title"]) == (LOCATION, "INVOICE"), settings
        await refused(403, self.invoices.get_invoice_settings(UNKNOWN, "location"))

    async def text2pay_makes_edits_and_sends(self):
        body = {**order(), "action": "draft", "userId": USER}
        made = await self.invoices.text2pay_invoice(body)
        id = made["invoice"]["_id"]
        assert made["invoice"]["status"] == "draft" and id in made["invoiceUrl"], made
        sent = await self.invoices.text2pay_invoice({**body, "id": id, "action": "send"})
        assert (sent["invoice"]["_id"], sent["invoice"]["status"]) == (id, "sent")
        await refused(400, self.invoices.text2pay_invoice({**body, "id": UNKNOWN}), NO_INVOICE)
        await refused(422, self.invoices.text2pay_invoice({**body, "action": "print"}), "action")

    async def a_template_is_kept(self):
        body = {name: value for name, value in order().items() if name in TEMPLATE}
        made = await self.invoices.create_invoice_template({**ALT, **body})
        id = made["_id"]
        assert made["total"] == 108, made
        changed = await self.invoices.update_invoice_template(id, {**ALT, **body, "name": "Other"})
        assert (changed["name"], changed["total"]) == ("Other", 108)
        fees = await self.invoices.update_invoice_template_late_fees_configuration(id, {**ALT, "lateFeesConfiguration": LATE_FEES})
        assert fees["lateFeesConfiguration"] == LATE_FEES
        methods = {"stripe": {"enableBankDebitOnly": True}}
        done = await self.invoices.update_invoice_payment_methods_configuration(id, {**ALT, "paymentMethods": methods})
        assert done["paymentMethods"] == methods
        assert (await self.invoices.get_invoice_template(id, LOCATION, "location")) == done
        page = await self.invoices.list_invoice_templates(LOCATION, "location", "100", "0", search=id)
        assert (page["totalCount"], page["data"][0]["_id"]) == (1, id)
        assert await self.invoices.delete_invoice_template(id, LOCATION, "location") == {"success": True}
        for call in [
            self.invoices.get_invoice_template(id, LOCATION, "location"),
            self.invoices.delete_invoice_template(id, LOCATION, "location"),
            self.invoices.update_invoice_template(id, {**ALT, **body}),
        ]:
            await refused(400, call, "Unable to find a template")
        await refused(422, self.invoices.create_invoice_template({**ALT, "name": "x"}), "items")

    async def a_schedule_makes_invoices(self):
        rule = {"intervalType": "monthly", "interval": 1, "startDate": TODAY, "endType": "after", "count": 2}
        body = {name: value for name, value in order(schedule={"rrule": rule}).items() if name not in ["issueDate", "dueDate", "sentTo"]}
        made = await self.invoices.create_invoice_schedule(body)
        id = made["_id"]
        assert (made["status"], made["invoices"], made["total"]) == ("draft", [], 108), made
        assert (await self.invoices.update_invoice_schedule(id, {**body, "name": "Retainer"}))["name"] == "Retainer"
        payment = {**ALT, "id": id, "autoPayment": {"enable": True, "type": "card"}}
        assert (await self.invoices.auto_payment_invoice_schedule(id, payment))["status"] == "draft"
        await refused(400, self.invoices.cancel_invoice_schedule(id, ALT), "Can not cancel draft schedule")
        started = await self.invoices.schedule_invoice_schedule(id, {**ALT, "liveMode": True})
        assert (started["status"], len(started["invoices"])) == ("active", 1), started
        assert (await self.get(started["invoices"][0]["_id"]))["status"] == "sent"
        assert (await self.invoices.update_and_schedule_invoice_schedule(id))["status"] == "active"
        page = await self.invoices.list_invoice_schedules(LOCATION, "location", "100", "0", search=id)
        assert (page["total"], page["schedules"][0]["_id"]) == (1, id)
        await refused(400, self.invoices.delete_invoice_schedule(id, LOCATION, "location"), "Can not delete active schedule")
        assert (await self.invoices.cancel_invoice_schedule(id, ALT))["status"] == "canceled"
        await refused(400, self.invoices.delete_invoice_schedule(id, LOCATION, "location"), "has sent invoices")
        await refused(400, self.invoices.schedule_invoice_schedule(id, {**ALT, "liveMode": True}), "Can not schedule canceled")
        other = (await self.invoices.create_invoice_schedule(body))["_id"]
        assert await self.invoices.delete_invoice_schedule(other, LOCATION, "location") == {"success": True}
        await refused(400, self.invoices.get_invoice_schedule(other, LOCATION, "location"), "Unable to find a schedule")
        await refused(422, self.invoices.create_invoice_schedule({**body, "schedule": {}}), "rrule or executeAt")

    async def an_estimate_becomes_an_invoice(self):
        body = {name: value for name, value in order(frequencySettings={"enabled": False}).items() if name not in ["issueDate", "dueDate"]}
        number = await self.invoices.generate_estimate_number(LOCATION, "location")
        made = await self.invoices.create_new_estimate(body)
        id = made["_id"]
        assert (made["estimateNumber"], made["total"], made["deleted"]) == (number["estimateNumber"], 108, False), made
        changed = await self.invoices.update_estimate(id, {**body, "name": "Other"})
        assert (changed["name"], changed["__v"]) == ("Other", 1)
        sent = await self.invoices.send_estimate(id, {**ALT, "action": "email", "liveMode": True, "userId": USER})
        assert sent["estimateStatus"] == "sent"
        assert await self.invoices.update_estimate_last_visited_at({"estimateId": id}) == {}
        page = await self.invoices.list_estimates(LOCATION, "location", "100", "0", status="viewed", search=id)
        assert [estimate["_id"] for estimate in page["estimates"]] == [id], page
        marked = {**ALT, "markAsInvoiced": True}
        both = await self.invoices.create_invoice_from_estimate(id, marked)
        assert (both["estimate"]["estimateStatus"], both["invoice"]["status"]) == ("invoiced", "draft")
        await refused(400, self.invoices.create_invoice_from_estimate(id, marked), "Can not invoice invoiced estimate")
        await refused(400, self.invoices.update_estimate(id, body), "Can not update invoiced estimate")
        gone = await self.invoices.delete_estimate(id, ALT)
        assert (gone["_id"], gone["deleted"]) == (id, True)
        await refused(400, self.invoices.delete_estimate(id, ALT), "Unable to find an estimate")
        await refused(422, self.invoices.create_new_estimate({**body, "items": []}), "items")
        await self.delete(both["invoice"]["_id"])

    async def a_template_of_estimates_is_kept(self):
        body = {name: value for name, value in order().items() if name in TEMPLATE}
        made = await self.invoices.create_estimate_template(body)
        id = made["_id"]
        changed = await self.invoices.update_estimate_template(id, {**body, "name": "Other"})
        assert changed["name"] == "Other"
        assert await self.invoices.preview_estimate_template(LOCATION, "location", id) == changed
        page = await self.invoices.list_estimate_templates(LOCATION, "location", "100", "0", search=id)
        assert (page["totalCount"], page["data"][0]["_id"]) == (1, id)
        assert (await self.invoices.delete_estimate_template(id, ALT))["deleted"] is True
        await refused(400, self.invoices.delete_estimate_template(id, ALT), "Unable to find a template")

    async def it_is_sent_and_paid_in_parts(self):
        id = await self.sent()
        part = await self.pay(id, 8)
        assert (part["status"], part["amountPaid"], part["amountDue"]) == ("partially_paid", 8, 100), part
        await refused(400, self.pay(id, 100.01), "Amount is greater than the amount due")
        await refused(400, self.pay(id, 0), "Amount must be greater than zero")
        await refused(422, self.invoices.record_invoice(id, {**ALT, "mode": "card"}), "card should not be empty")
        paid = await self.pay(id)
        assert (paid["status"], paid["amountPaid"], paid["amountDue"]) == ("paid", 108, 0), paid
        await refused(400, self.pay(id, 1), "Can not record a payment for paid invoice")
        await refused(400, self.send(id), "Can not send paid invoice")
        assert id in await self.listed(status="paid")

    async def it_is_voided(self):
        id = await self.sent()
        assert (await self.invoices.void_invoice(id, ALT))["status"] == "void"
        assert id in await self.listed(status="void")
        await refused(400, self.invoices.void_invoice(id, ALT), "Can not void void invoice")
        await refused(400, self.pay(id), "Can not record a payment for void invoice")
        await refused(400, self.send(id), "Can not send void invoice")
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
        life.it_is_updated,
        life.wrong_updates_are_refused,
        life.it_is_sent_and_paid_in_parts,
        life.it_is_voided,
        life.a_draft_is_deleted_and_gone,
        life.what_is_no_draft_is_not_deleted,
        life.closed_periods_stay_as_they_are,
        life.settings_are_read,
        life.text2pay_makes_edits_and_sends,
        life.a_template_is_kept,
        life.a_schedule_makes_invoices,
        life.an_estimate_becomes_an_invoice,
        life.a_template_of_estimates_is_kept,
        life.wrong_members_are_all_named,
        life.access_is_granted_and_refreshed,
        life.strangers_and_unknown_ids_are_refused,
    ]:
        await stage()
        print("ok", stage.__name__.replace("_", " "))


if __name__ == "__main__":
    asyncio.run(main())
