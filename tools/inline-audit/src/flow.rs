//! The control flow of one function: basic blocks and the nest of its loops.
//!
//! Nothing here knows about files or symbols. A graph is built from a function's instructions, in the order of their
//! addresses, and from the two facts that the instructions alone do not tell: which calls never come back, and where
//! indirect jumps may lead.
//!
//! Loops are found as strongly connected components: a component is a loop, the blocks through which it is entered are its headers,
//! and what still is a component without the edges to the headers is a loop inside (B. Steensgaard, *Sequentializing
//! program dependence graphs for irreducible programs*, 1993). Where every loop has one header these are the natural
//! loops that back edges to dominators define; a loop with several entries, which has no such back edge, is found too.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use iced_x86::{FlowControl, Instruction, OpKind};

/// Instructions that are run from the first to the last, and nothing in between.
#[derive(Debug)]
pub(crate) struct Block {
    /// The numbers of its instructions.
    pub(crate) instructions: Range<usize>,
    /// The blocks that may follow.
    pub(crate) successors: Vec<usize>,
}

/// The blocks of a function; block 0 is its entry.
#[derive(Debug)]
pub(crate) struct Graph {
    pub(crate) blocks: Vec<Block>,
}

/// Blocks from each of which each can be reached.
#[derive(Debug)]
pub(crate) struct Cycle {
    /// Its blocks, in the order of their addresses.
    pub(crate) blocks: Vec<usize>,
    /// The number of the loop around it.
    pub(crate) parent: Option<usize>,
    /// Whether there is no loop inside.
    pub(crate) innermost: bool,
}

/// What the instructions of a function do not tell by themselves.
pub(crate) trait Surroundings {
    /// Whether a call never comes back.
    fn never_returns(&self, call: &Instruction) -> bool;
    /// The addresses that the function's jump tables hold.
    fn jump_table_targets(&self) -> &[u64];
}

impl Graph {
    pub(crate) fn new(instructions: &[Instruction], surroundings: &impl Surroundings) -> Graph {
        let numbers: HashMap<u64, usize> =
            instructions.iter().enumerate().map(|(number, instruction)| (instruction.ip(), number)).collect();
        let tables: Vec<usize> =
            surroundings.jump_table_targets().iter().filter_map(|target| numbers.get(target).copied()).collect();
        let starts = block_starts(instructions, &numbers, &tables, surroundings);
        let block_at: HashMap<usize, usize> = starts.iter().enumerate().map(|(block, &start)| (start, block)).collect();
        let ends = starts.iter().skip(1).copied().chain([instructions.len()]);
        let mut blocks = Vec::with_capacity(starts.len());
        for (&start, end) in starts.iter().zip(ends) {
            let last = &instructions[end - 1];
            let next = falls_through(last, surroundings).then_some(end);
            let jumped = jump_target(last).and_then(|target| numbers.get(&target).copied());
            let table = if is_indirect_jump(last) { tables.as_slice() } else { &[] };
            let successors: HashSet<usize> = next
                .into_iter()
                .chain(jumped)
                .chain(table.iter().copied())
                .filter_map(|to| block_at.get(&to).copied())
                .collect();
            let mut successors: Vec<usize> = successors.into_iter().collect();
            successors.sort_unstable();
            blocks.push(Block { instructions: start..end, successors });
        }
        let mut graph = Graph { blocks };
        graph.complete_indirect_jumps(instructions, !tables.is_empty());
        graph
    }

    /// Leads indirect jumps for which no table was found to all blocks that nothing else leads to.
    ///
    /// Such a jump is a tail call, and then there are no such blocks but the clean-up code that only the unwinder enters; or
    /// its table has a form that is not known here, and then its targets are among them.
    fn complete_indirect_jumps(&mut self, instructions: &[Instruction], has_tables: bool) {
        if has_tables {
            return;
        }
        let reached = self.reachable();
        let unreached: Vec<usize> = (0..self.blocks.len()).filter(|&block| !reached[block]).collect();
        for block in &mut self.blocks {
            if is_indirect_jump(&instructions[block.instructions.end - 1]) {
                block.successors.clone_from(&unreached);
            }
        }
    }

    /// For each block, whether the entry leads to it. Code that only the unwinder enters is not reached.
    pub(crate) fn reachable(&self) -> Vec<bool> {
        let mut reached = vec![false; self.blocks.len()];
        let mut waiting = if self.blocks.is_empty() { vec![] } else { vec![0] };
        while let Some(block) = waiting.pop() {
            if !std::mem::replace(&mut reached[block], true) {
                waiting.extend(&self.blocks[block].successors);
            }
        }
        reached
    }

    /// The loops of the function, outer ones before those inside them.
    pub(crate) fn loops(&self) -> Vec<Cycle> {
        let reached = self.reachable();
        let all: Vec<usize> = (0..self.blocks.len()).filter(|&block| reached[block]).collect();
        // Edges to a header are cut once its loop has been found.
        let mut is_header = vec![false; self.blocks.len()];
        let mut loops: Vec<Cycle> = Vec::new();
        let mut regions = vec![(all.clone(), None)];
        while let Some((region, parent)) = regions.pop() {
            for component in self.components(&region, &is_header) {
                for header in self.entries(&component, &all) {
                    is_header[header] = true;
                }
                if let Some(parent) = parent {
                    let around: &mut Cycle = &mut loops[parent];
                    around.innermost = false;
                }
                regions.push((component.clone(), Some(loops.len())));
                loops.push(Cycle { blocks: component, parent, innermost: true });
            }
        }
        loops
    }

