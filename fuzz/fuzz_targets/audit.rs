//! The machine-code checker on mutated programs: ELF, Mach-O and PE files built from small pieces
//! of code and names, then changed byte by byte. It must end within the number of steps that the
//! size of the file allows. It must print only printable text and line feeds, one verdict per
//! function, and properly nested loops.
#![no_main]

#[path = "../../tools/inline-audit/tests/files/mod.rs"]
mod files;

use arbitrary::Arbitrary;
use inline_audit::{Audit, Auditor, Callee, Program, Requirements, Width};
use libfuzzer_sys::fuzz_target;

use files::{Image, Symbol};

#[derive(Arbitrary, Debug)]
struct Input {
    format: Format,
    pieces: Vec<Piece>,
    /// How often the code is repeated.
    repeats: u8,
    names: Vec<(Name, u8, Size)>,
    is_debug_file: bool,
    constants: Vec<i8>,
    /// The place in the file, and the new byte.
    changes: Vec<(u16, u8)>,
    /// The length to which the file is cut.
    cut: Option<u16>,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Format {
    Elf,
    MachO,
    Pe,
    Universal,
}

/// A piece of code.
#[derive(Arbitrary, Debug)]
enum Piece {
    Nop,
    Return,
    Vector,
    Division,
    IndirectJump,
    IndirectCall,
    /// The address of the constants, for a jump table.
    Table(i8),
    Jump(i8),
    Branch(i8),
    FarJump(i16),
    Call(i16),
    Bytes([u8; 3]),
}

#[derive(Arbitrary, Debug)]
enum Name {
    Kernel,
    Cold,
    Panic,
    Escapes,
    Mangled,
    Any([u8; 6]),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Size {
    Unknown,
    Few(u8),
    ToTheEnd,
    Any(u64),
}

impl Piece {
    fn write(&self, code: &mut Vec<u8>) {
        let far = |opcode: u8, to: i16| [&[opcode][..], &i32::from(to).to_le_bytes()].concat();
        match *self {
            Piece::Nop => code.push(0x90),
            Piece::Return => code.push(0xc3),
            Piece::Vector => code.extend([0xc5, 0xfc, 0x58, 0x00]),
            Piece::Division => code.extend([0x48, 0xf7, 0xf1]),
            Piece::IndirectJump => code.extend([0xff, 0xe0]),
            Piece::IndirectCall => code.extend([0xff, 0xd0]),
            Piece::Table(to) => code.extend([&[0x48, 0x8d, 0x05][..], &i32::from(to).to_le_bytes()].concat()),
            Piece::Jump(to) => code.extend([0xeb, to.cast_unsigned()]),
            Piece::Branch(to) => code.extend([0x75, to.cast_unsigned()]),
            Piece::FarJump(to) => code.extend(far(0xe9, to)),
            Piece::Call(to) => code.extend(far(0xe8, to)),
            Piece::Bytes(bytes) => code.extend(bytes),
        }
    }
}

impl Input {
    fn image(&self) -> Image {
        let mut code = Vec::new();
        self.pieces.iter().for_each(|piece| piece.write(&mut code));
        let code = code.repeat(1 + usize::from(self.repeats));
        // Long code with many names, so that functions often overlap.
        let names = (0..=self.repeats / 32).flat_map(|copy| self.names.iter().map(move |it| (copy, it)));
        let symbols = names.map(|(copy, (name, at, size))| {
            let offset = code.len() * usize::from(at.wrapping_add(copy)) / 256;
            let size = match *size {
                Size::Unknown => 0,
                Size::Few(bytes) => bytes.into(),
                Size::ToTheEnd => (code.len() - offset) as u64,
                Size::Any(size) => size,
            };
            let name: &[u8] = match name {
                Name::Kernel => b"kernel",
                Name::Cold => b"kernel.cold",
                Name::Panic => b"core::panicking::panic",
                Name::Escapes => b"f\x1b[2J\n  verdict: fast\xc2\x9b\xe2\x80\xae",
                Name::Mangled => b"_RINvC1a1fTllETB7_B7_EE",
                Name::Any(bytes) => bytes,
            };
            Symbol { is_function: size != 7, ..Symbol::function(name, offset as u32, size) }
        });
        let symbols = symbols.collect();
        let constants = self.constants.iter().flat_map(|&entry| i32::from(entry).to_le_bytes()).collect();
        Image { code, constants, symbols, is_debug_file: self.is_debug_file }
    }

