//! The nesting of the loops in a control-flow graph.
//!
//! Loops are strongly connected components. Each component is a loop. Its header is the block
//! through which a depth-first search enters it. The components that remain without the edges to
//! the header are the inner loops. If every loop has a single entry, these are the natural loops,
//! which back edges to dominators define. Loops with several entries have no such back edge. They
//! are found, too (P. Havlak, *Nesting of reducible and irreducible loops*, 1997).
//!
//! The time is almost linear in the number of edges, even for hostile graphs, by the algorithm of
//! G. Ramalingam, *Identifying loops in almost linear time*, 1999. Headers are visited in the
//! reverse of the order in which the search finds them. The blocks of a loop are merged into its
//! header. An edge that leads neither to an ancestor nor to a child is processed when the nearest
//! common ancestor of its ends is visited.

use std::mem;

/// The loops of a graph.
#[derive(Debug)]
pub(crate) struct Forest {
    /// The loops. Outer loops come before their inner loops.
    pub(crate) loops: Vec<Cycle>,
    /// The innermost loop around each block.
    innermost: Vec<Option<usize>>,
}

/// A loop.
#[derive(Debug)]
pub(crate) struct Cycle {
    /// The blocks that are in no inner loop, in ascending order.
    pub(crate) own: Vec<usize>,
    /// The number of the loop around it.
    pub(crate) parent: Option<usize>,
    /// The nesting depth: 1 for an outermost loop.
    pub(crate) depth: usize,
    /// Whether the loop contains no other loop.
    pub(crate) innermost: bool,
    /// The position in an order in which each loop is directly followed by its inner loops.
    order: usize,
    last_inside: usize,
}

impl Forest {
    /// Returns the loops among the blocks that are reachable from the block `entry`.
    pub(crate) fn of(successors: &[Vec<usize>], entry: Option<usize>) -> Forest {
        let search = Search::from(entry, successors);
        let headers = search.headers();
        let mut innermost = vec![None; successors.len()];
        let mut loops: Vec<Cycle> = Vec::new();
        // In the order of the search, a header comes before all other blocks of its loop.
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

    /// Returns whether a block is in a loop or in one of its inner loops.
    pub(crate) fn contains(&self, number: usize, block: usize) -> bool {
        let around = &self.loops[number];
        self.innermost[block]
            .is_some_and(|innermost| (around.order..=around.last_inside).contains(&self.loops[innermost].order))
    }
}

/// Sets the position of each loop in an order in which it is followed by its inner loops.
fn number_nests(loops: &mut [Cycle]) {
    let mut inside = vec![1; loops.len()];
    for number in (0..loops.len()).rev() {
        if let Some(parent) = loops[number].parent {
            inside[parent] += inside[number];
        }
    }
    // The position of the next inner loop of each loop, and of the next outermost loop.
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

/// A depth-first search. Blocks are numbered in the order in which the search finds them.
struct Search {
    /// The blocks by number.
    blocks: Vec<usize>,
    /// The block from which each block was found. The first one is its own parent.
    parent: Vec<usize>,
    /// The sources of the back edges of each block.
    back: Vec<Vec<usize>>,
    /// All other edges that do not come from a parent, stored at the nearest common ancestor of
    /// their ends.
    deferred: Vec<Vec<(usize, usize)>>,
}

/// The headers of the loops, by the numbers of a search.
struct Headers {
    is_header: Vec<bool>,
    /// The header of the innermost loop around each block. For a header, it is the header of the
    /// loop around its own.
    around: Vec<Option<usize>>,
}

impl Search {
    fn from(entry: Option<usize>, successors: &[Vec<usize>]) -> Search {
        let mut search = Search { blocks: vec![], parent: vec![], back: vec![], deferred: vec![] };
        let Some(entry) = entry else { return search };
        let mut number_of = vec![None; successors.len()];
        // Maps a block that the search has left to its nearest ancestor that the search has not
        // left.
        let mut ancestors = Sets::default();
        search.enter(entry, 0, &mut number_of, &mut ancestors);
        // The blocks on the path to the current one, and how many of their edges have been
        // followed.
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
        // The blocks that have been merged into a header.
        let mut merged = Sets::default();
        // The edges to a block and to the blocks merged into it.
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

/// Disjoint sets, each with a representative.
#[derive(Default)]
struct Sets {
    towards: Vec<usize>,
}

impl Sets {
    /// Adds a set that contains the next number.
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

    /// Merges the set of `representative` into the set of `other`.
    fn merge(&mut self, representative: usize, other: usize) {
        self.towards[representative] = other;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The loops of a graph as sets of blocks, including the blocks of inner loops, each with the
    /// loop around it.
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

    /// Computes the loops by their definition: a component, then the components without the edges
    /// to its header, and so on.
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

    /// Quadratic time would be minutes here.
    #[test]
    fn deep_nests_and_long_rows_of_loops_take_almost_linear_time() {
        let len = if cfg!(miri) { 100 } else { 20_000 };
        // Block `n` is the header of loop `n`. All loops end at the same block, or each at a block
        // of its own.
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
        // Every loop of the nest has two entries.
        let two_ways: Vec<Vec<usize>> =
            (0..len).map(|block| vec![block + 1, (block + 2).min(len)]).chain([(0..len).collect()]).collect();
        assert!(Forest::of(&two_ways, Some(0)).loops.len() >= len / 2);
    }
}
