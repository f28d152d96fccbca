//! What the loops of a function spend their instructions on, and what one may ask of them.

use std::cell::RefCell;
use std::collections::HashMap;

use iced_x86::{FlowControl, Instruction};

use crate::flow::{self, Cycle, Graph, Surroundings};
use crate::instruction::{self, Access, Width, Work};
use crate::program::{Function, Program};

/// What was seen of a function.
#[derive(Clone, Debug)]
pub struct Audit {
    /// The function.
    pub function: Function,
    /// Its loops, in the order of their addresses. Clean-up code after a panic is not among them.
    pub loops: Vec<Loop>,
}

/// What was seen of a loop. Instructions of a loop inside it are counted there only.
#[derive(Clone, Debug)]
pub struct Loop {
    /// The distance of its first instruction from the start of the function.
    pub offset: u64,
    /// 1 for a loop in no other, and one more for each that is around it.
    pub depth: usize,
    /// Whether there is no loop inside.
    pub innermost: bool,
    /// The number of its instructions.
    pub instructions: usize,
    /// The calls that a turn may make and come back from.
    pub calls: Vec<Call>,
    /// The vector instructions.
    pub packed: Packed,
    /// The number of instructions that compute with one float.
    pub scalar_floats: usize,
    /// The number of divisions of integers.
    pub divisions: usize,
    /// What is called to panic, for each branch out of the loop that leads there: for a bounds check, for one.
    pub panics: Vec<String>,
}

/// Numbers of vector instructions by width: 128, 256, 512 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Packed {
    /// Instructions that compute.
    pub arithmetic: [usize; 3],
    /// Loads, stores and shuffles.
    pub moves: [usize; 3],
    /// Those of both kinds that read memory: data and registers that have been spilled, not constants.
    pub loads: [usize; 3],
    /// Those of both kinds that write memory.
    pub stores: [usize; 3],
}

impl Packed {
    /// The widest registers that are computed with.
    pub fn widest_arithmetic(&self) -> Option<Width> {
        widest(&self.arithmetic)
    }

    /// The widest registers that are moved.
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
    /// The distance of the instruction from the start of the function.
    pub offset: u64,
    /// What is called.
    pub callee: Callee,
}

/// What a call leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Callee {
    /// A function of this name.
    Named(String),
    /// A function without a name, at this address.
    Unnamed(u64),
    /// A function that is known only when the program runs.
    Pointer,
}

impl Audit {
    /// The innermost loop that computes with the widest registers, and among those the one with the largest share of
    /// such instructions: the main loop of a vectorised function. It has others beside it, for the rest of a row, for
    /// arrays that may overlap, for strides that are known only when the program runs.
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

/// What may be asked of a function.
#[derive(Clone, Copy, Debug, Default)]
pub struct Requirements {
    /// No loop makes a call.
    pub deny_calls: bool,
    /// No innermost loop may panic.
    pub deny_panics: bool,
    /// No innermost loop divides integers.
    pub deny_divisions: bool,
    /// An innermost loop computes with registers of at least this width.
    pub min_width: Option<Width>,
}

/// What a function lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// A loop makes a call.
    Call(Call),
    /// An innermost loop, at this distance from the start of the function, may panic.
    Panic {
        /// Where the loop is.
        offset: u64,
        /// What is called to panic.
        callee: String,
    },
    /// An innermost loop divides integers.
    Division {
        /// Where the loop is.
        offset: u64,
    },
    /// No innermost loop computes with registers this wide.
    Narrow {
        /// The widest that there are.
        found: Option<Width>,
        /// What was asked for.
        wanted: Width,
    },
}

impl Requirements {
    /// What a function lacks.
    pub fn violations(&self, audit: &Audit) -> Vec<Violation> {
        let mut violations = Vec::new();
        let innermost = || audit.loops.iter().filter(|it| it.innermost);
        if self.deny_calls {
            violations.extend(audit.loops.iter().flat_map(|it| &it.calls).cloned().map(Violation::Call));
        }
        if self.deny_panics {
            violations.extend(innermost().flat_map(|it| {
                it.panics.iter().map(|callee| Violation::Panic { offset: it.offset, callee: callee.clone() })
            }));
        }
        if self.deny_divisions {
            let dividing = innermost().filter(|it| it.divisions > 0);
            violations.extend(dividing.map(|it| Violation::Division { offset: it.offset }));
        }
        let found = audit.main_loop().and_then(|it| it.packed.widest_arithmetic());
        if let Some(wanted) = self.min_width
            && found < Some(wanted)
        {
            violations.push(Violation::Narrow { found, wanted });
        }
        violations
    }
}

/// Looks at functions of a program.
#[derive(Debug)]
pub struct Auditor<'p> {
    program: &'p Program,
    /// Functions that have been found to come back or not, by address and depth of the search: the same few are called
    /// everywhere.
    never_returning: RefCell<HashMap<(u64, usize), bool>>,
}

/// How deep calls are followed to find out whether a function comes back.
const MAX_DEPTH: usize = 3;

