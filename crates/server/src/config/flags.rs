//! The settings' flags, built from the table so that no flag can be forgotten or misnamed.
//!
//! Not here: parsing of values. A flag's text is judged like a variable's, with the same words.

use std::collections::BTreeMap;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use super::keys::KEYS;

/// Where the help lists settings, after what belongs to the command itself.
const HEADING: &str = "Settings (flag, then environment, then file)";

/// What the command line said about settings. Flatten it into a command with `#[command(flatten)]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SettingFlags {
    /// `--config`, if given.
    pub config: Option<String>,
    /// The flags given, by the name of their key.
    pub values: BTreeMap<&'static str, String>,
}

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        let config = Arg::new("config")
            .long("config")
            .value_name("FILE")
            .global(true)
            .help_heading(HEADING)
            .help("Settings file [env: QUITTANCE_CONFIG] [default: quittance.toml, if there is one]");
        KEYS.iter().fold(command.arg(config), |command, key| {
            // The demo's own file is no setting: it is what the demo takes when the flag is not given.
            let demo = if key.name == "db" {
                "; the demo's own: quittance-demo.db"
            } else {
                ""
            };
            let default = match key.default {
                "" => "none",
                default => default,
            };
            let help = format!("{} [env: {}] [default: {default}{demo}]", key.help, key.environment());
            let flag = Arg::new(key.name).long(key.long()).value_name("VALUE").help(help);
            // The call limits are for those who ask for the long help.
            command.arg(
                flag.global(true)
                    .help_heading(HEADING)
                    .hide_short_help(key.name.contains('.')),
            )
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        if let Some(path) = matches.get_one::<String>("config") {
            self.config = Some(path.clone());
        }
        for key in KEYS {
            if let Some(text) = matches.get_one::<String>(key.name) {
                self.values.insert(key.name, text.clone());
            }
        }
        Ok(())
    }
}
