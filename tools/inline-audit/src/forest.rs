//! The nest of the loops of a control-flow graph.
//!
//! Loops are strongly connected components: a component is a loop, its header is the block through
//! which a depth-first search enters it, and what still is a component without the edges to the
//! header is a loop inside. Where every loop has a single entry these are the natural loops that
//! back edges to dominators define. A loop with several entries, which has no such back edge, is
//! found too (P. Havlak, *Nesting of reducible and irreducible loops*, 1997).
//!
//! The time is almost linear in the number of edges, for hostile graphs as well, by G. Ramalingam,
//! *Identifying loops in almost linear time*, 1999: headers are visited in the reverse of the order
//! in which the search finds them, what a loop consists of is merged into its header, and an edge
//! that is neither to an ancestor nor to a child is looked at only once the nearest common ancestor
//! of its ends is visited.

use std::mem;

/// The loops of a graph.
#[derive(Debug)]
pub(crate) struct Forest {
    /// Outer loops are before those inside them.
    pub(crate) loops: Vec<Cycle>,
    /// For each block, the innermost loop around it.
    innermost: Vec<Option<usize>>,
}

/// A loop.
#[derive(Debug)]
pub(crate) struct Cycle {
    /// Its blocks that are in no loop inside it, in ascending order.
    pub(crate) own: Vec<usize>,
    /// The number of the loop around it.
    pub(crate) parent: Option<usize>,
    /// 1 for a loop in no other, and one more for each that is around it.
    pub(crate) depth: usize,
    /// Whether there is no loop inside.
    pub(crate) innermost: bool,
    /// Where it and the loops inside it are in an order in which each loop is directly followed by
    /// those inside it.
    order: usize,
    last_inside: usize,
}

impl Forest {
    /// The loops among the blocks that the block `entry` leads to.
    pub(crate) fn of(successors: &[Vec<usize>], entry: Option<usize>) -> Forest {
        let search = Search::from(entry, successors);
        let headers = search.headers();
        let mut innermost = vec![None; successors.len()];
        let mut loops: Vec<Cycle> = Vec::new();
        // By the order of the search a header is found before everything else in its loop.
        let mut loop_of_header = vec![None; search.blocks.len()];
        for (number, &block) in search.blocks.iter().enumerate() {
            let around = headers.around[number].and_then(|header| loop_of_header[header]);
            let this = if headers.is_header[number] {
                loop_of_header[number] = Some(loops.len());
                let depth = around.map_or(0, |around: usize| loops[around].depth) + 1;
                if let Some(around) = around {
                    loops[around].innermost = false;
                }
                loops.push(Cycle { own: Vec::new(), parent: around, depth, innermost: true, order: 0, last_inside: 0 });
                loop_of_header[number]
            } else {
                around
            };
            innermost[block] = this;
        }
        for (block, &around) in innermost.iter().enumerate() {
            if let Some(around) = around {
                loops[around].own.push(block);
            }
        }
        number_nests(&mut loops);
        Forest { loops, innermost }
    }

    /// Whether a block is in a loop, or in one inside it.
    pub(crate) fn contains(&self, number: usize, block: usize) -> bool {
        let around = &self.loops[number];
        self.innermost[block]
            .is_some_and(|innermost| (around.order..=around.last_inside).contains(&self.loops[innermost].order))
    }
}

/// Fills in where each loop is in an order in which it is followed by those inside it.
fn number_nests(loops: &mut [Cycle]) {
    let mut inside = vec![1; loops.len()];
    for number in (0..loops.len()).rev() {
        if let Some(parent) = loops[number].parent {
            inside[parent] += inside[number];
        }
    }
    // Where the next loop goes that is directly inside a loop, and the next one that is in no
    // other.
    let mut next: Vec<usize> = vec![0; loops.len()];
    let mut next_outermost = 0;
    for number in 0..loops.len() {
        let free = loops[number].parent.map_or(&mut next_outermost, |parent| &mut next[parent]);
        let order = mem::replace(free, *free + inside[number]);
        next[number] = order + 1;
        loops[number].order = order;
        loops[number].last_inside = order + inside[number] - 1;
    }
}

/// A depth-first search. Blocks are numbered in the order in which it finds them.
struct Search {
    /// The blocks by their numbers.
    blocks: Vec<usize>,
    /// From which block each has been found; the first one is its own parent.
    parent: Vec<usize>,
    /// For each block the blocks with an edge back to it that can be reached from it.
    back: Vec<Vec<usize>>,
    /// All other edges that are not from a parent, at the nearest common ancestor of their ends.
    deferred: Vec<Vec<(usize, usize)>>,
}

