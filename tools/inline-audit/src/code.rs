//! Collects all code of a function: its own bytes, and the parts of it that are elsewhere.
//!
//! Compilers move code that is rarely run to a separate section and give it a symbol such as
//! `f.cold`. A loop may jump there, call a function, and jump back. Jumps out of a function are
//! therefore followed, except for tail calls. There are three kinds of jumps out of a function:
//!
//! - To the start of another function: a tail call, unless that function is named as a cold part of
//!   this one, or leads back into this one by jumps alone.
//! - Past the start of another function: the target is code of both functions, because no call
//!   leads there.
//! - To code without a symbol, for example after symbols were stripped: a tail call, unless the
//!   target leads back by jumps alone.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use iced_x86::{FlowControl, Instruction, Mnemonic};

use crate::flow::jump_target;
use crate::program::{Function, Program, name_without_cold_suffix};
use crate::steps::{Steps, TooMany};

/// The code of a function.
#[derive(Debug)]
pub(crate) struct Code {
    /// All instructions in the order of their addresses, including those of the parts elsewhere.
    pub(crate) instructions: Vec<Instruction>,
    /// The symbols of the parts that are elsewhere, in the order of their addresses.
    pub(crate) parts: Vec<String>,
}

/// A path to an address.
#[derive(Clone, Copy, Debug)]
struct Way {
    target: u64,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// By a jump.
    Jump,
    /// Within the same code: from an instruction to the next one, or by a jump if there are no
    /// symbols.
    Onwards,
    /// To code that may not be reachable from there: after a call, which may never return, or where
    /// only a jump to an unknown address may lead. If there is only padding, another function
    /// follows.
    Unsure,
}

impl Code {
    /// Collects the code of a function.
    pub(crate) fn of(
        function: &Function,
        program: &Program,
        jumps: &JumpCycles,
        steps: &Steps,
    ) -> Result<Code, TooMany> {
        let mut gathering = Gathering {
            function,
            program,
            steps,
            known: HashMap::new(),
            symbols: HashMap::new(),
            visited: HashSet::new(),
            waiting: vec![Way { target: function.address, kind: Kind::Onwards }],
            has_indirect_jump: false,
        };
        gathering.add(program.instructions(function, steps)?);
        for part in program.cold_parts_of(&function.name) {
            // Functions of the same name in several compilation units have cold parts of the same
            // name, too.
            let instructions = program.instructions(part, steps)?;
            if instructions.iter().filter_map(jump_target).any(|target| function.holds(target)) {
                gathering.add_symbol(part, instructions);
            }
        }
        gathering.follow(jumps)?;
        let mut instructions: Vec<Instruction> = gathering.known.into_values().collect();
        instructions.sort_unstable_by_key(Instruction::ip);
        let mut parts: Vec<String> = gathering.symbols.into_values().collect();
        parts.sort();
        Ok(Code { instructions, parts })
    }
}

fn is_cold_part(part: &Function, whole: &Function) -> bool {
    name_without_cold_suffix(&part.name).is_some_and(|name| name == whole.name)
}

/// The code that is being collected.
struct Gathering<'a> {
    function: &'a Function,
    program: &'a Program,
    steps: &'a Steps,
    /// The instructions of the function and of all parts by address, reachable or not.
    known: HashMap<u64, Instruction>,
    /// The names of the symbols whose code has been added, by address.
    symbols: HashMap<u64, String>,
    /// The addresses of reachable instructions. Only these are searched for jumps to parts. Bytes
    /// after a function's code may be data that decode as jumps to anywhere.
    visited: HashSet<u64>,
    /// The paths that have not been followed yet.
    waiting: Vec<Way>,
    has_indirect_jump: bool,
}

