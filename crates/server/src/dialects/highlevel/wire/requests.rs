//! What each request may hold, as tables: the members of the vendor's schema and the limits of this server.

pub mod estimates;
mod parts;
pub mod stored;

use quittance_accounting::invoice::MOST_LINES;

use super::super::manners::{
    FURTHEST_OFFSET, LINE_BYTES, MOST_DAYS, MOST_INTERVALS, MOST_LISTED, MOST_MEMBERS, MOST_TAXES, NUMBER_BYTES,
    PREFIX_BYTES, TEXT_BYTES, TITLE_BYTES,
};
use super::shape::{Kind, Member, filled, must, opt};

const LINE: Kind = Kind::Text(LINE_BYTES);
const TEXT: Kind = Kind::Text(TEXT_BYTES);
const LINES: Kind = Kind::List(&LINE, MOST_MEMBERS);
const ANYTHING: Kind = Kind::List(&Kind::Any, MOST_MEMBERS);

/// The largest number of major units or units that is read: larger ones pass the largest amount in any currency.
const LARGEST: i64 = 1_000_000_000_000;

const ALT_ID: Member = filled("altId", LINE);
const ALT_TYPE: Member = filled("altType", Kind::Word(&["location"]));

/// Read, delete, generate-invoice-number: in the query. Void: in the body.
pub const ALT: &[Member] = &[ALT_ID, ALT_TYPE];

const ADDRESS: &[Member] = &[
    opt("addressLine1", LINE),
    opt("addressLine2", LINE),
    opt("city", LINE),
    opt("state", LINE),
    opt("countryCode", LINE),
    opt("postalCode", LINE),
];

const BUSINESS: &[Member] = &[
    opt("logoUrl", LINE),
    opt("name", LINE),
    opt("phoneNo", LINE),
    opt("address", Kind::Shape(ADDRESS)),
    opt("website", LINE),
    opt("customValues", ANYTHING),
];

const EMAIL: Kind = Kind::Shape(&[must("email", LINE)]);

const CONTACT: &[Member] = &contact(filled("id", LINE), filled("name", LINE));

/// A contact of an edit, which may hand back that of an invoice of nobody: its texts are empty. Another one must name somebody.
const HANDED_BACK_CONTACT: &[Member] = &contact(must("id", LINE), must("name", LINE));

/// A contact of this id and name.
const fn contact(id: Member, name: Member) -> [Member; 8] {
    [
        id,
        name,
        must("phoneNo", LINE),
        must("email", LINE),
        opt("additionalEmails", Kind::List(&EMAIL, MOST_MEMBERS)),
        opt("companyName", LINE),
        opt("address", Kind::Shape(ADDRESS)),
        opt("customFields", ANYTHING),
    ]
}

const DISCOUNT: &[Member] = &[
    opt("type", Kind::Word(&["percentage", "fixed"])),
    opt("value", Kind::Number(0, LARGEST)),
    opt("validOnProductIds", LINES),
];

const TAX: &[Member] = &tax(0, 100);

/// A tax, at a rate from and through so many percent.
const fn tax(least: i64, most: i64) -> [Member; 6] {
    [
        must("_id", LINE),
        must("name", LINE),
        must("rate", Kind::Number(least, most)),
        opt("calculation", Kind::Word(&["exclusive"])),
        opt("description", LINE),
        opt("taxId", LINE),
    ]
}

const ITEM: &[Member] = &item(0, &Kind::Shape(TAX));

/// An item, whose price and quantity are no less than so many.
const fn item(least: i64, tax: &'static Kind) -> [Member; 12] {
    [
        filled("name", LINE),
        opt("description", TEXT),
        opt("productId", LINE),
        opt("priceId", LINE),
        filled("currency", LINE),
        must("amount", Kind::Number(least, LARGEST)),
        must("qty", Kind::Number(least, LARGEST)),
        opt("taxes", Kind::List(tax, MOST_TAXES)),
        opt("automaticTaxCategoryId", LINE),
        opt("isSetupFeeItem", Kind::Flag),
        opt("type", Kind::Word(&["one_time", "recurring"])),
        opt("taxInclusive", Kind::Flag),
    ]
}

/// The members of two tables in one.
const fn joined<const N: usize>(first: &[Member], then: &[Member]) -> [Member; N] {
    assert!(first.len() + then.len() == N);
    let mut all = [ALT_ID; N];
    let mut place = 0;
    while place < N {
        all[place] = if place < first.len() {
            first[place]
        } else {
            then[place - first.len()]
        };
        place += 1;
    }
    all
}

/// An item that may have been in an answer before: its id there is passed over, items are told apart by their order.
const KNOWN_ITEM: &[Member] = &joined::<13>(&[opt("_id", LINE)], ITEM);

/// An item of an edit, which may hand back a line of another dialect: below zero, and taxed at whatever rate. What is new or changed
/// keeps to the limits of an item.
const HANDED_BACK: &[Member] = &joined::<13>(&[opt("_id", LINE)], &item(-LARGEST, &Kind::Shape(AT_ANY_RATE)));

