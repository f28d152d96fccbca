//! A directory for pictures, which is created when the first picture is written.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::picture::{Picture, resolve};

/// A directory for several pictures. It need not exist. Nothing changes in the file system until
/// [`make`](Self::make) is called.
#[derive(Debug)]
pub struct Directory {
    /// The path as the user wrote it.
    path: PathBuf,
    /// The path without links, `.` and `..`.
    target: PathBuf,
    /// The directory itself if it exists. Otherwise the closest parent that exists.
    existing: PathBuf,
}

impl Directory {
    /// Returns the directory at `path`, or an error if it cannot be created or written to.
    pub fn at(path: &Path) -> Result<Self, String> {
        let find = || {
            let target = resolve(path)?;
            // A dangling link counts as existing, because no directory can be created there.
            let exists = |path: &&Path| path.symlink_metadata().is_ok();
            let existing = target.ancestors().find(exists).unwrap_or(Path::new("/")).to_owned();
            if !existing.is_dir() {
                return Err(io::Error::other(format!("{existing:?} is not a directory")));
            }
            Ok(Directory { path: path.to_owned(), target, existing })
        };
        let directory = find().map_err(|error| cannot_make(path, &error))?;
        directory.spool()?;
        Ok(directory)
    }

    /// Returns the path as the user wrote it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the path without links, `.` and `..`.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Returns the place of a picture in the directory, or an error if it cannot be written.
    pub fn picture(&self, name: &str) -> Result<Picture, String> {
        if self.target.is_dir() {
            return Picture::at(&self.path.join(name));
        }
        Ok(Picture::in_directory_to_make(&self.target, name))
    }

    /// Returns an unnamed file on the same disk as the directory. It is deleted when the program
    /// ends.
    pub fn spool(&self) -> Result<File, String> {
        tempfile::tempfile_in(&self.existing)
            .map_err(|error| format!("cannot write to the directory {:?}: {error}", self.path))
    }

    /// Creates the directory if it does not exist.
    pub fn make(&self) -> Result<(), String> {
        fs::create_dir_all(&self.target).map_err(|error| cannot_make(&self.path, &error))
    }
}

fn cannot_make(path: &Path, reason: &io::Error) -> String {
    format!("cannot make the directory {path:?}: {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Look;

    #[test]
    #[cfg_attr(miri, ignore = "Miri keeps programs from the file system")]
    fn a_directory_is_made_with_its_first_picture() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("new/deep");
        let directory = Directory::at(&path).unwrap();
        let picture = directory.picture("a.png").unwrap();
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0, "nothing is made yet");

        directory.make().unwrap();
        picture.write(ndarray::aview2(&[[1.0]]), Look::SPOTS).unwrap();
        assert!(fs::read(path.join("a.png")).unwrap().starts_with(b"\x89PNG"));
        assert!(
            picture.has_the_place_of(&directory.picture("a.png").unwrap()),
            "it is the same place before and after"
        );
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri keeps programs from the file system")]
    fn a_directory_that_cannot_be_made_is_refused_at_once() {
        let parent = tempfile::tempdir().unwrap();
        let file = parent.path().join("file");
        fs::write(&file, "old").unwrap();
        for path in [file.clone(), file.join("new"), file.join("new/deep")] {
            assert!(Directory::at(&path).unwrap_err().contains("cannot make the directory"), "{path:?}");
        }
        #[cfg(unix)]
        {
            let link = parent.path().join("link");
            std::os::unix::fs::symlink("nowhere", &link).unwrap();
            assert!(Directory::at(&link).unwrap_err().contains("cannot make the directory"));
        }
        fs::create_dir(parent.path().join("edges.png")).unwrap();
        let directory = Directory::at(parent.path()).unwrap();
        assert!(directory.picture("edges.png").unwrap_err().contains("not a file"));
    }
}
