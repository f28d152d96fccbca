//! Elements without a size but with an alignment, which every item keeps.

use super::*;

/// Aligned like a page, without content.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(4096))]
struct Page;

fn is_aligned(page: &Page) -> bool {
    ptr::from_ref(page).addr().is_multiple_of(align_of::<Page>())
}

#[test]
fn zero_sized_cells_keep_their_alignment_in_every_walk() {
    let mut pages = [Page; MOST];
    {
        let line = ArrayView1::from(&pages[..]);
        assert!(Zip::from(line).into_iter().last().is_some_and(|(page,)| is_aligned(page)));
        let square = ArrayView2::from_shape((HALF, HALF), &pages).unwrap();
        let (w,) = Zip::from(square.array_windows::<3, HALF>()).into_iter().nth(HALF - 3).unwrap();
        assert!(is_aligned(w.center()) && is_aligned(w.at(1, 0)) && w.iter().nth_back(HALF).is_some_and(is_aligned));
        assert!(is_aligned(&w.view()[[2, HALF - 1]]));
        Zip::from(line).for_each_row(|row| assert!(row.len() == MOST && row.first().is_some_and(is_aligned))).unwrap();
    }
    let mut few = ArrayViewMut2::from_shape((3, 4), &mut pages[..12]).unwrap();
    let visits = Cell::new(0);
    let visit = |page: &mut Page| {
        assert!(is_aligned(page));
        *page = Page;
        visits.set(visits.get() + 1);
    };
    azip!((page in &mut few) visit(page));
    simd_azip!((page in &mut few) visit(page));
    simd_azip!((page in few.slice_mut(s![..;-1, ..;-2])) visit(page));
    Zip::from(&mut few).for_each_row(|row| row.iter_mut().for_each(visit)).unwrap();
    Zip::from(&mut few).into_iter().rev().for_each(|(page,)| visit(page));
    assert_eq!(visits.get(), 12 + 12 + 6 + 12 + 12);
    simd_azip!(unordered (w in few.array_windows::<2, 2>()) {
        assert!(is_aligned(w.center()) && w.rows().iter().all(|row| is_aligned(&row[1])));
        assert_eq!(w.to_array(), [[Page; 2]; 2]);
    });
    let empty = Array2::<Page>::from_elem((0, 3), Page);
    azip!((_ in &empty, _ in empty.array_windows::<1, 1>()) unreachable!());
}
