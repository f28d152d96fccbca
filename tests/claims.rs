//! The pages say the same of the same things, and what they count is there.
#![cfg(not(miri))]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files of a folder, and of those in it.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_in(&path) } else { vec![path] }).collect()
}

/// The README and every page of the documentation: its text without comment marks, on one line.
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

/// The bits of a result that Rust leaves open, in the words of every page that promises the others.
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
    let implementations = files_in(&root().join("src")).into_iter().filter(|path| !path.ends_with("contract.rs"));
    let found = implementations.map(|path| {
        let source = read(path);
        let declarations = source.split("\nunsafe impl").skip(1).map(|rest| rest.split('{').next().unwrap());
        declarations.filter(|declaration| declaration.split_whitespace().any(|word| word == "Operand")).count()
    });
    let number = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight"][found.sum::<usize>()];
    let claim = format!("its {number} implementations");
    assert!(read(root().join("src/soundness.rs")).contains(&claim), "the page does not say: {claim}");
}

#[test]
fn the_guide_for_contributors_lists_every_file_of_the_source() {
    // Not in the package.
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
