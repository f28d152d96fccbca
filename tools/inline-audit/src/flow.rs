//! The control flow of one function: its basic blocks.
//!
//! This module does not depend on files or symbols. A graph is built from a function's
//! instructions, in the order of their addresses, and from two facts that the instructions do not
//! contain: which calls never return, and where indirect jumps may lead. `forest.rs` finds the
//! loops of the graph.

use std::collections::HashMap;
use std::ops::Range;

use iced_x86::{FlowControl, Instruction, Mnemonic, OpKind};

use crate::forest::Forest;

/// The basic blocks of a function. The instructions of a block always run from the first to the
/// last.
#[derive(Debug)]
pub(crate) struct Graph {
    /// The numbers of each block's instructions, in the order of their addresses.
    ///
    /// The last block may be empty: all indirect jumps lead to it, and it leads to all their
    /// targets. This keeps the number of edges small: one edge per pair of jump and target would be
    /// too many.
    pub(crate) blocks: Vec<Range<usize>>,
    /// The blocks that may follow each block, in ascending order.
    pub(crate) successors: Vec<Vec<usize>>,
    /// The first block of the function; `None` if the function has no instructions.
    entry: Option<usize>,
}

/// The facts about a function that its instructions do not contain.
pub(crate) trait Surroundings {
    /// Returns whether a call never returns.
    fn never_returns(&self, call: &Instruction) -> bool;
    /// Returns the addresses in the function's jump tables.
    fn jump_table_targets(&self) -> &[u64];
}

impl Graph {
    /// Returns the blocks of a function that starts at an address.
    pub(crate) fn new(instructions: &[Instruction], start: u64, surroundings: &impl Surroundings) -> Graph {
        let numbers: HashMap<u64, usize> =
            instructions.iter().enumerate().map(|(number, instruction)| (instruction.ip(), number)).collect();
        let number_of = |address: u64| numbers.get(&address).copied();
        let tables: Vec<usize> = surroundings.jump_table_targets().iter().copied().filter_map(number_of).collect();
        // The instructions that end a block, each with whether the next instruction may follow.
        let mut ends: HashMap<usize, bool> = HashMap::new();
        let mut starts: Vec<usize> = tables.iter().copied().chain(number_of(start)).chain([0]).collect();
        for (number, instruction) in instructions.iter().enumerate() {
            let target = jump_target(instruction);
            let falls_through = falls_through(instruction, surroundings);
            let is_followed = instructions.get(number + 1).is_some_and(|next| next.ip() == instruction.next_ip());
            if target.is_some() || !falls_through || !is_followed {
                ends.insert(number, falls_through);
                starts.push(number + 1);
                starts.extend(target.and_then(number_of));
                // Instructions may overlap in memory. Then the next one in this order is not the
                // next one to run.
                starts.extend(number_of(instruction.next_ip()).filter(|_| falls_through));
            }
        }
        starts.sort_unstable();
        starts.dedup();
        starts.retain(|&start| start < instructions.len());
        let block_at = |number: usize| starts.binary_search(&number).ok();
        let mut graph = Graph { blocks: vec![], successors: vec![], entry: number_of(start).and_then(block_at) };
        for (block, &start) in starts.iter().enumerate() {
            let end = starts.get(block + 1).copied().unwrap_or(instructions.len());
            let last = &instructions[end - 1];
            let falls_through = ends.get(&(end - 1)).is_none_or(|&falls_through| falls_through);
            let next = falls_through.then(|| number_of(last.next_ip())).flatten();
            let jumped = jump_target(last).and_then(number_of);
            let mut successors: Vec<usize> = next.into_iter().chain(jumped).filter_map(block_at).collect();
            successors.sort_unstable();
            successors.dedup();
            graph.blocks.push(start..end);
            graph.successors.push(successors);
        }
        graph.add_indirect_jumps(instructions, tables.into_iter().filter_map(block_at).collect());
        graph
    }

    /// Connects indirect jumps with the targets of the function's tables. Without tables, connects
    /// them with all blocks that have no other predecessor.
    ///
    /// There are two cases without a table. The jump may be a tail call. Then the only such blocks
    /// are clean-up code, which only the unwinder enters. Or its table has an unknown form. Then
    /// its targets are among these blocks.
    fn add_indirect_jumps(&mut self, instructions: &[Instruction], tables: Vec<usize>) {
        let indirect: Vec<usize> = (0..self.blocks.len())
            .filter(|&block| is_indirect_jump(&instructions[self.blocks[block].end - 1]))
            .collect();
        let targets = if tables.is_empty() && !indirect.is_empty() {
            let reached = self.reachable();
            // Padding in front of a loop would become a second entry of the loop.
            let is_padding = |block: &usize| {
                instructions[self.blocks[*block].clone()].iter().all(|it| it.mnemonic() == Mnemonic::Nop)
            };
            (0..self.blocks.len()).filter(|block| !reached[*block] && !is_padding(block)).collect()
        } else {
            tables
        };
        if targets.is_empty() || indirect.is_empty() {
            return;
        }
        for block in indirect {
            self.successors[block] = vec![self.blocks.len()];
        }
        self.blocks.push(instructions.len()..instructions.len());
        self.successors.push(targets);
    }

