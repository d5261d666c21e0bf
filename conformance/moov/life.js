// The whole life of an invoice with Moov's client for Node.
"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const { Moov } = require("@moovio/sdk");
const errors = require("@moovio/sdk/models/errors");

const access = JSON.parse(fs.readFileSync(process.env.QUITTANCE_ACCESS, "utf8"));
const own = access.moov;
const [accountID, customerAccountID] = [own.account_id, own.customer_account_id];
const unknown = "01900000-0000-7000-8000-000000000000";

const client = (username, password) => new Moov({ serverURL: access.base_url, security: { username, password } });
const moov = client(own.username, own.password);
const invoices = moov.invoices;

const usd = (valueDecimal) => ({ currency: "USD", valueDecimal });
const items = (price = "50.00", quantity = 2) => ({ items: [{ name: "Consulting", basePrice: usd(price), quantity }] });

// The call must end in exactly this error of the client's own.
async function refused(error, status, call, word = "") {
  try {
    await call();
  } catch (found) {
    assert.equal(found.constructor.name, error.name, found.message);
    assert.equal(found.statusCode, status, found.message);
    assert.ok(found.headers.get("x-request-id"));
    assert.ok(JSON.stringify(found.body).includes(word), found.body);
    return found;
  }
  assert.fail(`was not refused with ${status}`);
}

async function create(more = {}) {
  const createInvoice = {
    customerAccountID,
    lineItems: items(),
    amountDetails: { tax: usd("1.50"), surcharge: usd("0.50") },
    ...more,
  };
  const { result } = await invoices.createInvoice({ accountID, createInvoice });
  assert.equal(result.status, "draft");
  assert.equal(result.totalAmount.valueDecimal, "102.00");
  return result;
}

const update = (invoiceID, updateInvoice) => invoices.updateInvoice({ accountID, invoiceID, updateInvoice });
const pay = (invoiceID, value) =>
  invoices.createInvoicePayment({ accountID, invoiceID, createInvoicePayment: { amount: usd(value) } });
const get = async (invoiceID) => (await invoices.getInvoice({ accountID, invoiceID })).result;

async function sent() {
  const { invoiceID } = await create();
  return (await update(invoiceID, { status: "unpaid" })).result;
}

async function listed(filters = {}) {
  const { result } = await invoices.listInvoices({ accountID, count: 1000, ...filters });
  return result.map((invoice) => invoice.invoiceID);
}

