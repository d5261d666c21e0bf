//! Logs that were rewritten, cut or put out of order.

use quittance_accounting::content::Digest;
use quittance_accounting::plan::EventKind;
use quittance_books::Event;
use quittance_books::verify::{LogFlaw, ReceiptPart, RowFlaw, VerifyFlaw};
use quittance_store::beside::EVENT;
use quittance_store::engine::tamper;

use crate::setup::*;
use crate::tamper::{Original, copy_file};

/// Writes events over those in the copy, chained and hashed anew, and the head to match.
pub fn rewrite(original: &Original, mut events: Vec<Event>) {
    let mut prev = Digest::default();
    let mut statements = vec!["delete from event where book = 1".to_owned()];
    let text = |text: &str| format!("'{}'", text.replace('\'', "''"));
    for event in &mut events {
        event.prev_hash = prev;
        event.hash = event.computed_hash();
        prev = event.hash;
        let cells: Vec<String> = quittance_store::beside::event_cells(event)
            .into_iter()
            .map(|cell| match cell {
                quittance_store::field::Cell::Null => "null".to_owned(),
                quittance_store::field::Cell::Int(number) => number.to_string(),
                quittance_store::field::Cell::Text(words) => text(&words),
            })
            .collect();
        statements.push(format!("insert into event values (1, {})", cells.join(", ")));
    }
    let last = events.last().unwrap();
    statements.push(format!(
        "update head set seq = {}, hash = '{}', recorded_at = (select recorded_at from event where book = 1 and seq = {}) \
         where book = 1",
        last.seq,
        last.hash.hex(),
        last.seq
    ));
    let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
    original.changed(&statements);
}

#[test]
fn a_log_that_was_rewritten_is_found_by_what_was_noted() {
    let original = Original::new();
    let events = original.events();
    let noted = events.last().map(|last| (last.seq, last.hash)).unwrap();
    rewrite(&original, events.clone());
    assert_eq!(original.verify(Some(noted)).flaws, []);
    let sealed = events.iter().rposition(|event| event.kind == EventKind::PeriodSealed);
    for at in [0, sealed.unwrap() + 1, events.len() - 1] {
        let mut forged = events.clone();
        forged[at].actor = "somebody else".to_owned();
        rewrite(&original, forged);
        let inside = original.verify(None).flaws;
        if at == 0 {
            let differs = |flaw: &VerifyFlaw| matches!(flaw, VerifyFlaw::Log(LogFlaw::SealDiffers { .. }));
            assert!(
                !inside.is_empty() && inside.iter().all(differs),
                "seals name the log before them: {inside:?}"
            );
        } else {
            assert_eq!(inside, [], "nothing inside the file tells");
        }
        let found = original.verify(Some(noted)).flaws;
        let is_told = |flaw: &VerifyFlaw| matches!(flaw, VerifyFlaw::Log(LogFlaw::ExpectedDiffers { seq, .. }) if *seq == noted.0);
        assert!(found.iter().any(is_told), "{found:?}");
    }
}

#[test]
fn a_log_that_was_rewritten_no_longer_agrees_with_the_rows() {
    let original = Original::new();
    let events = original.events();
    let deleted = events
        .iter()
        .position(|event| event.kind == EventKind::InvoiceDeleted)
        .unwrap();
    let mut forged = events.clone();
    let at = forged[deleted].body.find("\"balances\":[[").unwrap() + "\"balances\":[[".len();
    forged[deleted].body.insert(at, '1');
    rewrite(&original, forged);
    let first = original.verify(None).flaws.remove(0);
    let VerifyFlaw::Log(LogFlaw::ReceiptDiffers { seq, part }) = first else {
        panic!("{first:?}");
    };
    assert_eq!(seq, events[deleted].seq);
    assert!(matches!(part, ReceiptPart::Balance { .. }), "{part:?}");

    let mut forged = events.clone();
    forged[deleted].body = "{\"changes\":[]}".to_owned();
    rewrite(&original, forged);
    let first = original.verify(None).flaws.remove(0);
    assert!(
        matches!(
            first,
            VerifyFlaw::Log(LogFlaw::ReceiptDiffers {
                part: ReceiptPart::All,
                ..
            })
        ),
        "{first:?}"
    );

    let mut forged = events;
    forged[deleted].body = "{}".to_owned();
    rewrite(&original, forged);
    let verdict = original.verify(None);
    assert!(
        matches!(verdict.flaws[0], VerifyFlaw::Log(LogFlaw::BodyUnreadable { .. })),
        "{:?}",
        verdict.flaws
    );
    assert_eq!(verdict.rows, 0, "there is nothing to compare the rows with");
}