    /// Returns for each block whether the entry leads to it. Code that only the unwinder enters is
    /// not reachable.
    pub(crate) fn reachable(&self) -> Vec<bool> {
        let mut reached = vec![false; self.blocks.len()];
        let mut waiting: Vec<usize> = self.entry.into_iter().collect();
        while let Some(block) = waiting.pop() {
            if !std::mem::replace(&mut reached[block], true) {
                waiting.extend(&self.successors[block]);
            }
        }
        reached
    }

    /// Returns the loops of the function.
    pub(crate) fn loops(&self) -> Forest {
        Forest::of(&self.successors, self.entry)
    }
}

/// Returns the target of a direct jump, conditional or not.
pub(crate) fn jump_target(instruction: &Instruction) -> Option<u64> {
    let jumps = matches!(
        instruction.flow_control(),
        FlowControl::ConditionalBranch | FlowControl::UnconditionalBranch | FlowControl::XbeginXabortXend
    );
    (jumps && instruction.op0_kind() == OpKind::NearBranch64).then(|| instruction.near_branch_target())
}

fn is_indirect_jump(instruction: &Instruction) -> bool {
    instruction.flow_control() == FlowControl::IndirectBranch
}

/// Returns whether the next instruction may run after this one.
fn falls_through(instruction: &Instruction, surroundings: &impl Surroundings) -> bool {
    match instruction.flow_control() {
        FlowControl::Next | FlowControl::ConditionalBranch | FlowControl::XbeginXabortXend => true,
        FlowControl::Call | FlowControl::IndirectCall => !surroundings.never_returns(instruction),
        FlowControl::UnconditionalBranch
        | FlowControl::IndirectBranch
        | FlowControl::Return
        | FlowControl::Interrupt
        | FlowControl::Exception => false,
    }
}

#[cfg(test)]
mod tests {
    use iced_x86::IcedError;
    use iced_x86::code_asm::*;

    use super::*;

    /// The facts that a test gives: whether calls never return (`calls_diverge`), and the
    /// instructions in the jump table.
    #[derive(Default)]
    struct Given {
        calls_diverge: bool,
        targets: Vec<u64>,
    }

    impl Surroundings for Given {
        fn never_returns(&self, _call: &Instruction) -> bool {
            self.calls_diverge
        }

        fn jump_table_targets(&self) -> &[u64] {
            &self.targets
        }
    }

    /// Returns the instructions that `write` assembles, as if they had been read from a program.
    fn assembled(write: impl FnOnce(&mut CodeAssembler) -> Result<(), IcedError>) -> Vec<Instruction> {
        let mut assembler = CodeAssembler::new(64).unwrap();
        write(&mut assembler).unwrap();
        let bytes = assembler.assemble(0x1000).unwrap();
        iced_x86::Decoder::with_ip(64, &bytes, 0x1000, 0).into_iter().collect()
    }

    /// Returns the loops as the numbers of their instructions, with the numbers of the loops around
    /// them.
    fn loops(instructions: &[Instruction], given: &Given) -> Vec<(Vec<usize>, Option<usize>)> {
        let graph = Graph::new(instructions, instructions.first().map_or(0, Instruction::ip), given);
        let forest = graph.loops();
        let numbers = |number: usize| {
            let blocks = (0..graph.blocks.len()).filter(|&block| forest.contains(number, block));
            blocks.flat_map(|block| graph.blocks[block].clone()).collect()
        };
        forest.loops.iter().enumerate().map(|(number, it)| (numbers(number), it.parent)).collect()
    }

    #[test]
    fn straight_code_has_no_loop() {
        let code = assembled(|a| {
            let mut end = a.create_label();
            a.test(rdi, rdi)?;
            a.je(end)?;
            a.inc(rax)?;
            a.set_label(&mut end)?;
            a.ret()
        });
        assert_eq!(loops(&code, &Given::default()), []);
        assert_eq!(loops(&[], &Given::default()), []);
    }

    #[test]
    fn loops_nest() {
        let code = assembled(|a| {
            let (mut rows, mut cols, mut planes) = (a.create_label(), a.create_label(), a.create_label());
            a.set_label(&mut planes)?;
            a.inc(r8)?; // 0
            a.set_label(&mut rows)?;
            a.inc(r9)?; // 1
            a.set_label(&mut cols)?;
            a.dec(r10)?; // 2
            a.jne(cols)?; // 3
            a.dec(r11)?; // 4
            a.jne(rows)?; // 5
            a.dec(r12)?; // 6
            a.jne(planes)?; // 7
            a.ret()
        });
        let expected = [((0..8).collect(), None), ((1..6).collect(), Some(0)), ((2..4).collect(), Some(1))];
        assert_eq!(loops(&code, &Given::default()), expected);
    }

