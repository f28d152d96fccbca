//! The first-level cache: set conflicts and 4 KiB aliasing.
//!
//! Addresses are plain numbers here. The module decides how far apart rows and fields are
//! allocated, and how many rows of windows a kernel may jam.
#![forbid(unsafe_code)]

/// Rows of memory that a loop walks along side by side: where the first one starts, and how far apart they are, both in bytes
/// and as far as they matter to a cache, modulo [`WAY`](RowAddresses::WAY). Addresses are numbers here, and lead to nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowAddresses {
    start: usize,
    stride: usize,
    rows: usize,
}

impl RowAddresses {
    /// The bytes that one way of a level 1 cache holds: addresses this far apart share a set. It is 4096 wherever a cache is
    /// looked up while the address is still being translated, as pages are that large; so on all of x86-64.
    const WAY: usize = 4096;
    pub(crate) const LINE: usize = 64;
    /// The lines that fit into a set: 8 in the caches of 32 KiB, more in larger ones.
    const LINES_IN_A_SET: usize = 8;

    /// `rows` rows of `T` from `address` on, `stride` elements apart.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn new<T>(address: usize, stride: isize, rows: usize) -> RowAddresses {
        let bytes = stride.wrapping_mul(size_of::<T>().cast_signed());
        // So many rows conflict wherever they are, and windows may be very high.
        let rows = rows.min(Self::WAY);
        RowAddresses { start: address % Self::WAY, stride: bytes.cast_unsigned() % Self::WAY, rows }
    }
}

/// The rows of memory in use at a time, counted by the part of a cache that they meet in.
#[doc(hidden)]
#[derive(Debug)]
pub struct SetCounts {
    // Bytes, and two sets repeated at the end: small zips can tell how long this takes.
    rows: [u8; SetCounts::COUNT + 2],
}

impl SetCounts {
    const COUNT: usize = RowAddresses::WAY / RowAddresses::LINE;

    #[inline]
    pub(crate) fn empty() -> SetCounts {
        SetCounts { rows: [0; SetCounts::COUNT + 2] }
    }

    /// Counts rows.
    #[inline]
    pub(crate) fn add(&mut self, RowAddresses { mut start, stride, rows }: RowAddresses) {
        for _ in 0..rows {
            let set = &mut self.rows[start / RowAddresses::LINE % SetCounts::COUNT];
            *set = set.saturating_add(1);
            start = (start + stride) % RowAddresses::WAY;
        }
    }

    /// The number of rows that meet in the fullest part, at any time of a loop over their columns.
    #[inline]
    pub(crate) fn set_conflicts(mut self) -> usize {
        let sets = &mut self.rows;
        (sets[SetCounts::COUNT], sets[SetCounts::COUNT + 1]) = (sets[0], sets[1]);
        // A row that is read in registers' widths has two or three lines in use at a time.
        let mut most = 0;
        for set in 0..SetCounts::COUNT {
            most = most.max(sets[set].saturating_add(sets[set + 1]).saturating_add(sets[set + 2]));
        }
        usize::from(most)
    }
}

/// How many rows to walk side by side, where they share what they read: four, two or one. `set_conflicts(rows)` is that of `rows`
/// rows.
///
/// Four save the most loads, as long as all the lines that are in use fit into the cache. Where the row stride is close to a
/// multiple of 4096 bytes, and arrays start at about the same distance from one, rows meet in the same sets and push each other
/// out. A Gray–Scott step of 514×1026 cells on Zen 4, by one, two and four rows side by side: 0.78, 1.12 and 1.45 ns a cell
/// where all four fields meet, 0.64, 0.54 and 0.69 where two and two do, and 0.61, 0.50 and 0.49 where none do. What is chosen
/// here is the first, the second and the third of these: `cargo bench --bench ratios -- simd stencil` has the ends.
pub(crate) fn rows_to_jam(rows: usize, set_conflicts: impl Fn(usize) -> usize) -> usize {
    [4, 2].into_iter().find(|&jam| jam <= rows && set_conflicts(jam) <= RowAddresses::LINES_IN_A_SET).unwrap_or(1)
}

/// The bytes that `count` steps of `stride` cells lead over.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn bytes<T>(count: usize, stride: isize) -> usize {
    count.saturating_mul(stride.unsigned_abs()).saturating_mul(size_of::<T>())
}