/// How many blocks lead from a branch to the panic behind it, at most: its arguments are prepared on the way.
const MAX_BLOCKS_TO_PANIC: usize = 4;

impl<'p> Auditor<'p> {
    /// An auditor for functions of `program`.
    pub fn new(program: &'p Program) -> Self {
        Auditor { program, never_returning: RefCell::default() }
    }

    /// Looks at a function.
    pub fn audit(&self, function: &Function) -> Audit {
        let body = self.body(function, MAX_DEPTH);
        let cycles = body.graph.loops();
        let mut loops: Vec<Loop> = (0..cycles.len()).map(|number| body.facts(&cycles, number)).collect();
        loops.sort_by_key(|it| (it.offset, it.depth));
        Audit { function: function.clone(), loops }
    }

    /// The functions that a function calls, or ends by jumping to, by their addresses; those behind pointers are not known. They
    /// are in the order of their addresses, each once.
    pub fn callees(&self, function: &Function) -> Vec<&'p Function> {
        let instructions = self.program.instructions(function);
        let called = instructions.iter().filter_map(|instruction| {
            let target = match instruction.is_call_near() {
                true => instruction.near_branch_target(),
                false => flow::jump_target(instruction)?,
            };
            self.program.function_at(target).filter(|callee| callee.address != function.address)
        });
        let mut callees: Vec<&Function> = called.collect();
        callees.sort_unstable_by_key(|callee| callee.address);
        callees.dedup();
        callees
    }

    fn body<'a>(&'a self, function: &'a Function, depth: usize) -> Body<'a, 'p> {
        let instructions = self.program.instructions(function);
        let tables = self.program.jump_table_targets(&instructions);
        let graph = Graph::new(&instructions, &AuditorAt { auditor: self, tables, depth });
        Body { auditor: self, function, instructions, graph }
    }

    fn callee(&self, call: &Instruction) -> Callee {
        let name = |name: &str| Callee::Named(name.to_owned());
        if call.is_call_near() {
            let target = call.near_branch_target();
            self.program.name_of(target).map_or(Callee::Unnamed(target), name)
        } else {
            self.program.import_of(call).map_or(Callee::Pointer, name)
        }
    }

    /// Whether a call or a jump out of its function never comes back.
    fn never_returns(&self, call: &Instruction, depth: usize) -> bool {
        if let Callee::Named(name) = self.callee(call)
            && is_known_to_diverge(&name)
        {
            return true;
        }
        call.is_call_near() && self.function_never_returns(call.near_branch_target(), depth)
    }

    /// Whether the function at an address never comes back: it has no return, and no jump out of it does.
    fn function_never_returns(&self, address: u64, depth: usize) -> bool {
        if let Some(&known) = self.never_returning.borrow().get(&(address, depth)) {
            return known;
        }
        let Some(function) = self.program.function_at(address).filter(|_| depth > 0) else { return false };
        let never = self.body(function, depth - 1).has_no_way_out(depth - 1);
        self.never_returning.borrow_mut().insert((address, depth), never);
        never
    }
}

/// Whether a function of the standard library or the C library ends the program or unwinds. Those that panic are reached
/// by way of pointers, so that their code does not tell.
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

/// An auditor that follows calls to a certain depth, for one function.
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

/// A function that is being looked at.
struct Body<'a, 'p> {
    auditor: &'a Auditor<'p>,
    function: &'a Function,
    instructions: Vec<Instruction>,
    graph: Graph,
}

impl Body<'_, '_> {
    fn instructions_of(&self, block: usize) -> &[Instruction] {
        &self.instructions[self.graph.blocks[block].instructions.clone()]
    }

    /// The instruction that decides what follows a block.
    fn last_of(&self, block: usize) -> &Instruction {
        // A block has at least one instruction.
        &self.instructions[self.graph.blocks[block].instructions.end - 1]
    }

    fn offset_of(&self, instruction: &Instruction) -> u64 {
        instruction.ip() - self.function.address
    }

    /// What there is to say about loop `number`.
    fn facts(&self, cycles: &[Cycle], number: usize) -> Loop {
        let cycle = &cycles[number];
        let own: Vec<usize> = own_blocks(cycles, number);
        let mut facts = Loop {
            offset: self.offset_of(&self.instructions_of(cycle.blocks[0])[0]),
            depth: depth(cycles, number),
            innermost: cycle.innermost,
            instructions: 0,
            calls: Vec::new(),
            packed: Packed::default(),
            scalar_floats: 0,
            divisions: 0,
            panics: Vec::new(),
        };
        for &block in &own {
            for instruction in self.instructions_of(block) {
                self.count(instruction, &mut facts);
            }
            facts.panics.extend(self.panic_behind(block, cycle));
        }
        facts
    }

