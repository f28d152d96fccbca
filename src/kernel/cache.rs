//! Avoids set conflicts in the first-level cache, and 4 KiB aliasing.
//!
//! *Set conflicts* occur when more rows of memory map to a set of the cache than the set has lines:
//! the rows evict each other. *4 KiB aliasing* is a load that waits for an earlier store, because
//! the low 12 bits of their addresses are equal.
//!
//! This module computes how many rows a kernel jams, that is, computes in one call. `zip` uses this
//! number. It also computes how far apart `stencil` allocates rows and fields. All addresses are
//! plain numbers here, and the results affect speed only.
#![forbid(unsafe_code)]

/// Rows of memory that a loop walks at the same time: the address of the first one and the distance
/// from one to the next, both in bytes modulo [`WAY`](RowAddresses::WAY). Nothing is accessed
/// through these addresses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowAddresses {
    start: usize,
    stride: usize,
    rows: usize,
}

impl RowAddresses {
    /// The bytes in one way of the first-level cache: addresses this far apart map to the same set.
    /// It is 4096 on all processors that look up the cache while they translate the address,
    /// because that is the size of a page. All x86-64 processors do.
    const WAY: usize = 4096;
    pub(crate) const LINE: usize = 64;
    /// The lines in a set: 8 in caches of 32 KiB, more in larger ones.
    const LINES_IN_A_SET: usize = 8;

    /// Returns the addresses of `rows` rows of `T`, from `address` on and `stride` elements apart.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn new<T>(address: usize, stride: isize, rows: usize) -> RowAddresses {
        let bytes = stride.wrapping_mul(size_of::<T>().cast_signed());
        // So many rows conflict in any case. Windows may have more, which would take long to count.
        let rows = rows.min(Self::WAY);
        RowAddresses { start: address % Self::WAY, stride: bytes.cast_unsigned() % Self::WAY, rows }
    }
}

/// The number of rows of memory in use at the same time, for each set of the cache.
#[doc(hidden)]
#[derive(Debug)]
pub struct SetCounts {
    // One byte per set keeps the count cheap for small zips. The last two elements repeat the first
    // two sets.
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

    /// Returns the set conflicts: the largest number of rows that share three neighbouring sets at
    /// any time of a loop over their columns.
    #[inline]
    pub(crate) fn set_conflicts(mut self) -> usize {
        let sets = &mut self.rows;
        (sets[SetCounts::COUNT], sets[SetCounts::COUNT + 1]) = (sets[0], sets[1]);
        // Loads of a whole register keep two or three lines of a row in use at the same time.
        let mut most = 0;
        for set in 0..SetCounts::COUNT {
            most = most.max(sets[set].saturating_add(sets[set + 1]).saturating_add(sets[set + 2]));
        }
        usize::from(most)
    }
}

/// Returns how many rows to jam in one kernel call if neighbouring rows share loads: four, two or
/// one. `set_conflicts(n)` returns the set conflicts of `n` jammed rows.
///
/// Four jammed rows take the least time, because they save the most loads, if all lines in use fit
/// into the cache. They do not fit if the row stride is close to a multiple of 4096 bytes and the
/// arrays start at similar offsets from such a multiple. The rows then map to the same sets and
/// evict each other.
///
/// Zen 4, ×4: −20 %, with conflicts +86 % (`cargo bench --bench ratios -- simd stencil`).
pub(crate) fn rows_to_jam(rows: usize, set_conflicts: impl Fn(usize) -> usize) -> usize {
    [4, 2].into_iter().find(|&jam| jam <= rows && set_conflicts(jam) <= RowAddresses::LINES_IN_A_SET).unwrap_or(1)
}

/// Returns the size in bytes of `count` steps of `stride` cells.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn bytes<T>(count: usize, stride: isize) -> usize {
    count.saturating_mul(stride.unsigned_abs()).saturating_mul(size_of::<T>())
}

/// The size in bytes of an array up to which the rows of windows over several planes are jammed.
///
/// Planes of larger arrays come from slower caches or from memory, and jammed rows of every plane
/// are more streams than a processor prefetches. A closure that reads all 27 cells of a window
/// gains at any size, but one that reads 7 does not. The type of the operand is the same for both.
///
/// Zen 4, ×4, 7 cells: −14 % at 2 MiB, +34 % at 7 MiB (`cargo bench --bench ratios -- volume`).
pub(crate) const MAX_JAMMED_BYTES: usize = 4 << 20;

