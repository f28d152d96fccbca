//! A linked program: its functions, their code, and the names of the functions that they call.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::{fs, iter};

use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, OpKind, Register};
use regex::Regex;

use crate::error::Error;
use crate::file::{self, Contents, section_at};
use crate::lines::{DebugSections, Lines, SourceLine};
use crate::steps::{Steps, TooMany};

/// A function of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// The name as in the source, without the hash that the compiler appends. Control characters
    /// are escaped.
    pub name: String,
    /// The start address of the code.
    pub address: u64,
    /// The size of the code in bytes. If the format does not record it, the function ends where the
    /// next one starts.
    pub size: u64,
    /// Whether the size is such a guess although the format has sizes. That is the case for
    /// functions in assembly without `.size`.
    pub is_size_guessed: bool,
}

impl Function {
    /// Returns whether the function's own code, without parts elsewhere, contains an address.
    pub(crate) fn holds(&self, address: u64) -> bool {
        address.checked_sub(self.address).is_some_and(|offset| offset < self.size)
    }

    fn end(&self) -> u64 {
        self.address.saturating_add(self.size)
    }
}

/// A linked x86-64 program or shared library.
#[derive(Debug)]
pub struct Program {
    path: PathBuf,
    bytes: Vec<u8>,
    contents: Contents,
    /// The innermost function from each address up to the next one.
    owners: Vec<(u64, Option<usize>)>,
    /// The names that functions at several addresses share.
    shared_names: HashSet<String>,
    /// Functions that are named as cold parts, by the name of the function that they belong to.
    cold_parts: HashMap<String, Vec<usize>>,
    lines: OnceLock<Lines>,
}

impl Program {
    /// Reads a program.
    ///
    /// # Errors
    ///
    /// Returns an error if the file is not a linked ELF, Mach-O or PE program for x86-64, or if it
    /// lacks the names of functions or their code.
    pub fn open(path: impl AsRef<Path>) -> Result<Program, Error> {
        let path = path.as_ref();
        match fs::read(path) {
            Ok(bytes) => Program::from_bytes(path, bytes),
            Err(error) => Err(Error::Unreadable(path.into(), error)),
        }
    }

    /// Reads a program from the bytes of its file. The path is only for messages.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`Program::open`].
    pub fn from_bytes(path: impl AsRef<Path>, bytes: Vec<u8>) -> Result<Program, Error> {
        let contents = file::read(path.as_ref(), &bytes)?;
        Ok(Program::new(path.as_ref(), bytes, contents))
    }

