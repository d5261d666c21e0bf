//! The facade's commands about credit notes.

use jiff::civil::Date;
use quittance_accounting::content::Digest;
use quittance_accounting::identity::CreditNoteKey;
use quittance_accounting::issuing::Hold;
use quittance_accounting::plan::Receipt;
use quittance_accounting::rules::Rules;
use quittance_accounting::settling::Part;
use quittance_accounting::snapshot::Named;

use super::Books;
use crate::access::Verb;
use crate::command::{Command, Crediting};
use crate::extract;
use crate::failure::Failure;
use crate::input::{Context, CreditNoteEdit, CreditNoteInput, DeleteOptions, IdempotencyKey};
use crate::view::{CreditNoteDeleted, CreditNoteView, InvoiceView};
use crate::write::Done;

impl Books {
    /// Issues a credit note: it, and the invoices that it was applied to as they are now. With a key, a repeat of the same request
    /// answers the same credit note as it is now.
    pub async fn issue_credit_note(
        &self,
        context: &Context,
        rules: &'static Rules,
        input: CreditNoteInput,
        key: Option<IdempotencyKey>,
    ) -> Result<(CreditNoteView, Vec<InvoiceView>), Failure> {
        let content = self.seal(&input.content)?;
        let command = Crediting::Issue {
            id: self.draw_id(),
            input: Box::new(input),
            content,
            rules,
        };
        self.credit(context, command, key).await
    }

    /// Applies credit of a credit note to invoices, as of a day or today.
    pub async fn apply_credit(
        &self,
        context: &Context,
        rules: &'static Rules,
        note: Named,
        parts: Vec<(Named, Part)>,
        on: Option<Date>,
    ) -> Result<(CreditNoteView, Vec<InvoiceView>), Failure> {
        let command = Crediting::Apply { note, parts, on, rules };
        self.credit(context, command, None).await
    }

    /// Takes back what a credit note settles of an invoice, as of a day or today: it is the customer's credit again.
    pub async fn unapply_credit(
        &self,
        context: &Context,
        note: Named,
        invoice: Named,
        on: Option<Date>,
    ) -> Result<(CreditNoteView, Vec<InvoiceView>), Failure> {
        self.credit(context, Crediting::Unapply { note, invoice, on }, None)
            .await
    }

    /// Changes a credit note: its texts and numbers at any time, its figures while nothing of it was applied.
    pub async fn change_credit_note(
        &self,
        context: &Context,
        note: Named,
        edit: CreditNoteEdit,
    ) -> Result<CreditNoteView, Failure> {
        let content = self.seal(&edit.content)?;
        let edit = Box::new(edit);
        let command = Crediting::Change { note, edit, content };
        Ok(self.credit(context, command, None).await?.0)
    }

    /// Takes back that a credit note settles an invoice, as if it never had: the entries of that part are withdrawn.
    pub async fn withdraw_credit(
        &self,
        context: &Context,
        note: Named,
        invoice: Named,
    ) -> Result<(CreditNoteView, Vec<InvoiceView>), Failure> {
        self.credit(context, Crediting::Withdraw { note, invoice }, None).await
    }

    /// Takes the void of a credit note back: its credit is the customer's again.
    pub async fn reopen_credit_note(&self, context: &Context, note: Named) -> Result<CreditNoteView, Failure> {
        Ok(self.credit(context, Crediting::Reopen { note }, None).await?.0)
    }

    /// Voids a credit note as of a day or today: mirror entries, and it stays visible.
    pub async fn void_credit_note(
        &self,
        context: &Context,
        note: Named,
        on: Option<Date>,
    ) -> Result<(CreditNoteView, Vec<InvoiceView>), Failure> {
        self.credit(context, Crediting::Void { note, on }, None).await
    }

    /// Puts a credit note on hold through a day, releases it, or marks it as handed over; why stands among its texts.
    pub async fn hold_credit_note(
        &self,
        context: &Context,
        note: Named,
        hold: Hold,
        handed_over: bool,
        reason: Option<String>,
    ) -> Result<CreditNoteView, Failure> {
        let command = Crediting::Hold {
            note,
            hold,
            handed_over,
            reason,
            salt: self.draw_hex(16),
        };
        Ok(self.credit(context, command, None).await?.0)
    }

    /// Deletes a credit note: everything of it is withdrawn, and what it settled is open again.
    pub async fn delete_credit_note(
        &self,
        context: &Context,
        rules: &'static Rules,
        note: Named,
        options: DeleteOptions,
    ) -> Result<CreditNoteDeleted, Failure> {
        let command = Crediting::Delete { note, options, rules };
        let done = self.act(context, Verb::Post, Command::Credit(command)).await?;
        let before = credited(&done)?;
        Ok(CreditNoteDeleted {
            before,
            receipt: done.receipt.ok_or(Failure::Unavailable)?,
            seal: done.seal,
            at: done.at,
            book: done.view.ok_or(Failure::Unavailable)?,
        })
    }

    /// Plans the deletion of a credit note: what it would do, and the digest of the plan.
    pub async fn plan_credit_note_deletion(
        &self,
        context: &Context,
        rules: &'static Rules,
        note: Named,
    ) -> Result<(Receipt, Digest), Failure> {
        let options = DeleteOptions::default();
        let command = Command::Credit(Crediting::Delete { note, options, rules });
        let done = self.send(context, Verb::Post, command, None, true).await?;
        done.receipt.zip(done.plan_digest).ok_or(Failure::Unavailable)
    }

    /// Restores a deleted credit note that had settled nothing, with the same number, lines and texts.
    pub async fn restore_credit_note(&self, context: &Context, note: Named) -> Result<CreditNoteView, Failure> {
        Ok(self.credit(context, Crediting::Restore { note }, None).await?.0)
    }

    async fn credit(
        &self,
        context: &Context,
        command: Crediting,
        key: Option<IdempotencyKey>,
    ) -> Result<(CreditNoteView, Vec<InvoiceView>), Failure> {
        let done = self
            .send(context, Verb::Post, Command::Credit(command), key, false)
            .await?;
        Ok((credited(&done)?, self.touched(&done)?))
    }
}

fn credited(done: &Done) -> Result<CreditNoteView, Failure> {
    let key = CreditNoteKey(done.subject.number);
    extract::credit_note(&done.extract.snapshot(), key).ok_or(Failure::Unavailable)
}
