//! Makes text from a file safe to print.
//!
//! Names come from the file, and a file may be hostile. A name with a line feed could forge a line
//! of the report, and one with an escape sequence could rewrite the terminal. All printed text from
//! a file passes through this module.

use std::fmt::{self, Write};

/// The most bytes of a name that are kept. A demangler can turn a short symbol into a very long
/// name.
const MAX_NAME: usize = 2048;

/// Prints text with escapes such as `\u{1b}` for three kinds of characters: control characters,
/// invisible characters, and those that change the direction of writing.
pub(crate) struct Printable<'a>(pub(crate) &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaping(f).write_str(self.0)
    }
}

/// Passes text on, escaped like [`Printable`].
pub(crate) struct Escaping<W>(pub(crate) W);

impl<W: Write> Write for Escaping<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            if is_printable(character) {
                self.0.write_char(character)?;
            } else {
                write!(self.0, "{}", character.escape_default())?;
            }
        }
        Ok(())
    }
}

fn is_printable(character: char) -> bool {
    // This is the standard library's rule for `{:?}`, except for three characters that it escapes
    // for other reasons.
    matches!(character, '\'' | '"' | '\\') || character.escape_debug().len() == 1
}

/// Returns the name of a symbol as in the source: without the hash that rustc appends, printable,
/// and of bounded length.
pub(crate) fn symbol_name(symbol: &[u8]) -> String {
    // No compiler writes a longer symbol. Demangling more would be wasted work.
    const MAX_SYMBOL: usize = 1 << 16;
    let symbol = String::from_utf8_lossy(&symbol[..symbol.len().min(MAX_SYMBOL)]);
    let mut name = Bounded { text: String::new(), is_cut: false };
    // An error means that the name was cut.
    _ = write!(Escaping(&mut name), "{:#}", rustc_demangle::demangle(&symbol));
    if name.is_cut {
        name.text.push('…');
    }
    name.text
}

/// Keeps the first [`MAX_NAME`] bytes and then returns an error.
struct Bounded {
    text: String,
    is_cut: bool,
}

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = MAX_NAME - self.text.len();
        let end = (0..=room.min(text.len())).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
        self.text.push_str(&text[..end]);
        self.is_cut |= end < text.len();
        if self.is_cut { Err(fmt::Error) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_hash() {
        assert_eq!(symbol_name(b"_ZN4core9panicking9panic_fmt17h0123456789abcdefE"), "core::panicking::panic_fmt");
        assert_eq!(symbol_name(b"memcpy"), "memcpy");
    }

    #[test]
    fn names_keep_the_suffix_of_a_cold_part() {
        assert_eq!(symbol_name(b"_ZN4heat4step17h0123456789abcdefE.cold"), "heat::step.cold");
        assert_eq!(symbol_name(b"step.cold.1"), "step.cold.1");
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(symbol_name(b"a\x1b[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(symbol_name(b"f\n  verdict: fast"), "f\\n  verdict: fast");
        // A C1 control, the override of the direction of writing, a line separator, a zero-width
        // space, and other control characters.
        for hidden in ["\u{9b}", "\u{202e}", "\u{2028}", "\u{200b}", "\u{7f}", "\r", "\t"] {
            let name = symbol_name(format!("a{hidden}b").as_bytes());
            assert!(name.starts_with("a\\") && name.ends_with('b'), "{name:?}");
        }
        assert_eq!(symbol_name(b"a\xffb"), "a\u{fffd}b");
    }

    #[test]
    fn what_is_printable_is_kept() {
        for name in ["<(A,B) as X<'_>>::\"y\"\\", "größe::数", "operator<<(std::ostream&)"] {
            assert_eq!(symbol_name(name.as_bytes()), name);
            assert_eq!(Printable(name).to_string(), name);
        }
    }

    #[test]
    fn long_names_are_cut() {
        let name = symbol_name("é".repeat(10_000).as_bytes());
        assert!(name.len() <= MAX_NAME + "…".len() && name.ends_with("é…"));
        assert_eq!(symbol_name("x".repeat(MAX_NAME).as_bytes()).len(), MAX_NAME, "a name that just fits is not cut");
    }

    /// Each of these 60 nested tuples contains the previous one twice.
    #[test]
    fn names_that_grow_when_they_are_demangled_are_cut() {
        let mut symbol = String::from("_RIC1a");
        let base_62 = |number: usize| {
            let digit = |it: usize| char::from(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[it]);
            match number {
                0 => String::new(),
                number if number <= 62 => digit(number - 1).to_string(),
                number => [digit((number - 1) / 62), digit((number - 1) % 62)].iter().collect(),
            }
        };
        let mut last = symbol.len() - 2;
        symbol.push_str("TllE");
        for _ in 0..60 {
            let start = symbol.len() - 2;
            symbol.push_str(&format!("TB{0}_B{0}_E", base_62(last)));
            last = start;
        }
        symbol.push('E');
        let name = symbol_name(symbol.as_bytes());
        assert!(symbol.len() < MAX_NAME && name.len() <= MAX_NAME + "…".len());
        assert!(name.starts_with("a::<(i32, i32), ((i32, i32), (i32, i32)), ") && name.ends_with('…'), "{name}");
    }
}
