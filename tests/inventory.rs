//! The page `soundness` is up to date: it counts every unsafe occurrence in the source and lists
//! the planted bugs.
#![cfg(not(miri))]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use toml_edit::DocumentMut;

use common::repository::{files_in, read, root};

/// The kinds of unsafe code, as the page writes them, and the token after `unsafe`.
const KINDS: [(&str, &str); 4] =
    [("`unsafe trait`", "trait"), ("`unsafe impl`", "impl"), ("`unsafe fn`", "fn"), ("`unsafe {}`", "{")];

/// The number of occurrences of each kind of unsafe code.
type Counts = BTreeMap<&'static str, usize>;

/// The files of `src`, by name, except those compiled only for tests.
fn sources() -> BTreeMap<String, String> {
    let lib = read(root().join("src/lib.rs"));
    let for_tests: BTreeSet<_> = ["#[cfg(test)]\nmod ", "#[cfg(doctest)]\nmod "]
        .into_iter()
        .flat_map(|start| lib.split(start).skip(1))
        .filter_map(|rest| Some(format!("{}.rs", rest.split_once(';')?.0)))
        .collect();
    assert!(for_tests.contains("checking.rs"), "{for_tests:?}");
    let src = root().join("src");
    let files =
        files_in(&src).into_iter().filter(|path| path.extension().is_some_and(|kind| kind == "rs")).map(|path| {
            let name = path.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/");
            (name, read(path))
        });
    files.filter(|(name, _)| !for_tests.contains(name)).collect()
}

/// The unsafe code of a file, without comments and unit tests.
fn counts_in(name: &str, source: &str) -> Counts {
    let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let code: String = code.lines().flat_map(|line| [line.split("//").next().unwrap(), "\n"]).collect();
    let mut counts = Counts::new();
    for (at, word) in code.match_indices("unsafe") {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let rest = &code[at + word.len()..];
        if code[..at].ends_with(is_part) || rest.starts_with(is_part) {
            continue;
        }
        let kind = KINDS.iter().find(|(_, token)| rest.trim_start().starts_with(token));
        let (kind, _) = kind.unwrap_or_else(|| panic!("{name}: unsafe code of another kind: unsafe{rest:.40}"));
        *counts.entry(kind).or_default() += 1;
    }
    counts
}

/// A row of the page's tables: its cells.
fn cells(row: &str) -> Vec<&str> {
    row.trim_matches('|').split('|').map(str::trim).collect()
}

/// The page's text.
fn page() -> String {
    read(root().join("src/docs/soundness.md"))
}

/// The sections of the page, by their titles.
fn sections(page: &str) -> BTreeMap<&str, &str> {
    page.split("\n# ").skip(1).map(|section| section.split_once('\n').expect("a title and a text")).collect()
}

/// The rows of a section, without the head of its table.
fn rows(section: &str) -> impl Iterator<Item = Vec<&str>> {
    section.lines().filter(|line| line.starts_with('|')).skip(2).map(cells)
}

/// The numbers of the planted bugs that a cell names: `bugs 01, 02`.
fn bugs_in(cell: &str) -> Vec<&str> {
    let listed = cell.split("bug ").nth(1).or_else(|| cell.split("bugs ").nth(1)).unwrap_or_default();
    listed.split(", ").collect()
}

/// The number of a planted bug, which its name begins with.
fn number_of(name: &str) -> &str {
    name.split('-').next().unwrap()
}

/// The planted bugs of the page: names, promises and checks.
fn planted(sections: &BTreeMap<&str, &str>) -> Vec<[String; 3]> {
    rows(sections["Planted bugs"])
        .map(|row| <[&str; 3]>::try_from(row).expect("three cells").map(str::to_owned))
        .map(|[name, promise, checks]| [name.replace('`', ""), promise, checks])
        .collect()
}

#[test]
fn every_unsafe_occurrence_is_on_the_page() {
    let page = page();
    let sections = sections(&page);
    let mut total = 0;
    let sources = sources();
    assert!(sources.contains_key("stencil/steps/inputs.rs"), "folders are searched");
    for title in sections.keys().filter(|title| title.ends_with(".rs`")) {
        assert!(sources.contains_key(title.trim_matches('`')), "{title}: no such file");
    }
    for (name, source) in sources {
        let expected = counts_in(&name, &source);
        let mut counts = Counts::new();
        let section = sections.get(format!("`{name}`").as_str()).copied().unwrap_or_default();
        for row in rows(section) {
            let (count, kind) = row[0].split_once(" × ").expect("a count and a kind");
            let (kind, _) = KINDS.iter().find(|(known, _)| *known == kind).expect("a kind of unsafe code");
            *counts.entry(kind).or_default() += count.parse::<usize>().unwrap();
        }
        assert_eq!(counts, expected, "{name}: the page on the left, the source on the right");
        total += expected.values().sum::<usize>();
    }
    assert!(total > 100, "the source contains unsafe code");
}