    fn file(&self) -> Vec<u8> {
        let image = self.image();
        let mut file = match self.format {
            Format::Elf => image.elf(),
            Format::MachO => image.mach_o(),
            Format::Pe => image.pe(),
            Format::Universal => image.universal(),
        };
        let len = file.len();
        for &(at, value) in &self.changes {
            // The headers are the first and the last bytes. All of them can be changed.
            let at = if at % 2 == 0 { usize::from(at / 2) % len } else { len - 1 - usize::from(at / 2) % len };
            file[at] = value;
        }
        file.truncate(self.cut.map_or(len, usize::from));
        file
    }
}

/// Checks that a terminal can display the text.
fn check_text(text: &str) {
    let is_harmless = |it: char| it == '\n' || !(it.is_control() || matches!(it, '\u{202a}'..='\u{202e}' | '\u{2028}'));
    assert!(text.chars().all(is_harmless), "{text:?}");
}

fn check_audit(audit: &Audit, file_len: usize) {
    let text = audit.to_string();
    check_text(&text);
    let verdicts = text.lines().filter(|line| line.starts_with("  verdict: ")).count();
    assert_eq!(verdicts, 1, "{text}");
    let names: usize = audit
        .loops
        .iter()
        .flat_map(|it| it.calls.iter().map(|call| &call.callee).chain(&it.panics))
        .map(|callee| match callee {
            Callee::Named(name) => name.len(),
            _ => 0,
        })
        .sum();
    assert!(
        text.len() <= 10_000 + 1000 * file_len + 10 * names,
        "{} bytes of text for {file_len} of the file",
        text.len()
    );
    for it in &audit.loops {
        assert!(it.instructions > 0 || !it.innermost, "{text}");
        assert!(it.depth > 0 && it.calls.len() + it.scalar_floats + it.divisions <= it.instructions, "{text}");
    }
    // Every instruction is counted at most once.
    assert!(audit.loops.iter().map(|it| it.instructions).sum::<usize>() <= file_len, "{text}");
    let required =
        Requirements { deny_calls: true, deny_panics: true, deny_divisions: true, min_width: Some(Width::Bits512) };
    let violations = required.violations(audit);
    violations.iter().for_each(|violation| check_text(&violation.to_string()));
    let calls: usize = audit.loops.iter().map(|it| it.calls.len()).sum();
    assert!(violations.len() >= calls);
}

fuzz_target!(|input: Input| {
    let file = input.file();
    let len = file.len();
    let program = match Program::from_bytes("program\x1b", file) {
        Ok(program) => program,
        Err(error) => {
            let message = error.to_string();
            check_text(&message);
            assert_eq!(message.lines().count(), 1, "{message}");
            return;
        }
    };
    let auditor = Auditor::new(&program);
    for function in program.functions() {
        match auditor.audit(function) {
            Ok(audit) => {
                assert!(function.size > 0 && function.size <= len as u64, "{function:?} has no code");
                check_audit(&audit, len);
            }
            Err(error) => check_text(&error.to_string()),
        }
        assert!(program.named(&function.name).is_ok_and(|found| found.contains(&function)));
    }
    let (taken, limit) = auditor.steps();
    assert!(taken <= limit, "{taken} steps of {limit}");
    assert!(limit <= 8 * len as u64 + 4096);
});
