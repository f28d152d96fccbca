//! Checks, without a build, that every bug can be planted and that the tests that catch it exist.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use cargo_metadata::{Metadata, MetadataCommand, Package, TargetKind};
use toml_edit::{DocumentMut, Item, value};

use super::edit::{self, Misplaced};
use super::table::{Bug, Check, Edit, Table};

/// The parts of the repository that the checks read.
pub(crate) struct Sources {
    root: PathBuf,
    metadata: Metadata,
    /// The Rust files in `src`, by their paths from the root, with `/`.
    src: BTreeMap<String, String>,
}

/// The reason why a bug cannot be planted or caught.
#[derive(Debug)]
pub(crate) struct Problem {
    bug: String,
    message: String,
    /// The new file of the code, if it has moved.
    moved: Option<Moved>,
}

/// The new file of an edit.
#[derive(Debug)]
struct Moved {
    bug: usize,
    edit: usize,
    file: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.bug, self.message)
    }
}

impl Sources {
    /// Reads a repository.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let metadata = MetadataCommand::new().manifest_path(root.join("Cargo.toml")).no_deps().exec()?;
        Ok(Self { src: rust_files(root, &root.join("src"))?, root: root.to_owned(), metadata })
    }

    /// Returns the text of a file.
    fn text(&self, file: &str) -> Option<String> {
        self.src.get(file).cloned().or_else(|| fs::read_to_string(self.root.join(file)).ok())
    }

    /// Plants an edit into the texts that a bug has changed so far.
    fn plant(&self, edit: &Edit, changed: &mut BTreeMap<String, String>) -> Result<(), Misplaced> {
        let text = changed.remove(&edit.file).or_else(|| self.text(&edit.file)).ok_or(Misplaced::Missing)?;
        let text = edit::replaced(&text, &edit.find, &edit.replace)?;
        changed.insert(edit.file.clone(), text);
        Ok(())
    }

    /// Returns the package that a check tests: the named one or the root package.
    fn package(&self, check: &Check) -> Result<&Package> {
        match &check.selection.package {
            None => self.metadata.root_package().context("there is no root package"),
            Some(name) => {
                let mut packages = self.metadata.packages.iter();
                packages.find(|package| package.name == *name).with_context(|| format!("there is no package {name}"))
            }
        }
    }

    /// Checks that the tests of a check exist.
    fn find_tests(&self, check: &Check) -> Result<()> {
        let package = self.package(check)?;
        let target = &check.selection.target;
        let found = match &target.test {
            Some(name) => package.targets.iter().find(|it| it.is_test() && it.name == *name),
            None => package.targets.iter().find(|it| it.kind.contains(&TargetKind::Lib)),
        };
        let path = &found.context("there is no such file of tests")?.src_path;
        let Some(filter) = &check.selection.filter else { return Ok(()) };
        // A folder of tests has a `main.rs`; its other files are modules.
        let is_one_file = target.test.is_some() && path.file_name() != Some("main.rs");
        let files = if is_one_file {
            let text = fs::read_to_string(path).with_context(|| path.to_string())?;
            BTreeMap::from([(String::new(), text)])
        } else {
            let folder = path.parent().with_context(|| format!("{path} is in no folder"))?;
            rust_files(folder.as_std_path(), folder.as_std_path())?
        };
        let (modules, name) = filter.rsplit_once("::").unwrap_or(("", filter));
        // The module of unit tests is in the file itself.
        let mut modules = modules.split("::").filter(|module| !matches!(*module, "" | "tests"));
        let is_in = |file: &str, module: &str| file.trim_end_matches(".rs").split('/').any(|part| part == module);
        let is_found = if target.doc {
            files.keys().any(|file| file.contains(filter.as_str()))
        } else {
            files.iter().any(|(file, text)| {
                modules.clone().all(|module| is_in(file, module)) && functions(text).any(|it| it.contains(name))
            })
        };
        match (is_found, modules.next()) {
            (true, _) => Ok(()),
            (false, None) => Err(anyhow!("there is no test `{name}`")),
            (false, Some(_)) => Err(anyhow!("there is no test `{filter}` in a file of that name")),
        }
    }
}

