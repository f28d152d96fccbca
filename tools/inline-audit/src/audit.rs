//! Counts how the loops of a function spend their instructions.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use iced_x86::{FlowControl, Instruction};

use crate::code::{Code, JumpCycles, is_call, table_targets};
use crate::error::Error;
use crate::flow::{self, Graph, Surroundings};
use crate::forest::Forest;
use crate::instruction::{self, Access, Width, Work};
use crate::lines::SourceLine;
use crate::program::{Function, Program};
use crate::steps::{Steps, TooMany};

/// The result for one function.
#[derive(Clone, Debug)]
pub struct Audit {
    /// The function.
    pub function: Function,
    /// Whether functions at other addresses have the same name.
    pub is_name_shared: bool,
    /// The symbols of code that belongs to the function but is elsewhere, such as cold parts.
    pub parts: Vec<String>,
    /// The loops, in the order of their addresses. Clean-up code after a panic is not included.
    pub loops: Vec<Loop>,
}

/// The result for one loop. Instructions of an inner loop count only for the inner loop.
#[derive(Clone, Debug)]
pub struct Loop {
    /// The first instruction by address. If the loop has instructions in the function's own code,
    /// it is one of those.
    pub at: Place,
    /// The source line that most instructions come from, if the program has line tables.
    pub line: Option<SourceLine>,
    /// The nesting depth: 1 for an outermost loop.
    pub depth: usize,
    /// Whether the loop contains no other loop.
    pub innermost: bool,
    /// The number of instructions.
    pub instructions: usize,
    /// The calls that an iteration may make and return from.
    pub calls: Vec<Call>,
    /// The vector instructions.
    pub packed: Packed,
    /// The number of instructions that compute with one float.
    pub scalar_floats: usize,
    /// The number of integer divisions.
    pub divisions: usize,
    /// The function that is called to panic, for each branch that leaves the loop for a panic. An
    /// example is a failed bounds check.
    pub panics: Vec<Callee>,
}

/// The place of an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The address in the program.
    pub address: u64,
    /// The distance from the start of the function, or from the start of the part if the
    /// instruction is in a part elsewhere.
    pub offset: u64,
    /// The symbol of that part. It is empty if the part has no symbol. Then `offset` is the
    /// address.
    pub part: Option<Arc<str>>,
}

/// The numbers of vector instructions by width: 128, 256, 512 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Packed {
    /// Instructions that compute.
    pub arithmetic: [usize; 3],
    /// Loads, stores and shuffles.
    pub moves: [usize; 3],
    /// Instructions of both kinds that read memory: data and spilled registers, but not constants.
    pub loads: [usize; 3],
    /// Instructions of both kinds that write memory.
    pub stores: [usize; 3],
}

impl Packed {
    /// Returns the width of the widest registers in arithmetic.
    pub fn widest_arithmetic(&self) -> Option<Width> {
        widest(&self.arithmetic)
    }

    /// Returns the width of the widest registers in moves.
    pub fn widest_move(&self) -> Option<Width> {
        widest(&self.moves)
    }

    fn count_access(&mut self, instruction: &Instruction, width: Width) {
        match instruction::access(instruction) {
            Some(Access::Load) => self.loads[width as usize] += 1,
            Some(Access::Store) => self.stores[width as usize] += 1,
            None => {}
        }
    }
}

fn widest(counts: &[usize; 3]) -> Option<Width> {
    Width::ALL.into_iter().zip(counts).filter(|&(_, &count)| count > 0).map(|(width, _)| width).max()
}

/// A call in a loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The place of the call instruction.
    pub at: Place,
    /// The source line of the call, if the program has line tables.
    pub line: Option<SourceLine>,
    /// The function that is called.
    pub callee: Callee,
}

/// The target of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Callee {
    /// A function with this name.
    Named(Arc<str>),
    /// A function without a name, at this address.
    Unnamed(u64),
    /// A function that is chosen at run time.
    Pointer,
}

impl Audit {
    /// Returns the main loop of a vectorised function: the innermost loop that computes with the
    /// widest registers. If there are several, it is the one with the largest share of such
    /// instructions. Such a function usually has more loops: for the rest of a row, for arrays that
    /// may overlap, and for strides that are not known at compile time.
    pub fn main_loop(&self) -> Option<&Loop> {
        let share = |it: &Loop, width: Width| it.packed.arithmetic[width as usize] as f64 / it.instructions as f64;
        let innermost = self.loops.iter().filter(|it| it.innermost);
        let vectorised = innermost.filter_map(|it| it.packed.widest_arithmetic().map(|width| (it, width)));
        let main = vectorised.max_by(|&(a, a_width), &(b, b_width)| {
            a_width.cmp(&b_width).then_with(|| share(a, a_width).total_cmp(&share(b, b_width)))
        });
        main.map(|(it, _)| it)
    }
}

