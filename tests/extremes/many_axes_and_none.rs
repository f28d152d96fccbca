//! Arrays with many axes, and with none.

use super::*;

/// Walks an array of many axes and compares with ndarray.
fn check(view: &ArrayView<'_, u32, IxDyn>) {
    let expected: Vec<_> = view.indexed_iter().collect();
    assert_eq!(Zip::indexed(view).into_iter().collect::<Vec<_>>(), expected);
    let (mut ours, mut theirs, mut simd) = (Vec::new(), Vec::new(), Vec::new());
    ndarray::azip!((&cell in view) theirs.push(cell));
    azip!((index at, &cell in view) ours.push((view[at], cell)));
    simd_azip!((index at, &cell in view) simd.push((view[at], cell)));
    let theirs: Vec<_> = theirs.into_iter().map(|cell| (cell, cell)).collect();
    assert_eq!((&ours, &simd), (&theirs, &theirs));
    let mut cells = Vec::new();
    azip!((&cell in view, _ in view) cells.push((cell, cell)));
    assert_eq!(cells, theirs);
    let (mut zips, mut leaves) = (vec![Zip::indexed(view)], Vec::new());
    while let Some(zip) = zips.pop() {
        if zip.size() > 1 {
            let (first, second) = zip.split();
            zips.extend([second, first]);
        } else {
            leaves.extend(zip);
        }
    }
    assert_eq!(leaves.len(), expected.len());
    assert!(leaves.iter().all(|item| expected.contains(item)));
}

fn counted(shape: &[usize]) -> ArrayD<u32> {
    let cells: usize = shape.iter().product();
    ArrayD::from_shape_vec(shape, (0..u32::try_from(cells).unwrap()).collect()).unwrap()
}

#[test]
#[cfg_attr(miri, ignore = "the code is that of fewer axes")]
fn an_array_of_32_axes_is_walked_like_any_other() {
    let mut shape = [1; 32];
    check(&counted(&shape).view());
    (shape[0], shape[7], shape[8], shape[31]) = (2, 3, 2, 2);
    let array = counted(&shape);
    check(&array.view());
    check(&array.view().reversed_axes());
    let mut view = array.view();
    view.swap_axes(7, 31);
    view.invert_axis(Axis(8));
    view.swap_axes(3, 0);
    check(&view);
    let error = Zip::from(&array).try_and(&view).unwrap_err();
    assert_eq!((error.shape(), error.expected()), (view.shape(), &shape[..]));

    let mut doubled = array.clone();
    Zip::from(&mut doubled).and_broadcast(&arr0(2)).simd_for_each_ordered(|cell, &two| *cell *= two);
    assert_eq!(doubled, &array * 2);
    let mut rows = Vec::new();
    Zip::from(&array).for_each_row(|row| rows.push(row[1])).unwrap();
    assert_eq!(rows, (0..24).filter(|n| n % 2 == 1).collect::<Vec<_>>());
}

#[test]
#[cfg_attr(miri, ignore = "the code is that of fewer axes")]
fn as_many_axes_of_two_cells_as_can_be_counted_are_reached_at_both_ends() {
    let axes = usize::BITS as usize - 2;
    let one = arr0(7_u8);
    let cube = one.broadcast(vec![2; axes]).unwrap();
    assert!(one.broadcast(vec![2; axes + 1]).is_none(), "one axis more is one too many");
    let cells = 1_usize << axes;
    assert_eq!(Zip::from(&cube).size(), cells);
    let mut iter = Zip::indexed(&cube).into_iter();
    assert_eq!(iter.len(), cells);
    assert_eq!(iter.next_back(), Some((IxDyn(&vec![1; axes]), &7)));
    assert_eq!(iter.nth(cells - 3), Some((IxDyn(&place(cube.shape(), cells - 3)), &7)));
    assert_eq!(iter.nth_back(0), Some((IxDyn(&place(cube.shape(), cells - 2)), &7)));
    assert_eq!(iter.next(), None);
    let mut zip = Zip::indexed(&cube);
    while zip.size() > 1 {
        zip = zip.split().1;
    }
    assert!(zip.all(|at, _| at == IxDyn(&vec![1; axes])));
    stopped(|visit| Zip::from(&cube).and(&cube).for_each(|_, _| visit()));
    stopped(|visit| Zip::indexed(&cube).simd_for_each_ordered(|_, _| visit()));
    let error = Zip::from(&cube).for_each_row(|_| unreachable!()).unwrap_err();
    assert_eq!((error.operand(), error.stride()), (1, 0));
}

#[test]
fn a_dynamic_array_without_axes_has_one_cell_and_no_halves() {
    let mut one = ArrayD::from_elem(IxDyn(&[]), 41);
    simd_azip!((index at, cell in &mut one) *cell += 1 + at.ndim());
    Zip::from(&mut one).simd_for_each(|cell| *cell += 1);
    assert_eq!(Zip::from(&one).simd_fold(0, |sum, cell| sum + cell), 43);
    let other = arr0(1);
    let mut iter = Zip::from(&one).and_broadcast(&other).into_iter();
    assert_eq!((iter.nth(1), iter.len()), (None, 0));
    assert_eq!(Zip::from(&one).into_iter().nth_back(0), Some((&43,)));
    let refused = catch_unwind(|| _ = Zip::from(&one).split()).unwrap_err();
    assert!(refused.downcast_ref::<&str>().is_some_and(|message| message.contains("0-dimensional")));
    let error = Zip::from(&one).try_and_broadcast(&array![1]).unwrap_err();
    assert_eq!((error.shape(), error.expected()), (&[1][..], &[][..]));
}