/// Returns the Rust files of a folder and its subfolders, by their paths from `root`, with `/`.
fn rust_files(root: &Path, folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(rust_files(root, &path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            let parts = path.strip_prefix(root)?.iter().map(|part| part.to_string_lossy());
            files.insert(parts.collect::<Vec<_>>().join("/"), text);
        }
    }
    Ok(files)
}

/// Returns the names of the functions in a source text.
fn functions(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.split("fn ").skip(1).filter_map(move |rest| rest.split(|c| !is_part(c)).next())
}

/// Returns the problems of a table.
pub(crate) fn problems(table: &Table, sources: &Sources) -> Vec<Problem> {
    table.bugs.iter().flat_map(|bug| problems_of(bug, sources)).collect()
}

fn problems_of(bug: &Bug, sources: &Sources) -> Vec<Problem> {
    let problem = |message, moved| Problem { bug: bug.to_string(), message, moved };
    let mut problems = Vec::new();
    let mut changed = BTreeMap::new();
    for (index, edit) in bug.edits.iter().enumerate() {
        if !edit::differ(&edit.find, &edit.replace) {
            problems.push(problem("the replacement is the text that it replaces".into(), None));
        }
        match sources.plant(edit, &mut changed) {
            Ok(()) => {}
            Err(Misplaced::Missing) => {
                let elsewhere = sources.src.iter().filter(|(_, text)| edit::count(text, &edit.find) == 1);
                let elsewhere: Vec<_> = elsewhere.map(|(file, _)| file.as_str()).collect();
                let longest = edit.find.lines().map(str::trim).max_by_key(|line| line.len()).unwrap_or_default();
                let missing = format!("{} has no code `{longest}`", edit.file);
                problems.push(match elsewhere[..] {
                    [] => problem(missing, None),
                    [file] => problem(
                        format!("{missing}, but {file} has it; --fix corrects the table"),
                        Some(Moved { bug: bug.number, edit: index, file: file.to_owned() }),
                    ),
                    _ => problem(format!("{missing}, but several other files have it: {}", elsewhere.join(", ")), None),
                });
            }
            Err(ambiguous) => problems.push(problem(format!("{}: {ambiguous}", edit.file), None)),
        }
    }
    for check in &bug.caught_by {
        if let Err(error) = sources.find_tests(check) {
            problems.push(problem(format!("`{check}`: {error:#}"), None));
        }
    }
    problems
}

