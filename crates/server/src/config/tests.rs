//! Tables: who wins, and what each mistake is called.

use super::*;
use clap::{Args as _, Command, FromArgMatches as _};

/// Flags, environment, file, and what comes of them.
type Case<T> = (
    &'static [&'static str],
    &'static [(&'static str, &'static str)],
    Option<&'static str>,
    T,
);

/// Resolves in a directory whose `quittance.toml` holds `file`; errors come back as text with the directory cut out.
fn resolve(arguments: &[&str], environment: &[(&str, &str)], file: Option<&str>) -> Result<Settings, String> {
    let directory = tempfile::tempdir().unwrap();
    if let Some(text) = file {
        std::fs::write(directory.path().join(DEFAULT_FILE), text).unwrap();
    }
    std::fs::write(directory.path().join("other.toml"), "db = \"from other\"").unwrap();
    let command = SettingFlags::augment_args(Command::new("quittance").no_binary_name(true));
    let matches = command
        .try_get_matches_from(arguments)
        .map_err(|error| error.to_string())?;
    let flags = SettingFlags::from_arg_matches(&matches).unwrap();
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Settings::resolve(&flags, &environment, directory.path()).map_err(|error| {
        let place = format!("{}/", directory.path().display());
        error.to_string().replace(&place, "")
    })
}

#[test]
fn defaults() {
    let settings = resolve(&[], &[], None).unwrap();
    let expected = Settings {
        db: Database("quittance.db".to_owned()),
        postgres: PostgresSettings {
            password_file: String::new(),
            writers: 16,
            readers: 16,
            connect: Duration::from_secs(5),
            statement: Duration::from_secs(30),
        },
        listen: SocketAddr::from(([127, 0, 0, 1], 8780)),
        log: "info".to_owned(),
        log_format: LogFormat::Text,
        bookeeping_read: MinuteAndDay {
            per_minute: 100,
            per_day: 6000,
        },
        bookeeping_write: MinuteAndDay {
            per_minute: 25,
            per_day: 1500,
        },
        highlevel_burst: 100,
        highlevel_daily: 200_000,
        moov_per_second: 40,
        layer_per_second: 500,
        erase_interval: Duration::from_secs(60),
        shutdown: Duration::from_secs(10),
    };
    assert_eq!(settings, expected);
}

#[test]
fn an_address_wins_over_the_settings_of_postgresql() {
    let settings = resolve(
        &["--postgres-writers", "3", "--postgres-password-file", "a&b"],
        &[],
        None,
    )
    .unwrap();
    let of = |text: &str| settings.postgres.complete(&Database(text.to_owned()));
    assert_eq!(
        of("postgres://host/books"),
        "postgres://host/books?writers=3&readers=16&connect_timeout=5&statement_timeout=30&passfile=a%26b"
    );
    let told = "postgres://host/books?readers=2&statement_timeout=9&passfile=c&connect_timeout=1";
    assert_eq!(of(told), format!("{told}&writers=3"));
}

#[test]
fn flags_then_environment_then_file() {
    let flag: &'static [&str] = &["--db", "flag"];
    let variable: &'static [(&str, &str)] = &[("QUITTANCE_DB", "variable")];
    let file = Some("db = \"file\"");
    let table: Vec<Case<&str>> = vec![
        (flag, variable, file, "flag"),
        (&[], variable, file, "variable"),
        (&[], &[("QUITTANCE_DB", "")], file, "file"),
        (&[], &[], file, "file"),
        (&[], &[], None, "quittance.db"),
        (&["--config", "other.toml"], &[], file, "from other"),
        (
            &["--config", "other.toml"],
            &[("QUITTANCE_CONFIG", "absent.toml")],
            file,
            "from other",
        ),
        (&[], &[("QUITTANCE_CONFIG", "other.toml")], file, "from other"),
    ];
    for (arguments, environment, file, expected) in table {
        let settings = resolve(arguments, environment, file).unwrap();
        assert_eq!(settings.db.0, expected, "{arguments:?} {environment:?} {file:?}");
    }
}

