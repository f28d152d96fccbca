//! A linked program: its functions, their code, and the names of what they call.
//!
//! Everything that depends on the file format is here. The file is read once and whole; what is kept is the bytes of its
//! sections and the tables to look names up in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, OpKind, Register};
use object::{
    Architecture, Object, ObjectKind, ObjectSection, ObjectSymbol, ObjectSymbolTable, RelocationTarget, SectionKind,
    SymbolKind,
};
use regex::Regex;

/// Why there is nothing to look at. The message says what to do.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be read.
    Unreadable(PathBuf, io::Error),
    /// The file is no program in one of the known formats.
    NoProgram(PathBuf, object::Error),
    /// The file is an object file or a library that has not been linked.
    NotLinked(PathBuf),
    /// The program is for other processors.
    OtherArchitecture(PathBuf, Architecture),
    /// The file names no functions.
    NoSymbols(PathBuf),
    /// No function has such a name.
    NoSuchFunction(PathBuf, String),
    /// The regular expression is none.
    Pattern(regex::Error),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Unreadable(path, error) => write!(f, "{}: {error}", path.display()),
            Error::NoProgram(path, error) => {
                write!(f, "{}: not an ELF, Mach-O or PE program ({error})", path.display())
            }
            Error::NotLinked(path) => {
                write!(f, "{}: not linked; give the program that cargo builds of it", path.display())
            }
            Error::OtherArchitecture(path, architecture) => {
                write!(f, "{}: code for {architecture:?}, and only x86-64 can be read", path.display())
            }
            Error::NoSymbols(path) => write!(
                f,
                "{}: no function names; build without `strip = true`, and where symbols are kept in a file of their own (.pdb, \
                 .dSYM) there is no way yet",
                path.display()
            ),
            Error::NoSuchFunction(path, pattern) => write!(
                f,
                "{}: no function name matches `{pattern}`; was it inlined into its caller? mark it #[inline(never)]",
                path.display()
            ),
            // The regular expression's own message has several lines, the last of which says what is wrong.
            Error::Pattern(error) => {
                let message = error.to_string();
                write!(f, "not a regular expression: {}", message.lines().last().unwrap_or_default())
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Unreadable(_, error) => Some(error),
            Error::NoProgram(_, error) => Some(error),
            Error::Pattern(error) => Some(error),
            Error::NotLinked(_) | Error::OtherArchitecture(..) | Error::NoSymbols(_) | Error::NoSuchFunction(..) => {
                None
            }
        }
    }
}

/// A function of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name as the source has it, without the hash that the compiler appends.
    pub name: String,
    /// Where its code starts.
    pub address: u64,
    /// The number of bytes of its code. Where the format does not say, it ends where the next function starts.
    pub size: u64,
}

/// The bytes of a section.
#[derive(Debug)]
struct Section {
    address: u64,
    bytes: Vec<u8>,
    is_code: bool,
}

impl Section {
    /// The bytes from `address` on, at most `len`; `None` where the section has none.
    fn bytes_at(&self, address: u64, len: u64) -> Option<&[u8]> {
        let start = usize::try_from(address.checked_sub(self.address)?).ok()?;
        let bytes = self.bytes.get(start..).filter(|bytes| !bytes.is_empty())?;
        Some(&bytes[..usize::try_from(len).unwrap_or(usize::MAX).min(bytes.len())])
    }

    fn end(&self) -> u64 {
        self.address + self.bytes.len() as u64
    }
}

/// A linked x86-64 program or shared library.
#[derive(Debug)]
pub struct Program {
    path: PathBuf,
    sections: Vec<Section>,
    /// In the order of their addresses.
    functions: Vec<Function>,
    /// The functions behind the pointers that the loader fills in, by the pointers' addresses.
    imports: BTreeMap<u64, String>,
}