    fn new(path: &Path, bytes: Vec<u8>, contents: Contents) -> Program {
        let owners = owners(&contents.functions);
        let mut by_name: HashMap<&str, u64> = HashMap::new();
        let mut shared_names = HashSet::new();
        let mut cold_parts: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, function) in contents.functions.iter().enumerate() {
            if *by_name.entry(&function.name).or_insert(function.address) != function.address {
                shared_names.insert(function.name.clone());
            }
            if let Some(whole) = name_without_cold_suffix(&function.name) {
                cold_parts.entry(whole.to_owned()).or_default().push(index);
            }
        }
        let lines = OnceLock::new();
        Program { path: path.into(), bytes, contents, owners, shared_names, cold_parts, lines }
    }

    /// Returns a program of this code, all of it in `functions`.
    #[cfg(test)]
    pub(crate) fn of_code(address: u64, bytes: Vec<u8>, mut functions: Vec<Function>) -> Program {
        let code = vec![file::Section { address, bytes: 0..bytes.len() }];
        file::fill_in_sizes(&mut functions, &code);
        Program::new(Path::new("program"), bytes, Contents { code, functions, ..Contents::default() })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the size of the file in bytes.
    pub(crate) fn file_len(&self) -> usize {
        self.bytes.len()
    }

    /// Returns all functions, in the order of their addresses. Functions with the same code may
    /// share an address.
    pub fn functions(&self) -> &[Function] {
        &self.contents.functions
    }

    /// Returns the functions whose names match a regular expression.
    ///
    /// # Errors
    ///
    /// Returns an error if `pattern` is not a valid regular expression, or if no name matches.
    pub fn matching(&self, pattern: &str) -> Result<Vec<&Function>, Error> {
        let names = Regex::new(pattern).map_err(Error::Pattern)?;
        let found = self.functions().iter().filter(|function| names.is_match(&function.name));
        self.unless_empty(found.collect(), pattern, |name| names.is_match(name))
    }

    /// Returns the functions with this name, as reports show it.
    ///
    /// # Errors
    ///
    /// Returns an error if there are none.
    pub fn named(&self, name: &str) -> Result<Vec<&Function>, Error> {
        let found = self.functions().iter().filter(|function| function.name == name);
        self.unless_empty(found.collect(), name, |label| label == name)
    }

    /// Returns the functions that were found, or the reason why there are none.
    fn unless_empty<'p>(
        &'p self,
        found: Vec<&'p Function>,
        wanted: &str,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<&'p Function>, Error> {
        let path = || self.path.clone();
        if !found.is_empty() {
            Ok(found)
        } else if let Some(label) = self.contents.labels.iter().find(|label| is_wanted(label)) {
            Err(Error::Label(path(), label.clone()))
        } else if self.functions().iter().any(|function| function.name == wanted) {
            Err(Error::NotAPattern(path(), wanted.to_owned()))
        } else {
            Err(Error::NoSuchFunction(path(), wanted.to_owned()))
        }
    }

    /// Returns whether functions at several addresses have this name.
    pub(crate) fn is_shared(&self, name: &str) -> bool {
        self.shared_names.contains(name)
    }

    /// Returns the function that starts at an address.
    pub(crate) fn function_at(&self, address: u64) -> Option<&Function> {
        let first = self.functions().partition_point(|function| function.address < address);
        self.functions().get(first).filter(|function| function.address == address)
    }

    /// Returns the innermost function that contains an address.
    pub(crate) fn function_around(&self, address: u64) -> Option<&Function> {
        let after = self.owners.partition_point(|&(start, _)| start <= address);
        let (_, owner) = *self.owners[..after].last()?;
        owner.map(|owner| &self.functions()[owner])
    }

    /// Returns the functions that are named as cold parts of a function with this name.
    pub(crate) fn cold_parts_of(&self, name: &str) -> impl Iterator<Item = &Function> {
        self.cold_parts.get(name).into_iter().flatten().map(|&index| &self.functions()[index])
    }

    /// Returns whether there is code at an address.
    pub(crate) fn is_code(&self, address: u64) -> bool {
        section_at(&self.contents.code, address).is_some()
    }

    /// Returns an error if the file does not contain all code of a function.
    pub(crate) fn check_code_of(&self, function: &Function) -> Result<(), Error> {
        let found = self.code_at(function.address, function.size).len() as u64;
        if found < function.size || found == 0 {
            let Function { name, size, .. } = function.clone();
            return Err(Error::NoCode { path: self.path.clone(), name, size, found });
        }
        Ok(())
    }

    /// Returns at most `len` bytes of code from an address on.
    pub(crate) fn code_at(&self, address: u64, len: u64) -> &[u8] {
        let section = section_at(&self.contents.code, address);
        section.map_or(&[], |section| {
            let bytes = &self.bytes[section.bytes.clone()];
            // The subtraction cannot overflow, because the section contains the address.
            let rest = usize::try_from(address - section.address).map_or(&[][..], |start| &bytes[start..]);
            &rest[..usize::try_from(len).unwrap_or(usize::MAX).min(rest.len())]
        })
    }

    /// Returns the instructions of the function's own code, without parts elsewhere.
    pub(crate) fn instructions(&self, function: &Function, steps: &Steps) -> Result<Vec<Instruction>, TooMany> {
        let decoder = self.decoder(function.address, function.size);
        decoder.into_iter().map(|instruction| steps.take(1).map(|()| instruction)).collect()
    }

    /// Returns the instruction at an address.
    pub(crate) fn instruction_at(&self, address: u64) -> Option<Instruction> {
        self.decoder(address, u64::MAX).into_iter().next()
    }

    fn decoder(&self, address: u64, len: u64) -> Decoder<'_> {
        Decoder::with_ip(64, self.code_at(address, len), address, DecoderOptions::NONE)
    }

    /// Returns the name of the target of a direct call or jump: a function, or an import through
    /// the procedure linkage table.
    pub(crate) fn name_of(&self, target: u64) -> Option<&str> {
        if let Some(function) = self.function_at(target) {
            return Some(&function.name);
        }
        // An entry of the procedure linkage table is an optional `endbr64` and a jump by pointer.
        let entry = self.decoder(target, 16);
        let is_indirect = |instruction: &Instruction| instruction.flow_control() == FlowControl::IndirectBranch;
        let jump = entry.into_iter().take(2).find(is_indirect)?;
        self.import_of(&jump).map(|name| &**name)
    }

    /// Returns the name of the function whose pointer an indirect call or jump reads, if the loader
    /// fills in that pointer.
    pub(crate) fn import_of(&self, instruction: &Instruction) -> Option<&Arc<str>> {
        let reads_a_pointer = instruction.op0_kind() == OpKind::Memory && instruction.memory_base() == Register::RIP;
        reads_a_pointer.then(|| self.contents.imports.get(&instruction.memory_displacement64())).flatten()
    }

    /// Returns the addresses that the entries of a jump table stand for, if there is one at an
    /// address.
    ///
    /// Compilers write a table as distances from its own start, 4 bytes each. The end of a table is
    /// not recorded.
    pub(crate) fn jump_table(&self, table: u64) -> impl Iterator<Item = u64> {
        let bytes = section_at(&self.contents.constants, table).map_or(&[][..], |section| {
            let bytes = &self.bytes[section.bytes.clone()];
            usize::try_from(table - section.address).map_or(&[][..], |start| &bytes[start..])
        });
        let (entries, _) = bytes.as_chunks::<4>();
        entries.iter().map(move |&entry| table.wrapping_add_signed(i32::from_le_bytes(entry).into()))
    }

    /// Returns the source line of an instruction, if the program has line tables.
    pub(crate) fn line_of(&self, address: u64) -> Option<SourceLine> {
        let [lines, strings, line_strings] =
            self.contents.debug.each_ref().map(|range: &Range<usize>| &self.bytes[range.clone()]);
        self.lines.get_or_init(|| Lines::read(DebugSections { lines, strings, line_strings })).at(address)
    }
}

