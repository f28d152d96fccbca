//! Reads a file. Everything that depends on the file format is in this module.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use object::macho::MH_DSYM;
use object::read::macho::{FatArch, MachHeader, MachOFatFile32, MachOFatFile64};
use object::{
    Architecture, File, FileKind, Object, ObjectKind, ObjectSection, ObjectSymbol, ObjectSymbolTable, RelocationTarget,
    SectionKind, SymbolKind,
};

use crate::error::Error;
use crate::program::Function;
use crate::steps::{Steps, TooMany};
use crate::text::symbol_name;

/// Bytes of the file that are at this address in the program's memory.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) address: u64,
    /// The position in the file. The address of the end does not overflow, and the bytes are in the
    /// file.
    pub(crate) bytes: Range<usize>,
}

impl Section {
    pub(crate) fn len(&self) -> u64 {
        self.bytes.len() as u64
    }
}

/// The parsed contents of a file.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// Sections of code, in the order of their addresses.
    pub(crate) code: Vec<Section>,
    /// Sections of constants, in the order of their addresses.
    pub(crate) constants: Vec<Section>,
    /// The functions, in the order of their addresses.
    pub(crate) functions: Vec<Function>,
    /// Names in the code that are not typed as functions.
    pub(crate) labels: Vec<String>,
    /// The functions of pointers that the loader fills in, by the address of the pointer.
    pub(crate) imports: HashMap<u64, Arc<str>>,
    /// `.debug_line`, `.debug_str` and `.debug_line_str`.
    pub(crate) debug: [Range<usize>; 3],
}

/// Reads the needed contents of a file.
pub(crate) fn read(path: &Path, bytes: &[u8]) -> Result<Contents, Error> {
    match FileKind::parse(bytes) {
        Ok(FileKind::Archive | FileKind::Coff | FileKind::CoffBig | FileKind::CoffImport) => {
            return Err(Error::NotLinked(path.into()));
        }
        Ok(FileKind::MachOFat32) => {
            if let Ok(fat) = MachOFatFile32::parse(bytes) {
                return Err(Error::Universal(path.into(), architectures(fat.arches())));
            }
        }
        Ok(FileKind::MachOFat64) => {
            if let Ok(fat) = MachOFatFile64::parse(bytes) {
                return Err(Error::Universal(path.into(), architectures(fat.arches())));
            }
        }
        _ => {}
    }
    let file = match File::parse(bytes) {
        Ok(file) => file,
        Err(error) => return Err(Error::NoProgram(path.into(), error)),
    };
    if file.architecture() != Architecture::X86_64 {
        return Err(Error::OtherArchitecture(path.into(), file.architecture()));
    }
    if file.kind() == ObjectKind::Relocatable {
        return Err(Error::NotLinked(path.into()));
    }
    let steps = Steps::for_file_of(bytes.len());
    let contents = contents(&file, bytes, &steps).map_err(|TooMany| Error::TooManySteps(path.into()))?;
    if contents.functions.is_empty() && contents.labels.is_empty() {
        return Err(Error::NoSymbols(path.into()));
    }
    let has_code = |function: &Function| section_at(&contents.code, function.address).is_some();
    if !contents.functions.is_empty() && !contents.functions.iter().any(has_code) {
        return Err(Error::DebugFile(path.into()));
    }
    Ok(contents)
}

/// Returns the processors of a universal file, at most as many as such a file can have.
fn architectures(programs: &[impl FatArch]) -> Vec<Architecture> {
    const MOST: usize = 16;
    programs.iter().take(MOST).map(FatArch::architecture).collect()
}

/// Returns the section that contains an address.
pub(crate) fn section_at(sections: &[Section], address: u64) -> Option<&Section> {
    let after = sections.partition_point(|section| section.address <= address);
    sections[..after].last().filter(|section| address - section.address < section.len())
}

fn contents(file: &File<'_>, bytes: &[u8], steps: &Steps) -> Result<Contents, TooMany> {
    let sections = |wanted: &[SectionKind]| {
        let of_kind = file.sections().filter(|section| wanted.contains(&section.kind()));
        let mut sections: Vec<Section> =
            of_kind.filter_map(|section| with_bytes(file, &section, bytes.len())).collect();
        sections.sort_by_key(|section| section.address);
        sections
    };
    let code = sections(&[SectionKind::Text]);
    let constants = sections(&[SectionKind::ReadOnlyData, SectionKind::ReadOnlyDataWithRel]);
    let (mut functions, labels) = functions_and_labels(file, file.symbols(), &code, steps)?;
    if functions.is_empty() {
        functions = functions_and_labels(file, file.dynamic_symbols(), &code, steps)?.0;
    }
    functions.sort_unstable_by(|a, b| (a.address, &a.name).cmp(&(b.address, &b.name)));
    fill_in_sizes(&mut functions, &code);
    let imports = imports(file, &functions, steps)?;
    let debug = [".debug_line", ".debug_str", ".debug_line_str"].map(|name| {
        let section = file.section_by_name(name);
        let uncompressed = section.filter(|section| section.uncompressed_data().is_ok());
        uncompressed.and_then(|section| file_range(&section, bytes.len())).unwrap_or_default()
    });
    Ok(Contents { code, constants, functions, labels, imports, debug })
}