/// Inspects functions of a program.
///
/// An auditor takes a bounded number of steps for all functions together. The bound is proportional
/// to the size of the file: see [`Error::TooManySteps`]. The functions of an intact program need
/// far fewer.
#[derive(Debug)]
pub struct Auditor<'p> {
    program: &'p Program,
    steps: Steps,
    jumps: JumpCycles,
    /// Whether a function returns, by its address and the depth of the search. The same few
    /// functions are called everywhere.
    never_returning: RefCell<HashMap<(u64, usize), bool>>,
    /// The names of callees, by address.
    names: RefCell<HashMap<u64, Option<Arc<str>>>>,
}

/// The depth up to which calls are followed to find out whether a function returns.
const MAX_DEPTH: usize = 3;

/// The most blocks between a branch and the call that panics. These blocks prepare its arguments.
const MAX_BLOCKS_TO_PANIC: usize = 4;

impl<'p> Auditor<'p> {
    /// Returns an auditor for the functions of `program`.
    pub fn new(program: &'p Program) -> Self {
        let steps = Steps::for_file_of(program.file_len());
        Auditor {
            program,
            steps,
            jumps: JumpCycles::default(),
            never_returning: RefCell::default(),
            names: RefCell::default(),
        }
    }

    /// Inspects a function.
    ///
    /// # Errors
    ///
    /// Returns an error if the file does not contain all of the function's code, or if this auditor
    /// has taken too many steps.
    pub fn audit(&self, function: &Function) -> Result<Audit, Error> {
        let body = self.whole_body(function)?;
        let forest = body.graph.loops();
        let mut loops: Vec<(bool, Loop)> = body.loops(&forest);
        self.check_steps()?;
        loops.sort_by_key(|(is_elsewhere, it)| (*is_elsewhere, it.at.address, it.depth));
        Ok(Audit {
            is_name_shared: self.program.is_shared(&function.name),
            parts: body.parts,
            function: function.clone(),
            loops: loops.into_iter().map(|(_, it)| it).collect(),
        })
    }

    /// Returns the functions that a function calls, or jumps to at its end. They are sorted by
    /// address, each once. Functions that are called by pointer are not included.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`Auditor::audit`].
    pub fn callees(&self, function: &Function) -> Result<Vec<&'p Function>, Error> {
        let body = self.whole_body(function)?;
        let called = body.instructions.iter().filter_map(|instruction| {
            let target = match instruction.is_call_near() {
                true => instruction.near_branch_target(),
                false => flow::jump_target(instruction).filter(|&target| !body.contains(target))?,
            };
            self.program.function_at(target).filter(|callee| callee.address != function.address)
        });
        let mut callees: Vec<&Function> = called.collect();
        callees.sort_unstable_by_key(|callee| callee.address);
        callees.dedup();
        Ok(callees)
    }

    /// Returns the steps taken so far and the limit. A step is about as much work as decoding an
    /// instruction.
    pub fn steps(&self) -> (u64, u64) {
        (self.steps.taken(), self.steps.limit())
    }

    fn whole_body<'a>(&'a self, function: &'a Function) -> Result<Body<'a, 'p>, Error> {
        self.program.check_code_of(function)?;
        let body = self.body(function, MAX_DEPTH).map_err(|TooMany| self.too_many_steps())?;
        self.check_steps()?;
        Ok(body)
    }

    fn too_many_steps(&self) -> Error {
        Error::TooManySteps(self.program.path().into())
    }

    /// Returns an error if the steps ran out while a callee was inspected. Such a callee counts as
    /// a function that returns.
    fn check_steps(&self) -> Result<(), Error> {
        self.steps.take(0).map_err(|TooMany| self.too_many_steps())
    }

    fn body<'a>(&'a self, function: &'a Function, depth: usize) -> Result<Body<'a, 'p>, TooMany> {
        let Code { instructions, parts } = Code::of(function, self.program, &self.jumps, &self.steps)?;
        let addresses: HashSet<u64> = instructions.iter().map(Instruction::ip).collect();
        let is_here = |target: u64| addresses.contains(&target);
        let tables = table_targets(self.program, instructions.iter(), is_here, &self.steps)?;
        let graph = Graph::new(&instructions, function.address, &AuditorAt { auditor: self, tables, depth });
        Ok(Body { auditor: self, function, instructions, parts, graph })
    }

    fn callee(&self, call: &Instruction) -> Callee {
        if call.is_call_near() {
            let target = call.near_branch_target();
            let mut names = self.names.borrow_mut();
            let name = names.entry(target).or_insert_with(|| self.program.name_of(target).map(Arc::from));
            name.clone().map_or(Callee::Unnamed(target), Callee::Named)
        } else {
            self.program.import_of(call).map_or(Callee::Pointer, |name| Callee::Named(name.clone()))
        }
    }

    /// Returns whether a call, or a jump out of its function, never returns.
    fn never_returns(&self, call: &Instruction, depth: usize) -> bool {
        if let Callee::Named(name) = self.callee(call)
            && is_known_to_diverge(&name)
        {
            return true;
        }
        call.is_call_near() && self.function_never_returns(call.near_branch_target(), depth)
    }

    /// Returns whether the function at an address never returns: it has no return, and no jump out
    /// of it returns.
    fn function_never_returns(&self, address: u64, depth: usize) -> bool {
        if let Some(&known) = self.never_returning.borrow().get(&(address, depth)) {
            return known;
        }
        let Some(function) = self.program.function_at(address).filter(|_| depth > 0) else { return false };
        let body = self.body(function, depth - 1);
        let never = body.is_ok_and(|body| body.has_no_way_out(depth - 1));
        self.never_returning.borrow_mut().insert((address, depth), never);
        never
    }
}

