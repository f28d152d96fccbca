//! The files of this package, for tests that read them.

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Lists the files of a folder, recursively.
pub(crate) fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let files = entries.flat_map(|entry| {
        let kind = entry.file_type().unwrap();
        assert!(kind.is_file() || kind.is_dir(), "{}: neither a file nor a folder", entry.path().display());
        if kind.is_dir() { files_in(&entry.path()) } else { vec![entry.path()] }
    });
    files.collect()
}
