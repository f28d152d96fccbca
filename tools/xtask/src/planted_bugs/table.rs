//! The table of planted bugs: its fields and their permitted values.

use std::collections::BTreeSet;
use std::fmt;

use anyhow::{Result, anyhow, ensure};
use clap::Parser;
use serde::Deserialize;

/// The planted bugs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    /// The bugs in the order of their numbers.
    #[serde(rename = "bug")]
    pub(crate) bugs: Vec<Bug>,
}

/// A bug and the checks that catch it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Bug {
    pub(crate) number: usize,
    pub(crate) name: String,
    /// The promise that the bug breaks, by its name in the inventory of the unsafe code.
    promise: String,
    /// A description of the bug.
    effect: String,
    pub(crate) caught_by: Vec<Check>,
    /// The report of Miri, for a bug that a check under Miri catches.
    why: Option<String>,
    /// Whether a check that runs into the time limit has caught the bug, too.
    #[serde(default)]
    pub(crate) hangs: bool,
    #[serde(rename = "edit")]
    pub(crate) edits: Vec<Edit>,
}

/// A change of some lines in a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edit {
    /// The path from the root of the repository, with `/`.
    pub(crate) file: String,
    /// Whole lines.
    pub(crate) find: String,
    pub(crate) replace: String,
}

/// A command that must fail with a bug and pass without it.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Check {
    text: String,
    pub(crate) kind: Kind,
    /// The arguments for `cargo test` or `cargo build`.
    pub(crate) arguments: Vec<String>,
    pub(crate) selection: Selection,
}

/// The tool that runs a check.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Test,
    Build,
    Miri,
    Asan,
}

/// The tests that a check builds and runs.
#[derive(Clone, Debug, Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
pub(crate) struct Selection {
    #[arg(short)]
    pub(crate) package: Option<String>,
    #[arg(long)]
    features: Option<String>,
    #[command(flatten)]
    pub(crate) target: Target,
    /// A part of the path of the tests that are run.
    pub(crate) filter: Option<String>,
}

/// The target that a check builds.
#[derive(Clone, Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Target {
    #[arg(long)]
    lib: bool,
    #[arg(long)]
    pub(crate) doc: bool,
    #[arg(long)]
    pub(crate) test: Option<String>,
}

impl Table {
    /// Reads a table and checks its fields.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let table: Self = toml_edit::de::from_str(text)?;
        let numbers: BTreeSet<_> = table.bugs.iter().map(|bug| bug.number).collect();
        ensure!(numbers.len() == table.bugs.len(), "two bugs have one number");
        ensure!(table.bugs.is_sorted_by_key(|bug| bug.number), "the bugs are not in the order of their numbers");
        table.bugs.iter().try_for_each(Bug::check_fields)?;
        Ok(table)
    }
}

impl Bug {
    fn check_fields(&self) -> Result<()> {
        let texts = [&self.name, &self.promise, &self.effect];
        ensure!(
            texts.iter().all(|text| !text.trim().is_empty()),
            "{self}: the name, the promise or the effect is empty"
        );
        ensure!(!self.caught_by.is_empty(), "{self}: nothing catches it");
        ensure!(!self.edits.is_empty(), "{self}: it changes nothing");
        let is_miri = self.caught_by.iter().any(|check| check.kind == Kind::Miri);
        ensure!(!is_miri || self.why.is_some(), "{self}: `why` is missing, though Miri catches it");
        Ok(())
    }

    /// Returns whether one of these numbers or words selects the bug. No words select every bug.
    pub(crate) fn is_selected_by(&self, words: &[String]) -> bool {
        let selects = |word: &String| match word.parse::<usize>() {
            Ok(number) => number == self.number,
            Err(_) => self.name.contains(word.as_str()),
        };
        words.is_empty() || words.iter().any(selects)
    }
}

impl fmt::Display for Bug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{}", self.number, self.name)
    }
}

impl TryFrom<String> for Check {
    type Error = anyhow::Error;

    fn try_from(text: String) -> Result<Self> {
        let (kind, arguments) =
            [("miri test ", Kind::Miri), ("asan test ", Kind::Asan), ("test ", Kind::Test), ("build ", Kind::Build)]
                .into_iter()
                .find_map(|(start, kind)| Some((kind, text.strip_prefix(start)?)))
                .ok_or_else(|| anyhow!("`{text}` begins with neither `test`, `build`, `miri test` nor `asan test`"))?;
        let arguments: Vec<_> = arguments.split_whitespace().map(str::to_owned).collect();
        let selection = Selection::try_parse_from(&arguments).map_err(|error| anyhow!("`{text}`: {error}"))?;
        Ok(Self { kind, arguments, selection, text })
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUG: &str = r#"
        [[bug]]
        number = 1
        name = "short"
        promise = "guarantee 1"
        effect = "a row is one cell too short"
        caught-by = ["test --lib rows"]
        [[bug.edit]]
        file = "src/lib.rs"
        find = "cols"
        replace = "cols - 1"
    "#;

    fn error(table: &str) -> String {
        format!("{:#}", Table::parse(table).unwrap_err())
    }

    #[test]
    fn a_whole_table_is_read() {
        let table = Table::parse(BUG).unwrap();
        assert_eq!(table.bugs[0].to_string(), "01-short");
        assert_eq!(table.bugs[0].caught_by[0].arguments, ["--lib", "rows"]);
    }

    #[test]
    fn missing_and_unknown_fields_are_refused() {
        assert!(error(&BUG.replace("promise =", "premise =")).contains("premise"));
        assert!(error(&BUG.replace("effect = \"a row is one cell too short\"", "")).contains("effect"));
        assert!(error(&BUG.replace("guarantee 1", "")).contains("empty"));
        assert!(error(&BUG.replace("[\"test --lib rows\"]", "[]")).contains("nothing catches it"));
    }

    #[test]
    fn numbers_are_unique_and_ascend() {
        assert!(error(&BUG.repeat(2)).contains("one number"));
        assert!(error(&format!("{}{BUG}", BUG.replace("= 1", "= 2"))).contains("order"));
    }

    #[test]
    fn what_miri_reports_is_required() {
        let bug = BUG.replace("test --lib", "miri test --lib");
        assert!(error(&bug).contains("`why` is missing"));
        Table::parse(&bug.replace("caught-by", "why = \"a pointer to one cell reads six\"\ncaught-by")).unwrap();
    }

    #[test]
    fn a_check_of_another_kind_or_with_other_arguments_is_refused() {
        for check in ["bench --lib", "test", "test rows", "test --lib --doc", "test --lib --release", "build --test"] {
            assert!(error(&BUG.replace("test --lib rows", check)).contains(check), "{check}");
        }
    }

    #[test]
    fn numbers_and_words_select() {
        let bug = &Table::parse(BUG).unwrap().bugs[0];
        let is_selected = |words: &[&str]| bug.is_selected_by(&words.iter().map(|&it| it.into()).collect::<Vec<_>>());
        assert!(is_selected(&[]) && is_selected(&["01"]) && is_selected(&["7", "hor"]));
        assert!(!is_selected(&["11"]) && !is_selected(&["long"]));
    }
}
