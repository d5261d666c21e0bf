//! Whether what clients saw of one invoice can be told as one thing happening after the other.
//!
//! Wing and Gong's search: among the calls that had not returned before another one began, some order must exist in which a single
//! server, which does one thing at a time, would have answered each call as it was answered. What was tried already from the same
//! state with the same calls left is not tried again. Closing a period is a call on every invoice of the book.

use std::collections::HashSet;

/// The most calls in one history: they are kept as the bits of a number.
pub const MOST_CALLS: usize = 128;

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To record a payment of so many cents.
    Pay(i64),
    /// To delete it where payments are in the way.
    DeleteUnpaid,
    /// To delete it with all that hangs on it.
    DeleteAll,
    /// To show it.
    Read,
    /// To close the book through a day, as a number.
    Close(i64),
}

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It is done.
    Done,
    /// It is there and so many cents are paid of it.
    Paid(i64),
    /// There is no such invoice.
    Unknown,
    /// It cannot be done.
    Refused,
}

/// A call: from when to when, what, and what came of it.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// Before this instant nobody had begun it.
    pub began: u128,
    /// After this instant it was over.
    pub ended: u128,
    /// What was asked.
    pub asked: Asked,
    /// What was answered.
    pub answered: Answered,
}

/// An invoice as a single server knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// Its date, as a number.
    pub date: i64,
    /// Its total.
    pub total: i64,
    /// What is paid of it; `None` when it is deleted.
    pub paid: Option<i64>,
    /// Through which day the book is closed.
    pub closed: i64,
}

impl State {
    /// What a single server answers, and what it knows then.
    fn step(self, asked: Asked) -> (State, Answered) {
        let stays = |answered| (self, answered);
        let gone = State { paid: None, ..self };
        let open = self.date > self.closed;
        match (asked, self.paid) {
            (Asked::Close(day), _) if day > self.closed => (State { closed: day, ..self }, Answered::Done),
            (Asked::Close(_), _) => stays(Answered::Refused),
            (_, None) => stays(Answered::Unknown),
            (Asked::Read, Some(paid)) => stays(Answered::Paid(paid)),
            (Asked::Pay(cents), Some(paid)) if open && paid + cents <= self.total => {
                let paid = Some(paid + cents);
                (State { paid, ..self }, Answered::Done)
            }
            (Asked::DeleteUnpaid, Some(0)) | (Asked::DeleteAll, Some(_)) if open => (gone, Answered::Done),
            (Asked::Pay(_) | Asked::DeleteUnpaid | Asked::DeleteAll, Some(_)) => stays(Answered::Refused),
        }
    }
}

/// Finds an order in which every call was answered as a single server would have; the calls by their places, or nothing.
pub fn order(start: State, calls: &[Call]) -> Option<Vec<usize>> {
    assert!(calls.len() <= MOST_CALLS, "{} calls are too many", calls.len());
    let mut tried = HashSet::new();
    let mut order = Vec::with_capacity(calls.len());
    search(start, calls, 0, &mut order, &mut tried).then_some(order)
}

fn search(
    state: State,
    calls: &[Call],
    done: u128,
    order: &mut Vec<usize>,
    tried: &mut HashSet<(u128, State)>,
) -> bool {
    let left = || (0..calls.len()).filter(|place| done & (1 << place) == 0);
    // Whatever began after another call was over comes after it.
    let Some(first_end) = left().map(|place| calls[place].ended).min() else {
        return true;
    };
    for place in left().filter(|place| calls[*place].began <= first_end) {
        let (next, answered) = state.step(calls[place].asked);
        let now = done | (1 << place);
        if answered != calls[place].answered || !tried.insert((now, next)) {
            continue;
        }
        order.push(place);
        if search(next, calls, now, order, tried) {
            return true;
        }
        order.pop();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: State = State {
        date: 10,
        total: 1000,
        paid: Some(0),
        closed: 0,
    };

    fn call(began: u128, ended: u128, asked: Asked, answered: Answered) -> Call {
        Call {
            began,
            ended,
            asked,
            answered,
        }
    }

    #[test]
    fn what_a_single_server_would_have_answered_has_an_order() {
        use {Answered::*, Asked::*};
        let calls = [
            call(0, 10, Pay(400), Done),
            call(1, 9, DeleteUnpaid, Refused),
            call(2, 8, Read, Paid(0)),
            call(11, 12, Close(9), Done),
            call(13, 20, DeleteAll, Done),
            call(14, 21, Pay(400), Done),
            call(22, 23, Read, Unknown),
        ];
        assert_eq!(order(START, &calls), Some(vec![2, 0, 1, 3, 5, 4, 6]));
        assert_eq!(order(START, &[]), Some(vec![]));
    }

    #[test]
    fn what_none_would_have_answered_has_none() {
        use {Answered::*, Asked::*};
        let wrong: [&[Call]; 7] = [
            // Deleted and paid at once, where a paid one cannot be deleted.
            &[call(0, 9, Pay(400), Done), call(0, 9, DeleteUnpaid, Done)],
            // Two deletes of the same invoice both done.
            &[call(0, 9, DeleteAll, Done), call(0, 9, DeleteAll, Done)],
            // A read that is behind what was answered before it began.
            &[call(0, 1, Pay(400), Done), call(2, 3, Read, Paid(0))],
            // A payment that was answered and is lost.
            &[
                call(0, 1, Pay(400), Done),
                call(2, 3, Read, Paid(400)),
                call(4, 5, Read, Paid(0)),
            ],
            // A payment that was taken twice.
            &[call(0, 1, Pay(400), Done), call(2, 3, Read, Paid(800))],
            // More paid than there was to pay.
            &[call(0, 9, Pay(600), Done), call(0, 9, Pay(600), Done)],
            // Deleted in a closed period.
            &[call(0, 1, Close(10), Done), call(2, 3, DeleteAll, Done)],
        ];
        for calls in wrong {
            assert_eq!(order(START, calls), None, "{calls:?}");
        }
    }
}
