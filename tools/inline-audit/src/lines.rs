//! The source lines of instructions, from a program's line tables (DWARF).
//!
//! Only the section of the line tables is read. It contains no names of functions and no
//! information on inlining. The line of an inlined instruction is the one in the inlined function.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use gimli::{AttributeValue, DebugLine, DebugLineOffset, EndianSlice, LineProgramHeader, LittleEndian};

use crate::steps::{Steps, TooMany};
use crate::text::symbol_name;

/// A line of the source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceLine {
    /// The file name as the compiler received it.
    pub file: Arc<str>,
    /// The line number, from 1.
    pub line: u64,
}

impl fmt::Display for SourceLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", crate::text::Printable(&self.file), self.line)
    }
}

/// The sections of the line tables.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DebugSections<'a> {
    pub(crate) lines: &'a [u8],
    pub(crate) strings: &'a [u8],
    pub(crate) line_strings: &'a [u8],
}

/// The source lines of a program.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// The rows in the order of their addresses.
    rows: Vec<Row>,
    files: Vec<Arc<str>>,
}

/// The source of the code from an address on.
#[derive(Debug)]
struct Row {
    address: u64,
    /// The file and the line. `None` after the end of a piece of code.
    source: Option<(usize, u64)>,
}

type Slice<'a> = EndianSlice<'a, LittleEndian>;

impl Lines {
    /// Reads line tables as far as possible. Lines are optional, so a program without them can be
    /// inspected, too.
    pub(crate) fn read(sections: DebugSections<'_>) -> Lines {
        let mut lines = Lines::default();
        // Names of files may overlap in a hostile file.
        let steps = Steps::for_file_of(sections.lines.len() + sections.strings.len() + sections.line_strings.len());
        let mut offset = 0;
        while let Some(len) = sections.lines.get(offset..).and_then(table_len) {
            if lines.read_table(sections, offset, &steps).is_err() {
                break;
            }
            offset = offset.saturating_add(len);
        }
        // The sort is stable. If an address has several rows, the last one is used.
        lines.rows.sort_by_key(|row| (row.address, row.source.is_some()));
        lines
    }

    /// Returns the source line of the instruction at an address.
    pub(crate) fn at(&self, address: u64) -> Option<SourceLine> {
        let after = self.rows.partition_point(|row| row.address <= address);
        let (file, line) = self.rows[..after].last()?.source?;
        Some(SourceLine { file: self.files[file].clone(), line })
    }

    /// Adds the rows of one table. If the table is invalid, the rows before the error are kept.
    fn read_table(&mut self, sections: DebugSections<'_>, offset: usize, steps: &Steps) -> Result<(), TooMany> {
        const ADDRESS_SIZE: u8 = 8;
        let section = DebugLine::new(sections.lines, LittleEndian);
        let Ok(table) = section.program(DebugLineOffset(offset), ADDRESS_SIZE, None, None) else { return Ok(()) };
        let mut files: HashMap<u64, Option<usize>> = HashMap::new();
        let mut rows = table.rows();
        // The start of the current piece of code.
        let mut first = self.rows.len();
        while let Ok(Some((header, row))) = rows.next_row() {
            steps.take(1)?;
            let source = match row.line() {
                Some(line) if !row.end_sequence() => {
                    let file = match files.get(&row.file_index()) {
                        Some(&known) => known,
                        None => {
                            let name = file_name(header, row.file_index(), sections, steps)?;
                            let file = name.map(|name| self.add_file(&name));
                            files.insert(row.file_index(), file);
                            file
                        }
                    };
                    file.map(|file| (file, line.get()))
                }
                _ => None,
            };
            if row.end_sequence() || self.rows[first..].last().is_none_or(|last| last.source != source) {
                self.rows.push(Row { address: row.address(), source });
            }
            if row.end_sequence() {
                // The linker sets the address of removed code to 0.
                if self.rows.get(first).is_some_and(|row| row.address == 0) {
                    self.rows.truncate(first);
                }
                first = self.rows.len();
            }
        }
        // The last piece of code has no end.
        self.rows.truncate(first);
        Ok(())
    }

    fn add_file(&mut self, name: &str) -> usize {
        self.files.push(name.into());
        self.files.len() - 1
    }
}