const AT_ANY_RATE: &[Member] = &tax(-LARGEST, LARGEST);

const CARD: &[Member] = &[must("brand", LINE), must("last4", LINE)];

const SENDER: &[Member] = &[opt("fromName", LINE), opt("fromEmail", LINE)];

const SENT_TO: &[Member] = &[
    must("email", LINES),
    opt("emailCc", LINES),
    opt("emailBcc", LINES),
    opt("phoneNo", LINES),
];

/// Create.
pub const CREATE: &[Member] = &joined::<{ ALT.len() + ORDER }>(
    ALT,
    &order(
        must("businessDetails", Kind::Shape(BUSINESS)),
        filled("items", Kind::List(&Kind::Shape(ITEM), MOST_LINES)),
        must("discount", Kind::Shape(DISCOUNT)),
        must("contactDetails", Kind::Shape(CONTACT)),
    ),
);

/// Text2pay, which makes an invoice or edits one.
pub const TEXT2PAY: &[Member] = &joined::<{ TEXT2PAY_ALONE.len() + ORDER }>(
    TEXT2PAY_ALONE,
    &order(
        opt("businessDetails", Kind::Shape(BUSINESS)),
        filled("items", Kind::List(&Kind::Shape(HANDED_BACK), MOST_LINES)),
        opt("discount", Kind::Shape(DISCOUNT)),
        must("contactDetails", Kind::Shape(HANDED_BACK_CONTACT)),
    ),
);

const TEXT2PAY_ALONE: &[Member] = &[
    ALT_ID,
    ALT_TYPE,
    opt("id", LINE),
    must("action", Kind::Word(&["draft", "send"])),
    filled("userId", LINE),
    opt("includeTermsNote", Kind::Flag),
];

/// How many members an order has.
const ORDER: usize = 21;

/// What create and text2pay say of an invoice; they differ in what of it must be there and in what may be handed back.
const fn order(business: Member, items: Member, discount: Member, contact: Member) -> [Member; ORDER] {
    [
        filled("name", LINE),
        business,
        filled("currency", LINE),
        items,
        discount,
        opt("termsNotes", TEXT),
        opt("title", LINE),
        contact,
        opt("invoiceNumber", Kind::Text(NUMBER_BYTES)),
        opt("invoiceNumberPrefix", Kind::Text(PREFIX_BYTES)),
        must("issueDate", Kind::Day),
        opt("dueDate", Kind::Day),
        must("sentTo", Kind::Shape(SENT_TO)),
        must("liveMode", Kind::Flag),
        opt("automaticTaxesEnabled", Kind::Flag),
        opt("paymentSchedule", parts::PAYMENT_SCHEDULE),
        opt("lateFeesConfiguration", Kind::Shape(LATE_FEES)),
        opt("tipsConfiguration", parts::TIPS),
        opt("paymentMethods", parts::PAYMENT_METHODS),
        opt("attachments", parts::ATTACHMENTS),
        opt("miscellaneousCharges", parts::CHARGES),
    ]
}

/// Update: the items have another name than in a create, and the answers' own ids of items may come back with them.
pub const UPDATE: &[Member] = &[
    ALT_ID,
    ALT_TYPE,
    filled("name", LINE),
    opt("title", LINE),
    filled("currency", LINE),
    opt("description", TEXT),
    opt("businessDetails", Kind::Shape(BUSINESS)),
    opt("invoiceNumber", Kind::Text(NUMBER_BYTES)),
    opt("invoiceNumberPrefix", Kind::Text(PREFIX_BYTES)),
    opt("contactId", LINE),
    opt("contactDetails", Kind::Shape(HANDED_BACK_CONTACT)),
    opt("termsNotes", TEXT),
    opt("discount", Kind::Shape(DISCOUNT)),
    filled("invoiceItems", Kind::List(&Kind::Shape(HANDED_BACK), MOST_LINES)),
    opt("automaticTaxesEnabled", Kind::Flag),
    opt("liveMode", Kind::Flag),
    must("issueDate", Kind::Day),
    must("dueDate", Kind::Day),
    opt("paymentSchedule", parts::PAYMENT_SCHEDULE),
    opt("tipsConfiguration", parts::TIPS),
    opt("xeroDetails", Kind::Open),
    opt("paymentMethods", parts::PAYMENT_METHODS),
    opt("attachments", parts::ATTACHMENTS),
    opt("miscellaneousCharges", parts::CHARGES),
];

const INTERVALS: &[&str] = &["minute", "hour", "day", "week", "month", "one_time"];

