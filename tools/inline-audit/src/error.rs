//! The reasons why a program or a function cannot be inspected.

use std::fmt::{self, Write};
use std::io;
use std::path::PathBuf;

use object::Architecture;

use crate::text::Escaping;

/// The reason why a program or a function cannot be inspected. The message is a single printable
/// line and says what to do.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be read.
    Unreadable(PathBuf, io::Error),
    /// The file is not a program in a supported format.
    NoProgram(PathBuf, object::Error),
    /// The file is an object file or a library that has not been linked.
    NotLinked(PathBuf),
    /// The file is a universal Mach-O file, with one program for each of these processors.
    Universal(PathBuf, Vec<Architecture>),
    /// The program is for another processor.
    OtherArchitecture(PathBuf, Architecture),
    /// The file contains no names of functions.
    NoSymbols(PathBuf),
    /// The file contains the names of functions but not their code.
    DebugFile(PathBuf),
    /// The file contains no code, or only a part of the code, of this function.
    NoCode {
        /// The file.
        path: PathBuf,
        /// The function.
        name: String,
        /// The number of bytes of its code.
        size: u64,
        /// The number of bytes that the file contains.
        found: u64,
    },
    /// No function has this name.
    NoSuchFunction(PathBuf, String),
    /// No function's name matches this regular expression, but one function's name is the same
    /// text.
    NotAPattern(PathBuf, String),
    /// The name belongs to a label in assembly without a type and a size.
    Label(PathBuf, String),
    /// The regular expression is invalid.
    Pattern(regex::Error),
    /// Symbols, sections or tables of the file overlap so often that following them all would take
    /// too long.
    TooManySteps(PathBuf),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let f = &mut Escaping(f);
        match self {
            Error::Unreadable(path, error) => write!(f, "{}: {error}", path.display()),
            Error::NoProgram(path, error) => {
                write!(f, "{}: not an ELF, Mach-O or PE program ({error})", path.display())
            }
            Error::NotLinked(path) => {
                write!(f, "{}: not linked; give the program that cargo builds of it", path.display())
            }
            Error::Universal(path, architectures) => {
                let path = path.display();
                write!(f, "{path}: a universal Mach-O file, which holds a program for each of {architectures:?}; ")?;
                if architectures.contains(&Architecture::X86_64) {
                    write!(f, "extract one with `lipo -thin x86_64 -output PROGRAM {path}`, and give that")
                } else {
                    write!(f, "only x86-64 can be read")
                }
            }
            Error::OtherArchitecture(path, architecture) => {
                write!(f, "{}: code for {architecture:?}; only x86-64 can be read", path.display())
            }
            Error::NoSymbols(path) => write!(
                f,
                "{}: no function names; build without `strip = true`. Symbols in a file of their own (.pdb, .dSYM) cannot \
                 be read",
                path.display()
            ),
            Error::DebugFile(path) => write!(
                f,
                "{}: names of functions without their code, as in a file of debug information (`objcopy \
                 --only-keep-debug`, .dSYM); give the program itself",
                path.display()
            ),
            Error::NoCode { path, name, size, found } => write!(
                f,
                "{}: {found} of the {size} bytes of the code of `{name}` are in the file; give a complete program",
                path.display()
            ),
            Error::NoSuchFunction(path, pattern) => write!(
                f,
                "{}: no function name matches `{pattern}`; was it inlined into its caller? mark it #[inline(never)]",
                path.display()
            ),
            Error::NotAPattern(path, name) => write!(
                f,
                "{}: `{name}` is the name of a function, but does not match itself as a regular expression; add --exact",
                path.display()
            ),
            Error::Label(path, name) => write!(
                f,
                "{}: `{name}` is a label in assembly (global_asm!), and where its code ends is not known; add `.type \
                 {name}, @function` and `.size {name}, . - {name}`",
                path.display()
            ),
            // The regular expression's own message has several lines. The last one states the
            // problem.
            Error::Pattern(error) => {
                let message = error.to_string();
                let reason = message.lines().last().unwrap_or_default();
                write!(f, "not a regular expression: {reason}; for a function's own name add --exact")
            }
            Error::TooManySteps(path) => write!(
                f,
                "{}: its symbols, sections or tables overlap so often that it would take too long to follow them; was it \
                 damaged? select fewer functions with --function",
                path.display()
            ),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Unreadable(_, error) => Some(error),
            Error::NoProgram(_, error) => Some(error),
            Error::Pattern(error) => Some(error),
            _ => None,
        }
    }
}
