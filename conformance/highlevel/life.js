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

  async "it is sent and paid in parts"() {
    const id = await sent();
    assert.equal((await pay(id, 8)).status, "partially_paid");
    await refused(errors.GHLValidationError, 400, pay(id, 100.01));
    assert.equal((await pay(id)).status, "paid");
    await refused(errors.GHLValidationError, 400, pay(id, 1));
    assert.ok((await listed({ status: "paid" })).includes(id));
  },

  async "it is voided"() {
    const id = await sent();
    assert.equal((await cancel(id)).status, "void");
    await refused(errors.GHLValidationError, 400, cancel(id));
    await refused(errors.GHLValidationError, 400, cancel(await create()), "Can not void draft invoice");
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
    const [unpaid, paid] = [await sent(), await sent()];
    await pay(paid);
    for (const id of [unpaid, paid]) {
      await refused(errors.GHLValidationError, 400, erase(id), "Invoice status need to be draft");
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