/// Returns whether a function of the standard library or the C library ends the program or unwinds.
/// Functions that panic do so by pointer, so their code does not show it.
fn is_known_to_diverge(name: &str) -> bool {
    const NAMES: [&str; 5] = ["abort", "exit", "_exit", "_Unwind_Resume", "__stack_chk_fail"];
    const PATHS: [&str; 9] = [
        "core::panicking::",
        "core::option::unwrap_failed",
        "core::option::expect_failed",
        "core::result::unwrap_failed",
        "core::slice::index::slice_",
        "core::slice::copy_from_slice_impl::len_mismatch_fail",
        "alloc::alloc::handle_alloc_error",
        "alloc::raw_vec::handle_error",
        "alloc::raw_vec::capacity_overflow",
    ];
    NAMES.contains(&name) || PATHS.iter().any(|path| name.starts_with(path))
}

/// An auditor for one function, which follows calls to a certain depth.
struct AuditorAt<'a, 'p> {
    auditor: &'a Auditor<'p>,
    tables: Vec<u64>,
    depth: usize,
}

impl Surroundings for AuditorAt<'_, '_> {
    fn never_returns(&self, call: &Instruction) -> bool {
        self.auditor.never_returns(call, self.depth)
    }

    fn jump_table_targets(&self) -> &[u64] {
        &self.tables
    }
}

/// A function under inspection.
struct Body<'a, 'p> {
    auditor: &'a Auditor<'p>,
    function: &'a Function,
    instructions: Vec<Instruction>,
    parts: Vec<String>,
    graph: Graph,
}

impl Body<'_, '_> {
    fn instructions_of(&self, block: usize) -> &[Instruction] {
        &self.instructions[self.graph.blocks[block].clone()]
    }

    /// Returns the instruction that decides which block is next. The artificial block of the jump
    /// tables has none.
    fn last_of(&self, block: usize) -> Option<&Instruction> {
        self.instructions_of(block).last()
    }

    fn place_of(&self, address: u64) -> Place {
        if self.function.holds(address) {
            return Place { address, offset: address - self.function.address, part: None };
        }
        match self.auditor.program.function_around(address) {
            Some(part) => {
                let mut names = self.auditor.names.borrow_mut();
                let name = names.entry(part.address).or_insert_with(|| Some(Arc::from(part.name.as_str())));
                Place { address, offset: address - part.address, part: name.clone() }
            }
            None => Place { address, offset: address, part: Some(Arc::from("")) },
        }
    }

    /// Returns the loops, each with whether it is completely in parts elsewhere.
    fn loops(&self, forest: &Forest) -> Vec<(bool, Loop)> {
        // The first instruction of each loop. Instructions of the function's own code come first.
        let mut first = vec![(true, u64::MAX); forest.loops.len()];
        for (number, it) in forest.loops.iter().enumerate().rev() {
            let starts = it.own.iter().filter_map(|&block| self.instructions_of(block).first()).map(Instruction::ip);
            let lowest = starts.map(|start| (!self.function.holds(start), start)).min();
            first[number] = lowest.map_or(first[number], |lowest| lowest.min(first[number]));
            if let Some(parent) = it.parent {
                first[parent] = first[parent].min(first[number]);
            }
        }
        first
            .into_iter()
            .enumerate()
            .map(|(number, (is_elsewhere, at))| (is_elsewhere, self.facts(forest, number, at)))
            .collect()
    }