impl Gathering<'_> {
    fn add(&mut self, instructions: Vec<Instruction>) {
        for instruction in instructions {
            self.known.entry(instruction.ip()).or_insert(instruction);
        }
    }

    fn add_symbol(&mut self, symbol: &Function, instructions: Vec<Instruction>) {
        if self.symbols.insert(symbol.address, symbol.name.clone()).is_none() {
            self.add(instructions);
        }
    }

    /// Follows all paths and adds the code that belongs to the function.
    fn follow(&mut self, jumps: &JumpCycles) -> Result<(), TooMany> {
        let mut known_at_tables = 0;
        loop {
            while let Some(way) = self.waiting.pop() {
                if self.visited.contains(&way.target) {
                    continue;
                }
                if !self.known.contains_key(&way.target) && self.is_part(way, jumps)? {
                    self.add_part_at(way.target)?;
                }
                if let Some(&instruction) = self.known.get(&way.target) {
                    self.visited.insert(way.target);
                    self.leave(&instruction, way.kind);
                }
            }
            if !self.has_indirect_jump || known_at_tables == self.known.len() {
                return Ok(());
            }
            known_at_tables = self.known.len();
            self.follow_indirect_jumps()?;
        }
    }

    fn is_part(&self, way: Way, jumps: &JumpCycles) -> Result<bool, TooMany> {
        let target = way.target;
        if !self.program.is_code(target) || way.kind == Kind::Unsure {
            return Ok(false);
        }
        if way.kind == Kind::Onwards || self.function.holds(target) {
            return Ok(true);
        }
        let around = self.program.function_around(target);
        if around.is_some_and(|around| target != around.address || is_cold_part(around, self.function)) {
            return Ok(true);
        }
        jumps.lead_back(self.function, target, self.program, self.steps)
    }

    fn add_part_at(&mut self, target: u64) -> Result<(), TooMany> {
        if let Some(around) = self.program.function_around(target).filter(|_| !self.function.holds(target))
            && !self.symbols.contains_key(&around.address)
        {
            self.add_symbol(around, self.program.instructions(around, self.steps)?);
        }
        if !self.known.contains_key(&target) {
            // The target is code without a symbol, or inside what was decoded as one instruction.
            self.steps.take(1)?;
            self.add(self.program.instruction_at(target).into_iter().collect());
        }
        Ok(())
    }

    /// Adds the paths that leave an instruction.
    fn leave(&mut self, instruction: &Instruction, kind: Kind) {
        let is_unnamed = |address| !self.function.holds(address) && self.program.function_around(address).is_none();
        let stays_unnamed = |target| is_unnamed(instruction.ip()) && is_unnamed(target);
        if let Some(target) = jump_target(instruction) {
            let kind = if stays_unnamed(target) { Kind::Onwards } else { Kind::Jump };
            self.waiting.push(Way { target, kind });
        }
        if may_go_on(instruction) {
            let target = instruction.next_ip();
            let is_unsure = is_call(instruction) || (kind == Kind::Unsure && instruction.mnemonic() == Mnemonic::Nop);
            let kind = match () {
                () if stays_unnamed(target) => Kind::Onwards,
                () if is_unnamed(instruction.ip()) => Kind::Jump,
                () if is_unsure => Kind::Unsure,
                () => Kind::Onwards,
            };
            self.waiting.push(Way { target, kind });
        }
        self.has_indirect_jump |= instruction.flow_control() == FlowControl::IndirectBranch;
    }

    /// Follows indirect jumps to the targets of jump tables, which may be the only path to a cold
    /// part. Without tables, follows them to all code of the function that is not reachable
    /// otherwise.
    fn follow_indirect_jumps(&mut self) -> Result<(), TooMany> {
        self.steps.take(self.known.len())?;
        let is_cold = |target: u64| {
            let around = self.program.function_around(target);
            around.is_some_and(|around| is_cold_part(around, self.function))
        };
        let is_valid = |target: u64| self.known.contains_key(&target) || is_cold(target);
        let mut targets = table_targets(self.program, self.known.values(), is_valid, self.steps)?;
        let mut kind = Kind::Onwards;
        if targets.is_empty() {
            kind = Kind::Unsure;
            targets.extend(self.known.keys().filter(|address| self.function.holds(**address)));
            // The lowest address is followed first, so that padding is reached from the code before
            // it.
            targets.sort_unstable_by_key(|&address| Reverse(address));
        }
        self.waiting.extend(targets.into_iter().map(|target| Way { target, kind }));
        Ok(())
    }
}

/// Returns the targets of the jump tables whose addresses the instructions load, as long as
/// `is_valid` returns true.
///
/// The end of a table is not recorded. Reading too far adds edges to the graph but hides none.
pub(crate) fn table_targets<'i>(
    program: &Program,
    instructions: impl Iterator<Item = &'i Instruction> + Clone,
    is_valid: impl Fn(u64) -> bool,
    steps: &Steps,
) -> Result<Vec<u64>, TooMany> {
    let mut targets = Vec::new();
    if instructions.clone().any(|instruction| instruction.flow_control() == FlowControl::IndirectBranch) {
        let mut seen = HashSet::new();
        for instruction in instructions.filter(|instruction| instruction.is_ip_rel_memory_operand()) {
            let table = instruction.ip_rel_memory_address();
            if !seen.insert(table) {
                continue;
            }
            for target in program.jump_table(table).take_while(|&target| is_valid(target)) {
                steps.take(1)?;
                targets.push(target);
            }
        }
    }
    targets.sort_unstable();
    targets.dedup();
    Ok(targets)
}

