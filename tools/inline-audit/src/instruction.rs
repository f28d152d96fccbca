//! Classifies instructions by their effect on a loop's speed.
//!
//! The names of instructions are regular: `v` for the VEX and EVEX encodings, `p` for packed
//! integers, and `ps`, `pd`, `ss`, `sd` at the end for packed and scalar floats.

use std::fmt;

use iced_x86::{Instruction, Mnemonic, OpKind, Register};

/// The width of a vector register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Width {
    /// `xmm`
    Bits128,
    /// `ymm`
    Bits256,
    /// `zmm`
    Bits512,
}

impl Width {
    /// All widths, the narrowest first.
    pub const ALL: [Width; 3] = [Width::Bits128, Width::Bits256, Width::Bits512];

    /// Returns the number of bits.
    pub fn bits(self) -> u32 {
        match self {
            Width::Bits128 => 128,
            Width::Bits256 => 256,
            Width::Bits512 => 512,
        }
    }
}

impl fmt::Display for Width {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-bit", self.bits())
    }
}

/// The kinds of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Arithmetic on all lanes of a vector register.
    PackedArithmetic(Width),
    /// Loads, stores, shuffles and similar instructions on a vector register. They include bitwise
    /// logic on floats, which scalar code uses for signs.
    PackedMove(Width),
    /// Arithmetic on one float.
    ScalarFloat,
    /// An integer division: 20 to 90 cycles, and never vectorised.
    IntegerDivision,
    /// Anything else.
    Other,
}

/// The memory access of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Load,
    Store,
}

/// Returns how an instruction on vector registers accesses memory whose address the program
/// computes. Constants at a fixed distance from the code do not count: whether they are kept in
/// registers says nothing about the data that is read.
pub(crate) fn access(instruction: &Instruction) -> Option<Access> {
    let is_memory = |operand| instruction.op_kind(operand) == OpKind::Memory;
    if instruction.is_ip_rel_memory_operand() || !(0..instruction.op_count()).any(is_memory) {
        None
    } else if is_memory(0) {
        Some(Access::Store)
    } else {
        Some(Access::Load)
    }
}

/// Prefixes of instructions that move lanes without computing anything.
const MOVES: [&str; 31] = [
    "mov",
    "pmov",
    "lddqu",
    "broadcast",
    "pbroadcast",
    "insert",
    "pinsr",
    "extract",
    "pextr",
    "perm",
    "shuf",
    "pshuf",
    "unpck",
    "punpck",
    "blend",
    "pblend",
    "align",
    "palignr",
    "gather",
    "pgather",
    "scatter",
    "pscatter",
    "maskmov",
    "pmaskmov",
    "compress",
    "pcompress",
    "expand",
    "pexpand",
    "pslldq",
    "psrldq",
    "zero",
];

/// Bitwise logic on floats.
const FLOAT_LOGIC: [&str; 8] = ["andps", "andpd", "andnps", "andnpd", "orps", "orpd", "xorps", "xorpd"];

/// Prefixes of instructions that give the same result for any register combined with itself.
const CLEARING: [&str; 5] = ["pxor", "xorp", "psub", "pcmpeq", "pternlog"];

/// Returns the kind of an instruction's work.
pub(crate) fn work(instruction: &Instruction) -> Work {
    if matches!(instruction.mnemonic(), Mnemonic::Div | Mnemonic::Idiv) {
        return Work::IntegerDivision;
    }
    let Some(width) = vector_width(instruction) else { return Work::Other };
    let name = format!("{:?}", instruction.mnemonic()).to_lowercase();
    let name = name.strip_prefix('v').unwrap_or(&name);
    if clears_a_register(name, instruction) {
        Work::Other
    } else if FLOAT_LOGIC.contains(&name) || MOVES.iter().any(|stem| name.starts_with(stem)) {
        Work::PackedMove(width)
    } else if is_scalar_float(name) {
        Work::ScalarFloat
    } else {
        Work::PackedArithmetic(width)
    }
}

/// Returns the width of the widest vector register among the operands.
fn vector_width(instruction: &Instruction) -> Option<Width> {
    registers(instruction).filter_map(width_of).max()
}

fn registers(instruction: &Instruction) -> impl Iterator<Item = Register> {
    (0..instruction.op_count())
        .filter(|&operand| instruction.op_kind(operand) == OpKind::Register)
        .map(|operand| instruction.op_register(operand))
}

fn width_of(register: Register) -> Option<Width> {
    if register.is_zmm() {
        Some(Width::Bits512)
    } else if register.is_ymm() {
        Some(Width::Bits256)
    } else if register.is_xmm() {
        Some(Width::Bits128)
    } else {
        None
    }
}

/// Returns whether an instruction is the idiom for all zeros or all ones, such as
/// `vxorps ymm0, ymm0, ymm0`.
fn clears_a_register(name: &str, instruction: &Instruction) -> bool {
    let mut sources = registers(instruction).skip(if instruction.op_count() > 2 { 1 } else { 0 });
    let first = sources.next();
    CLEARING.iter().any(|stem| name.starts_with(stem))
        && registers(instruction).count() >= 2
        && sources.all(|source| Some(source) == first)
        && (0..instruction.op_count()).all(|operand| instruction.op_kind(operand) != OpKind::Memory)
}