    /// Returns the facts about loop `number`.
    fn facts(&self, forest: &Forest, number: usize, first: u64) -> Loop {
        let it = &forest.loops[number];
        let mut facts = Loop {
            at: self.place_of(first),
            line: None,
            depth: it.depth,
            innermost: it.innermost,
            instructions: 0,
            calls: Vec::new(),
            packed: Packed::default(),
            scalar_floats: 0,
            divisions: 0,
            panics: Vec::new(),
        };
        let mut lines: BTreeMap<SourceLine, usize> = BTreeMap::new();
        for &block in &it.own {
            for instruction in self.instructions_of(block) {
                self.count(instruction, &mut facts);
                if let Some(line) = self.auditor.program.line_of(instruction.ip()) {
                    *lines.entry(line).or_default() += 1;
                }
            }
            facts.panics.extend(self.panic_behind(block, forest, number));
        }
        facts.line = lines.into_iter().max_by_key(|&(_, count)| count).map(|(line, _)| line);
        facts
    }

    /// Adds an instruction to the facts of its loop.
    fn count(&self, instruction: &Instruction, facts: &mut Loop) {
        facts.instructions += 1;
        if is_call(instruction) {
            facts.calls.push(Call {
                at: self.place_of(instruction.ip()),
                line: self.auditor.program.line_of(instruction.ip()),
                callee: self.auditor.callee(instruction),
            });
        }
        match instruction::work(instruction) {
            Work::PackedArithmetic(width) => {
                facts.packed.arithmetic[width as usize] += 1;
                facts.packed.count_access(instruction, width);
            }
            Work::PackedMove(width) => {
                facts.packed.moves[width as usize] += 1;
                facts.packed.count_access(instruction, width);
            }
            Work::ScalarFloat => facts.scalar_floats += 1,
            Work::IntegerDivision => facts.divisions += 1,
            Work::Other => {}
        }
    }

    /// If `block` ends with a conditional branch that leaves a loop for a panic, returns the
    /// function that is called to panic.
    fn panic_behind(&self, block: usize, forest: &Forest, number: usize) -> Option<Callee> {
        if self.last_of(block)?.flow_control() != FlowControl::ConditionalBranch {
            return None;
        }
        let successors = &self.graph.successors[block];
        successors.iter().filter(|next| !forest.contains(number, **next)).find_map(|&next| self.panic_at(next))
    }

    /// Follows the blocks from `block` as long as there is no branch. Returns the function that is
    /// called to panic at their end.
    fn panic_at(&self, mut block: usize) -> Option<Callee> {
        for _ in 0..MAX_BLOCKS_TO_PANIC {
            match self.graph.successors[block][..] {
                [] => return self.diverging_callee(self.last_of(block)?),
                [next] => block = next,
                _ => return None,
            }
        }
        None
    }

    /// Returns the function that an instruction calls, if that function does not return.
    fn diverging_callee(&self, last: &Instruction) -> Option<Callee> {
        let ends_there = is_call(last) && self.auditor.never_returns(last, MAX_DEPTH);
        ends_there.then(|| self.auditor.callee(last))
    }

    /// Returns whether the function can end only by unwinding or by ending the program.
    ///
    /// A call at the end of the function's code does not return: otherwise the compiler would put
    /// code after it.
    fn has_no_way_out(&self, depth: usize) -> bool {
        let reached = self.graph.reachable();
        let mut blocks = (0..self.graph.blocks.len()).filter(|&block| reached[block]).peekable();
        blocks.peek().is_some() && blocks.all(|block| !self.leads_out(block, depth))
    }

    /// Returns whether the function may return at the end of `block`, by a return or by a jump to a
    /// function that returns.
    fn leads_out(&self, block: usize, depth: usize) -> bool {
        let Some(last) = self.last_of(block) else { return false };
        match last.flow_control() {
            FlowControl::Return => true,
            FlowControl::IndirectBranch => self.graph.successors[block].is_empty(),
            _ => flow::jump_target(last)
                .is_some_and(|target| !self.contains(target) && !self.auditor.function_never_returns(target, depth)),
        }
    }