#[test]
fn every_key_can_be_set_in_every_place() {
    let plain = resolve(&[], &[], None).unwrap();
    for key in KEYS {
        let value = match key.name {
            "listen" => "[::1]:7",
            "log_format" => "json",
            "log" => "debug",
            "db" => "x",
            _ => "7",
        };
        let in_file = match key.kind {
            keys::Kind::Text => format!("{} = '{value}'", key.name),
            keys::Kind::Integer => format!("{} = {value}", key.name),
        };
        let by_flag = resolve(&[&key.flag(), value], &[], None).unwrap();
        assert_ne!(by_flag, plain, "{} changes something", key.name);
        assert_eq!(
            resolve(&[], &[(&key.environment(), value)], None).unwrap(),
            by_flag,
            "{}",
            key.name
        );
        assert_eq!(resolve(&[], &[], Some(&in_file)).unwrap(), by_flag, "{}", key.name);
    }
}

#[test]
fn mistakes_name_their_place() {
    let count = "expected a whole number from 1 to 4294967295";
    let table: Vec<Case<String>> = vec![
        (
            &["--layer-per-second", "0"],
            &[],
            None,
            format!("--layer-per-second: {count}"),
        ),
        (
            &["--layer-per-second", "1.5"],
            &[],
            None,
            format!("--layer-per-second: {count}"),
        ),
        (
            &[],
            &[("QUITTANCE_HIGHLEVEL_BURST", "many")],
            None,
            format!("environment variable QUITTANCE_HIGHLEVEL_BURST: {count}"),
        ),
        (
            &[],
            &[],
            Some("[bookeeping]\nread_per_day = -1"),
            format!("`bookeeping.read_per_day` in quittance.toml: {count}"),
        ),
        (
            &[],
            &[],
            Some("[moov]\nper_second = \"9\""),
            "`moov.per_second` in quittance.toml: expected an integer".into(),
        ),
        (
            &[],
            &[],
            Some("db = 1"),
            "`db` in quittance.toml: expected a string".into(),
        ),
        (
            &[],
            &[],
            Some("databse = \"x\""),
            "unknown key `databse` in quittance.toml".into(),
        ),
        (
            &[],
            &[],
            Some("[layer]\nper_minute = 1"),
            "unknown key `layer.per_minute` in quittance.toml".into(),
        ),
        (
            &[],
            &[],
            Some("[stripe]\n"),
            "unknown key `stripe` in quittance.toml".into(),
        ),
        (
            &[],
            &[],
            Some("layer = 1"),
            "unknown key `layer` in quittance.toml".into(),
        ),
        (
            &[],
            &[("QUITTANCE_CONFIG", "absent.toml")],
            None,
            "cannot read absent.toml".into(),
        ),
        (
            &["--config", "absent.toml"],
            &[],
            None,
            "cannot read absent.toml".into(),
        ),
        (
            &[],
            &[],
            Some("log = \"info\"\ndb ="),
            "quittance.toml is not TOML: ".into(),
        ),
        (
            &["--listen", "8780"],
            &[],
            None,
            "--listen: expected an address and port such as 127.0.0.1:8780".into(),
        ),
        (
            &["--log-format", "xml"],
            &[],
            None,
            "--log-format: expected text or json".into(),
        ),
        (
            &["--log", "a=b=c"],
            &[],
            None,
            "--log: expected a log filter such as info".into(),
        ),
        (&["--db", ""], &[], None, "--db: expected some text".into()),
        (
            &["--shutdown-seconds", "86401"],
            &[],
            None,
            "--shutdown-seconds: expected whole seconds from 1 to 86400".into(),
        ),
        // A wrong value is not passed over, even where a later place has a right one.
        (
            &["--highlevel-daily", "x"],
            &[("QUITTANCE_HIGHLEVEL_DAILY", "5")],
            None,
            format!("--highlevel-daily: {count}"),
        ),
    ];
    for (arguments, environment, file, expected) in table {
        let error = resolve(arguments, environment, file).unwrap_err();
        assert!(error.starts_with(&expected), "{error}\nexpected {expected}");
    }
}

#[test]
fn passwords_stay_out_of_debug_output_and_errors() {
    let database = Database("postgres://user:s3cret@host/books".to_owned());
    assert_eq!(format!("{database:?}"), "postgres://..@host/books");
    let database = Database("postgres://host/books?user=user&password=s3cret".to_owned());
    assert!(!format!("{database:?}").contains("s3cret"), "{database:?}");
    assert_eq!(format!("{:?}", Database("a.db".to_owned())), "a.db");
    let error = resolve(&[], &[], Some("db = \"postgres://user:s3cret@host\" x")).unwrap_err();
    assert!(error.contains("(line 1)") && !error.contains("s3cret"), "{error}");
}