    /// The blocks of a component that are entered from outside: from the rest of the function, or by calling it.
    fn entries(&self, component: &[usize], all: &[usize]) -> Vec<usize> {
        let inside: HashSet<usize> = component.iter().copied().collect();
        let from_outside =
            all.iter().filter(|block| !inside.contains(block)).flat_map(|&block| &self.blocks[block].successors);
        let mut entries: Vec<usize> = from_outside.copied().chain([0]).filter(|block| inside.contains(block)).collect();
        entries.sort_unstable();
        entries.dedup();
        entries
    }

    /// The strongly connected components of a region that hold a cycle, without the edges to headers; by S. R. Kosaraju's
    /// algorithm: the blocks in the order in which a depth-first search leaves them, then, from the last on, all those
    /// that lead to each.
    fn components(&self, region: &[usize], is_header: &[bool]) -> Vec<Vec<usize>> {
        let inside: HashSet<usize> = region.iter().copied().collect();
        let mut leads_to: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut comes_from: HashMap<usize, Vec<usize>> = HashMap::new();
        for &from in region {
            for &to in self.blocks[from].successors.iter().filter(|to| inside.contains(to) && !is_header[**to]) {
                leads_to.entry(from).or_default().push(to);
                comes_from.entry(to).or_default().push(from);
            }
        }
        let mut left = Vec::new();
        let mut seen = HashSet::new();
        for &start in region {
            depth_first(start, &leads_to, &mut seen, &mut left);
        }
        let mut components = Vec::new();
        seen.clear();
        for &start in left.iter().rev() {
            let mut component = Vec::new();
            depth_first(start, &comes_from, &mut seen, &mut component);
            let leads_to_itself = || leads_to.get(&start).is_some_and(|next| next.contains(&start));
            if component.len() > 1 || (component.len() == 1 && leads_to_itself()) {
                component.sort_unstable();
                components.push(component);
            }
        }
        components.sort_unstable();
        components
    }
}

/// Appends the blocks that `start` leads to and that have not been seen, each behind all those it leads to.
fn depth_first(start: usize, edges: &HashMap<usize, Vec<usize>>, seen: &mut HashSet<usize>, left: &mut Vec<usize>) {
    if !seen.insert(start) {
        return;
    }
    // Beside each block the number of its edges that have been followed: functions are long, the stack is not.
    let mut path = vec![(start, 0)];
    while let Some((block, followed)) = path.last_mut() {
        match edges.get(block).and_then(|next| next.get(*followed)) {
            Some(&next) => {
                *followed += 1;
                if seen.insert(next) {
                    path.push((next, 0));
                }
            }
            None => {
                left.push(*block);
                path.pop();
            }
        }
    }
}

/// The numbers of the instructions with which blocks start, in order.
fn block_starts(
    instructions: &[Instruction],
    numbers: &HashMap<u64, usize>,
    tables: &[usize],
    surroundings: &impl Surroundings,
) -> Vec<usize> {
    let mut starts = vec![0];
    starts.extend(tables);
    for (number, instruction) in instructions.iter().enumerate() {
        let target = jump_target(instruction);
        starts.extend(target.and_then(|target| numbers.get(&target)));
        if target.is_some() || !falls_through(instruction, surroundings) {
            starts.push(number + 1);
        }
    }
    starts.sort_unstable();
    starts.dedup();
    starts.retain(|&start| start < instructions.len());
    starts
}

/// The address that a direct jump leads to, conditional or not.
pub(crate) fn jump_target(instruction: &Instruction) -> Option<u64> {
    let jumps = matches!(instruction.flow_control(), FlowControl::ConditionalBranch | FlowControl::UnconditionalBranch);
    (jumps && instruction.op0_kind() == OpKind::NearBranch64).then(|| instruction.near_branch_target())
}

fn is_indirect_jump(instruction: &Instruction) -> bool {
    instruction.flow_control() == FlowControl::IndirectBranch
}

/// Whether an instruction may be followed by the next one.
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

    /// A function of which no call comes back if `calls_diverge`, with a jump table of these instructions.
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

    /// The instructions that `write` assembles, as they would be read from a program.
    fn assembled(write: impl FnOnce(&mut CodeAssembler) -> Result<(), IcedError>) -> Vec<Instruction> {
        let mut assembler = CodeAssembler::new(64).unwrap();
        write(&mut assembler).unwrap();
        let bytes = assembler.assemble(0x1000).unwrap();
        iced_x86::Decoder::with_ip(64, &bytes, 0x1000, 0).into_iter().collect()
    }

    /// The loops as the numbers of their instructions, with the numbers of the loops around them.
    fn loops(instructions: &[Instruction], given: &Given) -> Vec<(Vec<usize>, Option<usize>)> {
        let graph = Graph::new(instructions, given);
        let cycles = graph.loops();
        for (number, cycle) in cycles.iter().enumerate() {
            assert_eq!(cycle.innermost, cycles.iter().all(|it| it.parent != Some(number)));
        }
        let numbers =
            |cycle: &Cycle| cycle.blocks.iter().flat_map(|&block| graph.blocks[block].instructions.clone()).collect();
        cycles.iter().map(|cycle| (numbers(cycle), cycle.parent)).collect()
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

    /// `match` in a loop: a jump by a table to two arms, both of which go on with the loop.
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