    /// Returns whether one of the instructions is at an address.
    fn contains(&self, address: u64) -> bool {
        self.instructions.binary_search_by_key(&address, Instruction::ip).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use iced_x86::code_asm::*;
    use iced_x86::{BlockEncoderOptions, IcedError};

    use super::*;
    use crate::requirements::{Requirements, Violation};

    /// The functions that test code calls.
    #[derive(Clone, Copy)]
    struct Callees {
        /// A function that returns.
        helper: CodeLabel,
        /// A function that panics, as its name says.
        panic: CodeLabel,
        /// A function that panics by calling `panic`.
        refuse: CodeLabel,
    }

    const START: u64 = 0x1000;

    /// Returns the audit of the function that `write` assembles.
    fn audit_of(write: impl FnOnce(&mut CodeAssembler, Callees) -> Result<(), IcedError>) -> Audit {
        let program = program(write).unwrap();
        Auditor::new(&program).audit(&program.functions()[0]).unwrap()
    }

    fn program(write: impl FnOnce(&mut CodeAssembler, Callees) -> Result<(), IcedError>) -> Result<Program, IcedError> {
        let mut a = CodeAssembler::new(64)?;
        let mut callees = Callees { helper: a.create_label(), panic: a.create_label(), refuse: a.create_label() };
        write(&mut a, callees)?;
        a.set_label(&mut callees.helper)?;
        a.ret()?;
        a.set_label(&mut callees.panic)?;
        a.mov(rax, ptr(rdi))?;
        a.call(rax)?;
        a.ret()?;
        a.set_label(&mut callees.refuse)?;
        a.call(callees.panic)?;
        let code = a.assemble_options(START, BlockEncoderOptions::RETURN_NEW_INSTRUCTION_OFFSETS)?;
        let function =
            |name: &str, address| Function { name: name.to_owned(), address, size: 0, is_size_guessed: false };
        let functions = vec![
            function("kernel", START),
            function("helper", code.label_ip(&callees.helper)?),
            function("core::panicking::panic_bounds_check", code.label_ip(&callees.panic)?),
            function("refuse", code.label_ip(&callees.refuse)?),
        ];
        Ok(Program::of_code(START, code.inner.code_buffer, functions))
    }

    /// Returns a place in the function's own code.
    fn at(offset: u64) -> Place {
        Place { address: START + offset, offset, part: None }
    }

    /// Assembles a loop over `body`, and the code after it.
    fn repeated(
        a: &mut CodeAssembler,
        body: impl FnOnce(&mut CodeAssembler) -> Result<(), IcedError>,
    ) -> Result<(), IcedError> {
        let mut again = a.create_label();
        a.set_label(&mut again)?;
        body(a)?;
        a.dec(rcx)?;
        a.jne(again)
    }

    const ASK_ALL: Requirements =
        Requirements { deny_calls: true, deny_panics: true, deny_divisions: true, min_width: Some(Width::Bits256) };

    #[test]
    fn the_widest_innermost_loop_counts() {
        let audit = audit_of(|a, _| {
            repeated(a, |a| {
                a.nop()?;
                repeated(a, |a| {
                    a.vmovups(ymm0, ptr(rdi))?;
                    a.vmulps(ymm0, ymm0, ymm1)?;
                    a.vaddps(ymm0, ymm0, ptr(rsi))
                })?;
                repeated(a, |a| a.vaddss(xmm0, xmm0, ptr(rsi)))
            })?;
            a.ret()
        });
        let main = audit.main_loop().unwrap();
        assert_eq!((main.packed.arithmetic, main.packed.moves), ([0, 2, 0], [0, 1, 0]));
        assert_eq!((main.packed.loads, main.packed.stores), ([0, 2, 0], [0; 3]), "arithmetic that reads memory counts");
        let line = main.to_string();
        assert!(line.contains(", 2 256-bit loads") && !line.contains("stores"), "{line}");
        assert_eq!((main.depth, main.instructions, main.scalar_floats), (2, 5, 0));
        assert_eq!(audit.loops.len(), 3);
        assert_eq!(audit.loops[0].instructions, 3, "what is in a loop inside is counted there");
        assert_eq!(ASK_ALL.violations(&audit), []);
        let wanted = Requirements { min_width: Some(Width::Bits512), ..Requirements::default() };
        let narrow = Violation::Narrow { found: Some(Width::Bits256), wanted: Width::Bits512 };
        assert_eq!(wanted.violations(&audit), [narrow]);
    }

    #[test]
    fn wide_moves_are_not_enough() {
        let audit = audit_of(|a, _| {
            repeated(a, |a| {
                a.vmovups(zmm0, ptr(rdi))?;
                a.vmovups(ptr(rsi), zmm0)
            })?;
            a.ret()
        });
        assert_eq!(ASK_ALL.violations(&audit), [Violation::Narrow { found: None, wanted: Width::Bits256 }]);
        let packed = audit.loops[0].packed;
        assert_eq!((packed.moves, packed.loads, packed.stores), ([0, 0, 2], [0, 0, 1], [0, 0, 1]));
    }

    #[test]
    fn callees_are_what_is_called_or_jumped_to() {
        let program = program(|a, callees| {
            repeated(a, |a| {
                a.call(callees.refuse)?;
                a.call(callees.refuse)?;
                a.call(rax)
            })?;
            a.jmp(callees.helper)
        });
        let program = program.unwrap();
        let callees = Auditor::new(&program).callees(&program.functions()[0]).unwrap();
        let names: Vec<&str> = callees.iter().map(|function| function.name.as_str()).collect();
        assert_eq!(names, ["helper", "refuse"]);
    }

    #[test]
    fn arithmetic_outside_of_innermost_loops_does_not_count() {
        let audit = audit_of(|a, _| {
            repeated(a, |a| {
                a.vaddps(ymm0, ymm0, ymm1)?;
                repeated(a, |a| a.inc(rax))
            })?;
            a.ret()
        });
        assert_eq!(ASK_ALL.violations(&audit), [Violation::Narrow { found: None, wanted: Width::Bits256 }]);
    }

    #[test]
    fn calls_in_loops_are_found_and_named() {
        let wanted = Requirements { deny_calls: true, ..Requirements::default() };
        let calls = |body: fn(&mut CodeAssembler, Callees) -> Result<(), IcedError>| {
            let audit = audit_of(|a, callees| {
                a.call(callees.helper)?;
                repeated(a, |a| body(a, callees))?;
                a.ret()
            });
            let callees = wanted.violations(&audit).into_iter().map(|it| match it {
                Violation::Call(call) => call.callee,
                other => panic!("{other}"),
            });
            callees.collect::<Vec<_>>()
        };
        assert_eq!(calls(|a, _| a.inc(rax)), [], "the call before the loop does not count");
        assert_eq!(calls(|a, to| a.call(to.helper)), [Callee::Named("helper".into())]);
        assert_eq!(calls(|a, _| a.call(rax)), [Callee::Pointer]);
        assert_eq!(calls(|a, _| a.call(qword_ptr(rdi + 24))), [Callee::Pointer]);
        // A call in an outer loop counts, too.
        let in_outer = |a: &mut CodeAssembler, to: Callees| {
            a.call(to.helper)?;
            repeated(a, |a| a.vaddps(ymm0, ymm0, ymm1))
        };
        assert_eq!(calls(in_outer), [Callee::Named("helper".into())]);
    }

    #[test]
    fn branches_to_panics_are_found_and_are_no_calls() {
        for (by_way, name) in [(false, "core::panicking::panic_bounds_check"), (true, "refuse")] {
            let audit = audit_of(|a, callees| {
                let mut fail = a.create_label();
                repeated(a, |a| {
                    a.cmp(rax, rdx)?;
                    a.jae(fail)?;
                    a.vaddps(ymm0, ymm0, ymm1)
                })?;
                a.ret()?;
                a.set_label(&mut fail)?;
                a.mov(rdi, rax)?;
                a.call(if by_way { callees.refuse } else { callees.panic })
            });
            let panic = Violation::Panic { at: at(0), callee: Callee::Named(name.into()) };
            assert_eq!(ASK_ALL.violations(&audit), [panic]);
        }
    }

    #[test]
    fn branches_to_calls_that_return_are_no_panics() {
        let audit = audit_of(|a, callees| {
            let mut found = a.create_label();
            repeated(a, |a| {
                a.cmp(rax, rdx)?;
                a.je(found)?;
                a.vaddps(ymm0, ymm0, ymm1)
            })?;
            a.set_label(&mut found)?;
            a.call(callees.helper)?;
            a.ret()
        });
        assert_eq!(ASK_ALL.violations(&audit), []);
    }

    #[test]
    fn divisions_of_integers_are_found() {
        let audit = audit_of(|a, _| {
            repeated(a, |a| {
                a.div(rsi)?;
                a.vaddps(ymm0, ymm0, ymm1)
            })?;
            a.ret()
        });
        assert_eq!(ASK_ALL.violations(&audit), [Violation::Division { at: at(0) }]);
    }

    /// Returns a program with functions at labels. A function of unknown size ends where the next
    /// one starts. `size` is the size of the last one.
    fn program_of(
        size: u64,
        write: impl FnOnce(&mut CodeAssembler) -> Result<Vec<(&'static str, CodeLabel)>, IcedError>,
    ) -> Program {
        let mut a = CodeAssembler::new(64).unwrap();
        let labels = write(&mut a).unwrap();
        let code = a.assemble_options(START, BlockEncoderOptions::RETURN_NEW_INSTRUCTION_OFFSETS).unwrap();
        let mut functions: Vec<Function> = labels
            .iter()
            .map(|(name, label)| Function {
                name: (*name).to_owned(),
                address: code.label_ip(label).unwrap(),
                size: 0,
                is_size_guessed: false,
            })
            .collect();
        functions.sort_by_key(|function| function.address);
        functions.last_mut().unwrap().size = size;
        Program::of_code(START, code.inner.code_buffer, functions)
    }

    /// Returns the audit of the function with this name.
    fn audit_in(program: &Program, name: &str) -> Audit {
        Auditor::new(program).audit(program.named(name).unwrap()[0]).unwrap()
    }

    /// Returns a program whose `kernel` has a loop that jumps to `elsewhere`, which calls `helper`
    /// and jumps back. The order in memory is `helper`, `elsewhere` if it is `before`, `kernel`,
    /// and `elsewhere` if it is not.
    fn with_code_elsewhere(elsewhere: Option<&'static str>, before: bool) -> Program {
        program_of(if elsewhere.is_none() { 9 } else { 0 }, |a| {
            let [mut helper, mut far, mut kernel, mut again, mut back] = std::array::from_fn(|_| a.create_label());
            a.set_label(&mut helper)?;
            a.ret()?;
            let write_far = |a: &mut CodeAssembler, far: &mut CodeLabel, back: CodeLabel| {
                a.set_label(far)?;
                a.call(helper)?;
                a.jmp(back)
            };
            if before {
                write_far(a, &mut far, back)?;
            }
            a.set_label(&mut kernel)?;
            a.nop()?;
            a.set_label(&mut again)?;
            a.test(rax, rax)?;
            a.je(far)?;
            a.set_label(&mut back)?;
            a.dec(ecx)?;
            a.jne(again)?;
            a.ret()?;
            if !before {
                write_far(a, &mut far, back)?;
            }
            let far = elsewhere.map(|name| (name, far));
            Ok([("helper", helper), ("kernel", kernel)].into_iter().chain(far).collect())
        })
    }

    #[test]
    fn calls_in_code_that_leads_back_into_a_loop_are_found() {
        let required = Requirements { deny_calls: true, ..Requirements::default() };
        let wherever =
            [(Some("kernel.cold"), false), (Some("kernel.cold"), true), (Some("other"), false), (Some("other"), true)];
        for (elsewhere, before) in wherever {
            let program = with_code_elsewhere(elsewhere, before);
            let audit = audit_in(&program, "kernel");
            assert_eq!(audit.parts, [elsewhere.unwrap()]);
            assert_eq!((audit.loops[0].at.offset, audit.loops[0].instructions), (1, 6), "{audit}");
            let [Violation::Call(call)] = &required.violations(&audit)[..] else { panic!("{audit}") };
            assert_eq!(call.to_string(), format!("helper at {}+0x0", elsewhere.unwrap()));
            let callees = Auditor::new(&program).callees(&audit.function).unwrap();
            assert_eq!(callees.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["helper"]);
        }
    }

    #[test]
    fn code_without_a_symbol_that_leads_back_into_a_loop_is_found() {
        let program = with_code_elsewhere(None, false);
        let kernel = program.named("kernel").unwrap()[0];
        let kernel = Function { size: program.file_len() as u64 - 1 - 7, ..kernel.clone() };
        // `kernel` ends before the code that has no symbol.
        let functions = vec![program.functions()[0].clone(), kernel.clone()];
        let bytes = (0..program.file_len() as u64).map(|offset| program.code_at(START + offset, 1)[0]).collect();
        let program = Program::of_code(START, bytes, functions);
        let audit = audit_in(&program, "kernel");
        let call = &audit.loops[0].calls[0];
        assert_eq!(call.to_string(), format!("helper at {:#x}", kernel.address + kernel.size));
    }

    #[test]
    fn tail_calls_are_not_followed() {
        let program = program_of(0, |a| {
            let [mut helper, mut kernel, mut other] = std::array::from_fn(|_| a.create_label());
            a.set_label(&mut kernel)?;
            a.test(rax, rax)?;
            a.jne(other)?;
            repeated(a, |a| a.inc(rax))?;
            a.jmp(other)?;
            a.set_label(&mut other)?;
            a.nop()?;
            repeated(a, |a| a.call(helper))?;
            a.ret()?;
            a.set_label(&mut helper)?;
            a.ret()?;
            Ok(vec![("kernel", kernel), ("other", other), ("helper", helper)])
        });
        let audit = audit_in(&program, "kernel");
        assert_eq!((audit.loops.len(), audit.loops[0].calls.len(), audit.parts.len()), (1, 0, 0), "{audit}");
    }

    #[test]
    fn functions_that_jump_to_each_other_are_a_loop() {
        let program = program_of(0, |a| {
            let [mut helper, mut even, mut odd, mut end] = std::array::from_fn(|_| a.create_label());
            a.set_label(&mut even)?;
            a.dec(rax)?;
            a.jne(odd)?;
            a.ret()?;
            a.set_label(&mut odd)?;
            a.call(helper)?;
            a.dec(rax)?;
            a.jne(even)?;
            a.set_label(&mut end)?;
            a.ret()?;
            a.set_label(&mut helper)?;
            a.ret()?;
            Ok(vec![("even", even), ("odd", odd), ("helper", helper)])
        });
        let audit = audit_in(&program, "even");
        assert_eq!((audit.loops.len(), audit.loops[0].calls.len()), (1, 1), "{audit}");
    }

    #[test]
    fn a_jump_past_the_start_of_another_function_is_no_tail_call() {
        let program = program_of(0, |a| {
            let [mut helper, mut kernel, mut other, mut middle] = std::array::from_fn(|_| a.create_label());
            a.set_label(&mut kernel)?;
            a.jmp(middle)?;
            a.set_label(&mut other)?;
            a.nop()?;
            a.set_label(&mut middle)?;
            a.call(helper)?;
            a.dec(rax)?;
            a.jne(middle)?;
            a.ret()?;
            a.set_label(&mut helper)?;
            a.ret()?;
            Ok(vec![("kernel", kernel), ("other", other), ("helper", helper)])
        });
        assert_eq!(audit_in(&program, "kernel").loops[0].calls.len(), 1);
    }

    /// In assembly, a label inside a loop may have the type of a function.
    #[test]
    fn code_that_goes_on_behind_a_function_belongs_to_it() {
        let program = program_of(0, |a| {
            let [mut helper, mut kernel, mut again] = std::array::from_fn(|_| a.create_label());
            a.set_label(&mut kernel)?;
            a.mov(ecx, 10)?;
            a.set_label(&mut again)?;
            a.call(helper)?;
            a.dec(ecx)?;
            a.jne(again)?;
            a.ret()?;
            a.set_label(&mut helper)?;
            a.ret()?;
            Ok(vec![("kernel", kernel), ("again", again), ("helper", helper)])
        });
        assert_eq!(audit_in(&program, "kernel").loops[0].calls.len(), 1);
    }

    /// A function may end with a call that never returns, followed by padding. The next function is
    /// separate.
    #[test]
    fn what_is_behind_a_last_call_is_another_function() {
        for padding in [0, 3] {
            let program = program_of(0, |a| {
                let [mut helper, mut kernel, mut other] = std::array::from_fn(|_| a.create_label());
                a.set_label(&mut kernel)?;
                a.call(rax)?;
                (0..padding).try_for_each(|_| a.nop())?;
                a.set_label(&mut other)?;
                a.nop()?;
                repeated(a, |a| a.call(helper))?;
                a.set_label(&mut helper)?;
                a.ret()?;
                Ok(vec![("kernel", kernel), ("other", other), ("helper", helper)])
            });
            assert_eq!(audit_in(&program, "kernel").loops.len(), 0);
        }
    }

    /// Returns a program with one function of these instructions.
    fn one_function(code: Vec<u8>) -> Program {
        let function = Function { name: "kernel".to_owned(), address: START, size: 0, is_size_guessed: false };
        Program::of_code(START, code, vec![function])
    }

    /// The tests in `forest.rs` check the steps of the rest.
    #[test]
    fn many_loops_take_as_many_steps() {
        let rows = if cfg!(miri) { 15 } else { 15_000 };
        // dec ecx; jne -4
        let row = one_function([0xff, 0xc9, 0x75, 0xfc].repeat(rows));
        let auditor = Auditor::new(&row);
        let audit = auditor.audit(&row.functions()[0]).unwrap();
        assert_eq!((audit.loops.len(), audit.loops[rows - 1].instructions), (rows, 2));
        assert!(auditor.steps().0 <= 2 * 2 * rows as u64, "{:?}", auditor.steps());

        // `inc eax` once per loop, then `dec ecx; jne` to each of them, the last one first.
        let depth = if cfg!(miri) { 20 } else { 2000 };
        let mut code = [0xff, 0xc0].repeat(depth);
        for number in (0..depth).rev() {
            code.extend([0xff, 0xc9, 0x0f, 0x85]);
            let distance = i32::try_from(2 * number).unwrap() - i32::try_from(code.len() + 4).unwrap();
            code.extend(distance.to_le_bytes());
        }
        let nest = one_function(code);
        let auditor = Auditor::new(&nest);
        let audit = auditor.audit(&nest.functions()[0]).unwrap();
        assert_eq!((audit.loops.len(), audit.loops[depth - 1].depth), (depth, depth));
        assert!(audit.loops.iter().all(|it| it.instructions == 3));
        assert!(auditor.steps().0 <= 2 * 3 * depth as u64, "{:?}", auditor.steps());
        assert!(audit.to_string().len() < 200 * depth, "a deep nest is not indented without end");
    }

    /// All functions extend to the end of the code, so each one has jumps into all later ones.
    #[test]
    fn functions_that_overlap_are_refused_before_they_take_long() {
        let len = if cfg!(miri) { 50 } else { 2_000 };
        let code = [0xff, 0xc9, 0x75, 0xfc].repeat(len);
        let functions = (0..len as u64).map(|number| Function {
            name: "f".to_owned(),
            address: START + 4 * number,
            size: 4 * (len as u64 - number),
            is_size_guessed: false,
        });
        let program = Program::of_code(START, code, functions.collect());
        let auditor = Auditor::new(&program);
        let refused = program.functions().iter().filter(|function| auditor.audit(function).is_err()).count();
        assert!(cfg!(miri) || refused > 0);
        let (taken, limit) = auditor.steps();
        assert!(taken <= limit, "{taken} steps of {limit}");
    }
}
