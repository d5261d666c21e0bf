// The whole life of an invoice with HighLevel's client for Node.
"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const { HighLevel, ...errors } = require("@gohighlevel/api-client");

const access = JSON.parse(fs.readFileSync(process.env.QUITTANCE_ACCESS, "utf8"));
const own = access.highlevel;
const alt = { altId: own.alt_id, altType: "location" };
const today = new Date().toISOString().slice(0, 10);
const unknown = "666666666666666666666666";
const noInvoice = "Unable to find an invoice with the given invoice id";

function client(privateIntegrationToken) {
  const ghl = new HighLevel({ privateIntegrationToken, logLevel: "none" });
  ghl.getHttpClient().defaults.baseURL = access.base_url;
  return ghl;
}

const { invoices } = client(own.auth.Authorization.split(" ")[1]);

// The call must end in exactly this error of the client's own.
async function refused(error, status, call, word = "") {
  try {
    await call;
  } catch (found) {
    assert.equal(found.constructor.name, error.name, found.message);
    assert.equal(found.statusCode, status, found.message);
    assert.equal(found.response.statusCode, status);
    assert.ok(found.message.includes(word), found.message);
    return found;
  }
  assert.fail(`was not refused with ${status}`);
}

const order = (more = {}) => ({
  ...alt,
  name: "March support",
  businessDetails: { name: "Acme" },
  currency: "USD",
  items: [{ name: "Hour", currency: "USD", amount: 40, qty: 3 }],
  discount: { type: "percentage", value: 10 },
  contactDetails: { id: own.contact_id, name: "Alex", phoneNo: "+12145596993", email: "alex@example.com" },
  issueDate: today,
  dueDate: today,
  sentTo: { email: ["alex@example.com"] },
  liveMode: true,
  ...more,
});

async function create(more) {
  const made = await invoices.createInvoice(order(more));
  assert.deepEqual([made.status, made.total, made.amountDue], ["draft", 108, 108]);
  return made._id;
}

async function send(invoiceId) {
  const members = { ...alt, userId: own.user_id, action: "email", liveMode: true };
  return (await invoices.sendInvoice({ invoiceId }, members)).invoice;
}

async function sent() {
  const id = await create();
  assert.equal((await send(id)).status, "sent");
  return id;
}

const pay = async (invoiceId, amount) =>
  (await invoices.recordInvoice({ invoiceId }, { ...alt, mode: "cash", ...(amount ? { amount } : {}) })).invoice;
const get = (invoiceId) => invoices.getInvoice({ invoiceId, ...alt });
const erase = (invoiceId) => invoices.deleteInvoice({ invoiceId, ...alt });
const cancel = (invoiceId) => invoices.voidInvoice({ invoiceId }, alt);

// The least that an update holds.
const update = (more = {}) => ({
  ...alt,
  name: "April support",
  currency: "USD",
  invoiceItems: [{ name: "Hour", currency: "USD", amount: 50, qty: 3 }],
  issueDate: today,
  dueDate: today,
  ...more,
});
const change = (invoiceId, more) => invoices.updateInvoice({ invoiceId }, update(more));
const lateFees = { enable: true, value: 5, type: "percentage", frequency: { intervalCount: 1, interval: "month" } };
const kim = { id: "kim", name: "Kim", phoneNo: "", email: "kim@example.com" };
const without = (body, ...names) => Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)));
const bad = (call, word) => refused(errors.GHLValidationError, 400, call, word);
const invalid = (call, word) => refused(errors.GHLValidationError, 422, call, word);

async function listed(filters = {}) {
  const page = await invoices.listInvoices({ ...alt, limit: "100", offset: "0", ...filters });
  assert.ok(page.total >= page.invoices.length);
  return page.invoices.map((invoice) => invoice._id);
}

