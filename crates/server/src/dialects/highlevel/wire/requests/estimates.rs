//! Estimates and their templates.

use quittance_accounting::invoice::MOST_LINES;

use super::super::super::manners::{FURTHEST_OFFSET, MOST_LISTED, PREFIX_BYTES, TITLE_BYTES};
use super::super::shape::{Kind, Member, filled, must, opt};
use super::stored::SCHEDULE_OPTIONS;
use super::{ALT_ID, ALT_TYPE, BUSINESS, CONTACT, DISCOUNT, KNOWN_ITEM, LINE, SENDER, SENT_TO, TEXT, joined, parts};

/// The largest number of an estimate that a client brings: every JSON reader keeps it.
const LARGEST_NUMBER: i64 = 999_999_999_999_999;

const ITEM: &[Member] = &joined::<14>(KNOWN_ITEM, &[opt("attachments", parts::ATTACHMENTS)]);

const FREQUENCY: &[Member] = &[
    must("enabled", Kind::Flag),
    opt("schedule", Kind::Shape(SCHEDULE_OPTIONS)),
];

/// An estimate, sent.
pub const SEND: &[Member] = &[
    ALT_ID,
    ALT_TYPE,
    must(
        "action",
        Kind::Word(&["sms_and_email", "send_manually", "email", "sms"]),
    ),
    must("liveMode", Kind::Flag),
    filled("userId", LINE),
    opt("sentFrom", Kind::Shape(SENDER)),
    opt("estimateName", LINE),
];

/// An estimate, made: what its template says, and more.
pub const CREATE: &[Member] = &joined::<{ TEMPLATE.len() + 9 }>(
    TEMPLATE,
    &[
        must("contactDetails", Kind::Shape(CONTACT)),
        opt("estimateNumber", Kind::Whole(1, LARGEST_NUMBER)),
        opt("issueDate", Kind::Day),
        opt("expiryDate", Kind::Day),
        opt("sentTo", Kind::Shape(SENT_TO)),
        must("frequencySettings", Kind::Shape(FREQUENCY)),
        opt("userId", LINE),
        opt(
            "autoInvoice",
            Kind::Shape(&[must("enabled", Kind::Flag), opt("directPayments", Kind::Flag)]),
        ),
        opt("paymentScheduleConfig", Kind::Open),
    ],
);

/// An estimate, changed: the same, and where it stands.
pub const UPDATE: &[Member] = &joined::<{ CREATE.len() + 1 }>(
    CREATE,
    &[opt(
        "estimateStatus",
        Kind::Word(&["draft", "sent", "viewed", "accepted", "declined"]),
    )],
);

/// An estimate, made an invoice.
pub const INVOICE: &[Member] = &[
    ALT_ID,
    ALT_TYPE,
    must("markAsInvoiced", Kind::Flag),
    opt("version", Kind::Word(&["v1", "v2"])),
];

/// A list of estimates, in the query.
pub const LIST: &[Member] = &[
    ALT_ID,
    ALT_TYPE,
    filled("limit", Kind::Count(1, MOST_LISTED)),
    filled("offset", Kind::Count(0, FURTHEST_OFFSET)),
    opt("startAt", Kind::Day),
    opt("endAt", Kind::Day),
    opt("search", LINE),
    opt(
        "status",
        Kind::Word(&["all", "draft", "sent", "accepted", "declined", "invoiced", "viewed"]),
    ),
    opt("contactId", LINE),
];

/// Somebody looked at an estimate.
pub const VISITED: &[Member] = &[
    filled("estimateId", LINE),
    opt("altId", LINE),
    opt("altType", Kind::Word(&["location"])),
];

/// A template of estimates.
pub const TEMPLATE: &[Member] = &[
    ALT_ID,
    ALT_TYPE,
    filled("name", LINE),
    must("businessDetails", Kind::Shape(BUSINESS)),
    filled("currency", LINE),
    filled("items", Kind::List(&Kind::Shape(ITEM), MOST_LINES)),
    opt("liveMode", Kind::Flag),
    must("discount", Kind::Shape(DISCOUNT)),
    opt("termsNotes", TEXT),
    opt("title", Kind::Text(TITLE_BYTES)),
    opt("automaticTaxesEnabled", Kind::Flag),
    opt("meta", Kind::Open),
    opt("sendEstimateDetails", Kind::Shape(SEND)),
    opt("estimateNumberPrefix", Kind::Text(PREFIX_BYTES)),
    opt("attachments", parts::ATTACHMENTS),
    opt("miscellaneousCharges", parts::CHARGES),
];

/// A list of templates of estimates, in the query.
pub const LIST_TEMPLATES: &[Member] = &[
    ALT_ID,
    ALT_TYPE,
    filled("limit", Kind::Count(1, MOST_LISTED)),
    filled("offset", Kind::Count(0, FURTHEST_OFFSET)),
    opt("search", LINE),
];

/// A template of estimates, looked at, in the query.
pub const PREVIEW: &[Member] = &[ALT_ID, ALT_TYPE, filled("templateId", LINE)];