fn file_range<'data>(section: &impl ObjectSection<'data>, file_len: usize) -> Option<Range<usize>> {
    let (start, len) = section.file_range()?;
    let end = usize::try_from(start.checked_add(len)?).ok().filter(|&end| end <= file_len)?;
    Some(usize::try_from(start).ok()?..end)
}

/// Returns a section, if its bytes are in the file.
///
/// A file with only debug information has the headers of all sections. In ELF, sections without
/// bytes are marked, and the reader respects that. In other formats they start at byte 0, where the
/// file's own header is. In a Mach-O file of this kind, no code has bytes.
fn with_bytes<'data>(file: &File<'_>, section: &impl ObjectSection<'data>, file_len: usize) -> Option<Section> {
    let bytes = file_range(section, file_len).filter(|bytes| !bytes.is_empty() && bytes.start != 0)?;
    let address = section.address();
    address.checked_add(bytes.len() as u64)?;
    let is_debug_file = matches!(file, File::MachO64(it) if it.macho_header().filetype(it.endian()) == MH_DSYM);
    (!is_debug_file).then_some(Section { address, bytes })
}

/// Returns the functions of a symbol table, and the labels: names in the code that are not typed as
/// functions.
fn functions_and_labels<'data>(
    file: &File<'_>,
    symbols: impl Iterator<Item = impl ObjectSymbol<'data>>,
    code: &[Section],
    steps: &Steps,
) -> Result<(Vec<Function>, Vec<String>), TooMany> {
    let gives_sizes = matches!(file, File::Elf32(_) | File::Elf64(_));
    let (mut functions, mut labels) = (Vec::new(), Vec::new());
    for symbol in symbols.filter(|symbol| !symbol.is_undefined()) {
        let Ok(name) = symbol.name_bytes() else { continue };
        steps.take(name.len())?;
        if symbol.kind() == SymbolKind::Text {
            let (address, size) = (symbol.address(), symbol.size());
            let is_size_guessed = gives_sizes && size == 0;
            functions.push(Function { name: symbol_name(name), address, size, is_size_guessed });
        } else if symbol.kind() == SymbolKind::Unknown
            && symbol.is_definition()
            && !name.is_empty()
            && section_at(code, symbol.address()).is_some()
        {
            labels.push(symbol_name(name));
        }
    }
    Ok((functions, labels))
}

/// Sets the end of functions of unknown size to the start of the next function or the end of the
/// section. Mach-O and PE record no sizes.
pub(crate) fn fill_in_sizes(functions: &mut [Function], code: &[Section]) {
    let mut next = u64::MAX;
    for index in (0..functions.len()).rev() {
        let address = functions[index].address;
        if let Some(later) = functions.get(index + 1).filter(|later| later.address > address) {
            next = later.address;
        }
        if functions[index].size == 0 {
            let section = section_at(code, address);
            functions[index].size = section.map_or(0, |section| next.min(section.address + section.len()) - address);
        }
    }
}

/// Returns the functions of the pointers that the loader fills in. Only for ELF: in other formats
/// such calls have no names.
fn imports(file: &File<'_>, functions: &[Function], steps: &Steps) -> Result<HashMap<u64, Arc<str>>, TooMany> {
    let symbols = file.dynamic_symbol_table();
    let mut names: HashMap<RelocationTarget, Option<Arc<str>>> = HashMap::new();
    let mut imports = HashMap::new();
    for (address, relocation) in file.dynamic_relocations().into_iter().flatten() {
        steps.take(1)?;
        let name = match relocation.target() {
            RelocationTarget::Symbol(index) => match names.get(&relocation.target()) {
                Some(known) => known.clone(),
                None => {
                    let symbol = symbols.as_ref().and_then(|symbols| symbols.symbol_by_index(index).ok());
                    let name = symbol.and_then(|symbol| symbol.name_bytes().ok());
                    steps.take(name.map_or(0, <[u8]>::len))?;
                    let name: Option<Arc<str>> = name.map(|name| symbol_name(name).into());
                    names.insert(relocation.target(), name.clone());
                    name
                }
            },
            RelocationTarget::Absolute => {
                let address = relocation.addend().cast_unsigned();
                let first = functions.partition_point(|function| function.address < address);
                let function = functions.get(first).filter(|function| function.address == address);
                steps.take(function.map_or(0, |function| function.name.len()))?;
                function.map(|function| function.name.as_str().into())
            }
            _ => None,
        };
        if let Some(name) = name {
            imports.insert(address, name);
        }
    }
    Ok(imports)
}