const stages = {
  async "a draft is created and read"() {
    const { invoiceNumber } = await invoices.generateInvoiceNumber(alt);
    const read = await get(await create());
    assert.equal(read.invoiceNumber, invoiceNumber);
    assert.deepEqual(read.totalSummary, { subTotal: 120, discount: 12, tax: 0 });
  },

  async "it is listed by filters"() {
    const id = await create();
    for (const filters of [{}, { status: "draft" }, { contactId: own.contact_id }, { startAt: today }]) {
      assert.ok((await listed(filters)).includes(id), JSON.stringify(filters));
    }
    assert.ok(!(await listed({ status: "paid" })).includes(id));
    await refused(errors.GHLValidationError, 422, listed({ limit: "0" }), "limit");
  },

  async "it is updated"() {
    const id = await create();
    const changed = await change(id, { title: "BILL" });
    assert.deepEqual([changed._id, changed.total, changed.title], [id, 135, "BILL"]);
    assert.equal(changed.contactDetails.email, "alex@example.com");
    assert.equal((await change(id, { invoiceItems: changed.invoiceItems, contactDetails: kim })).total, 135);
    assert.equal((await get(id)).contactDetails.name, "Kim");
    await send(id);
    assert.equal((await change(id, { discount: { type: "fixed", value: 0 } })).total, 150);
    await pay(id, 100);
    assert.equal((await change(id)).amountDue, 50);
    const fees = { ...alt, lateFeesConfiguration: lateFees };
    const noted = await invoices.updateInvoiceLateFeesConfiguration({ invoiceId: id }, fees);
    assert.deepEqual(noted.lateFeesConfiguration, lateFees);
    assert.deepEqual(await invoices.updateInvoiceLastVisitedAt({ invoiceId: id }), {});
    assert.ok((await get(id)).lastVisitedAt);
    await invalid(invoices.updateInvoiceLateFeesConfiguration({ invoiceId: id }, alt), "lateFeesConfiguration");
    await invalid(invoices.updateInvoiceLastVisitedAt({}), "invoiceId");
  },

  async "wrong updates are refused"() {
    const [part, paid, cancelled] = [await sent(), await sent(), await sent()];
    const [gone, draft] = [await create(), await create()];
    await pay(part, 100);
    await pay(paid);
    await cancel(cancelled);
    await erase(gone);
    const oneHour = [{ name: "Hour", currency: "USD", amount: 50, qty: 1 }];
    await bad(change(part, { invoiceItems: oneHour }), "Total is less than the amount paid");
    await bad(change(part, { contactDetails: kim }), "Contact can not be changed");
    await bad(change(paid), "Can not update paid invoice");
    await bad(change(cancelled), "Can not update void invoice");
    await bad(change(draft, { contactId: "nobody" }), "Unable to find the contact nobody");
    for (const id of [gone, unknown, "inv 1/2"]) {
      await bad(change(id), noInvoice);
      await bad(invoices.updateInvoiceLastVisitedAt({ invoiceId: id }), noInvoice);
    }
    await invalid(change(draft, { currency: "EUR" }), "currency must be USD");
    await invalid(change(draft, { sentTo: { email: [] } }), "sentTo should not exist");
    const taken = `8${Math.floor(Math.random() * 1e9)}`;
    await create({ invoiceNumber: taken });
    await bad(change(draft, { invoiceNumber: taken }), "is already in use");
    await bad(invoices.createInvoice(order({ invoiceNumber: taken })), "is already in use");
  },

  async "closed periods stay as they are"() {
    const closed = own.fixtures.closed[0];
    const was = await get(closed);
    await bad(erase(closed), "need to be draft");
    const early = await create({ issueDate: was.issueDate });
    await bad(send(early), "The books are closed");
    await bad(pay(early), "The books are closed");
    await erase(early);
    assert.deepEqual(await get(closed), was);
  },

  async "settings are read"() {
    const settings = await invoices.getInvoiceSettings(alt);
    assert.deepEqual([settings.altId, settings.title], [own.alt_id, "INVOICE"]);
    await refused(errors.GHLForbiddenError, 403, invoices.getInvoiceSettings({ ...alt, altId: unknown }));
  },

  async "text2pay makes, edits and sends"() {
    const body = { ...order(), action: "draft", userId: own.user_id };
    const made = await invoices.text2payInvoice(body);
    assert.equal(made.invoice.status, "draft");
    assert.ok(made.invoiceUrl.includes(made.invoice._id));
    const done = await invoices.text2payInvoice({ ...body, id: made.invoice._id, action: "send" });
    assert.deepEqual([done.invoice._id, done.invoice.status], [made.invoice._id, "sent"]);
    await bad(invoices.text2payInvoice({ ...body, id: unknown }), noInvoice);
    await invalid(invoices.text2payInvoice({ ...body, action: "print" }), "action");
  },

  async "a template is kept"() {
    const body = without(order(), "contactDetails", "issueDate", "dueDate", "sentTo", "liveMode");
    const made = await invoices.createInvoiceTemplate(body);
    const one = { templateId: made._id };
    assert.equal((await invoices.updateInvoiceTemplate(one, { ...body, name: "Other" })).name, "Other");
    const fees = { ...alt, lateFeesConfiguration: lateFees };
    await invoices.updateInvoiceTemplateLateFeesConfiguration(one, fees);
    const methods = { ...alt, paymentMethods: { stripe: { enableBankDebitOnly: true } } };
    const done = await invoices.updateInvoicePaymentMethodsConfiguration(one, methods);
    assert.deepEqual(await invoices.getInvoiceTemplate({ ...one, ...alt }), done);
    const page = await invoices.listInvoiceTemplates({ ...alt, limit: "10", offset: "0", search: made._id });
    assert.deepEqual([page.totalCount, page.data[0]._id], [1, made._id]);
    assert.deepEqual(await invoices.deleteInvoiceTemplate({ ...one, ...alt }), { success: true });
    await bad(invoices.getInvoiceTemplate({ ...one, ...alt }), "Unable to find a template");
    await invalid(invoices.createInvoiceTemplate({ ...body, items: [] }), "items");
  },

  async "a schedule makes invoices"() {
    const rrule = { intervalType: "weekly", interval: 1, startDate: today, endType: "never" };
    const body = { ...without(order(), "issueDate", "dueDate", "sentTo"), schedule: { rrule } };
    const made = await invoices.createInvoiceSchedule(body);
    const one = { scheduleId: made._id };
    assert.deepEqual([made.status, made.invoices, made.total], ["draft", [], 108]);
    await invoices.updateInvoiceSchedule(one, { ...body, name: "Retainer" });
    await invoices.autoPaymentInvoiceSchedule(one, { ...alt, id: made._id, autoPayment: { enable: false } });
    const started = await invoices.scheduleInvoiceSchedule(one, { ...alt, liveMode: true });
    assert.deepEqual([started.status, started.invoices.length, started.name], ["active", 1, "Retainer"]);
    assert.equal((await get(started.invoices[0]._id)).status, "sent");
    assert.equal((await invoices.updateAndScheduleInvoiceSchedule(one)).invoices.length, 1);
    const page = await invoices.listInvoiceSchedules({ ...alt, limit: "10", offset: "0", search: made._id });
    assert.equal(page.total, 1);
    await bad(invoices.deleteInvoiceSchedule({ ...one, ...alt }), "Can not delete active schedule");
    assert.equal((await invoices.cancelInvoiceSchedule(one, alt)).status, "canceled");
    await bad(invoices.cancelInvoiceSchedule(one, alt), "Can not cancel canceled schedule");
    await bad(invoices.getInvoiceSchedule({ scheduleId: unknown, ...alt }), "Unable to find a schedule");
    const hourly = { rrule: { ...rrule, intervalType: "hourly" } };
    await invalid(invoices.createInvoiceSchedule({ ...body, schedule: hourly }), "intervalType");
  },

  async "an estimate becomes an invoice"() {
    const body = { ...without(order(), "issueDate", "dueDate"), frequencySettings: { enabled: false } };
    const { estimateNumber } = await invoices.generateEstimateNumber(alt);
    const made = await invoices.createNewEstimate(body);
    const one = { estimateId: made._id };
    assert.deepEqual([made.estimateNumber, made.total], [estimateNumber, 108]);
    assert.equal((await invoices.updateEstimate(one, { ...body, name: "Other" })).name, "Other");
    await invoices.sendEstimate(one, { ...alt, action: "email", liveMode: true, userId: own.user_id });
    assert.deepEqual(await invoices.updateEstimateLastVisitedAt(one), {});
    const page = await invoices.listEstimates({ ...alt, limit: "10", offset: "0", status: "viewed", search: made._id });
    assert.equal(page.total, 1);
    const both = await invoices.createInvoiceFromEstimate(one, { ...alt, markAsInvoiced: true });
    assert.deepEqual([both.estimate.estimateStatus, both.invoice.status], ["invoiced", "draft"]);
    await bad(invoices.updateEstimate(one, body), "Can not update invoiced estimate");
    assert.equal((await invoices.deleteEstimate(one, alt)).deleted, true);
    await bad(invoices.deleteEstimate(one, alt), "Unable to find an estimate");
    await invalid(invoices.createNewEstimate({ ...body, items: [] }), "items");
  },

  async "a template of estimates is kept"() {
    const body = without(order(), "contactDetails", "issueDate", "dueDate", "sentTo");
    const made = await invoices.createEstimateTemplate(body);
    const one = { templateId: made._id };
    const changed = await invoices.updateEstimateTemplate(one, { ...body, name: "Other" });
    assert.deepEqual(await invoices.previewEstimateTemplate({ ...alt, ...one }), changed);
    const page = await invoices.listEstimateTemplates({ ...alt, limit: "10", offset: "0", search: made._id });
    assert.equal(page.totalCount, 1);
    assert.equal((await invoices.deleteEstimateTemplate(one, alt)).deleted, true);
    await bad(invoices.previewEstimateTemplate({ ...alt, ...one }), "Unable to find a template");
  },

  async "it is sent and paid in parts"() {
    const id = await sent();
    assert.equal((await pay(id, 8)).status, "partially_paid");
    await bad(pay(id, 100.01), "Amount is greater than the amount due");
    await invalid(invoices.recordInvoice({ invoiceId: id }, { ...alt, mode: "cheque" }), "cheque should not be empty");
    assert.equal((await pay(id)).status, "paid");
    await bad(pay(id, 1), "Can not record a payment for paid invoice");
    await bad(send(id), "Can not send paid invoice");
    assert.ok((await listed({ status: "paid" })).includes(id));
  },

  async "it is voided"() {
    const id = await sent();
    assert.equal((await cancel(id)).status, "void");
    await bad(cancel(id), "Can not void void invoice");
    await bad(pay(id), "Can not record a payment for void invoice");
    await bad(send(id), "Can not send void invoice");
    await bad(cancel(await create()), "Can not void draft invoice");
  },

  async "a draft is deleted and gone"() {
    const id = await create();
    assert.equal((await erase(id))._id, id);
    assert.ok(!(await listed()).includes(id));
    for (const call of [get, erase, send, pay, cancel]) {
      await refused(errors.GHLValidationError, 400, call(id), noInvoice);
    }
  },

  async "what is no draft is not deleted"() {
    const [unpaid, part, paid, cancelled] = [await sent(), await sent(), await sent(), await sent()];
    await pay(part, 8);
    await pay(paid);
    await cancel(cancelled);
    for (const [id, status] of [[unpaid, "sent"], [part, "partially_paid"], [paid, "paid"], [cancelled, "void"]]) {
      await bad(erase(id), "Invoice status need to be draft");
      assert.equal((await get(id)).status, status);
    }
  },

  async "wrong members are all named"() {
    const { name, ...body } = order({ items: [], nonsense: 1 });
    const found = await refused(errors.GHLValidationError, 422, invoices.createInvoice(body), "nonsense");
    assert.ok(found.response.message.length >= 3);
  },

  async "access is granted and refreshed"() {
    const [clientId, clientSecret] = own.auth.Authorization.split(" ")[1].split(/_(?=[^_]+$)/);
    const ghl = new HighLevel({ clientId, clientSecret, logLevel: "none" });
    ghl.getHttpClient().defaults.baseURL = access.base_url;
    const asked = { client_id: clientId, client_secret: clientSecret, grant_type: "client_credentials" };
    const token = await ghl.oauth.getAccessToken({ ...asked, scope: "invoices.readonly" });
    assert.deepEqual([token.userType, token.locationId, token.expires_in], ["Location", own.alt_id, 86400]);
    const reader = client(token.access_token).invoices;
    assert.ok((await reader.listInvoices({ ...alt, limit: "1", offset: "0" })).total > 0);
    await refused(errors.GHLAuthenticationError, 401, reader.createInvoice(order()), "not authorized");
    const refresh = () =>
      ghl.oauth.refreshToken(token.refresh_token, clientId, clientSecret, "refresh_token", "Location");
    assert.equal((await refresh()).scope, "invoices.readonly");
    await refused(errors.GHLAuthenticationError, 401, refresh());
  },

  async "strangers and unknown ids are refused"() {
    const id = await create();
    const nobody = client("pit-nobody").invoices;
    await refused(errors.GHLAuthenticationError, 401, nobody.deleteInvoice({ invoiceId: id, ...alt }));
    const published = { headers: { Version: "2021-07-28" } };
    assert.equal((await invoices.getInvoice({ invoiceId: id, ...alt }, published))._id, id);
    const strange = { headers: { Version: "2020-01-01" } };
    const unversioned = invoices.getInvoice({ invoiceId: id, ...alt }, strange);
    await refused(errors.GHLAuthenticationError, 401, unversioned, "version header is invalid");
    const elsewhere = { invoiceId: id, ...alt, altId: unknown };
    await refused(errors.GHLForbiddenError, 403, invoices.deleteInvoice(elsewhere));
    await refused(errors.GHLForbiddenError, 403, invoices.getInvoice(elsewhere));
    for (const invoiceId of [unknown, "inv 1/2"]) {
      await refused(errors.GHLValidationError, 400, get(invoiceId), noInvoice);
      await refused(errors.GHLValidationError, 400, erase(invoiceId), noInvoice);
    }
  },
};

(async () => {
  for (const [name, stage] of Object.entries(stages)) {
    await stage();
    console.log("ok", name);
  }
})();