/// Returns whether a name without its `v` is arithmetic on one float: `addss`, `fmadd213sd`,
/// `cvttss2si`.
fn is_scalar_float(name: &str) -> bool {
    // `pabsd` and `pmaxsd` are packed: their `d` means doubleword.
    let ends_like_one = ["ss", "sd", "sh"].iter().any(|end| name.ends_with(end));
    let converts_one = name.starts_with("cvt") && ["ss2", "sd2", "sh2"].iter().any(|from| name.contains(from));
    (ends_like_one && !name.starts_with('p')) || converts_one
}

#[cfg(test)]
mod tests {
    use iced_x86::IcedError;
    use iced_x86::code_asm::*;

    use super::*;

    /// Returns the work of the single instruction that `write` assembles.
    fn work_of(write: impl FnOnce(&mut CodeAssembler) -> Result<(), IcedError>) -> Work {
        let mut assembler = CodeAssembler::new(64).unwrap();
        write(&mut assembler).unwrap();
        work(&assembler.instructions()[0])
    }

    #[test]
    fn arithmetic_has_the_width_of_its_registers() {
        assert_eq!(work_of(|a| a.vfmadd231ps(zmm0, zmm1, zmm2)), Work::PackedArithmetic(Width::Bits512));
        assert_eq!(work_of(|a| a.vaddpd(ymm0, ymm1, ptr(rax))), Work::PackedArithmetic(Width::Bits256));
        assert_eq!(work_of(|a| a.mulps(xmm0, xmm1)), Work::PackedArithmetic(Width::Bits128));
        assert_eq!(work_of(|a| a.vpaddd(ymm0, ymm1, ymm2)), Work::PackedArithmetic(Width::Bits256));
        assert_eq!(work_of(|a| a.pmaxsd(xmm0, xmm1)), Work::PackedArithmetic(Width::Bits128));
        assert_eq!(work_of(|a| a.vcvtdq2ps(zmm0, zmm1)), Work::PackedArithmetic(Width::Bits512));
    }

    #[test]
    fn moving_lanes_is_not_arithmetic() {
        assert_eq!(work_of(|a| a.vmovups(ymm0, ptr(rax))), Work::PackedMove(Width::Bits256));
        assert_eq!(work_of(|a| a.vpermps(zmm0, zmm1, zmm2)), Work::PackedMove(Width::Bits512));
        assert_eq!(work_of(|a| a.vbroadcastss(ymm0, xmm1)), Work::PackedMove(Width::Bits256));
        assert_eq!(work_of(|a| a.movss(xmm0, ptr(rax))), Work::PackedMove(Width::Bits128));
        assert_eq!(work_of(|a| a.andps(xmm0, xmm1)), Work::PackedMove(Width::Bits128));
    }

    #[test]
    fn clearing_a_register_is_no_work() {
        assert_eq!(work_of(|a| a.xorps(xmm0, xmm0)), Work::Other);
        assert_eq!(work_of(|a| a.vpxor(ymm3, ymm0, ymm0)), Work::Other);
        assert_eq!(work_of(|a| a.vpsubd(ymm0, ymm0, ymm1)), Work::PackedArithmetic(Width::Bits256));
        assert_eq!(work_of(|a| a.pxor(xmm0, ptr(rax))), Work::PackedArithmetic(Width::Bits128));
    }

    #[test]
    fn one_float_at_a_time_is_scalar() {
        assert_eq!(work_of(|a| a.addss(xmm0, xmm1)), Work::ScalarFloat);
        assert_eq!(work_of(|a| a.vfmadd213sd(xmm0, xmm1, xmm2)), Work::ScalarFloat);
        assert_eq!(work_of(|a| a.cvtsi2ss(xmm0, rax)), Work::ScalarFloat);
        assert_eq!(work_of(|a| a.cvttss2si(rax, xmm0)), Work::ScalarFloat);
    }

    /// Returns the memory access of the single instruction that `write` assembles.
    fn access_of(write: impl FnOnce(&mut CodeAssembler) -> Result<(), IcedError>) -> Option<Access> {
        let mut assembler = CodeAssembler::new(64).unwrap();
        write(&mut assembler).unwrap();
        access(&assembler.instructions()[0])
    }

    #[test]
    fn loads_are_told_from_stores_and_constants() {
        assert_eq!(access_of(|a| a.vmovups(zmm0, ptr(rax + rcx * 4))), Some(Access::Load));
        assert_eq!(access_of(|a| a.vmovups(ptr(rax), zmm0)), Some(Access::Store));
        assert_eq!(access_of(|a| a.vaddps(ymm0, ymm1, ptr(rsp + 32))), Some(Access::Load));
        let by_a_constant = |a: &mut CodeAssembler| {
            let mut constant = a.create_label();
            a.set_label(&mut constant)?;
            a.vmulps(ymm0, ymm1, ptr(constant))
        };
        assert_eq!(access_of(by_a_constant), None);
        assert_eq!(access_of(|a| a.vaddps(ymm0, ymm1, ymm2)), None);
    }

    #[test]
    fn divisions_are_told_from_the_rest() {
        assert_eq!(work_of(|a| a.div(rcx)), Work::IntegerDivision);
        assert_eq!(work_of(|a| a.idiv(ecx)), Work::IntegerDivision);
        assert_eq!(work_of(|a| a.imul_2(rax, rcx)), Work::Other);
        assert_eq!(work_of(|a| a.vdivps(ymm0, ymm1, ymm2)), Work::PackedArithmetic(Width::Bits256));
    }
}