/// What the loops are, by the numbers of a search.
struct Headers {
    is_header: Vec<bool>,
    /// The header of the innermost loop around a block; for a header, of the loop around its own.
    around: Vec<Option<usize>>,
}

impl Search {
    fn from(entry: Option<usize>, successors: &[Vec<usize>]) -> Search {
        let mut search = Search { blocks: vec![], parent: vec![], back: vec![], deferred: vec![] };
        let Some(entry) = entry else { return search };
        let mut number_of = vec![None; successors.len()];
        // Leads from a block that the search has left to its nearest ancestor that it has not left.
        let mut ancestors = Sets::default();
        search.enter(entry, 0, &mut number_of, &mut ancestors);
        // The blocks on the way to the current one, and how many of their edges have been followed.
        let mut path = vec![(0, 0)];
        while let Some((from, followed)) = path.last_mut() {
            let from = *from;
            let Some(&to) = successors[search.blocks[from]].get(*followed) else {
                ancestors.merge(from, search.parent[from]);
                path.pop();
                continue;
            };
            *followed += 1;
            match number_of[to] {
                None => path.push((search.enter(to, from, &mut number_of, &mut ancestors), 0)),
                Some(to) => match ancestors.representative(to) {
                    ancestor if ancestor == to => search.back[to].push(from),
                    ancestor => search.deferred[ancestor].push((from, to)),
                },
            }
        }
        search
    }

    fn enter(&mut self, block: usize, from: usize, number_of: &mut [Option<usize>], ancestors: &mut Sets) -> usize {
        let number = self.blocks.len();
        number_of[block] = Some(number);
        self.blocks.push(block);
        self.parent.push(from);
        self.back.push(Vec::new());
        self.deferred.push(Vec::new());
        ancestors.add();
        number
    }

    fn headers(&self) -> Headers {
        let len = self.blocks.len();
        let mut is_header = vec![false; len];
        let mut around = vec![None; len];
        // What has been merged into a header.
        let mut merged = Sets::default();
        // The edges to a block and to what has been merged into it.
        let mut comes_from: Vec<Vec<usize>> = Vec::with_capacity(len);
        for &parent in &self.parent {
            merged.add();
            comes_from.push(vec![parent]);
        }
        let mut seen_for = vec![None; len];
        for header in (0..len).rev() {
            for &(from, to) in &self.deferred[header] {
                let from = merged.representative(from);
                comes_from[merged.representative(to)].push(from);
            }
            is_header[header] = !self.back[header].is_empty();
            let mut body = Vec::new();
            let mut add = |block: usize, body: &mut Vec<usize>, merged: &mut Sets| {
                let block = merged.representative(block);
                if block != header && seen_for[block].replace(header) != Some(header) {
                    body.push(block);
                }
            };
            for &from in &self.back[header] {
                add(from, &mut body, &mut merged);
            }
            let mut scanned = 0;
            while let Some(&block) = body.get(scanned) {
                scanned += 1;
                for from in mem::take(&mut comes_from[block]) {
                    add(from, &mut body, &mut merged);
                }
            }
            for block in body {
                around[block] = Some(header);
                merged.merge(block, header);
            }
        }
        Headers { is_header, around }
    }
}

/// Disjoint sets, each of which has a representative.
#[derive(Default)]
struct Sets {
    towards: Vec<usize>,
}

impl Sets {
    /// Adds a set with the next number in it.
    fn add(&mut self) {
        self.towards.push(self.towards.len());
    }

    fn representative(&mut self, of: usize) -> usize {
        let mut end = of;
        while self.towards[end] != end {
            end = self.towards[end];
        }
        let mut on_the_way = of;
        while self.towards[on_the_way] != end {
            on_the_way = mem::replace(&mut self.towards[on_the_way], end);
        }
        end
    }

