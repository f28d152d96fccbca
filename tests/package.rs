//! The published package has the files that it needs, and no others.
#![cfg(not(miri))]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

/// The files of the package, as cargo lists them.
static FILES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let output = Command::new(env!("CARGO"))
        .args(["package", "--list", "--allow-dirty", "--offline", "-p", env!("CARGO_PKG_NAME")])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let list = String::from_utf8(output.stdout).expect("names are UTF-8");
    list.lines().map(|line| line.replace('\\', "/")).collect()
});

/// The pictures of the README that are files of the repository.
fn pictures() -> Vec<String> {
    let readme = include_str!("../README.md");
    let links = readme.split("![").skip(1).filter_map(|rest| rest.split_once("](")?.1.split_once(')'));
    links.map(|(link, _)| link.to_owned()).filter(|link| link.starts_with("docs/")).collect()
}

#[test]
fn the_package_has_what_it_needs() {
    let pictures = pictures();
    assert!(!pictures.is_empty(), "the README has pictures");
    let needed = ["CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "src/lib.rs"].map(str::to_owned);
    for file in needed.into_iter().chain(pictures) {
        assert!(FILES.contains(&file), "{file} is missing: add it to `include` in Cargo.toml");
    }
}

#[test]
fn the_package_has_no_stray_files() {
    const AT_THE_TOP: [&str; 8] = [
        ".cargo_vcs_info.json",
        "CHANGELOG.md",
        "Cargo.lock",
        "Cargo.toml",
        "Cargo.toml.orig",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
    ];
    for file in FILES.iter() {
        let (folder, name) = file.split_once('/').unwrap_or(("", file));
        let extension = Path::new(name).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let is_expected = match folder {
            "" => AT_THE_TOP.contains(&name),
            "docs" => extension == "png" || ["benchmarks.md", "benchmarks.svg"].contains(&name),
            "src" => extension == "rs" || (name.starts_with("docs/") && extension == "md"),
            "tests" => extension == "rs" || (name.starts_with("data/") && ["py", "txt"].contains(&extension)),
            _ => false,
        };
        assert!(is_expected, "{file} does not belong in the package");
    }
}