/// Returns the name of the function that a cold part belongs to, by the names that gcc, LLVM and
/// BOLT give to cold parts: `f.cold`, `f.cold.0`, `f.__part.1`.
pub(crate) fn name_without_cold_suffix(name: &str) -> Option<&str> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (rest, number) = name.rsplit_once('.').filter(|(_, end)| is_number(end)).unwrap_or((name, ""));
    let whole = rest.strip_suffix(".cold").or_else(|| rest.strip_suffix(".__part").filter(|_| !number.is_empty()))?;
    // LLVM appends a suffix to a function that it makes visible to other units. It has already been
    // removed from the function's own name.
    let whole = whole.rsplit_once(".llvm.").filter(|(_, end)| is_number(end)).map_or(whole, |(whole, _)| whole);
    (!whole.is_empty()).then_some(whole)
}

/// Returns the addresses at which the innermost function changes, each with the function from there
/// on.
fn owners(functions: &[Function]) -> Vec<(u64, Option<usize>)> {
    // Of several functions at the same address, the largest one is first.
    let mut by_start: Vec<usize> = (0..functions.len()).collect();
    by_start.sort_by_key(|&index| (functions[index].address, u64::MAX - functions[index].size));
    by_start.dedup_by_key(|index| functions[*index].address);
    let mut owners = Vec::with_capacity(2 * by_start.len());
    let mut around: Vec<usize> = Vec::new();
    let end = iter::once(None);
    for next in by_start.into_iter().map(Some).chain(end) {
        let start = next.map_or(u64::MAX, |next| functions[next].address);
        while let Some(inner) = around.pop_if(|inner| functions[*inner].end() <= start) {
            let end = functions[inner].end();
            // Functions that overlap may end before one that starts later.
            while around.pop_if(|outer| functions[*outer].end() <= end).is_some() {}
            owners.push((end, around.last().copied()));
        }
        if let Some(next) = next {
            owners.push((start, Some(next)));
            around.push(next);
        }
    }
    owners
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(address: u64, size: u64) -> Function {
        Function { name: format!("at {address}"), address, size, is_size_guessed: false }
    }

    #[test]
    fn functions_of_unknown_size_end_where_the_next_one_starts() {
        let functions = vec![function(100, 0), function(100, 0), function(110, 4), function(120, 0)];
        let program = Program::of_code(100, vec![0xc3; 50], functions);
        let sizes: Vec<u64> = program.functions().iter().map(|function| function.size).collect();
        assert_eq!(sizes, [10, 10, 4, 30]);
    }

    #[test]
    fn functions_whose_code_is_not_all_there_are_refused() {
        let functions = vec![function(100, 2), function(101, 2), function(500, 0), function(600, u64::MAX)];
        let program = Program::of_code(100, vec![0xc3; 2], functions);
        let are_whole = program.functions().iter().map(|function| program.check_code_of(function).is_ok());
        assert_eq!(are_whole.collect::<Vec<_>>(), [true, false, false, false]);
    }

    #[test]
    fn addresses_belong_to_the_innermost_function() {
        // A function inside another one, one after a gap that overlaps the next one, and one that
        // ends at the last address.
        let functions = vec![
            function(10, 20),
            function(15, 5),
            function(40, 10),
            function(45, 10),
            function(60, 0),
            function(u64::MAX - 1, u64::MAX),
        ];
        let program = Program::of_code(0, vec![0xc3; 55], functions);
        let at = |address| program.function_around(address).map(|function| function.address);
        let expected = [
            (9, None),
            (10, Some(10)),
            (15, Some(15)),
            (19, Some(15)),
            (20, Some(10)),
            (29, Some(10)),
            (30, None),
            (44, Some(40)),
            (45, Some(45)),
            (54, Some(45)),
            (55, None),
            (u64::MAX - 1, Some(u64::MAX - 1)),
        ];
        for (address, start) in expected {
            assert_eq!(at(address), start, "{address}");
        }
    }

    #[test]
    fn cold_parts_are_told_by_their_names() {
        let wholes =
            ["f.cold", "f.cold.0", "f.__part.1", "f.llvm.123.cold", "a::f.cold.12"].map(name_without_cold_suffix);
        assert_eq!(wholes, [Some("f"), Some("f"), Some("f"), Some("f"), Some("a::f")]);
        let none = ["f", "f.cold.x", "f.part.0", "f.__part", ".cold", "f.constprop.0", "cold", ""];
        assert_eq!(none.map(name_without_cold_suffix), [None; 8]);
    }

    #[test]
    fn a_wrong_pattern_is_an_error_of_one_line() {
        let program = Program::of_code(0, vec![0xc3], vec![function(0, 1)]);
        let error = program.matching("a(").unwrap_err().to_string();
        assert_eq!(error.lines().count(), 1, "{error}");
    }

    #[test]
    fn a_name_that_is_no_pattern_for_itself_is_found_as_a_name() {
        let name = "<(A,B) as kernel::Row>::v3";
        let program = Program::of_code(0, vec![0xc3], vec![Function { name: name.to_owned(), ..function(0, 1) }]);
        assert!(matches!(program.matching(name), Err(Error::NotAPattern(..))));
        assert!(matches!(program.named("no such name"), Err(Error::NoSuchFunction(..))));
        assert_eq!(program.named(name).unwrap().len(), 1);
    }
}
