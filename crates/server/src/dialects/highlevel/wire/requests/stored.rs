//! Templates and schedules.

use quittance_accounting::invoice::MOST_LINES;

use super::super::super::manners::{FURTHEST_OFFSET, MOST_INTERVALS, MOST_LISTED, MOST_RECURRENCES, PREFIX_BYTES};
use super::super::shape::{Kind, Member, filled, must, opt};
use super::{ALT_ID, ALT_TYPE, BUSINESS, CONTACT, DISCOUNT, KNOWN_ITEM, LATE_FEES, LINE, TEXT, joined, parts};

/// A list of templates or schedules, in the query.
pub const LIST_STORED: &[Member] = &[
    ALT_ID,
    ALT_TYPE,
    filled("limit", Kind::Count(1, MOST_LISTED)),
    filled("offset", Kind::Count(0, FURTHEST_OFFSET)),
    opt("status", LINE),
    opt("startAt", Kind::Day),
    opt("endAt", Kind::Day),
    opt("search", LINE),
    opt("paymentMode", Kind::Word(&["default", "live", "test"])),
];

/// A template, made: what can be changed later, and what cannot.
pub const CREATE_TEMPLATE: &[Member] = &joined::<{ UPDATE_TEMPLATE.len() + 6 }>(
    UPDATE_TEMPLATE,
    &[
        opt("automaticTaxesEnabled", Kind::Flag),
        opt("tipsConfiguration", parts::TIPS),
        opt("lateFeesConfiguration", Kind::Shape(LATE_FEES)),
        opt("invoiceNumberPrefix", Kind::Text(PREFIX_BYTES)),
        opt("paymentMethods", parts::PAYMENT_METHODS),
        opt("attachments", parts::ATTACHMENTS),
    ],
);

/// A template, changed.
pub const UPDATE_TEMPLATE: &[Member] = &[
    ALT_ID,
    ALT_TYPE,
    opt("internal", Kind::Flag),
    filled("name", LINE),
    must("businessDetails", Kind::Shape(BUSINESS)),
    filled("currency", LINE),
    filled("items", Kind::List(&Kind::Shape(KNOWN_ITEM), MOST_LINES)),
    opt("discount", Kind::Shape(DISCOUNT)),
    opt("termsNotes", TEXT),
    opt("title", LINE),
    opt("miscellaneousCharges", parts::CHARGES),
];

/// The payment methods of a template.
pub const PAYMENT_METHODS_OF: &[Member] = &[ALT_ID, ALT_TYPE, opt("paymentMethods", parts::PAYMENT_METHODS)];

/// The months as the vendor writes them, from the first.
pub const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

const RRULE: &[Member] = &[
    must(
        "intervalType",
        Kind::Word(&["yearly", "monthly", "weekly", "daily", "hourly", "minutely", "secondly"]),
    ),
    must("interval", Kind::Whole(1, MOST_INTERVALS)),
    must("startDate", Kind::Day),
    opt("startTime", LINE),
    opt("endDate", Kind::Day),
    opt("endTime", LINE),
    opt("dayOfMonth", Kind::Whole(-1, 31)),
    opt("dayOfWeek", Kind::Word(&["mo", "tu", "we", "th", "fr", "sa", "su"])),
    opt("numOfWeek", Kind::Whole(-1, 4)),
    opt("monthOfYear", Kind::Word(&MONTHS)),
    opt("count", Kind::Whole(1, MOST_RECURRENCES)),
    opt("daysBefore", Kind::Whole(0, MOST_INTERVALS)),
    opt("useStartAsPrimaryUserAccepted", Kind::Flag),
    opt("endType", Kind::Word(&["after", "by", "count", "never"])),
];

pub(super) const SCHEDULE_OPTIONS: &[Member] = &[opt("executeAt", Kind::Instant), opt("rrule", Kind::Shape(RRULE))];

/// A schedule, made: what can be changed later, and what cannot.
pub const CREATE_SCHEDULE: &[Member] = &joined::<{ UPDATE_SCHEDULE.len() + 5 }>(
    UPDATE_SCHEDULE,
    &[
        opt("automaticTaxesEnabled", Kind::Flag),
        opt("tipsConfiguration", parts::TIPS),
        opt("lateFeesConfiguration", Kind::Shape(LATE_FEES)),
        opt("invoiceNumberPrefix", Kind::Text(PREFIX_BYTES)),
        opt("paymentMethods", parts::PAYMENT_METHODS),
    ],
);

/// A schedule, changed.
pub const UPDATE_SCHEDULE: &[Member] = &[
    ALT_ID,
    ALT_TYPE,
    filled("name", LINE),
    must("contactDetails", Kind::Shape(CONTACT)),
    must("schedule", Kind::Shape(SCHEDULE_OPTIONS)),
    must("liveMode", Kind::Flag),
    must("businessDetails", Kind::Shape(BUSINESS)),
    filled("currency", LINE),
    filled("items", Kind::List(&Kind::Shape(KNOWN_ITEM), MOST_LINES)),
    must("discount", Kind::Shape(DISCOUNT)),
    opt("termsNotes", TEXT),
    opt("title", LINE),
    opt("attachments", parts::ATTACHMENTS),
    opt("miscellaneousCharges", parts::CHARGES),
];

/// A schedule, started.
pub const START_SCHEDULE: &[Member] = &[
    ALT_ID,
    ALT_TYPE,
    must("liveMode", Kind::Flag),
    opt("autoPayment", parts::AUTO_PAYMENT),
];

/// How a schedule's invoices would be paid by themselves.
pub const AUTO_PAYMENT: &[Member] = &[
    ALT_ID,
    ALT_TYPE,
    filled("id", LINE),
    must("autoPayment", parts::AUTO_PAYMENT),
];