/// Returns the smallest number of cells whose size is a multiple of a cache line. Rows whose stride
/// is a multiple of this number all start at a line if the first one does.
pub(crate) const fn cells_to_a_line<T>() -> usize {
    if size_of::<T>() == 0 {
        return 1;
    }
    // The least common multiple of both sizes, in cells. The size of a line is a power of two, so
    // only the common factors of two matter.
    let shared = size_of::<T>().trailing_zeros();
    if shared >= RowAddresses::LINE.trailing_zeros() { 1 } else { RowAddresses::LINE >> shared }
}

/// Returns the row stride, in cells, of an array with `cols` columns that this crate allocates. It
/// is at least `cols`.
///
/// All rows have the same offset from the start of a cache line. The stride is at least 384 bytes
/// away from any multiple of 4096. Otherwise the jammed rows of a stencil would map to the same
/// sets of the cache (see [`rows_to_jam`]). The stride is as small as possible if rows are shorter
/// than 384 bytes, or if cells are so large that no stride is better.
pub(crate) fn row_stride<T>(cols: usize) -> usize {
    const AWAY: usize = 6 * RowAddresses::LINE;
    let step = cells_to_a_line::<T>();
    let Some(tightest) = cols.max(1).checked_next_multiple_of(step) else {
        return cols;
    };
    // After this many steps, strides repeat modulo 4096.
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

/// Counts the pairs of a written and a read row with 4 KiB aliasing in a kernel call that writes
/// four jammed rows and reads `reads` rows. A pair aliases if the written row starts less than 192
/// bytes after the read row, modulo 4096. Rows are `stride` cells apart. The first written row
/// starts `offset` cells after the first read row.
///
/// A processor first compares the low 12 bits of addresses. As all rows advance together, a load
/// soon reaches the low 12 bits of a recent store to a row just after its own. It then waits for
/// the store. A Gray–Scott step in the cache takes about 5 % longer with some aliasing.
pub(crate) fn aliasing_loads<T>(stride: usize, offset: isize, reads: usize) -> usize {
    let way = RowAddresses::WAY.cast_signed();
    let size = size_of::<T>().cast_signed();
    let is_aliased =
        |distance: isize| distance.wrapping_mul(size).rem_euclid(way) < 3 * RowAddresses::LINE.cast_signed();
    let row = |row: usize| stride.cast_signed().wrapping_mul(row.cast_signed());
    let aliased =
        |written| (0..reads).filter(move |&read| is_aliased(offset.wrapping_add(row(written)).wrapping_sub(row(read))));
    (0..4).map(|written| aliased(written).count()).sum()
}

/// Returns the smallest gap, in cells, with the fewest `aliasing` loads. It tries the multiples of
/// [`cells_to_a_line`] up to factor `lines`. It stops at factor 63, because larger gaps repeat
/// modulo 4096.
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

// Miri has nothing to check: this is safe arithmetic.
#[cfg(not(miri))]
#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    /// Asserts what [`row_stride`] promises, for one type of cells.
    fn row_strides_are_good<T>(cols: usize) {
        let size = size_of::<T>();
        let stride = row_stride::<T>(cols);
        assert!(stride >= cols.max(1), "{cols} columns of {size} bytes: {stride}");
        assert_eq!(stride * size % RowAddresses::LINE, 0, "{cols} columns of {size} bytes: rows start at lines");
        let from_4096 = (stride * size % 4096).min(4096 - stride * size % 4096);
        if stride * size >= 384 {
            assert!(from_4096 >= 384, "{cols} columns of {size} bytes: {from_4096} bytes from a multiple of 4096");
        }
        // The stride is no larger than needed: it may grow by less than one step to reach the start
        // of a line, and by the distance to get past the multiple of 4096.
        assert!((stride - cols) * size < 768 + 2 * cells_to_a_line::<T>() * size.max(1), "{cols} of {size}: {stride}");
    }

    #[test]
    fn rows_alias_those_a_little_before_them() {
        // One row is read and one is written at each offset. The other written rows are far away.
        let one = |offset: isize| aliasing_loads::<u8>(1 << 9, offset, 1);
        assert_eq!([-1, 0, 1, 191, 192, 319].map(one), [0, 1, 1, 1, 0, 0]);
        assert_eq!(one(4096 - 512), 1, "the second written row");
        assert_eq!(one(-3 * 512 + 7), 1, "the fourth written row");
        assert_eq!(aliasing_loads::<f32>(300, 0, 6), 4, "each written row aliases one read row");
        assert_eq!(aliasing_loads::<f32>(1024, 0, 6), 4 * 6, "each written row aliases all read rows");
        assert_eq!(aliasing_loads::<f32>(1024, 64, 6), 0);
        assert_eq!(aliasing_loads::<()>(16, 0, 6), 4 * 6, "cells of size zero have one address");
    }

    #[test]
    fn a_gap_is_as_small_as_it_can_be() {
        assert_eq!(least_aliasing_gap::<f32>(63, |gap| aliasing_loads::<f32>(1024, gap.cast_signed(), 6)), 48);
        assert_eq!(
            least_aliasing_gap::<f32>(2, |gap| aliasing_loads::<f32>(1024, gap.cast_signed(), 6)),
            0,
            "a gap of two lines changes nothing"
        );
        assert_eq!(least_aliasing_gap::<f64>(100, |gap| 1000 - gap), 63 * 8, "at most the lines of a page");
        assert_eq!(least_aliasing_gap::<f64>(10, |_| 7), 0);
    }

    #[test]
    fn rows_start_at_lines_without_set_conflicts() {
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
        assert_eq!(row_stride::<f32>(929), 1120, "944 to 1104 cells are close to a multiple of 4096 bytes");
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

    /// Returns the address of each row of memory.
    fn starts(address: usize, stride: isize, rows: usize) -> Vec<i128> {
        let start = i128::try_from(address).unwrap();
        (0..i128::try_from(rows).unwrap()).map(|row| start + row * i128::try_from(stride).unwrap()).collect()
    }

    /// Returns the set conflicts of the given rows.
    fn set_conflicts(rows: &[RowAddresses]) -> usize {
        let mut sets = SetCounts::empty();
        rows.iter().for_each(|&rows| sets.add(rows));
        sets.set_conflicts()
    }

    /// Returns the largest number of rows that start in three neighbouring lines of a way. The last
    /// line is a neighbour of the first.
    fn set_conflicts_by_enumeration(starts: &[i128]) -> usize {
        let lines: Vec<_> = starts.iter().map(|start| start.rem_euclid(4096) / 64).collect();
        let conflicts = |line: i128| lines.iter().filter(|&&other| (other - line).rem_euclid(64) < 3).count();
        (0..64).map(conflicts).max().unwrap_or(0)
    }

    #[test]
    fn rows_conflict_where_they_are_a_multiple_of_4096_bytes_apart() {
        let of = |address, stride, rows| set_conflicts(&[RowAddresses::new::<f32>(address, stride, rows)]);
        assert_eq!(of(0, 1024, 6), 6);
        assert_eq!(of(100, -2048, 6), 6, "a negative stride");
        assert_eq!(of(usize::MAX, 1024, 6), 6, "any address");
        assert_eq!(of(0, 1024 + 16, 6), 3, "one line apart: three conflict");
        assert_eq!(of(0, 48, 6), 1, "three lines apart");
        assert_eq!(of(0, 0, 6), 6, "the same row six times");
        assert_eq!(of(64, 1, 6), 6, "rows are shorter than a line");
        assert_eq!(of(0, 512, 6), 3, "half a way apart");
        assert_eq!(set_conflicts(&[RowAddresses::new::<u8>(0, 4096, 3), RowAddresses::new::<u8>(0, 1024, 3)]), 4);
        assert_eq!(set_conflicts(&[RowAddresses::new::<()>(0, 4096, 3)]), 3);
        // Any number of rows and any stride.
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
        // Set conflicts never decrease with the number of rows, so `two <= four`.
        for rows in 0..10 {
            for (two, four) in [(0, 0), (8, 8), (8, 9), (9, 9), (2, 20), (usize::MAX, usize::MAX)] {
                let jam = rows_to_jam(rows, |jam| match jam {
                    2 => two,
                    4 => four,
                    _ => panic!("the search tries four and two rows, not {jam}"),
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
            operands in prop::collection::vec(
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
                operands.iter().map(|&(start, stride, rows)| RowAddresses::new::<f32>(address(start), stride, rows)).collect();
            let bytes: Vec<_> =
                operands.iter().flat_map(|&(start, stride, rows)| starts(address(start), 4 * stride, rows)).collect();
            prop_assert_eq!(set_conflicts(&of_floats), set_conflicts_by_enumeration(&bytes));
        }
    }
}