const LATE_FEES: &[Member] = &[
    must("enable", Kind::Flag),
    must("value", Kind::Number(0, LARGEST)),
    must("type", Kind::Word(&["fixed", "percentage"])),
    must(
        "frequency",
        Kind::Shape(&[
            must("intervalCount", Kind::Whole(0, MOST_INTERVALS)),
            must("interval", Kind::Word(INTERVALS)),
        ]),
    ),
    opt(
        "grace",
        Kind::Shape(&[
            must("intervalCount", Kind::Whole(0, MOST_INTERVALS)),
            must("interval", Kind::Word(&["day"])),
        ]),
    ),
    opt(
        "maxLateFees",
        Kind::Shape(&[
            must("type", Kind::Word(&["fixed"])),
            must("value", Kind::Number(0, LARGEST)),
        ]),
    ),
];

/// Where the location is not asked for: a client that names it must name its own.
pub const MAYBE_ALT: &[Member] = &[opt("altId", LINE), opt("altType", Kind::Word(&["location"]))];

/// Late fees of an invoice or of a template.
pub const LATE_FEES_OF: &[Member] = &[ALT_ID, ALT_TYPE, must("lateFeesConfiguration", Kind::Shape(LATE_FEES))];

/// Last visited: the invoice alone says which location it is; a client that names the location must name its own.
pub const VISITED: &[Member] = &[
    filled("invoiceId", LINE),
    opt("altId", LINE),
    opt("altType", Kind::Word(&["location"])),
];

/// The settings, written: what is left out stays, `null` goes back to what is shipped.
pub const SETTINGS: &[Member] = &[
    ALT_ID,
    ALT_TYPE,
    opt("termsNote", TEXT),
    opt("estimatesTermsNote", TEXT),
    opt("title", Kind::Text(TITLE_BYTES)),
    opt("estimatesTitle", Kind::Text(TITLE_BYTES)),
    opt("invoiceNumberPrefix", Kind::Text(PREFIX_BYTES)),
    opt("estimateNumberPrefix", Kind::Text(PREFIX_BYTES)),
    opt("dueAfterXDays", Kind::Whole(0, MOST_DAYS)),
    opt("estimatesExpireAfterXDays", Kind::Whole(0, MOST_DAYS)),
    opt("minimumPercentagePartialPayment", Kind::Number(0, 100)),
    opt("customFields", Kind::List(&LINE, 3)),
    opt("customNotification", parts::NOTIFICATIONS),
    opt("businessDetails", Kind::Shape(BUSINESS)),
    opt("senderConfiguration", Kind::Shape(SENDER)),
    opt("productSettings", parts::PRODUCTS),
    opt("reminderSettings", parts::REMINDERS),
    opt("lateFeesConfiguration", Kind::Shape(LATE_FEES)),
    opt("tipsConfiguration", parts::TIPS),
    opt("paymentMethods", parts::PAYMENT_METHODS),
];

/// What create keeps as it came and every answer gives back, and what only an edit or a later deed brings.
pub const KEPT: &[&str] = &[
    "description",
    "xeroDetails",
    "lastVisitedAt",
    "termsNotes",
    "sentTo",
    "automaticTaxesEnabled",
    "paymentSchedule",
    "lateFeesConfiguration",
    "tipsConfiguration",
    "paymentMethods",
    "attachments",
    "miscellaneousCharges",
];

/// What an item keeps as it came and every answer gives back.
pub const ITEM_KEPT: &[&str] = &[
    "description",
    "productId",
    "priceId",
    "automaticTaxCategoryId",
    "isSetupFeeItem",
    "type",
    "taxInclusive",
];

/// List, in the query.
pub const LIST: &[Member] = &[
    ALT_ID,
    ALT_TYPE,
    filled("limit", Kind::Count(1, MOST_LISTED)),
    filled("offset", Kind::Count(0, FURTHEST_OFFSET)),
    opt("status", LINE),
    opt("startAt", Kind::Day),
    opt("endAt", Kind::Day),
    opt("search", LINE),
    opt("paymentMode", Kind::Word(&["default", "live", "test"])),
    opt("contactId", LINE),
    opt("sortField", Kind::Word(&["issueDate"])),
    opt("sortOrder", Kind::Word(&["ascend", "descend"])),
];

/// Send.
pub const SEND: &[Member] = &[
    ALT_ID,
    ALT_TYPE,
    filled("userId", LINE),
    must(
        "action",
        Kind::Word(&["sms_and_email", "send_manually", "email", "sms"]),
    ),
    must("liveMode", Kind::Flag),
    opt("sentFrom", Kind::Shape(SENDER)),
    opt("autoPayment", parts::AUTO_PAYMENT),
];

/// Record-payment.
pub const PAY: &[Member] = &[
    ALT_ID,
    ALT_TYPE,
    must(
        "mode",
        Kind::Word(&["cash", "card", "cheque", "bank_transfer", "other"]),
    ),
    opt("card", Kind::Shape(CARD)),
    opt("cheque", Kind::Shape(&[must("number", LINE)])),
    opt("notes", TEXT),
    opt("amount", Kind::Number(0, LARGEST)),
    opt("meta", Kind::Open),
    opt("paymentScheduleIds", LINES),
    opt("fulfilledAt", Kind::Moment),
];