/// The bytes of the array that windows of several planes are of, up to which their rows are walked side by side.
///
/// Beyond, planes come from memory, and more rows of each at a time are more than a processor fetches ahead. A 7-point step of `f32`, by one
/// row and by four, on Zen 4 with 32 MiB of cache: 0.29 and 0.25 ns a cell for 66×66×130 cells (2 MiB), 0.32 and 0.43 for 98×98×194 (7 MiB),
/// 0.72 and 0.95 for 256×256×256. One of 27 points gains at any size: 0.85 and 0.49, and 1.33 and 1.11
/// (`cargo bench --bench ratios -- volume`). Nothing tells the two apart.
pub(crate) const MAX_JAMMED_BYTES: usize = 4 << 20;

/// The cells of `T` after which a place is at the same distance from a cache line's start: rows whose stride is a multiple of it all
/// start at a line if the first one does.
pub(crate) const fn cells_to_a_line<T>() -> usize {
    if size_of::<T>() == 0 {
        return 1;
    }
    // The least common multiple of both sizes, in cells. A line's is a power of two, so the factors of two that they share decide.
    let shared = size_of::<T>().trailing_zeros();
    if shared >= RowAddresses::LINE.trailing_zeros() { 1 } else { RowAddresses::LINE >> shared }
}

/// The row stride, in cells, of an array with `cols` columns that this crate allocates: at least `cols`.
///
/// Rows start at the same distance from a cache line's start. Strides are no closer than 384 bytes to a multiple of 4096, as the rows that a
/// stencil walks side by side would meet in the same sets of a cache: four rows of windows and what lies between them then take different
/// lines ([`rows_to_jam`]). Rows that are shorter than that lie as close as they can, and so do rows whose cells are so large
/// that no stride is better.
pub(crate) fn row_stride<T>(cols: usize) -> usize {
    const AWAY: usize = 6 * RowAddresses::LINE;
    let step = cells_to_a_line::<T>();
    let Some(tightest) = cols.max(1).checked_next_multiple_of(step) else {
        return cols;
    };
    // Modulo 4096, strides that far apart repeat.
    for steps in 0..RowAddresses::WAY / RowAddresses::LINE {
        let Some(stride) = steps.checked_mul(step).and_then(|more| tightest.checked_add(more)) else {
            break;
        };
        let Some(bytes) = stride.checked_mul(size_of::<T>()) else {
            break;
        };
        if bytes < AWAY || (AWAY..=RowAddresses::WAY - AWAY).contains(&(bytes % RowAddresses::WAY)) {
            return stride;
        }
    }
    tightest
}

/// How many of four rows that are written side by side shadow one of `reads` rows that are read for them: they lie up to 128 bytes after
/// it, modulo 4096. Rows are `stride` cells apart, and the first one written lies `offset` cells after the first one read.
///
/// A processor compares the low 12 bits of addresses first, and a load waits for a store that seems to be to the same place. Without
/// shadows a Gray–Scott step in the cache takes 0.46 ns a cell, and 0.48 to 0.49 with some.
pub(crate) fn aliasing_loads<T>(stride: usize, offset: isize, reads: usize) -> usize {
    let way = RowAddresses::WAY.cast_signed();
    let size = size_of::<T>().cast_signed();
    let is_shadow =
        |distance: isize| distance.wrapping_mul(size).rem_euclid(way) < 3 * RowAddresses::LINE.cast_signed();
    let row = |row: usize| stride.cast_signed().wrapping_mul(row.cast_signed());
    let of =
        |written| (0..reads).filter(move |&read| is_shadow(offset.wrapping_add(row(written)).wrapping_sub(row(read))));
    (0..4).map(|written| of(written).count()).sum()
}

/// The smallest gap, in cells and of at most `lines` cache lines, with which there are fewest `aliasing_loads`.
pub(crate) fn least_aliasing_gap<T>(lines: usize, aliasing: impl Fn(usize) -> usize) -> usize {
    let gaps = (0..=lines.min(RowAddresses::WAY / RowAddresses::LINE - 1)).map(|lines| lines * cells_to_a_line::<T>());
    let (mut best, mut fewest) = (0, usize::MAX);
    for gap in gaps {
        let found = aliasing(gap);
        if found < fewest {
            (best, fewest) = (gap, found);
        }
        if fewest == 0 {
            break;
        }
    }
    best
}