/// Returns whether the next instruction may run after this one. That is the case after a call.
fn may_go_on(instruction: &Instruction) -> bool {
    !matches!(
        instruction.flow_control(),
        FlowControl::UnconditionalBranch
            | FlowControl::IndirectBranch
            | FlowControl::Return
            | FlowControl::Interrupt
            | FlowControl::Exception
    )
}

pub(crate) fn is_call(instruction: &Instruction) -> bool {
    matches!(instruction.flow_control(), FlowControl::Call | FlowControl::IndirectCall)
}

/// Finds the pieces of a program's code that lead to each other by jumps alone.
///
/// A piece is the code of a symbol or, without a symbol, one instruction. Its number is its start
/// address. Pieces that lead to each other are the strongly connected components of the graph of
/// jumps (R. Tarjan, *Depth-first search and linear graph algorithms*, 1972). They are computed
/// once per piece, and only for pieces that are needed.
#[derive(Debug, Default)]
pub(crate) struct JumpCycles {
    search: RefCell<Search>,
}

#[derive(Debug, Default)]
struct Search {
    pieces: HashMap<u64, Piece>,
    /// The pieces whose component is not complete yet.
    open: Vec<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Piece {
    number: usize,
    /// The lowest number of an open piece that this one leads to, as far as the search has found.
    lowest: usize,
    /// The piece that represents the whole component, after it is complete.
    component: Option<u64>,
}

impl JumpCycles {
    /// Returns whether the code at `target`, which `function` jumps to, leads back into the
    /// function by jumps alone.
    fn lead_back(&self, function: &Function, target: u64, program: &Program, steps: &Steps) -> Result<bool, TooMany> {
        let mut search = self.search.borrow_mut();
        let from = search.component_of(piece_at(function.address, program), program, steps)?;
        Ok(from == search.component_of(piece_at(target, program), program, steps)?)
    }
}

/// Returns the piece that contains an address.
fn piece_at(address: u64, program: &Program) -> u64 {
    program.function_around(address).map_or(address, |function| function.address)
}

/// Returns the pieces that a piece jumps to. Without symbols, it also returns the piece that
/// follows directly.
fn next_pieces(piece: u64, program: &Program, steps: &Steps) -> Result<Vec<u64>, TooMany> {
    let targets: Vec<u64> = match program.function_around(piece) {
        Some(function) => program.instructions(function, steps)?.iter().filter_map(jump_target).collect(),
        None => {
            steps.take(1)?;
            let instruction = program.instruction_at(piece);
            let next = instruction.filter(may_go_on).map(|instruction| instruction.next_ip());
            instruction.and_then(|instruction| jump_target(&instruction)).into_iter().chain(next).collect()
        }
    };
    let targets = targets.into_iter().filter(|&target| program.is_code(target));
    Ok(targets.map(|target| piece_at(target, program)).collect())
}

impl Search {
    fn component_of(&mut self, piece: u64, program: &Program, steps: &Steps) -> Result<u64, TooMany> {
        if !self.pieces.contains_key(&piece) {
            self.search_from(piece, program, steps)?;
        }
        Ok(self.pieces.get(&piece).and_then(|it| it.component).unwrap_or(piece))
    }

    fn search_from(&mut self, start: u64, program: &Program, steps: &Steps) -> Result<(), TooMany> {
        let mut path = vec![(start, self.enter(start, program, steps)?)];
        while let Some((piece, waiting)) = path.last_mut() {
            let piece = *piece;
            if let Some(next) = waiting.pop() {
                match self.pieces.get(&next) {
                    None => path.push((next, self.enter(next, program, steps)?)),
                    Some(it) if it.component.is_none() => self.lower(piece, it.number),
                    Some(_) => {}
                }
                continue;
            }
            path.pop();
            let Some(&Piece { number, lowest, .. }) = self.pieces.get(&piece) else { continue };
            if number == lowest {
                while let Some(member) = self.open.pop() {
                    self.pieces.entry(member).and_modify(|it| it.component = Some(piece));
                    if member == piece {
                        break;
                    }
                }
            }
            if let Some((before, _)) = path.last() {
                self.lower(*before, lowest);
            }
        }
        Ok(())
    }

    fn enter(&mut self, piece: u64, program: &Program, steps: &Steps) -> Result<Vec<u64>, TooMany> {
        let number = self.pieces.len();
        self.pieces.insert(piece, Piece { number, lowest: number, component: None });
        self.open.push(piece);
        next_pieces(piece, program, steps)
    }

    fn lower(&mut self, piece: u64, number: usize) {
        self.pieces.entry(piece).and_modify(|it| it.lowest = it.lowest.min(number));
    }
}