    /// Adds the set that `representative` stands for to that of `other`.
    fn merge(&mut self, representative: usize, other: usize) {
        self.towards[representative] = other;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The loops of a graph as their blocks, those of loops inside included, and the loops around
    /// them.
    type Loops = BTreeSet<(BTreeSet<usize>, Option<BTreeSet<usize>>)>;

    fn found(successors: &[Vec<usize>]) -> Loops {
        let forest = Forest::of(successors, Some(0));
        let blocks = |number: usize| (0..successors.len()).filter(|&block| forest.contains(number, block)).collect();
        for (number, it) in forest.loops.iter().enumerate() {
            assert_eq!(it.innermost, forest.loops.iter().all(|inner| inner.parent != Some(number)));
            assert_eq!(it.depth, it.parent.map_or(0, |parent| forest.loops[parent].depth) + 1);
            assert!(it.own.iter().all(|&block| forest.innermost[block] == Some(number)));
        }
        let loops = forest.loops.iter().enumerate();
        loops.map(|(number, it)| (blocks(number), it.parent.map(blocks))).collect()
    }

    /// The same by the definition: a component, then what is one without the edges to its header,
    /// and so on.
    fn by_definition(successors: &[Vec<usize>]) -> Loops {
        let order = Search::from(Some(0), successors).blocks;
        let mut loops = Loops::new();
        let mut cut = BTreeSet::new();
        nested(successors, &order, &order, None, &mut cut, &mut loops);
        loops
    }

    fn nested(
        successors: &[Vec<usize>],
        order: &[usize],
        region: &[usize],
        parent: Option<&BTreeSet<usize>>,
        cut: &mut BTreeSet<usize>,
        loops: &mut Loops,
    ) {
        let reached_from = |start: usize| {
            let (mut reached, mut waiting) = (BTreeSet::new(), vec![start]);
            while let Some(block) = waiting.pop() {
                let next = successors[block].iter().filter(|to| region.contains(to) && !cut.contains(to));
                waiting.extend(next.filter(|&&to| reached.insert(to)));
            }
            reached
        };
        let reached: Vec<(usize, BTreeSet<usize>)> = region.iter().map(|&start| (start, reached_from(start))).collect();
        let of = |block: usize| &reached.iter().find(|(start, _)| *start == block).unwrap().1;
        let mut components: Vec<BTreeSet<usize>> = Vec::new();
        for &block in region.iter().filter(|&&block| of(block).contains(&block)) {
            let component: BTreeSet<usize> =
                of(block).iter().copied().filter(|&other| of(other).contains(&block)).collect();
            if !components.contains(&component) {
                components.push(component);
            }
        }
        for component in components {
            let header = *order.iter().find(|block| component.contains(block)).unwrap();
            loops.insert((component.clone(), parent.cloned()));
            cut.insert(header);
            let region: Vec<usize> = component.iter().copied().collect();
            nested(successors, order, &region, Some(&component), cut, loops);
        }
    }

    #[test]
    fn loops_are_those_of_the_definition() {
        let mut state = 1_u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            usize::try_from(state >> 33).unwrap() % below
        };
        for _ in 0..if cfg!(miri) { 20 } else { 3000 } {
            let blocks = 1 + random(9);
            let edges = random(2 * blocks + 2);
            let mut successors = vec![Vec::new(); blocks];
            for _ in 0..edges {
                let (from, to) = (random(blocks), random(blocks));
                if !successors[from].contains(&to) {
                    successors[from].push(to);
                }
            }
            assert_eq!(found(&successors), by_definition(&successors), "{successors:?}");
        }
    }

    #[test]
    fn a_graph_without_blocks_has_no_loop() {
        assert!(Forest::of(&[], None).loops.is_empty());
    }

    /// Time that grows with the square of the size would take minutes.
    #[test]
    fn deep_nests_and_long_rows_of_loops_take_almost_linear_time() {
        let len = if cfg!(miri) { 100 } else { 20_000 };
        // Block `n` is the header of loop `n`, all of which end at the same block, or each at a
        // block of its own.
        let mut one_end: Vec<Vec<usize>> = (0..len).map(|block| vec![block + 1]).collect();
        one_end.push((0..len).collect());
        let mut ends: Vec<Vec<usize>> = (0..2 * len).map(|block| vec![block + 1]).collect();
        ends.push(vec![]);
        (0..len).for_each(|n| ends[2 * len - 1 - n].push(n));
        for nest in [one_end, ends] {
            let forest = Forest::of(&nest, Some(0));
            assert_eq!((forest.loops.len(), forest.loops[len - 1].depth), (len, len));
            assert!(forest.contains(0, len) && !forest.contains(len - 1, 0));
        }
        let row: Vec<Vec<usize>> = (0..len).map(|block| vec![block, (block + 1).min(len - 1)]).collect();
        let forest = Forest::of(&row, Some(0));
        assert_eq!((forest.loops.len(), forest.loops[len - 1].depth), (len, 1));
        // Two ways into every loop of the nest.
        let two_ways: Vec<Vec<usize>> =
            (0..len).map(|block| vec![block + 1, (block + 2).min(len)]).chain([(0..len).collect()]).collect();
        assert!(Forest::of(&two_ways, Some(0)).loops.len() >= len / 2);
    }
}