/// Returns the length in bytes of the table at the start of `bytes`.
fn table_len(bytes: &[u8]) -> Option<usize> {
    let (&short, rest) = bytes.split_first_chunk::<4>()?;
    let (len, before) = match u32::from_le_bytes(short) {
        u32::MAX => (u64::from_le_bytes(*rest.first_chunk()?), 12),
        short => (short.into(), 4),
    };
    usize::try_from(len).ok()?.checked_add(before)
}

fn file_name(
    header: &LineProgramHeader<Slice<'_>>,
    number: u64,
    sections: DebugSections<'_>,
    steps: &Steps,
) -> Result<Option<String>, TooMany> {
    let Some(file) = header.file(number) else { return Ok(None) };
    let Some(name) = string(&file.path_name(), sections) else { return Ok(None) };
    // Directory 0 is the working directory of the compiler.
    let directory = Some(file.directory_index()).filter(|&index| index != 0);
    let directory = directory.and_then(|index| header.directory(index)).and_then(|it| string(&it, sections));
    let directory = directory.filter(|directory| !directory.is_empty() && !name.starts_with(b"/"));
    steps.take(name.len() + directory.map_or(0, <[u8]>::len))?;
    let path = directory.map_or_else(|| name.to_vec(), |directory| [directory, b"/", name].concat());
    Ok(Some(symbol_name(&path)))
}

fn string<'a>(value: &AttributeValue<Slice<'a>>, sections: DebugSections<'a>) -> Option<&'a [u8]> {
    let from = |section: &'a [u8], offset: usize| section.get(offset..)?.split(|&byte| byte == 0).next();
    match value {
        AttributeValue::String(text) => Some(text.slice()),
        AttributeValue::DebugStrRef(offset) => from(sections.strings, offset.0),
        AttributeValue::DebugLineStrRef(offset) => from(sections.line_strings, offset.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a table of version 4 for `src/a.rs`: code at `start` from line 3, then line 5, then
    /// the end after 8 bytes.
    fn table(start: u64) -> Vec<u8> {
        let mut header = vec![1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];
        header.extend(b"src\0\0a.rs\0\x01\0\0\0");
        let mut program = vec![0, 9, 2];
        program.extend(start.to_le_bytes());
        // Advance 2 lines, add a row, advance 4 bytes and 2 lines, add a row, advance 4 bytes, end.
        program.extend([3, 2, 1, 2, 4, 3, 2, 1, 2, 4, 0, 1, 1]);
        let mut table = vec![4, 0];
        table.extend(u32::try_from(header.len()).unwrap().to_le_bytes());
        table.extend(header.iter().chain(&program));
        [&u32::try_from(table.len()).unwrap().to_le_bytes()[..], &table].concat()
    }

    #[test]
    fn instructions_have_the_line_of_the_row_before_them() {
        // Two tables in reverse order of their code, then removed code, then bytes that are no
        // table.
        let section = [table(0x2000), table(0x1000), table(0), vec![9, 0, 0]].concat();
        let lines = Lines::read(DebugSections { lines: &section, ..DebugSections::default() });
        let at = |address| lines.at(address).map(|it| it.to_string());
        let expected = [(0xfff, None), (0x1000, Some(3)), (0x1003, Some(3)), (0x1004, Some(5)), (0x1008, None)];
        for (address, line) in expected {
            assert_eq!(at(address), line.map(|line| format!("src/a.rs:{line}")), "{address:#x}");
            assert_eq!(at(address + 0x1000), line.map(|line| format!("src/a.rs:{line}")), "{address:#x}");
        }
        assert_eq!(at(0), None);
        assert_eq!(at(4), None);
    }

    #[test]
    fn cut_and_changed_tables_are_read_as_far_as_they_go() {
        let whole = table(0x1000);
        for end in 0..whole.len() {
            _ = Lines::read(DebugSections { lines: &whole[..end], ..DebugSections::default() });
            for value in [0, 1, 0x7f, 0xff] {
                let mut changed = whole.clone();
                changed[end] = value;
                _ = Lines::read(DebugSections { lines: &changed, ..DebugSections::default() });
            }
        }
    }
}
