//! What the benchmark may be asked for.

/// How to call it.
pub const USAGE: &str = "options: [--engine sqlite|postgres] [--quick] [--sizes 10000,100000,1000000] [--only books,http,sizes,lists,reports] [--write]";

/// Which engine is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// SQLite, and everything above it.
    Sqlite,
    /// PostgreSQL, beside two ways in which it is usually written to.
    Postgres,
}

/// What is asked for.
#[derive(Debug)]
pub struct Options {
    /// Which engine.
    pub engine: Engine,
    /// Fewer rounds, smaller files.
    pub quick: bool,
    /// How many invoices the file holds at each step.
    pub sizes: Vec<usize>,
    /// Which parts to run; all when empty.
    pub only: Vec<String>,
    /// Whether to keep the figures in the documentation.
    pub write: bool,
}

impl Options {
    /// Reads the command line.
    pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Options, String> {
        let (mut quick, mut write, mut only, mut sizes) = (false, false, Vec::new(), None);
        let mut engine = Engine::Sqlite;
        let mut arguments = arguments.peekable();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
            match argument.as_str() {
                // Cargo says so to every benchmark.
                "--bench" => {}
                "--quick" => quick = true,
                "--engine" => {
                    engine = match value()?.as_str() {
                        "sqlite" => Engine::Sqlite,
                        "postgres" => Engine::Postgres,
                        other => return Err(format!("unknown engine {other}")),
                    }
                }
                "--write" => write = true,
                "--only" => only = value()?.split(',').map(str::to_owned).collect(),
                "--sizes" => sizes = Some(read_sizes(&value()?)?),
                _ => return Err(format!("unknown option {argument}")),
            }
        }
        let usual: &[usize] = if quick {
            &[1_000, 10_000]
        } else {
            &[10_000, 100_000, 1_000_000]
        };
        Ok(Options {
            engine,
            quick,
            sizes: sizes.unwrap_or_else(|| usual.to_vec()),
            only,
            write,
        })
    }

    /// Whether a part is to run.
    pub fn does(&self, part: &str) -> bool {
        self.engine == Engine::Sqlite && (self.only.is_empty() || self.only.iter().any(|only| only == part))
    }

    /// How many rounds of a comparison.
    pub fn rounds(&self) -> usize {
        if self.quick { 3 } else { 7 }
    }
}

fn read_sizes(text: &str) -> Result<Vec<usize>, String> {
    let sizes: Result<Vec<usize>, _> = text.split(',').map(str::parse).collect();
    let mut sizes = sizes.map_err(|_| format!("not a list of sizes: {text}"))?;
    sizes.sort_unstable();
    Ok(sizes)
}
