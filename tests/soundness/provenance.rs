//! Pointers reach the cells of their view and no others: other parts of the same array may be in
//! use during a walk.

use super::*;

#[test]
fn a_walk_over_a_part_of_a_slice_leaves_the_rest_of_it_to_others() {
    let mut buffer = Vec::from_iter(0..30_u32);
    let (before, rest) = buffer.split_at_mut(5);
    let (part, behind) = rest.split_at_mut(20);
    let mut cells = ArrayViewMut2::from_shape((4, 5), part).unwrap();
    azip!((cell in &mut cells) *cell += 100);
    for (cell,) in Zip::from(cells.slice_mut(s![..;2, ..;-1])) {
        // The neighbours are in use during the walk.
        before[4] += 1;
        behind[0] += 1;
        *cell += 100;
    }
    assert_eq!((before[4], behind[0]), (4 + 10, 25 + 10));
    assert_eq!(buffer[5..10], [205, 206, 207, 208, 209]);
    assert_eq!(buffer[10..15], [110, 111, 112, 113, 114]);
}

#[test]
fn the_border_may_be_in_use_while_the_interior_is_written() {
    let mut a = counted((5, 6));
    let (mut top, rest) = a.view_mut().split_at(Axis(0), 1);
    let (mut middle, mut bottom) = rest.split_at(Axis(0), 3);
    let (mut left, rest) = middle.view_mut().split_at(Axis(1), 1);
    let (mut inside, mut right) = rest.split_at(Axis(1), 4);
    azip!((cell in &mut inside) {
        // Each of these would invalidate a reference to a whole row of `a`, or to all of it.
        top[[0, 3]] += 1;
        left[[1, 0]] += 1;
        right[[1, 0]] += 1;
        bottom[[0, 3]] += 1;
        *cell = 0;
    });
    assert_eq!((top[[0, 3]], left[[1, 0]], right[[1, 0]], bottom[[0, 3]]), (15, 24, 29, 39));
    Zip::from(inside.view_mut())
        .for_each_row(|row| {
            right[[0, 0]] += 1;
            row[0] = 7;
        })
        .unwrap();
    assert_eq!(a.slice(s![1..4, ..]), array![[6, 7, 0, 0, 0, 11 + 3], [24, 7, 0, 0, 0, 29], [18, 7, 0, 0, 0, 23]]);
}

#[test]
fn windows_over_one_half_feed_the_other_half_of_the_same_rows() {
    let mut a = counted((4, 8));
    let (read, mut write) = a.view_mut().split_at(Axis(1), 4);
    azip!((w in read.array_windows::<3, 3>(), out in write.interior_mut::<3, 3>()) *out = *w.center());
    for (w, out) in Zip::from(read.array_windows::<3, 3>()).and(write.interior_mut::<3, 3>()) {
        *out += w.iter().sum::<u32>();
    }
    Zip::from(read.array_windows::<3, 3>())
        .and(write.interior_mut::<3, 3>())
        .for_each_row(|[_, middle, _], out| out[0] += middle[0])
        .unwrap();
    // Ten times the centre, from the first two walks; and in the first column the cell to the
    // left, from the third.
    assert_eq!(write.slice(s![1..3, 1..3]), array![[90 + 8, 100], [170 + 16, 180]]);
}

#[test]
fn interleaved_columns_are_written_in_lockstep() {
    let mut a = counted((3, 6));
    let (mut even, mut odd) = a.multi_slice_mut((s![.., ..;2], s![.., 1..;2]));
    let mut kept = Vec::new();
    azip!((x in &mut even, y in &mut odd) kept.push((x, y)));
    kept.into_iter().for_each(|(x, y)| std::mem::swap(x, y));
    assert_eq!(a.row(1), array![7, 6, 9, 8, 11, 10]);
}

#[test]
fn a_walk_starts_from_the_pointer_of_the_view_and_not_from_its_first_cell() {
    // A pointer made from `&a[[0, 0]]` may access only that cell; inverted views begin after
    // all others.
    let mut a = counted((3, 4));
    azip!((cell in a.slice_mut(s![..;-1, ..;-1]), &n in &counted((3, 4))) *cell += n);
    assert_eq!(a, Array2::from_elem((3, 4), 11));

    // A raw view, made from a pointer into the middle of an array that is used again
    // afterwards.
    let mut line = [1, 2, 3, 4, 5, 6, 7, 8];
    // SAFETY: cell 2 is inside the line.
    let middle = unsafe { line.as_mut_ptr().add(2) };
    // SAFETY: the 2×2 cells at strides (3, 1) from there on are cells 2, 3, 5 and 6 of the
    // line.
    let raw = unsafe { RawArrayViewMut::from_shape_ptr((2, 2).strides((3, 1)), middle) };
    // SAFETY: nothing else uses the line while the view lives.
    azip!((cell in unsafe { raw.deref_into_view_mut() }) *cell *= 10);
    assert_eq!(line, [1, 2, 30, 40, 5, 60, 70, 8]);
}