impl Program {
    /// Reads a program.
    ///
    /// # Errors
    ///
    /// If the file is no linked ELF, Mach-O or PE program for x86-64, or names no functions.
    pub fn open(path: impl AsRef<Path>) -> Result<Program, Error> {
        let path = path.as_ref().to_path_buf();
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => return Err(Error::Unreadable(path, error)),
        };
        let file = match object::File::parse(&*bytes) {
            Ok(file) => file,
            Err(error) => return Err(Error::NoProgram(path, error)),
        };
        if file.architecture() != Architecture::X86_64 {
            return Err(Error::OtherArchitecture(path, file.architecture()));
        }
        if file.kind() == ObjectKind::Relocatable {
            return Err(Error::NotLinked(path));
        }
        let sections = sections(&file);
        let functions = functions(&file, &sections);
        if functions.is_empty() {
            return Err(Error::NoSymbols(path));
        }
        let mut program = Program { path, sections, functions, imports: BTreeMap::new() };
        program.imports = program.imports_of(&file);
        Ok(program)
    }

    /// A program of this code, all of it in `functions`.
    #[cfg(test)]
    pub(crate) fn of_code(address: u64, bytes: Vec<u8>, mut functions: Vec<Function>) -> Program {
        let sections = vec![Section { address, bytes, is_code: true }];
        fill_in_sizes(&mut functions, &sections);
        Program { path: PathBuf::new(), sections, functions, imports: BTreeMap::new() }
    }

    /// All functions, in the order of their addresses. Functions of the same code may share an address.
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// The functions whose names match a regular expression.
    ///
    /// # Errors
    ///
    /// If `pattern` is no regular expression, or nothing matches it.
    pub fn matching(&self, pattern: &str) -> Result<Vec<&Function>, Error> {
        let names = Regex::new(pattern).map_err(Error::Pattern)?;
        let found: Vec<&Function> = self.functions.iter().filter(|function| names.is_match(&function.name)).collect();
        if found.is_empty() {
            return Err(Error::NoSuchFunction(self.path.clone(), pattern.to_owned()));
        }
        Ok(found)
    }

    /// The function that starts at an address.
    pub(crate) fn function_at(&self, address: u64) -> Option<&Function> {
        let first = self.functions.partition_point(|function| function.address < address);
        self.functions.get(first).filter(|function| function.address == address)
    }

    /// The instructions of a function.
    pub(crate) fn instructions(&self, function: &Function) -> Vec<Instruction> {
        self.decode(function.address, function.size)
    }

    /// The instructions of the next `len` bytes.
    pub(crate) fn decode(&self, address: u64, len: u64) -> Vec<Instruction> {
        let code = self.sections.iter().filter(|section| section.is_code);
        let bytes = code.filter_map(|section| section.bytes_at(address, len)).next().unwrap_or_default();
        Decoder::with_ip(64, bytes, address, DecoderOptions::NONE).into_iter().collect()
    }

    /// The name of what a direct call or jump leads to: a function, or an import by way of the linkage table.
    pub(crate) fn name_of(&self, target: u64) -> Option<&str> {
        if let Some(function) = self.function_at(target) {
            return Some(&function.name);
        }
        // An entry of the linkage table: perhaps `endbr64`, then a jump by a pointer.
        let entry = self.decode(target, 16);
        let jump =
            entry.iter().take(2).find(|instruction| instruction.flow_control() == FlowControl::IndirectBranch)?;
        self.import_of(jump)
    }

    /// The name of the function behind the pointer that an indirect call or jump reads, where the loader fills it in.
    pub(crate) fn import_of(&self, instruction: &Instruction) -> Option<&str> {
        let reads_a_pointer = instruction.op0_kind() == OpKind::Memory && instruction.memory_base() == Register::RIP;
        let name = reads_a_pointer.then(|| self.imports.get(&instruction.memory_displacement64())).flatten()?;
        Some(name)
    }

    /// The targets of the jump tables that instructions of `function` take the address of.
    ///
    /// Compilers write a table as distances from its own start, 4 bytes each, to blocks of the function. Where a table
    /// ends is not written down: it is read as far as its entries lead to instructions of the function, perhaps too far, which
    /// adds edges to the graph and hides none.
    pub(crate) fn jump_table_targets(&self, instructions: &[Instruction]) -> Vec<u64> {
        let mut targets = Vec::new();
        if !instructions.iter().any(|instruction| instruction.flow_control() == FlowControl::IndirectBranch) {
            return targets;
        }
        let starts_here = |address: u64| instructions.binary_search_by_key(&address, Instruction::ip).is_ok();
        for instruction in instructions.iter().filter(|instruction| instruction.is_ip_rel_memory_operand()) {
            let table = instruction.ip_rel_memory_address();
            let data = self.sections.iter().filter(|section| !section.is_code);
            let bytes = data.filter_map(|section| section.bytes_at(table, u64::MAX)).next().unwrap_or_default();
            let (entries, _) = bytes.as_chunks::<4>();
            let entries = entries.iter().map(|&entry| table.wrapping_add_signed(i32::from_le_bytes(entry).into()));
            targets.extend(entries.take_while(|&target| starts_here(target)));
        }
        targets.sort_unstable();
        targets.dedup();
        targets
    }

    /// The functions behind the pointers that the loader fills in. ELF only: elsewhere such calls have no names.
    fn imports_of(&self, file: &object::File<'_>) -> BTreeMap<u64, String> {
        let symbols = file.dynamic_symbol_table();
        let name = |target, addend: i64| match target {
            RelocationTarget::Symbol(index) => {
                let symbol = symbols.as_ref()?.symbol_by_index(index).ok()?;
                Some(demangle(symbol.name().ok()?))
            }
            RelocationTarget::Absolute => Some(self.function_at(addend.cast_unsigned())?.name.clone()),
            _ => None,
        };
        let relocations = file.dynamic_relocations().into_iter().flatten();
        relocations
            .filter_map(|(address, relocation)| Some((address, name(relocation.target(), relocation.addend())?)))
            .collect()
    }
}

