//! The facade's commands about what settles invoices, after it was recorded.

use jiff::civil::Date;
use quittance_accounting::identity::{InvoiceKey, PaymentKey, RefundKey, WriteOffKey};
use quittance_accounting::money::Amount;
use quittance_accounting::refusal::{Refusal, Refusals};
use quittance_accounting::rules::Rules;
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::Named;

use super::Books;
use crate::access::Verb;
use crate::command::{Command, Settlement};
use crate::extract;
use crate::failure::Failure;
use crate::input::{ConfirmationInput, Context, PaymentEdit};
use crate::view::{InvoiceView, PaymentView, RefundView, Seal, WriteOffView};
use crate::write::Done;

impl Books {
    /// Allocates unapplied money of a payment to invoices, as of a day or today: the payment, and the invoices as they are now.
    pub async fn allocate_payment(
        &self,
        context: &Context,
        rules: &'static Rules,
        payment: Named,
        parts: Vec<(Named, Part)>,
        on: Option<Date>,
    ) -> Result<(PaymentView, Vec<InvoiceView>), Failure> {
        let command = Settlement::Allocate {
            payment,
            parts,
            on,
            rules,
        };
        self.act_on_payment(context, command).await
    }

    /// Frees what a payment settles of an invoice, as of a day or today: the money is unapplied.
    pub async fn unallocate_payment(
        &self,
        context: &Context,
        payment: Named,
        invoice: Named,
        on: Option<Date>,
    ) -> Result<(PaymentView, Vec<InvoiceView>), Failure> {
        self.act_on_payment(context, Settlement::Unallocate { payment, invoice, on })
            .await
    }

    /// Changes a payment: what is posted is recorded anew, under the same id.
    pub async fn change_payment(
        &self,
        context: &Context,
        rules: &'static Rules,
        payment: Named,
        edit: PaymentEdit,
    ) -> Result<(PaymentView, Vec<InvoiceView>), Failure> {
        let content = self.seal(&edit.content)?;
        let edit = Box::new(edit);
        let command = Settlement::Change {
            payment,
            edit,
            content,
            rules,
        };
        self.act_on_payment(context, command).await
    }

    /// Voids a payment as of a day or today: mirror entries, and the payment stays visible.
    pub async fn void_payment(
        &self,
        context: &Context,
        payment: Named,
        on: Option<Date>,
    ) -> Result<(PaymentView, Vec<InvoiceView>), Failure> {
        self.act_on_payment(context, Settlement::Void { payment, on }).await
    }

    /// Deletes a payment: its entries are withdrawn. Answers the payment as it was, and the invoices as they are now.
    pub async fn delete_payment(
        &self,
        context: &Context,
        payment: Named,
    ) -> Result<(PaymentView, Vec<InvoiceView>), Failure> {
        self.act_on_payment(context, Settlement::Delete { payment }).await
    }

    /// Deletes what a payment has beyond what it settled from the beginning, as if that had never come; a payment of which nothing is
    /// left goes. Answers where the log has it.
    pub async fn delete_unapplied(&self, context: &Context, payment: Named) -> Result<Seal, Failure> {
        let done = self.settle(context, Settlement::DeleteUnapplied { payment }).await?;
        Ok(done.seal)
    }

    /// Notes that a provider collects money for an invoice: all that is open unless it says how much.
    pub async fn begin_payment(
        &self,
        context: &Context,
        invoice: Named,
        amount: Option<Amount>,
    ) -> Result<InvoiceView, Failure> {
        let command = Command::Settlement(Settlement::Begin { invoice, amount });
        self.act_on_invoice(context, Verb::Post, command).await
    }

    /// Notes that what a provider collected did not come: all that is pending unless it says how much.
    pub async fn fail_payment(
        &self,
        context: &Context,
        invoice: Named,
        amount: Option<Amount>,
    ) -> Result<InvoiceView, Failure> {
        let command = Command::Settlement(Settlement::Fail { invoice, amount });
        self.act_on_invoice(context, Verb::Post, command).await
    }

    /// Takes in that money came: the payment, and the invoice as it is now if it was live. A fact that is known already, by its
    /// external id, is answered with the payment that it became.
    pub async fn confirm_payment(
        &self,
        context: &Context,
        input: ConfirmationInput,
    ) -> Result<(PaymentView, Vec<InvoiceView>), Failure> {
        let content = self.seal(&input.content)?;
        let id = self.draw_id();
        let known = input.external_id.clone().map(Named::External);
        let input = Box::new(input);
        let taken = self
            .act_on_payment(context, Settlement::Confirm { id, input, content })
            .await;
        match (taken, known) {
            (Err(Failure::Refused(refusals)), Some(known)) if says_known(&refusals) => {
                let payment = self.payment(context.actor.book, &known).await?;
                Ok((payment.ok_or(Failure::Refused(refusals))?, Vec::new()))
            }
            (taken, _) => taken,
        }
    }

    /// Deletes a refund: its entry is withdrawn. Answers the refund as it was, and its invoice as it is now, if it has one.
    pub async fn delete_refund(
        &self,
        context: &Context,
        refund: Named,
    ) -> Result<(RefundView, Option<InvoiceView>), Failure> {
        let done = self.settle(context, Settlement::DeleteRefund { refund }).await?;
        let before = done.subject_snapshot();
        let key = RefundKey(done.subject.number);
        let refund = before.tables().refunds.get(&key).ok_or(Failure::Unavailable)?;
        let shown = extract::refund(&before, refund);
        Ok((shown, self.touched(&done)?.pop()))
    }

    /// Takes a write-off back: its entry is withdrawn. Answers the write-off as it was, and its invoice as it is now.
    pub async fn delete_write_off(
        &self,
        context: &Context,
        write_off: Named,
    ) -> Result<(WriteOffView, InvoiceView), Failure> {
        let done = self.settle(context, Settlement::DeleteWriteOff { write_off }).await?;
        let before = done.subject_snapshot();
        let key = WriteOffKey(done.subject.number);
        let write_off = before.tables().write_offs.get(&key).ok_or(Failure::Unavailable)?;
        let shown = extract::write_off(&before, write_off);
        let invoice = self.touched(&done)?.pop().ok_or(Failure::Unavailable)?;
        Ok((shown, invoice))
    }

    async fn settle(&self, context: &Context, command: Settlement) -> Result<Done, Failure> {
        self.act(context, Verb::Post, Command::Settlement(command)).await
    }

    async fn act_on_payment(
        &self,
        context: &Context,
        command: Settlement,
    ) -> Result<(PaymentView, Vec<InvoiceView>), Failure> {
        let done = self.settle(context, command).await?;
        let payment = extract::payment(&done.subject_snapshot(), PaymentKey(done.subject.number));
        Ok((payment.ok_or(Failure::Unavailable)?, self.touched(&done)?))
    }

    /// The invoices that a command changed, as they are now.
    pub(crate) fn touched(&self, done: &Done) -> Result<Vec<InvoiceView>, Failure> {
        let snapshot = done.extract.snapshot();
        let keys: Vec<InvoiceKey> = done.invoices.clone();
        keys.into_iter()
            .map(|key| self.invoice_view(done, &snapshot, key))
            .collect()
    }
}

fn says_known(refusals: &Refusals) -> bool {
    matches!(refusals.first(), Refusal::ExternalIdTaken { .. })
}
