//! Builds small ELF, Mach-O and PE programs byte by byte, without a compiler or a linker.
#![allow(dead_code, reason = "each test and fuzz target that includes this file uses its own part of it")]

/// A name in the code of a program.
#[derive(Clone, Debug)]
pub(crate) struct Symbol {
    pub(crate) name: Vec<u8>,
    /// The distance from the start of the code.
    pub(crate) offset: u32,
    /// The size, for ELF only; 0 if it is unknown.
    pub(crate) size: u64,
    /// Whether it is a function instead of a label.
    pub(crate) is_function: bool,
}

impl Symbol {
    pub(crate) fn function(name: impl AsRef<[u8]>, offset: u32, size: u64) -> Symbol {
        Symbol { name: name.as_ref().to_vec(), offset, size, is_function: true }
    }
}

/// The contents of a program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Image {
    /// The code, at [`CODE`] in memory.
    pub(crate) code: Vec<u8>,
    /// The constants, directly after the code in memory.
    pub(crate) constants: Vec<u8>,
    pub(crate) symbols: Vec<Symbol>,
    /// Whether the sections have no bytes, as in a file with only debug information.
    pub(crate) is_debug_file: bool,
}

/// The address of the code in memory.
pub(crate) const CODE: u64 = 0x40_1000;

/// Appends the lowest bytes of a number.
fn put(file: &mut Vec<u8>, number: u64, bytes: usize) {
    file.extend(&number.to_le_bytes()[..bytes]);
}

/// Appends several numbers of the same width.
fn put_all(file: &mut Vec<u8>, numbers: &[u64], bytes: usize) {
    numbers.iter().for_each(|&number| put(file, number, bytes));
}

/// Appends a name, padded to the size of a field.
fn put_name(file: &mut Vec<u8>, name: &[u8], field: usize) {
    let start = file.len();
    file.extend(name);
    file.resize(start + field, 0);
}

impl Image {
    /// Returns the names, each with a zero after it, and their positions. The first one is at
    /// `start`.
    fn names(&self, start: usize) -> (Vec<u8>, Vec<u64>) {
        let mut names = Vec::new();
        let mut starts = Vec::new();
        for symbol in &self.symbols {
            starts.push((start + names.len()) as u64);
            names.extend(&symbol.name);
            names.push(0);
        }
        (names, starts)
    }

    fn sizes(&self) -> [u64; 2] {
        [self.code.len() as u64, self.constants.len() as u64]
    }

    pub(crate) fn elf(&self) -> Vec<u8> {
        const HEADER: u64 = 64;
        const SECTION_NAMES: &[u8] = b"\0.text\0.rodata\0.symtab\0.strtab\0.shstrtab\0";
        let [code, constants] = self.sizes();
        let (mut names, starts) = self.names(1);
        names.insert(0, 0);
        let mut symbols = vec![0; 24];
        for (symbol, start) in self.symbols.iter().zip(starts) {
            put(&mut symbols, start, 4);
            put(&mut symbols, 0x10 | if symbol.is_function { 2 } else { 0 }, 1);
            put(&mut symbols, 0, 1);
            put(&mut symbols, 1, 2);
            put_all(&mut symbols, &[CODE + u64::from(symbol.offset), symbol.size], 8);
        }
        let at_constants = HEADER + code;
        let at_symbols = at_constants + constants;
        let at_names = at_symbols + symbols.len() as u64;
        let at_section_names = at_names + names.len() as u64;
        let at_sections = at_section_names + SECTION_NAMES.len() as u64;

        let mut file = b"\x7fELF\x02\x01\x01".to_vec();
        file.resize(16, 0);
        put_all(&mut file, &[2, 62], 2);
        put(&mut file, 1, 4);
        put_all(&mut file, &[CODE, 0, at_sections], 8);
        put(&mut file, 0, 4);
        put_all(&mut file, &[64, 56, 0, 64, 6, 5], 2);
        for part in [&self.code, &self.constants, &symbols, &names, SECTION_NAMES] {
            file.extend(part);
        }
        let bytes_or_none = if self.is_debug_file { 8 } else { 1 };
        // The fields are name, type, flags, address, offset, size, link, info, alignment, and size
        // of an entry.
        let sections: [[u64; 10]; 6] = [
            [0; 10],
            [1, bytes_or_none, 6, CODE, HEADER, code, 0, 0, 1, 0],
            [7, bytes_or_none, 2, CODE + code, at_constants, constants, 0, 0, 1, 0],
            [15, 2, 0, 0, at_symbols, symbols.len() as u64, 4, 1, 8, 24],
            [23, 3, 0, 0, at_names, names.len() as u64, 0, 0, 1, 0],
            [31, 3, 0, 0, at_section_names, SECTION_NAMES.len() as u64, 0, 0, 1, 0],
        ];
        for [name, kind, flags, address, offset, size, link, info, alignment, entry] in sections {
            put_all(&mut file, &[name, kind], 4);
            put_all(&mut file, &[flags, address, offset, size], 8);
            put_all(&mut file, &[link, info], 4);
            put_all(&mut file, &[alignment, entry], 8);
        }
        file
    }

