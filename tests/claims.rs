//! Pages that state the same fact use the same words, and their counts are right.
#![cfg(not(miri))]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::repository::{files_in, read, root};

/// The README and every page of the documentation, each without comment marks and on one line.
fn pages() -> Vec<(String, String)> {
    let mut files = files_in(&root().join("src"));
    files.extend(["README.md", "CHANGELOG.md"].map(|name| root().join(name)));
    let page = |path: PathBuf| {
        let words = |line: &str| {
            let line = line.trim();
            let line = line.strip_prefix("//!").or(line.strip_prefix("///")).unwrap_or(line);
            line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        let text = read(&path).lines().flat_map(words).collect::<Vec<_>>().join(" ");
        (path.strip_prefix(root()).unwrap().display().to_string(), text)
    };
    files.into_iter().map(page).collect()
}

/// Every page that promises equal bits names the exceptions in the same words.
#[test]
fn every_promise_of_equal_bits_names_the_bits_that_rust_leaves_open() {
    const EXCEPT: &str = ", except where Rust leaves bits open: the sign and payload of a NaN, and the sign of a zero from \
                          `min` or `max`";
    let mut promises = 0;
    for (name, text) in pages() {
        for (at, promise) in text.match_indices("bit for bit") {
            let rest = &text[at + promise.len()..];
            assert!(rest.starts_with(EXCEPT), "{name}: bit for bit{}", rest.chars().take(80).collect::<String>());
            promises += 1;
        }
    }
    assert!(promises >= 7, "README, azip!, simd_azip!, guarantee 12, SIMD, and two guides: {promises}");
}

#[test]
fn the_inventory_counts_the_implementations_of_operand() {
    let implementations = files_in(&root().join("src")).into_iter().filter(|path| !path.ends_with("checking.rs"));
    let found = implementations.map(|path| {
        let source = read(path);
        let declarations = source.split("\nunsafe impl").skip(1).map(|rest| rest.split('{').next().unwrap());
        declarations.filter(|declaration| declaration.split_whitespace().any(|word| word == "Operand")).count()
    });
    let number = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight"][found.sum::<usize>()];
    let claim = format!("its {number} implementations");
    assert!(read(root().join("src/docs/soundness.md")).contains(&claim), "the page does not contain: {claim}");
}

#[test]
fn the_guide_for_contributors_lists_every_file_of_the_source() {
    // This file is not in the package.
    let Ok(guide) = fs::read_to_string(root().join("CONTRIBUTING.md")) else { return };
    for path in files_in(&root().join("src")) {
        let name = path.strip_prefix(root()).unwrap().display().to_string().replace('\\', "/");
        let mut folders = Path::new(&name).ancestors().map(|path| format!("`{}`", path.display()));
        assert!(
            folders.any(|part| part != "`src`" && guide.contains(&part)),
            "{name} is not in the table of CONTRIBUTING.md"
        );
    }
}

/// docs.rs cuts off wider code. Tables of Markdown cannot be wrapped, and the programs that must
/// not compile are on no page.
#[test]
fn comments_are_at_most_100_columns_wide_and_code_in_pages_80() {
    for path in files_in(&root().join("src")) {
        let is_page = path.extension().is_some_and(|extension| extension == "md");
        let is_hidden = path.file_stem().unwrap().to_str().unwrap().starts_with("compile_fail");
        let mut is_code = false;
        for (line, number) in read(&path).lines().zip(1..) {
            let text = line.trim_start();
            let doc = text.strip_prefix("///").or(text.strip_prefix("//!"));
            let Some(text) = doc.map(|text| text.strip_prefix(' ').unwrap_or(text)).or(is_page.then_some(line)) else {
                is_code = false;
                assert!(!text.starts_with("//") || line.chars().count() <= 100, "{}:{number}", path.display());
                continue;
            };
            if text.trim_start().starts_with("```") {
                is_code = !is_code;
            } else if is_code {
                assert!(is_hidden || text.chars().count() <= 80, "{}:{number}", path.display());
            } else {
                let is_table = text.trim_start().starts_with('|');
                assert!(is_table || line.chars().count() <= 100, "{}:{number}", path.display());
            }
        }
    }
}

/// The folders are not in the package, and programs that are built leave files of others in some.
#[test]
fn comments_outside_the_source_are_at_most_100_columns_wide() {
    let folders =
        ["tests", "benches", "examples", "fuzz/fuzz_targets", "tools", "scripts"].map(|path| root().join(path));
    let files = folders.iter().filter(|path| path.exists()).flat_map(|path| files_in(path));
    let others = ["Cargo.toml", ".ci/run"].map(|path| root().join(path)).into_iter().filter(|path| path.exists());
    for path in files.chain(others).filter(|path| path.iter().all(|part| part != "target")) {
        let extension = path.extension().map(|extension| extension.to_str().unwrap());
        let mark = match extension {
            Some("rs") => "//",
            Some("toml" | "sh") | None => "#",
            Some(_) => continue,
        };
        for (line, number) in read(&path).lines().zip(1..) {
            let text = line.trim_start();
            let is_table = text.trim_start_matches(['/', '!', ' ']).starts_with('|');
            let is_comment = text.starts_with(mark) && !is_table;
            assert!(!is_comment || line.chars().count() <= 100, "{}:{number}", path.display());
        }
    }
}

/// Functions whose documentation has a section `# Panics` but names no `try_` twin, and the reason.
const WITHOUT_A_TWIN: [(&str, &str); 16] = [
    ("at", "an accessor, as indexing"),
    ("clone", "the trait has no such method"),
    ("depth", "0 is wrong in the source"),
    ("from", "the zip of more than isize::MAX cells is no mistake that a program handles"),
    ("index", "an accessor"),
    ("indexed", "as `from`"),
    ("into_operand", "`Zip` checks the size before it calls this"),
    ("map_assign_into", "`try_and` with the output, and `for_each`"),
    ("map_collect", "`map_assign_into` an array that could be allocated"),
    ("observed", "0 is wrong in the source"),
    ("par_map_assign_into", "as `map_assign_into`"),
    ("par_map_collect", "as `map_collect`"),
    ("par_steps", "methods of `StencilSteps` have twins"),
    ("plane", "an accessor"),
    ("split", "a zip without axes is wrong in the source"),
    ("with_min_len", "0 is wrong in the source"),
];

#[test]
fn functions_that_panic_have_a_twin_that_returns_an_error_or_a_reason() {
    let mut exceptions = Vec::new();
    for path in files_in(&root().join("src")) {
        let source = read(&path);
        for rest in source.split("/// # Panics").skip(1) {
            let lines = || rest.lines().skip(1).map(str::trim);
            let text: String = lines().take_while(|line| line.starts_with("///")).collect();
            let declaration = lines().find(|line| line.contains("fn ") || line.starts_with("macro_rules!")).unwrap();
            let Some((before, name)) = declaration.split_once("fn ") else { continue };
            let is_public = before == "pub " || (before.is_empty() && !text.is_empty());
            if is_public && !text.contains("try_") {
                exceptions.push(name.split(['<', '(']).next().unwrap().to_owned());
            }
        }
    }
    exceptions.sort();
    exceptions.dedup();
    let listed: Vec<_> = WITHOUT_A_TWIN.iter().map(|(name, _)| *name).collect();
    assert_eq!(exceptions, listed, "the source on the left, the list on the right");
}