/// A file without unsafe code cannot get any by mistake.
#[test]
fn files_without_unsafe_code_forbid_it() {
    for (name, source) in sources() {
        // An attribute of a file also applies to the modules in its folder.
        if name == "lib.rs" || name.ends_with("mod.rs") && !source.contains("#![forbid(unsafe_code)]") {
            assert!(counts_in(&name, &source).is_empty() || name == "operand/mod.rs", "{name} has unsafe code");
            continue;
        }
        let forbids = source.contains("#![forbid(unsafe_code)]")
            // The standard library's `thread_local!`, in tests, has unsafe code that is allowed.
            || source.contains("#![cfg_attr(not(test), forbid(unsafe_code))]");
        assert_eq!(
            forbids,
            counts_in(&name, &source).is_empty() && !["macros.rs", "guide.rs"].contains(&name.as_str()),
            "{name}"
        );
    }
}

/// The layers of the source, from the bottom up: files, or folders for all other files in them.
const LAYERS: [&[&str]; 10] = [
    &["clock", "copy", "kernel/plan", "kernel/cache", "pool", "simd"],
    &["stencil/boundary", "stencil/halo"],
    &["error"],
    &["memory"],
    &["operand"],
    &["window"],
    &["kernel"],
    &["zip"],
    &["interop"],
    &["stencil"],
];

/// Data flows one way: a file imports from the layers below its own.
#[test]
fn files_import_from_lower_layers_alone() {
    let layer_of = |path: &str| {
        let parts = LAYERS.iter().enumerate().flat_map(|(layer, parts)| parts.iter().map(move |part| (layer, *part)));
        let found = parts.filter(|(_, part)| {
            path.strip_prefix(part).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
        });
        found.max_by_key(|(_, part)| part.len()).map(|(layer, _)| layer)
    };
    let mut imports = 0;
    for (name, source) in sources() {
        let Some(layer) = layer_of(name.trim_end_matches(".rs")) else {
            assert!(["lib.rs", "macros.rs", "prelude.rs", "guide.rs"].contains(&name.as_str()), "{name} has no layer");
            continue;
        };
        for import in source.split("#[cfg(test)]").next().unwrap().split("use crate::").skip(1) {
            let path = import.split(['{', ';']).next().unwrap().replace("::", "/");
            let other = layer_of(&path).unwrap_or_else(|| panic!("{name} imports {path}, which has no layer"));
            assert!(
                other < layer || name.split('/').next() == path.split('/').next(),
                "{name} imports {path}, which is not below it"
            );
            imports += 1;
        }
    }
    assert!(imports > 50, "imports are found");
}

#[test]
fn every_row_names_what_fails_and_a_planted_bug() {
    let page = page();
    let sections = sections(&page);
    let planted = planted(&sections);
    let numbers: BTreeSet<_> = planted.iter().map(|[name, ..]| number_of(name)).collect();
    for (title, section) in &sections {
        if !title.ends_with(".rs`") {
            continue;
        }
        for row in rows(section) {
            assert!(row.len() == 5 && row.iter().all(|cell| !cell.is_empty()), "{row:?}");
            assert!(bugs_in(row[4]).iter().all(|bug| numbers.contains(bug)), "{title}: {row:?}");
        }
    }
}

#[test]
fn the_page_lists_the_planted_bugs() {
    let path = root().join("tests/planted.toml");
    // The table is not in the package.
    if !path.exists() {
        return;
    }
    let table: DocumentMut = read(path).parse().unwrap();
    let bugs = table["bug"].as_array_of_tables().unwrap();
    let expected: Vec<_> = bugs
        .iter()
        .map(|bug| {
            let text = |field: &str| bug[field].as_str().unwrap();
            let name = format!("{:02}-{}", bug["number"].as_integer().unwrap(), text("name"));
            let checks = bug["caught-by"].as_array().unwrap().iter();
            let checks: Vec<_> = checks.map(|check| format!("`{}`", check.as_str().unwrap())).collect();
            [name, text("promise").to_owned(), checks.join(", ")]
        })
        .collect();
    let page = page();
    assert_eq!(planted(&sections(&page)), expected, "the page on the left, the table on the right");
}