/// Corrects the files of edits whose code has moved in the text of a table, and removes these
/// problems.
pub(crate) fn fix(text: &str, problems: &mut Vec<Problem>) -> Result<String> {
    let mut document: DocumentMut = text.parse()?;
    for problem in problems.extract_if(.., |problem| problem.moved.is_some()) {
        let Some(Moved { bug, edit, file }) = problem.moved else { continue };
        let bugs = document.get_mut("bug").and_then(Item::as_array_of_tables_mut).context("there are no bugs")?;
        let number = i64::try_from(bug)?;
        let bug = bugs.iter_mut().find(|it| it.get("number").and_then(Item::as_integer) == Some(number));
        let edits = bug.and_then(|bug| bug.get_mut("edit")?.as_array_of_tables_mut());
        let edit = edits.and_then(|edits| edits.get_mut(edit)).context("the table has no such edit")?;
        println!("{}: now in {file}", problem.bug);
        edit["file"] = value(file);
    }
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = r#"# Bugs.

[[bug]]
number = 3  # the third
name = "short"
promise = "guarantee 1"
effect = "a row is one cell too short"
caught-by = ["test --lib tests::rows_are_whole", "build --test whole"]

[[bug.edit]]
file = "src/old.rs"
find = "rows + 1"
replace = "rows"

[[bug.edit]]
file = "src/rows.rs"
find = '''
    let cols = 2;
    cols
'''
replace = "1"
"#;

    /// A package with `src/rows.rs`, `tests/whole.rs` and the folder `tests/many`.
    fn package() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in [
            ("Cargo.toml", "[package]\nname = \"rows\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n"),
            ("src/lib.rs", "mod rows;\n"),
            ("src/rows.rs", ROWS),
            ("tests/whole.rs", "#[test]\nfn rows_have_two_columns() {}\n"),
            ("tests/many/main.rs", "mod rows;\n"),
            ("tests/many/rows.rs", "#[test]\nfn rows_are_many() {}\n"),
        ] {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    const ROWS: &str = "\
fn rows(rows: usize) -> usize {
    rows + 1
}
fn cols() -> usize {
    // Two.
    let cols = 2;
    cols
}
#[cfg(test)]
mod tests {
    fn rows_are_whole_and_wide() {}
}
";

    fn problems_with(table: &str, folder: &Path) -> Vec<Problem> {
        problems(&Table::parse(table).unwrap(), &Sources::read(folder).unwrap())
    }

    fn messages(table: &str) -> Vec<String> {
        problems_with(table, package().path()).iter().map(Problem::to_string).collect()
    }

    /// The table after its first edit has been corrected.
    fn right() -> String {
        TABLE.replace("src/old.rs", "src/rows.rs")
    }

    #[test]
    fn nothing_is_wrong_with_a_right_table() {
        assert_eq!(messages(&right()), [""; 0]);
    }

    #[test]
    fn code_that_has_moved_is_found_and_the_table_keeps_its_layout() {
        let package = package();
        let mut problems = problems_with(TABLE, package.path());
        let expected = "03-short: src/old.rs has no code `rows + 1`, but src/rows.rs has it; --fix corrects the table";
        assert_eq!(problems.iter().map(Problem::to_string).collect::<Vec<_>>(), [expected]);
        assert_eq!(fix(TABLE, &mut problems).unwrap(), right());
        assert!(problems.is_empty());
    }

    #[test]
    fn only_the_files_of_moved_code_are_corrected() {
        let package = package();
        let table = TABLE.replace("let cols = 2", "let cols = 3");
        let mut problems = problems_with(&table, package.path());
        assert_eq!(problems.len(), 2);
        assert_eq!(fix(&table, &mut problems).unwrap(), table.replace("src/old.rs", "src/rows.rs"));
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].to_string(), "03-short: src/rows.rs has no code `let cols = 3;`");
    }

    #[test]
    fn code_in_several_other_files_is_not_chosen_from() {
        let package = package();
        fs::write(package.path().join("src/more.rs"), "rows + 1\n").unwrap();
        let mut problems = problems_with(TABLE, package.path());
        let expected =
            "03-short: src/old.rs has no code `rows + 1`, but several other files have it: src/more.rs, src/rows.rs";
        assert_eq!(problems.iter().map(Problem::to_string).collect::<Vec<_>>(), [expected]);
        assert_eq!(fix(TABLE, &mut problems).unwrap(), TABLE);
        assert_eq!(problems.len(), 1);
    }

    #[test]
    fn ambiguous_code_is_refused() {
        let expected = "03-short: src/rows.rs: the text to find is ambiguous: it begins in the lines [3, 8, 12]";
        assert_eq!(messages(&right().replace("rows + 1", "}")), [expected]);
    }

    #[test]
    fn a_replacement_that_changes_nothing_is_refused() {
        let table = right().replace("replace = \"rows\"", "replace = \"  rows + 1  // as before\"");
        assert_eq!(messages(&table), ["03-short: the replacement is the text that it replaces"]);
    }

    #[test]
    fn missing_tests_are_refused() {
        for (check, error) in [
            ("test --lib tests::rows_are_short", "there is no test `rows_are_short`"),
            (
                "test --lib cols::tests::rows_are_whole",
                "there is no test `cols::tests::rows_are_whole` in a file of that name",
            ),
            ("test --test whole rows_have_three", "there is no test `rows_have_three`"),
            ("test --test wide", "there is no such file of tests"),
            ("test -p wide --lib", "there is no package wide"),
            ("test --doc cols", "there is no test `cols`"),
        ] {
            let table = right().replace("test --lib tests::rows_are_whole", check);
            assert_eq!(messages(&table), [format!("03-short: `{check}`: {error}")]);
        }
        for check in [
            "test --lib",
            "test --lib rows::tests::rows_are",
            "test --test whole two_columns",
            "test --test many rows::rows_are",
            "test --doc rows",
        ] {
            assert_eq!(messages(&right().replace("test --lib tests::rows_are_whole", check)), [""; 0], "{check}");
        }
    }
}