    /// Adds an instruction to the facts of the loop that it is in.
    fn count(&self, instruction: &Instruction, facts: &mut Loop) {
        facts.instructions += 1;
        if is_call(instruction) {
            facts.calls.push(Call { offset: self.offset_of(instruction), callee: self.auditor.callee(instruction) });
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

    /// What is called to panic where a conditional branch at the end of `block` leaves the loop `cycle`, if that is what it
    /// is for.
    fn panic_behind(&self, block: usize, cycle: &Cycle) -> Option<String> {
        let last = self.last_of(block);
        if last.flow_control() != FlowControl::ConditionalBranch {
            return None;
        }
        let successors = &self.graph.blocks[block].successors;
        successors.iter().filter(|next| !cycle.blocks.contains(next)).find_map(|&next| self.panic_at(next))
    }

    /// What is called to panic at the end of the way that starts with `block` and has no fork.
    fn panic_at(&self, mut block: usize) -> Option<String> {
        for _ in 0..MAX_BLOCKS_TO_PANIC {
            match self.graph.blocks[block].successors[..] {
                [] => return self.diverging_callee(self.last_of(block)),
                [next] => block = next,
                _ => return None,
            }
        }
        None
    }

    /// The function that an instruction calls and that does not come back.
    fn diverging_callee(&self, last: &Instruction) -> Option<String> {
        let ends_there = is_call(last) && self.auditor.never_returns(last, MAX_DEPTH);
        let callee = ends_there.then(|| self.auditor.callee(last))?;
        Some(callee.to_string())
    }

    /// Whether the function can be left only by unwinding or by ending the program.
    ///
    /// A call behind which the function's code ends does not come back: compilers put no code there.
    fn has_no_way_out(&self, depth: usize) -> bool {
        let reached = self.graph.reachable();
        let mut blocks = (0..self.graph.blocks.len()).filter(|&block| reached[block]).peekable();
        blocks.peek().is_some() && blocks.all(|block| !self.leads_out(block, depth))
    }

    /// Whether the function may be left at the end of `block`: by a return, or by a jump to a function that returns.
    fn leads_out(&self, block: usize, depth: usize) -> bool {
        let last = self.last_of(block);
        match last.flow_control() {
            FlowControl::Return => true,
            FlowControl::IndirectBranch => self.graph.blocks[block].successors.is_empty(),
            _ => flow::jump_target(last)
                .is_some_and(|target| !self.contains(target) && !self.auditor.function_never_returns(target, depth)),
        }
    }

    fn contains(&self, address: u64) -> bool {
        (self.function.address..self.function.address + self.function.size).contains(&address)
    }
}

fn is_call(instruction: &Instruction) -> bool {
    matches!(instruction.flow_control(), FlowControl::Call | FlowControl::IndirectCall)
}

/// The blocks of a loop that are in no loop inside it.
fn own_blocks(cycles: &[Cycle], number: usize) -> Vec<usize> {
    let inside = |block: &usize| cycles.iter().any(|it| it.parent == Some(number) && it.blocks.contains(block));
    cycles[number].blocks.iter().copied().filter(|block| !inside(block)).collect()
}

/// The number of loops around a loop, itself among them.
fn depth(cycles: &[Cycle], number: usize) -> usize {
    std::iter::successors(Some(number), |&number| cycles[number].parent).count()
}

#[cfg(test)]
mod tests {
    use iced_x86::code_asm::*;
    use iced_x86::{BlockEncoderOptions, IcedError};

    use super::*;

    /// Functions to call.
    #[derive(Clone, Copy)]
    struct Callees {
        /// Returns.
        helper: CodeLabel,
        /// Panics, as its name tells.
        panic: CodeLabel,
        /// Panics by calling `panic`.
        refuse: CodeLabel,
    }

    const START: u64 = 0x1000;

    /// What is seen of the function that `write` assembles.
    fn audit_of(write: impl FnOnce(&mut CodeAssembler, Callees) -> Result<(), IcedError>) -> Audit {
        let program = program(write).unwrap();
        Auditor::new(&program).audit(&program.functions()[0])
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
        let function = |name: &str, address| Function { name: name.to_owned(), address, size: 0 };
        let functions = vec![
            function("kernel", START),
            function("helper", code.label_ip(&callees.helper)?),
            function("core::panicking::panic_bounds_check", code.label_ip(&callees.panic)?),
            function("refuse", code.label_ip(&callees.refuse)?),
        ];
        Ok(Program::of_code(START, code.inner.code_buffer, functions))
    }

    /// A loop over `body`, and what follows it.
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
        let callees = Auditor::new(&program).callees(&program.functions()[0]);
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
        assert_eq!(calls(|a, to| a.call(to.helper)), [Callee::Named("helper".to_owned())]);
        assert_eq!(calls(|a, _| a.call(rax)), [Callee::Pointer]);
        assert_eq!(calls(|a, _| a.call(qword_ptr(rdi + 24))), [Callee::Pointer]);
        // A call in an outer loop counts as well.
        let in_outer = |a: &mut CodeAssembler, to: Callees| {
            a.call(to.helper)?;
            repeated(a, |a| a.vaddps(ymm0, ymm0, ymm1))
        };
        assert_eq!(calls(in_outer), [Callee::Named("helper".to_owned())]);
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
            let panic = Violation::Panic { offset: 0, callee: name.to_owned() };
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
        assert_eq!(ASK_ALL.violations(&audit), [Violation::Division { offset: 0 }]);
    }
}