const stages = {
  async "the credentials are good"() {
    await moov.ping.ping();
  },

  async "access is granted, refreshed and revoked"() {
    const scope = `/accounts/${accountID}/invoices.read`;
    const { authentication } = moov;
    const token = (await authentication.createAccessToken({ grantType: "client_credentials", scope })).result;
    assert.equal(token.scope, scope);
    const narrow = new Moov({ serverURL: access.base_url });
    const headers = (accessToken) => ({ headers: { Authorization: `Bearer ${accessToken}` } });
    await narrow.invoices.listInvoices({ accountID, count: 1 }, headers(token.accessToken));
    const refresh = { grantType: "refresh_token", refreshToken: token.refreshToken };
    const again = (await authentication.createAccessToken(refresh)).result;
    await refused(errors.AuthTokenRequestError, 422, () => authentication.createAccessToken(refresh));
    await authentication.revokeAccessToken({ token: again.accessToken });
    const late = () => narrow.invoices.listInvoices({ accountID }, headers(again.accessToken));
    await refused(errors.APIError, 401, late);
    const unknown = () => authentication.revokeAccessToken({ token: "nobody" });
    await refused(errors.RevokeTokenRequestError, 422, unknown);
  },

  async "a draft is created, read and listed"() {
    const dueDate = new Date("2030-01-02T03:04:05.678Z");
    const made = await create({ description: "March", customerEmail: "billing@example.com", dueDate });
    assert.deepEqual(await get(made.invoiceID), made);
    assert.equal(made.dueDate.getTime(), dueDate.getTime());
    assert.equal(made.amountDetails.surcharge.valueDecimal, "0.50");
    assert.ok((await listed({ status: "draft", customerAccountID })).includes(made.invoiceID));
    assert.ok(!(await listed({ status: "paid" })).includes(made.invoiceID));
    await refused(errors.ListInvoicesValidationError, 422, () => listed({ count: -1 }));
  },

  async "it is sent and paid in parts"() {
    const { invoiceID } = await sent();
    const first = (await pay(invoiceID, "40.00")).result;
    assert.equal((await get(invoiceID)).status, "unpaid");
    const second = (await pay(invoiceID, "62.00")).result;
    const paid = await get(invoiceID);
    assert.equal(paid.status, "paid");
    assert.ok(paid.paidOn instanceof Date);
    const { result } = await invoices.listInvoicePayments({ accountID, invoiceID });
    assert.deepEqual(result, [first, second]);
    await refused(errors.GenericError, 409, () => pay(invoiceID, "0.01"), "paid");
  },

  async "it is canceled and stays listed"() {
    const { invoiceID } = await sent();
    assert.equal((await update(invoiceID, { status: "canceled" })).result.status, "canceled");
    assert.ok((await listed({ status: "canceled" })).includes(invoiceID));
    await refused(errors.GenericError, 409, () => update(invoiceID, { status: "unpaid" }), "canceled");
    await refused(errors.UpdateInvoiceError, 422, () => update(invoiceID, { status: "paid" }));
  },

  async "a draft is deleted and read afterwards"() {
    const { invoiceID } = await create();
    await invoices.delete({ accountID, invoiceID });
    const gone = await get(invoiceID);
    assert.equal(gone.status, "draft");
    assert.ok(gone.disabledOn instanceof Date);
    assert.ok(!(await listed()).includes(invoiceID));
    await refused(errors.GenericError, 409, () => invoices.delete({ accountID, invoiceID }), "deleted");
    await refused(errors.GenericError, 409, () => update(invoiceID, { status: "unpaid" }));
    await refused(errors.GenericError, 409, () => pay(invoiceID, "1.00"));
  },

  async "what is no draft is not deleted"() {
    const [unpaid, paid] = [await sent(), await sent()];
    await pay(paid.invoiceID, "102.00");
    for (const { invoiceID } of [unpaid, paid]) {
      await refused(errors.GenericError, 409, () => invoices.delete({ accountID, invoiceID }), "Only a draft");
      assert.equal((await get(invoiceID)).disabledOn, undefined);
    }
  },

  async "wrong values are named where they stand"() {
    const wrong = (lineItems) => () => create({ lineItems });
    const found = await refused(errors.CreateInvoiceError, 422, wrong(items("50.00", 0)));
    assert.ok(found.lineItems.items["0"].quantity);
    await refused(errors.CreateInvoiceError, 422, () => create({ customerAccountID: unknown }));
    await refused(errors.GenericError, 400, wrong({ items: [] }));
    const { invoiceID } = await sent();
    await refused(errors.CreateInvoicePaymentError, 422, () => pay(invoiceID, "0.00"));
  },

  async "strangers and unknown ids are refused"() {
    const { invoiceID } = await create();
    const nobody = client(own.username, "wrong").invoices;
    await refused(errors.APIError, 401, () => nobody.listInvoices({ accountID }));
    await refused(errors.APIError, 401, () => nobody.delete({ accountID, invoiceID }));
    for (const call of ["delete", "getInvoice", "listInvoicePayments"]) {
      await refused(errors.APIError, 403, () => invoices[call]({ accountID: unknown, invoiceID }));
      await refused(errors.APIError, 404, () => invoices[call]({ accountID, invoiceID: unknown }));
      await refused(errors.APIError, 404, () => invoices[call]({ accountID, invoiceID: "a/b nope" }));
    }
  },
};

(async () => {
  for (const [name, stage] of Object.entries(stages)) {
    await stage();
    console.log("ok", name);
  }
})();