    pub(crate) fn mach_o(&self) -> Vec<u8> {
        const COMMANDS: u64 = 72 + 2 * 80 + 24;
        const PROGRAM: u64 = 2;
        const DSYM: u64 = 10;
        let [code, constants] = self.sizes();
        let has = u64::from(!self.is_debug_file);
        let at_code = 32 + COMMANDS;
        let at_symbols = at_code + code + constants;
        let (names, starts) = self.names(0);

        let mut file = Vec::new();
        let kind = if self.is_debug_file { DSYM } else { PROGRAM };
        put_all(&mut file, &[0xfeed_facf, 0x0100_0007, 3, kind, 2, COMMANDS, 0, 0], 4);
        put_all(&mut file, &[0x19, 72 + 2 * 80], 4);
        put_name(&mut file, b"__TEXT", 16);
        put_all(&mut file, &[CODE, code + constants, has * at_code, has * (code + constants)], 8);
        put_all(&mut file, &[7, 5, 2, 0], 4);
        for (name, address, size, offset, flags) in [
            (&b"__text"[..], CODE, code, at_code, 0x8000_0400),
            (b"__const", CODE + code, constants, at_code + code, 0),
        ] {
            put_name(&mut file, name, 16);
            put_name(&mut file, b"__TEXT", 16);
            put_all(&mut file, &[address, size], 8);
            put_all(&mut file, &[has * offset, 0, 0, 0, flags, 0, 0, 0], 4);
        }
        let at_names = at_symbols + 16 * self.symbols.len() as u64;
        put_all(&mut file, &[2, 24, at_symbols, self.symbols.len() as u64, at_names, names.len() as u64], 4);
        file.extend(&self.code);
        file.extend(&self.constants);
        for (symbol, start) in self.symbols.iter().zip(starts) {
            put(&mut file, start, 4);
            put_all(&mut file, &[0x0f, 1], 1);
            put(&mut file, 0, 2);
            put(&mut file, CODE + u64::from(symbol.offset), 8);
        }
        file.extend(names);
        file
    }

    pub(crate) fn pe(&self) -> Vec<u8> {
        const BASE: u64 = 0x40_0000;
        const AT_CODE: u64 = 64 + 4 + 20 + 240 + 2 * 40;
        let [code, constants] = self.sizes();
        let has = u64::from(!self.is_debug_file);
        let at_symbols = AT_CODE + code + constants;
        let (names, starts) = self.names(4);

        let mut file = b"MZ".to_vec();
        file.resize(60, 0);
        put(&mut file, 64, 4);
        file.extend(b"PE\0\0");
        put_all(&mut file, &[0x8664, 2], 2);
        put_all(&mut file, &[0, at_symbols, self.symbols.len() as u64], 4);
        put_all(&mut file, &[240, 0x22], 2);
        put_all(&mut file, &[0x20b, 0], 2);
        put_all(&mut file, &[code, constants, 0, CODE - BASE, CODE - BASE], 4);
        put(&mut file, BASE, 8);
        put_all(&mut file, &[1, 1], 4);
        put_all(&mut file, &[6, 0, 0, 0, 6, 0], 2);
        put_all(&mut file, &[0, CODE - BASE + code + constants, AT_CODE, 0], 4);
        put_all(&mut file, &[3, 0], 2);
        put_all(&mut file, &[0x10_0000, 0x1000, 0x10_0000, 0x1000], 8);
        put_all(&mut file, &[0, 16], 4);
        file.resize(64 + 4 + 20 + 240, 0);
        for (name, size, address, offset, flags) in [
            (&b".text"[..], code, CODE, AT_CODE, 0x6000_0020),
            (b".rdata", constants, CODE + code, AT_CODE + code, 0x4000_0040),
        ] {
            put_name(&mut file, name, 8);
            put_all(&mut file, &[size, address - BASE, size, has * offset, 0, 0, 0, flags], 4);
        }
        file.extend(&self.code);
        file.extend(&self.constants);
        for (symbol, start) in self.symbols.iter().zip(starts) {
            put_all(&mut file, &[0, start, symbol.offset.into()], 4);
            put_all(&mut file, &[1, if symbol.is_function { 0x20 } else { 0 }], 2);
            put_all(&mut file, &[2, 0], 1);
        }
        put(&mut file, 4 + names.len() as u64, 4);
        file.extend(names);
        file
    }

    /// Returns a universal Mach-O file that contains only this program.
    pub(crate) fn universal(&self) -> Vec<u8> {
        let program = self.mach_o();
        let len = u32::try_from(program.len()).expect("programs of tests are small");
        // The big-endian fields are magic, number of programs, processor, its kind, offset, size,
        // and alignment.
        let mut file: Vec<u8> =
            [0xcafe_babe, 1, 0x0100_0007, 3, 28, len, 0].into_iter().flat_map(u32::to_be_bytes).collect();
        file.extend(program);
        file
    }
}
