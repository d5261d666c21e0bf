//! Parts of requests that have no meaning for the figures: how an invoice is paid by instalments, by which methods, with which tips and
//! charges, what is attached, and what the settings say of messages.
//!
//! They are kept as they came, so they must be what the vendor's specification says: whoever reads them back relies on it.
//! Where it types a list as texts and the product sends objects, anything may stand in the list.

use super::super::super::manners::MOST_MEMBERS;
use super::super::shape::{Kind, Member, must, opt};
use super::{ANYTHING, CARD, LARGEST, LINE, TEXT};

const AMOUNT: Kind = Kind::Number(0, LARGEST);

/// Instalments.
pub const PAYMENT_SCHEDULE: Kind = Kind::Shape(&[
    must("type", Kind::Word(&["fixed", "percentage"])),
    must("schedules", ANYTHING),
]);

/// Tips that are suggested to the payer.
pub const TIPS: Kind = Kind::Shape(&[must("tipsPercentage", ANYTHING), must("tipsEnabled", Kind::Flag)]);

/// Methods of payment.
pub const PAYMENT_METHODS: Kind =
    Kind::Shape(&[must("stripe", Kind::Shape(&[must("enableBankDebitOnly", Kind::Flag)]))]);

/// Charges beside the items.
pub const CHARGES: Kind = Kind::Shape(&[
    must("charges", ANYTHING),
    opt("collectedMiscellaneousCharges", AMOUNT),
    opt(
        "paidCharges",
        Kind::List(
            &Kind::Shape(&[
                must("name", LINE),
                must("charge", AMOUNT),
                must("amount", AMOUNT),
                must("_id", LINE),
            ]),
            MOST_MEMBERS,
        ),
    ),
]);

/// Files that go with an invoice: what they are called and where they are.
pub const ATTACHMENTS: Kind = Kind::List(
    &Kind::Shape(&[
        must("id", LINE),
        must("name", LINE),
        must("url", LINE),
        must("type", LINE),
        must("size", AMOUNT),
    ]),
    MOST_MEMBERS,
);

const BANK: &[Member] = &[must("bank_name", LINE), must("last4", LINE)];
const SEPA: &[Member] = &[must("bank_code", LINE), must("last4", LINE), must("branch_code", LINE)];
const BACS: &[Member] = &[must("sort_code", LINE), must("last4", LINE)];
const BECS: &[Member] = &[must("bsb_number", LINE), must("last4", LINE)];

/// How an invoice, or those of a schedule, would be paid by themselves.
pub const AUTO_PAYMENT: Kind = Kind::Shape(&[
    must("enable", Kind::Flag),
    opt("type", LINE),
    opt("paymentMethodId", LINE),
    opt("customerId", LINE),
    opt("card", Kind::Shape(CARD)),
    opt("usBankAccount", Kind::Shape(BANK)),
    opt("sepaDirectDebit", Kind::Shape(SEPA)),
    opt("bacsDirectDebit", Kind::Shape(BACS)),
    opt("becsDirectDebit", Kind::Shape(BECS)),
    opt("cardId", LINE),
    opt("provider", Kind::Open),
]);

const MESSAGE: Kind = Kind::Shape(&[
    must("enabled", Kind::Flag),
    must("emailTemplate", TEXT),
    must("smsTemplate", TEXT),
    opt("fromName", LINE),
    opt("fromEmail", LINE),
    opt("emailSubject", LINE),
    opt("defaultEmailTemplateId", LINE),
]);

/// Which messages the product sends, and how they read.
pub const NOTIFICATIONS: Kind = Kind::Shape(&[
    must("customerSendInvoice", MESSAGE),
    must("teamPaymentSuccess", MESSAGE),
    must("customerPaymentSuccess", MESSAGE),
    must("teamAutoPaymentSuccess", MESSAGE),
    must("customerAutoPaymentSuccess", MESSAGE),
    must("teamPaymentFailure", MESSAGE),
    must("customerPaymentFailure", MESSAGE),
    must("teamAutoPaymentFailure", MESSAGE),
    must("customerAutoPaymentFailure", MESSAGE),
    must("customerAutoPaymentInfo", MESSAGE),
    must("customerAutoPaymentAmountChanged", MESSAGE),
    must("teamAutoPaymentSkip", MESSAGE),
    must("teamRecurringSendInvoiceFailed", MESSAGE),
    must("customerSendEstimate", MESSAGE),
    must("teamEstimateAccepted", MESSAGE),
    must("teamEstimateDeclined", MESSAGE),
]);

/// What the product shows of products.
pub const PRODUCTS: Kind = Kind::Shape(&[
    opt("enableImportProductDescription", Kind::Flag),
    opt("descriptionOptional", Kind::Flag),
]);

/// The most that counts times and numbers of reminders.
const MOST_REMINDERS: i64 = 1_000;

const REMINDER: Kind = Kind::Shape(&[
    must("enabled", Kind::Flag),
    must("emailTemplate", TEXT),
    must("smsTemplate", TEXT),
    must("emailSubject", LINE),
    must("reminderId", LINE),
    must("reminderName", LINE),
    must("reminderTime", Kind::Word(&["before", "after"])),
    must(
        "intervalType",
        Kind::Word(&["yearly", "monthly", "weekly", "daily", "hourly", "minutely", "secondly"]),
    ),
    must("maxReminders", Kind::Number(0, MOST_REMINDERS)),
    must(
        "reminderInvoiceCondition",
        Kind::Word(&["invoice_sent", "invoice_overdue"]),
    ),
    must("reminderNumber", Kind::Number(0, MOST_REMINDERS)),
    opt("startTime", LINE),
    opt("endTime", LINE),
    opt("timezone", LINE),
]);

/// When the product reminds of an invoice.
pub const REMINDERS: Kind = Kind::Shape(&[
    must("defaultEmailTemplateId", LINE),
    must("reminders", Kind::List(&REMINDER, MOST_MEMBERS)),
]);
