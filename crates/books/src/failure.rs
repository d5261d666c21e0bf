//! How a use case ends other than well.

use quittance_accounting::refusal::{Flaw, LedgerRefusal, Refusal, Refusals};
use quittance_store::StoreError;

use crate::access::Verb;
use crate::view::BookView;

/// How a use case ends other than well. A dialect renders every variant.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The command is refused, for these reasons.
    Refused(Refusals),
    /// The actor's role does not allow the verb.
    Forbidden(Verb),
    /// The texts are longer than [`crate::content::MOST_CONTENT_BYTES`].
    ContentTooLong {
        /// How long they are.
        bytes: usize,
    },
    /// The server is closing down or has more waiting than it will hold; the command was not carried out.
    Unavailable,
    /// The store failed; the command was not carried out, or its commit is in doubt and the log will tell.
    Store(StoreError),
    /// Records contradict themselves; nothing was changed.
    Flawed(Flaw),
}

impl Failure {
    /// Whether somebody else changed the document between a client's look at it and this edit: trying again may do.
    pub fn is_outrun(&self) -> bool {
        matches!(self, Failure::Refused(refusals)
            if refusals.iter().any(|refusal| matches!(refusal, Refusal::RevisionMoved { .. } | Refusal::PlanMoved)))
    }

    /// Whether an account has a number or a stable name that none had in the chart that a client looked at: somebody else took it
    /// meanwhile, and trying again from the chart as it is may do.
    pub fn is_taken_since(&self, seen: &BookView) -> bool {
        let Failure::Refused(refusals) = self else {
            return false;
        };
        let was_free = |name: &str| {
            let mut accounts = seen.accounts.iter();
            accounts.all(|account| account.code != name && account.stable_name != name)
        };
        refusals.iter().any(|refusal| {
            matches!(refusal, Refusal::Ledger(LedgerRefusal::AccountTaken { reference }) if was_free(reference))
        })
    }
}

impl From<Refusals> for Failure {
    fn from(refusals: Refusals) -> Failure {
        Failure::Refused(refusals)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::Store(error)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        Failure::Refused(refusal.into())
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Refused(refusals) => write!(f, "refused: {:?}", refusals.first()),
            Failure::Forbidden(verb) => write!(f, "the role does not allow to {verb:?}"),
            Failure::ContentTooLong { bytes } => write!(f, "texts of {bytes} bytes are too long"),
            Failure::Unavailable => f.write_str("the server takes no more commands"),
            Failure::Store(error) => write!(f, "{error}"),
            Failure::Flawed(flaw) => write!(f, "the books contradict themselves: {flaw:?}"),
        }
    }
}

impl std::error::Error for Failure {}
