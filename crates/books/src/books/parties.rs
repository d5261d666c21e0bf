//! The facade's commands about customers and products that are there.

use quittance_accounting::keeping::{CustomerChange, ProductChange};
use quittance_accounting::snapshot::Named;

use super::Books;
use crate::access::Verb;
use crate::command::Command;
use crate::extract;
use crate::failure::Failure;
use crate::input::{Context, CustomerEdit, ProductEdit};
use crate::view::{CustomerView, ProductView};

impl Books {
    /// Changes a customer: all that it says is replaced. Its documents show the new texts.
    pub async fn change_customer(
        &self,
        context: &Context,
        named: Named,
        edit: CustomerEdit,
    ) -> Result<CustomerView, Failure> {
        let change = CustomerChange {
            seen: edit.seen,
            external_id: edit.external_id,
            archived: edit.archived,
            content: self.seal(&edit.content)?,
        };
        let command = Command::ChangeCustomer { named, change };
        let done = self.act(context, Verb::WriteDraft, command).await?;
        extract::customer(&done.extract.snapshot(), &Named::Key(done.subject.number)).ok_or(Failure::Unavailable)
    }

    /// Changes a product: the account of lines that name it from now on, and its texts.
    pub async fn change_product(
        &self,
        context: &Context,
        named: Named,
        edit: ProductEdit,
    ) -> Result<ProductView, Failure> {
        let change = ProductChange {
            seen: edit.seen,
            account: edit.product.account,
            content: self.seal(&edit.product.content)?,
        };
        let command = Command::ChangeProduct { named, change };
        let done = self.act(context, Verb::WriteDraft, command).await?;
        extract::product(&done.extract.snapshot(), &Named::Key(done.subject.number)).ok_or(Failure::Unavailable)
    }
}