// Arithmetic on integers, which Miri has nothing to say about.
#[cfg(not(miri))]
#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    /// What is promised of [`row_stride`], for one type of cells.
    fn row_strides_are_good<T>(cols: usize) {
        let size = size_of::<T>();
        let stride = row_stride::<T>(cols);
        assert!(stride >= cols.max(1), "{cols} columns of {size} bytes: {stride}");
        assert_eq!(stride * size % RowAddresses::LINE, 0, "{cols} columns of {size} bytes: rows start at lines");
        let from_4096 = (stride * size % 4096).min(4096 - stride * size % 4096);
        if stride * size >= 384 {
            assert!(from_4096 >= 384, "{cols} columns of {size} bytes: {from_4096} bytes from a multiple of 4096");
        }
        // No more than needed: less than a step for the line, and what leads past the multiple of 4096.
        assert!((stride - cols) * size < 768 + 2 * cells_to_a_line::<T>() * size.max(1), "{cols} of {size}: {stride}");
    }

    #[test]
    fn rows_are_shadows_of_those_a_little_before_them() {
        // One row read, and one written at each distance; the others are far off.
        let one = |offset: isize| aliasing_loads::<u8>(1 << 9, offset, 1);
        assert_eq!([-1, 0, 1, 191, 192, 319].map(one), [0, 1, 1, 1, 0, 0]);
        assert_eq!(one(4096 - 512), 1, "the second one");
        assert_eq!(one(-3 * 512 + 7), 1, "the fourth one");
        assert_eq!(aliasing_loads::<f32>(300, 0, 6), 4, "each of itself");
        assert_eq!(aliasing_loads::<f32>(1024, 0, 6), 4 * 6, "each of all");
        assert_eq!(aliasing_loads::<f32>(1024, 64, 6), 0);
        assert_eq!(aliasing_loads::<()>(16, 0, 6), 4 * 6, "cells of no size lie all at one place");
    }

    #[test]
    fn a_gap_is_as_small_as_it_can_be() {
        assert_eq!(least_aliasing_gap::<f32>(63, |gap| aliasing_loads::<f32>(1024, gap.cast_signed(), 6)), 48);
        assert_eq!(
            least_aliasing_gap::<f32>(2, |gap| aliasing_loads::<f32>(1024, gap.cast_signed(), 6)),
            0,
            "two lines change nothing"
        );
        assert_eq!(least_aliasing_gap::<f64>(100, |gap| 1000 - gap), 63 * 8, "at most as many as a page has");
        assert_eq!(least_aliasing_gap::<f64>(10, |_| 7), 0);
    }

    #[test]
    fn rows_start_at_lines_and_do_not_meet() {
        for cols in (0..5000).chain([8192, 8194, 1 << 20]) {
            row_strides_are_good::<u8>(cols);
            row_strides_are_good::<f32>(cols);
            row_strides_are_good::<f64>(cols);
            row_strides_are_good::<[f32; 3]>(cols);
            row_strides_are_good::<[u8; 5]>(cols);
            row_strides_are_good::<[f64; 16]>(cols);
        }
        assert_eq!(row_stride::<f32>(10), 16);
        assert_eq!(row_stride::<f32>(96), 96);
        assert_eq!(row_stride::<f32>(928), 928);
        assert_eq!(row_stride::<f32>(929), 1120, "944 to 1104 are close to 1024");
        assert_eq!(row_stride::<f32>(2050), 2144);
        assert_eq!(row_stride::<f64>(1026), 1072);
    }

    #[test]
    fn where_no_stride_is_good_it_is_the_tightest() {
        assert_eq!(row_stride::<[u8; 4096]>(7), 7, "every stride is a multiple of 4096");
        assert_eq!(row_stride::<[u8; 8192]>(0), 1);
        assert_eq!((row_stride::<()>(0), row_stride::<()>(1000)), (1, 1000));
        assert_eq!(row_stride::<()>(usize::MAX), usize::MAX);
        for cols in [usize::MAX, usize::MAX - 1, usize::MAX / 4, usize::MAX / 4 - 100] {
            assert!(row_stride::<f32>(cols) >= cols);
        }
    }

    /// The first byte of each row of memory, as plain numbers.
    fn starts(address: usize, stride: isize, rows: usize) -> Vec<i128> {
        let start = i128::try_from(address).unwrap();
        (0..i128::try_from(rows).unwrap()).map(|row| start + row * i128::try_from(stride).unwrap()).collect()
    }

    /// The set conflicts of some rows.
    fn set_conflicts(count_sets: &[RowAddresses]) -> usize {
        let mut sets = SetCounts::empty();
        count_sets.iter().for_each(|&count_sets| sets.add(count_sets));
        sets.set_conflicts()
    }

    /// How many rows start in the fullest three neighbouring lines of a way, of which the last one is followed by the first.
    fn set_conflicts_by_enumeration(starts: &[i128]) -> usize {
        let lines: Vec<_> = starts.iter().map(|start| start.rem_euclid(4096) / 64).collect();
        let meets = |line: i128| lines.iter().filter(|&&other| (other - line).rem_euclid(64) < 3).count();
        (0..64).map(meets).max().unwrap_or(0)
    }

    #[test]
    fn rows_conflict_where_they_are_a_multiple_of_4096_bytes_apart() {
        let of = |address, stride, rows| set_conflicts(&[RowAddresses::new::<f32>(address, stride, rows)]);
        assert_eq!(of(0, 1024, 6), 6);
        assert_eq!(of(100, -2048, 6), 6, "upside down");
        assert_eq!(of(usize::MAX, 1024, 6), 6, "an address is a number");
        assert_eq!(of(0, 1024 + 16, 6), 3, "a line further each time: three of them meet");
        assert_eq!(of(0, 48, 6), 1, "three lines apart");
        assert_eq!(of(0, 0, 6), 6, "one row, six times");
        assert_eq!(of(64, 1, 6), 6, "rows shorter than a line");
        assert_eq!(of(0, 512, 6), 3, "half a way apart");
        assert_eq!(set_conflicts(&[RowAddresses::new::<u8>(0, 4096, 3), RowAddresses::new::<u8>(0, 1024, 3)]), 4);
        assert_eq!(set_conflicts(&[RowAddresses::new::<()>(0, 4096, 3)]), 3);
        // However many rows there are, and however far apart.
        assert_eq!(of(usize::MAX, isize::MIN, usize::MAX), usize::from(u8::MAX));
        assert_eq!(set_conflicts(&[RowAddresses::new::<[u64; 4]>(usize::MAX, isize::MAX, 4)]), 4);
        assert_eq!((set_conflicts(&[]), of(0, 1024, 0)), (0, 0));
    }

    #[test]
    fn lines_at_the_end_of_a_way_are_next_to_those_at_its_start() {
        let pair = |one, other| {
            set_conflicts(&[RowAddresses::new::<f32>(one, 1024, 2), RowAddresses::new::<f32>(other, 1024, 3)])
        };
        assert_eq!(pair(63 * 64, 0), 5);
        assert_eq!(pair(62 * 64, 4096 + 63), 5);
        assert_eq!(pair(61 * 64 + 63, 0), 3);
        assert_eq!(pair(63 * 64, 64), 5);
        assert_eq!(pair(63 * 64, 2 * 64), 3);
    }

    #[test]
    fn as_many_rows_are_jammed_as_there_are_and_as_fit() {
        // Crowds grow with the number of rows, as far as the least that is too much is concerned.
        for rows in 0..10 {
            for (two, four) in [(0, 0), (8, 8), (8, 9), (9, 9), (2, 20), (usize::MAX, usize::MAX)] {
                let jam = rows_to_jam(rows, |jam| match jam {
                    2 => two,
                    4 => four,
                    _ => panic!("nobody asks for {jam} rows"),
                });
                let fits = |jam| match jam {
                    4 => four <= 8,
                    2 => two <= 8,
                    _ => true,
                };
                let expected = [1, 2, 4].into_iter().filter(|&jam| jam <= rows.max(1) && fits(jam)).max();
                assert_eq!(Some(jam), expected, "{rows} rows, conflicts of {two} and {four}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 1000,
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn set_conflicts_are_the_rows_that_start_in_neighbouring_lines(
            count_sets in prop::collection::vec(
                (
                    any::<u32>(),
                    prop_oneof![
                        -9000_isize..9000,
                        (-9_isize..9, -40_isize..40).prop_map(|(pages, more)| 1024 * pages + more),
                        Just(0),
                    ],
                    0_usize..12,
                ),
                0..5,
            ),
        ) {
            let address = |address: u32| usize::try_from(address).unwrap();
            let of_floats: Vec<_> =
                count_sets.iter().map(|&(start, stride, rows)| RowAddresses::new::<f32>(address(start), stride, rows)).collect();
            let bytes: Vec<_> =
                count_sets.iter().flat_map(|&(start, stride, rows)| starts(address(start), 4 * stride, rows)).collect();
            prop_assert_eq!(set_conflicts(&of_floats), set_conflicts_by_enumeration(&bytes));
        }
    }
}