fn sections(file: &object::File<'_>) -> Vec<Section> {
    let kept = |kind| matches!(kind, SectionKind::Text | SectionKind::ReadOnlyData | SectionKind::ReadOnlyDataWithRel);
    file.sections()
        .filter(|section| kept(section.kind()))
        .filter_map(|section| {
            let bytes = section.data().ok()?.to_vec();
            Some(Section { address: section.address(), bytes, is_code: section.kind() == SectionKind::Text })
        })
        .collect()
}

/// The functions of a file, from its full table of symbols, or from the one of the loader where there is no other.
fn functions(file: &object::File<'_>, sections: &[Section]) -> Vec<Function> {
    let mut functions: Vec<Function> = file.symbols().filter_map(|symbol| function(&symbol)).collect();
    if functions.is_empty() {
        functions = file.dynamic_symbols().filter_map(|symbol| function(&symbol)).collect();
    }
    functions.sort_unstable_by(|a, b| (a.address, &a.name).cmp(&(b.address, &b.name)));
    fill_in_sizes(&mut functions, sections);
    functions
}

fn function<'data>(symbol: &impl ObjectSymbol<'data>) -> Option<Function> {
    if symbol.kind() != SymbolKind::Text || symbol.is_undefined() {
        return None;
    }
    Some(Function { name: demangle(symbol.name().ok()?), address: symbol.address(), size: symbol.size() })
}

/// Ends functions of unknown size where the next one starts, or the section ends. Mach-O and PE know no sizes.
fn fill_in_sizes(functions: &mut [Function], sections: &[Section]) {
    let mut next = u64::MAX;
    for index in (0..functions.len()).rev() {
        let address = functions[index].address;
        if let Some(later) = functions.get(index + 1).filter(|later| later.address > address) {
            next = later.address;
        }
        if functions[index].size == 0 {
            let section = sections.iter().find(|section| (section.address..section.end()).contains(&address));
            functions[index].size = section.map_or(0, |section| next.min(section.end()) - address);
        }
    }
}

/// A name as the source has it, without the hash.
fn demangle(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(address: u64, size: u64) -> Function {
        Function { name: format!("at {address}"), address, size }
    }

    #[test]
    fn functions_of_unknown_size_end_where_the_next_one_starts() {
        let functions = vec![function(100, 0), function(100, 0), function(110, 4), function(120, 0)];
        let program = Program::of_code(100, vec![0xc3; 50], functions);
        let sizes: Vec<u64> = program.functions().iter().map(|function| function.size).collect();
        assert_eq!(sizes, [10, 10, 4, 30]);
    }

    #[test]
    fn functions_outside_of_the_code_have_no_instructions() {
        let program = Program::of_code(100, vec![0xc3; 2], vec![function(100, 0), function(500, 0)]);
        let lengths = program.functions().iter().map(|function| program.instructions(function).len());
        assert_eq!(lengths.collect::<Vec<_>>(), [2, 0]);
    }

    #[test]
    fn names_have_no_hash() {
        assert_eq!(demangle("_ZN4core9panicking9panic_fmt17h0123456789abcdefE"), "core::panicking::panic_fmt");
        assert_eq!(demangle("memcpy"), "memcpy");
    }

    #[test]
    fn a_wrong_pattern_is_an_error_of_one_line() {
        let program = Program::of_code(0, vec![0xc3], vec![function(0, 1)]);
        let error = program.matching("a(").unwrap_err().to_string();
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}
