//! The rates that a book keeps, from the command line. Deliberately absent: asking anybody for rates.

use clap::Subcommand;
use jiff::civil::Date;
use quittance_accounting::exchange::KeptRate;
use quittance_books::Books;

use super::CommandError;
use super::arriving::{currency_of, rate_of};
use super::chores::context;

/// How many rates are read at once.
const PAGE: i64 = 500;

/// `quittance rate ...`
#[derive(Debug, Subcommand)]
pub(super) enum RateCommand {
    /// Keep the rate of a currency from a day on, until the next that is kept; what took another stays as it is
    Set {
        /// The book's slot
        #[arg(long, default_value_t = 1)]
        book: i64,
        /// The currency, such as EUR
        currency: String,
        /// How many units of the book's currency one unit of it is, such as 1.0825
        rate: String,
        /// The first day that it holds on, as YYYY-MM-DD
        #[arg(long, value_name = "DAY")]
        from: Date,
    },
    /// List the rates: currency, first day, rate
    List {
        /// The book's slot
        #[arg(long, default_value_t = 1)]
        book: i64,
    },
}

fn say(kept: &KeptRate) {
    println!("{} {} {}", kept.currency, kept.day, kept.rate.decimal());
}

pub(super) async fn rate(books: &Books, command: RateCommand) -> Result<(), CommandError> {
    match command {
        RateCommand::Set {
            book,
            currency,
            rate,
            from,
        } => {
            let kept = KeptRate {
                currency: currency_of(&currency)?,
                day: from,
                rate: rate_of(&rate)?,
            };
            books.keep_rate(&context(books, book).await?, kept).await?;
            say(&kept);
        }
        RateCommand::List { book } => {
            let book = context(books, book).await?.actor.book;
            let mut offset = 0;
            loop {
                let page = books.rates(book, offset, PAGE).await?;
                page.iter().for_each(say);
                offset += PAGE;
                if (page.len() as i64) < PAGE {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}
