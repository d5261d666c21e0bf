//! Tables, and the page that keeps the last of them.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use quittance_books::source::{Clock as _, SystemClock};

use crate::options::{Engine, Options};

/// Where the figures are kept, between these two marks; what stands around them is written by hand.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/benchmarks.md");
const MARKS: [&str; 2] = ["<!-- figures -->\n", "<!-- end of figures -->\n"];
const MARKS_OF_POSTGRES: [&str; 2] = [
    "<!-- figures of PostgreSQL -->\n",
    "<!-- end of figures of PostgreSQL -->\n",
];

/// The tables so far, printed as they come.
pub struct Report(String);

impl Report {
    /// Says when and on what.
    pub fn begin(options: &Options) -> Report {
        let mut report = Report(String::new());
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let today = SystemClock.now().strftime("%Y-%m-%d").to_string();
        let extent = if options.quick { "a quick run" } else { "a full run" };
        let plural = if cores == 1 { "" } else { "s" };
        report.say(&format!(
            "Measured on {today}: {cores} core{plural} ({}), {extent}.\n",
            std::env::consts::ARCH
        ));
        report
    }

    /// Starts a table.
    pub fn table(&mut self, title: &str, columns: &[&str]) {
        self.say(&format!(
            "\n### {title}\n\n| {} |\n|{}\n",
            columns.join(" | "),
            "---|".repeat(columns.len())
        ));
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<String>) {
        self.say(&format!("| {} |\n", cells.join(" | ")));
    }

    /// Keeps the tables if that was asked for.
    pub fn end(&self, options: &Options) {
        if !options.write {
            return;
        }
        let path = Path::new(PAGE);
        let page = std::fs::read_to_string(path).unwrap();
        let [begin, end] = match options.engine {
            Engine::Sqlite => MARKS,
            Engine::Postgres => MARKS_OF_POSTGRES,
        };
        let (before, rest) = page.split_once(begin).expect("the page marks where figures begin");
        let (_, after) = rest.split_once(end).expect("the page marks where figures end");
        std::fs::write(path, format!("{before}{begin}\n{}\n{end}{after}", self.0)).unwrap();
    }

    fn say(&mut self, text: &str) {
        print!("{text}");
        let _always = self.0.write_str(text);
    }
}

/// The one that so many of a hundred do not pass.
pub fn at_part(times: &[Duration], hundredths: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted[(sorted.len() * hundredths / 100).min(sorted.len() - 1)]
}

/// So many in so long.
pub fn per_second(count: usize, time: Duration) -> String {
    (count as u128 * 1_000_000 / time.as_micros().max(1)).to_string()
}

/// One time as a part of the other, to two digits.
pub fn ratio(part: Duration, whole: Duration) -> String {
    let hundredths = part.as_micros() * 100 / whole.as_micros().max(1);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// The same done in two places in turns, so that neither has the better moments; the place that begins alternates too.
pub async fn in_turns(samples: usize, mut once: impl AsyncFnMut(usize, usize) -> Duration) -> [Vec<Duration>; 2] {
    let mut found = [Vec::with_capacity(samples), Vec::with_capacity(samples)];
    for sample in 0..samples {
        for turn in 0..2 {
            let which = (sample + turn) % 2;
            found[which].push(once(which, sample).await);
        }
    }
    found
}

/// How often what one place took goes into what the other took in the same turn: the middle of all turns, to two digits.
pub fn pairwise(now: &[Duration], then: &[Duration]) -> String {
    let pairs = now.iter().zip(then);
    let mut parts: Vec<Duration> = pairs
        .map(|(now, then)| Duration::from_secs_f64(now.div_duration_f64(*then)))
        .collect();
    parts.sort_unstable();
    ratio(parts[parts.len() / 2], Duration::from_secs(1))
}

/// The middle one, and the one that ninety-nine of a hundred do not pass.
pub fn both(times: &[Duration]) -> String {
    format!("{} / {}", millis(at_part(times, 50)), millis(at_part(times, 99)))
}

/// Milliseconds to two digits.
pub fn millis(time: Duration) -> String {
    let hundredths = time.as_micros() / 10;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