#[test]
fn a_tail_that_was_cut_off_is_found_by_what_was_noted() {
    let (_directory, path) = file();
    let bench = Bench::in_file(&path, 0);
    run(bench
        .books
        .create_invoice(&bench.context(), &LAYER, invoice("a", true), None))
    .unwrap();
    tamper(&path, &["pragma wal_checkpoint(full)"]).unwrap();
    let before = path.with_file_name("before.db");
    copy_file(&path, &before);
    let early = bench.verified();
    run(bench
        .books
        .create_invoice(&bench.context(), &LAYER, invoice("b", true), None))
    .unwrap();
    let late = bench.verified();
    let older = open(&before, &bench.clock, 1);
    let check = |noted| run(older.verify(bench.book, noted, |_, _| {})).unwrap().flaws;
    assert_eq!(check(None), [], "the whole file is from before");
    assert_eq!(check(Some((early.seq, early.hash))), []);
    let missing: VerifyFlaw = LogFlaw::ExpectedMissing {
        seq: late.seq,
        last: early.seq,
    }
    .into();
    assert_eq!(check(Some((late.seq, late.hash))), [missing]);

    let original = Original::new();
    let events = original.events();
    let noted = events.last().map(|last| (last.seq, last.hash)).unwrap();
    rewrite(&original, events[..events.len() - 2].to_vec());
    let first = original.verify(Some(noted)).flaws.remove(0);
    assert!(
        matches!(first, VerifyFlaw::Log(LogFlaw::ExpectedMissing { .. })),
        "{first:?}"
    );
    assert!(!original.verify(None).is_clean(), "the rows are those of the whole log");
}

#[test]
fn events_that_are_gone_too_many_or_out_of_time() {
    let original = Original::new();
    let events = original.events();
    let middle = events.len() as i64 / 2;
    let first = original.first_flaw(&format!("delete from event where book = 1 and seq = {middle}"));
    let gap: VerifyFlaw = LogFlaw::EventMissing {
        seq: middle,
        found: middle + 1,
    }
    .into();
    assert_eq!(first, gap);
    let last = events.len() as i64;
    let first = original.first_flaw(&format!("delete from event where book = 1 and seq = {last}"));
    assert!(
        matches!(&first, VerifyFlaw::Rows(RowFlaw::HeadDiffers { column: "seq", .. })),
        "{first:?}"
    );
    for seq in [-3, 0, last + 1, last + 5] {
        let columns = EVENT.columns[1..].join(", ");
        let first = original.first_flaw(&format!(
            "insert into event select book, {seq}, {columns} from event where book = 1 and seq = 1"
        ));
        let found = first.seq().unwrap();
        assert!(found == seq || found == last + 1 || found == 1, "{seq}: {first:?}");
    }
    let mut forged = events.clone();
    let second = jiff::SignedDuration::from_secs(1);
    let at = middle as usize;
    forged[at].recorded_at = forged[at - 1].recorded_at.checked_sub(second).unwrap();
    rewrite(&original, forged);
    let first = original.verify(None).flaws.remove(0);
    assert!(
        matches!(first, VerifyFlaw::Log(LogFlaw::TimeBackwards { seq, .. }) if seq == middle + 1),
        "{first:?}"
    );
}