    #[test]
    fn loops_side_by_side_have_the_same_loop_around_them() {
        let code = assembled(|a| {
            let (mut outer, mut first, mut second) = (a.create_label(), a.create_label(), a.create_label());
            a.set_label(&mut outer)?;
            a.nop()?; // 0
            a.set_label(&mut first)?;
            a.dec(r8)?; // 1
            a.jne(first)?; // 2
            a.nop()?; // 3
            a.set_label(&mut second)?;
            a.dec(r9)?; // 4
            a.jne(second)?; // 5
            a.dec(r10)?; // 6
            a.jne(outer)?; // 7
            a.ret()
        });
        let expected = [((0..8).collect(), None), (vec![1, 2], Some(0)), (vec![4, 5], Some(0))];
        assert_eq!(loops(&code, &Given::default()), expected);
    }

    #[test]
    fn a_loop_with_two_entries_is_found() {
        let code = assembled(|a| {
            let (mut first, mut second) = (a.create_label(), a.create_label());
            a.test(rdi, rdi)?; // 0
            a.je(second)?; // 1
            a.set_label(&mut first)?;
            a.inc(rax)?; // 2
            a.set_label(&mut second)?;
            a.dec(rcx)?; // 3
            a.jne(first)?; // 4
            a.ret()
        });
        assert_eq!(loops(&code, &Given::default()), [(vec![2, 3, 4], None)]);
    }

    #[test]
    fn code_behind_a_call_that_never_returns_is_not_its_continuation() {
        let code = assembled(|a| {
            let (mut again, mut fail, mut elsewhere) = (a.create_label(), a.create_label(), a.create_label());
            a.jmp(again)?; // 0
            a.set_label(&mut fail)?;
            a.call(elsewhere)?; // 1: falls into the loop unless it never returns
            a.set_label(&mut again)?;
            a.test(rax, rax)?; // 2
            a.je(fail)?; // 3
            a.dec(rcx)?; // 4
            a.jne(again)?; // 5
            a.ret()?;
            a.set_label(&mut elsewhere)?;
            a.ret()
        });
        let given = Given { calls_diverge: true, ..Given::default() };
        assert_eq!(loops(&code, &given), [(vec![2, 3, 4, 5], None)]);
        assert_eq!(loops(&code, &Given::default())[0], (vec![1, 2, 3, 4, 5], None));
    }

    /// Returns a `match` in a loop: a jump by a table to two arms, both of which continue the loop.
    fn loop_with_a_table() -> Vec<Instruction> {
        assembled(|a| {
            let (mut again, mut next) = (a.create_label(), a.create_label());
            a.set_label(&mut again)?;
            a.jmp(rax)?; // 0
            a.inc(r8)?; // 1
            a.jmp(next)?; // 2
            a.inc(r9)?; // 3
            a.set_label(&mut next)?;
            a.dec(rcx)?; // 4
            a.jne(again)?; // 5
            a.ret()
        })
    }

    #[test]
    fn a_jump_by_a_table_leads_to_its_targets() {
        let code = loop_with_a_table();
        let given = Given { targets: vec![code[1].ip(), code[3].ip()], ..Given::default() };
        assert_eq!(loops(&code, &given), [((0..6).collect(), None)]);
    }

    #[test]
    fn a_jump_by_an_unknown_table_leads_to_all_that_nothing_else_leads_to() {
        assert_eq!(loops(&loop_with_a_table(), &Given::default()), [((0..6).collect(), None)]);
    }

    #[test]
    fn padding_in_front_of_a_loop_is_no_way_into_it() {
        let code = assembled(|a| {
            let (mut check, mut again, mut end) = (a.create_label(), a.create_label(), a.create_label());
            a.jmp(check)?; // 0
            a.nop()?; // 1
            a.set_label(&mut again)?;
            a.dec(rcx)?; // 2
            a.je(end)?; // 3
            a.set_label(&mut check)?;
            a.test(rax, rax)?; // 4
            a.je(again)?; // 5
            a.inc(rdx)?; // 6
            a.jmp(again)?; // 7
            a.set_label(&mut end)?;
            a.jmp(rax)
        });
        assert_eq!(loops(&code, &Given::default()), [((2..8).collect(), None)]);
    }

    #[test]
    fn a_tail_call_is_no_loop() {
        let code = assembled(|a| {
            a.inc(rax)?;
            a.jmp(rax)
        });
        assert_eq!(loops(&code, &Given::default()), []);
    }

    #[test]
    fn code_that_only_the_unwinder_enters_is_not_looked_at() {
        let code = assembled(|a| {
            let mut drop = a.create_label();
            a.ret()?;
            a.set_label(&mut drop)?;
            a.dec(rax)?;
            a.jne(drop)?;
            a.ud2()
        });
        assert_eq!(loops(&code, &Given::default()), []);
    }
}
