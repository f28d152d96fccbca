//! Elements of arrays of any dimension and layout: the same values as with ndarray, each cell once,
//! and the promised order.

use super::*;

in_dimensions! {
    [
        #[cfg_attr(miri, ignore = "the code is that of two dimensions")]
        in_0_dimensions: Ix0,
        #[cfg_attr(miri, ignore = "the code is that of two dimensions")]
        in_1_dimension: Ix1,
        in_2_dimensions: Ix2,
        #[cfg_attr(miri, ignore = "the code is that of two dimensions")]
        in_3_dimensions: Ix3,
        #[cfg_attr(miri, ignore = "the code is that of two dimensions")]
        in_4_dimensions: Ix4,
        #[cfg_attr(miri, ignore = "the code is that of two dimensions")]
        in_a_dynamic_number_of_dimensions: IxDyn,
    ]
    a_closure_with_captures_is_called_in_the_order_of_for_each
    a_closure_without_captures_writes_the_same_bits
    an_unordered_body_sees_every_cell_once
    indices_are_those_of_the_items
    folds_are_in_the_order_of_fold
    cells_that_drop_are_dropped_once
    zero_sized_cells_are_visited_as_often_as_others
}

/// Operands of one shape.
#[derive(Clone, Debug)]
struct Case {
    shape: Vec<usize>,
    mutable: Layout,
    shared: [Layout; 2],
}

/// Layouts whose cells are contiguous along the last axis, or along the first if
/// `column_major`: the case that the kernels are for. The other axes have any stride.
pub(super) fn contiguous_layouts(
    ndim: usize,
    stretch: bool,
    column_major: bool,
) -> impl Strategy<Value = Layout> + Clone {
    (vec(axis_layouts(stretch), ndim), 0..3_usize, 0..3_usize).prop_map(move |(mut axes, before, after)| {
        let along = if column_major { axes.first_mut() } else { axes.last_mut() };
        if let Some(axis) = along {
            *axis = AxisLayout { before, after, ..AxisLayout::whole() };
        }
        Layout { axes, ..Layout::contiguous(ndim, column_major) }
    })
}

/// Shapes with rows long enough for the registers of every level, with remainders.
fn shapes(ndim: usize) -> impl Strategy<Value = Vec<usize>> + Clone {
    let (longest, longest_row) = match (cfg!(miri), ndim > 2) {
        (true, _) => (3, 5_usize),
        (false, true) => (3, 20),
        (false, false) => (13, 70),
    };
    (vec(lengths(longest), ndim), 0..=longest_row).prop_map(|(mut shape, row)| {
        shape.splice(shape.len().saturating_sub(1).., shape.last().map(|_| row)).for_each(drop);
        shape
    })
}

fn cases<D: Dimension>() -> impl Strategy<Value = Case> {
    dimensions::<D>()
        .prop_flat_map(|ndim| {
            let alike = |column_major| {
                (
                    contiguous_layouts(ndim, false, column_major),
                    contiguous_layouts(ndim, true, column_major),
                    contiguous_layouts(ndim, true, column_major),
                )
            };
            let any = (layouts(ndim, false), layouts(ndim, true), layouts(ndim, true));
            (shapes(ndim), prop_oneof![2 => any, 2 => alike(false), 1 => alike(true)])
        })
        .prop_map(|(shape, (mutable, b, c))| Case { shape, mutable, shared: [b, c] })
}

impl Case {
    /// The stored arrays for the two shared operands.
    fn stored<T, D: Dimension>(&self, value: impl Fn(usize) -> T) -> [Array<T, D>; 2] {
        [
            self.shared[0].stored(&self.shape, |k| value(1000 + k)),
            self.shared[1].stored(&self.shape, |k| value(2000 + k)),
        ]
    }

    fn size(&self) -> usize {
        self.shape.iter().product()
    }
}

fn a_closure_with_captures_is_called_in_the_order_of_for_each<D: Dimension>(case: Case) -> TestCaseResult {
    let [b, c] = case.stored::<_, D>(|k| k);
    let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
    let stored = || -> Array<[usize; 4], D> { case.mutable.stored(&case.shape, |k| [k, 0, 0, 0]) };
    let mut expected = stored();
    let mut visits = 0;
    ndarray::Zip::from(case.mutable.view_mut(&case.shape, &mut expected)).and(&b).and(&c).for_each(|a, &b, &c| {
        visits += 1;
        *a = [a[0], b, c, visits];
    });
    at_every_level(|level| {
        let (mut by_macro, mut by_method) = (stored(), stored());
        let mut visits = 0;
        simd_azip!((a in case.mutable.view_mut(&case.shape, &mut by_macro), &b in &b, &c in &c) {
            visits += 1;
            *a = [a[0], b, c, visits];
        });
        let mut visits = 0;
        Zip::from(case.mutable.view_mut(&case.shape, &mut by_method)).and(&b).and(&c).simd_for_each_ordered(
            |a, &b, &c| {
                visits += 1;
                *a = [a[0], b, c, visits];
            },
        );
        assert_eq!(visits, case.size());
        // The cells outside the layout are compared too.
        assert_eq!(by_macro, expected, "simd_azip! at {level}");
        assert_eq!(by_method, expected, "simd_for_each_ordered at {level}");
    });
    Ok(())
}

fn a_closure_without_captures_writes_the_same_bits<D: Dimension>(case: Case) -> TestCaseResult {
    /// The same body for elements of one type.
    macro_rules! check {
        ($T:ty, $value:expr, |$a:ident, $b:ident, $c:ident| $body:expr, $bits:expr) => {{
            let [b, c] = case.stored::<$T, D>($value);
            let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
            let mut expected: Array<$T, D> = case.mutable.stored(&case.shape, $value);
            let before = expected.clone();
            azip!(($a in case.mutable.view_mut(&case.shape, &mut expected), &$b in &b, &$c in &c) $body);
            at_every_level(|level| {
                let mut a = before.clone();
                simd_azip!(($a in case.mutable.view_mut(&case.shape, &mut a), &$b in &b, &$c in &c) $body);
                assert_eq!(a.mapv($bits), expected.mapv($bits), "at {level}");
            });
        }};
    }
    check!(f32, single, |a, b, c| *a = *a * b + c.abs().sqrt() / (1.5 + b * b), f32::to_bits);
    check!(f64, float, |a, b, c| *a = *a * b - c.abs().sqrt() / (1.5 + c * c), f64::to_bits);
    check!(u8, |k| k.to_le_bytes()[0], |a, b, c| *a = a.wrapping_mul(b).max(c) ^ (b >> 3), u8::from);
    Ok(())
}

fn an_unordered_body_sees_every_cell_once<D: Dimension>(case: Case) -> TestCaseResult {
    let [b, c] = case.stored::<_, D>(|k| k);
    let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
    let stored = || -> Array<usize, D> { case.mutable.stored(&case.shape, |k| k) };
    let mut expected = stored();
    ndarray::Zip::from(case.mutable.view_mut(&case.shape, &mut expected))
        .and(&b)
        .and(&c)
        .for_each(|a, &b, &c| *a = *a * 7 + b * 3 + c);
    at_every_level(|level| {
        let (seven, visits) = (7, Cell::new(0));
        let (mut by_macro, mut by_method) = (stored(), stored());
        simd_azip!(unordered (a in case.mutable.view_mut(&case.shape, &mut by_macro), &b in &b, &c in &c) {
            visits.set(visits.get() + 1);
            *a = *a * seven + b * 3 + c;
        });
        assert_eq!(visits.get(), case.size());
        Zip::from(case.mutable.view_mut(&case.shape, &mut by_method))
            .and(&b)
            .and(&c)
            .simd_for_each(|a, &b, &c| *a = *a * seven + b * 3 + c);
        assert_eq!(by_macro, expected, "simd_azip!(unordered ..) at {level}");
        assert_eq!(by_method, expected, "simd_for_each at {level}");
    });
    Ok(())
}

fn indices_are_those_of_the_items<D: Dimension>(case: Case) -> TestCaseResult {
    let [b, c] = case.stored::<_, D>(|k| k);
    let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
    // An index does not affect the order.
    let mut expected = Vec::new();
    ndarray::Zip::from(&b).and(&c).for_each(|&b, &c| expected.push((b, c)));
    at_every_level(|level| {
        let mut visits = Vec::new();
        simd_azip!((index at, b_cell in &b, c_cell in &c) {
            let at = at.into_dimension();
            assert!(std::ptr::eq(b_cell, &b[at.clone()]) && std::ptr::eq(c_cell, &c[at]));
            visits.push((*b_cell, *c_cell));
        });
        assert_eq!(visits, expected, "at {level}");
    });
    Ok(())
}

fn folds_are_in_the_order_of_fold<D: Dimension>(case: Case) -> TestCaseResult {
    let b: Array<f64, D> = case.shared[0].stored(&case.shape, float);
    let c: Array<f32, D> = case.shared[1].stored(&case.shape, single);
    let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
    let (mut pairs, mut sum) = (Vec::new(), -0.0);
    ndarray::Zip::from(&b).and(&c).for_each(|b, c| {
        pairs.push((b, c));
        sum += b * f64::from(*c);
    });
    at_every_level(|level| {
        let folded = Zip::from(&b).and(&c).simd_fold(Vec::new(), |mut pairs, b, c| {
            pairs.push((b, c));
            pairs
        });
        assert!(folded.iter().map(|&(b, c)| [addr(b), addr(c)]).eq(pairs.iter().map(|&(b, c)| [addr(b), addr(c)])));
        let folded = Zip::from(&b).and(&c).simd_fold(-0.0, |sum, &b, &c| sum + b * f64::from(c));
        assert_eq!(folded.to_bits(), f64::to_bits(sum), "at {level}");
    });
    Ok(())
}

fn addr<T>(cell: &T) -> usize {
    std::ptr::from_ref(cell).addr()
}

fn cells_that_drop_are_dropped_once<D: Dimension>(case: Case) -> TestCaseResult {
    let token = Rc::new(());
    let b: Array<Counted, D> = case.shared[0].stored(&case.shape, |k| Counted::new(k, &token));
    let alone = Rc::strong_count(&token);
    {
        let b = case.shared[0].view(&case.shape, &b);
        let stored =
            || -> Array<Vec<Counted>, D> { case.mutable.stored(&case.shape, |k| vec![Counted::new(k, &token)]) };
        let mut expected = stored();
        azip!((a in case.mutable.view_mut(&case.shape, &mut expected), b in &b) *a = vec![a.remove(0), b.clone()]);
        at_every_level(|level| {
            let mut a = stored();
            simd_azip!((a in case.mutable.view_mut(&case.shape, &mut a), b in &b) *a = vec![a.remove(0), b.clone()]);
            assert_eq!(a, expected, "at {level}");
        });
    }
    prop_assert_eq!(Rc::strong_count(&token), alone);
    Ok(())
}

fn zero_sized_cells_are_visited_as_often_as_others<D: Dimension>(case: Case) -> TestCaseResult {
    #[derive(Clone, Copy)]
    struct Nothing;
    let [b, c] = case.stored::<_, D>(|_| Nothing);
    let (b, c) = (case.shared[0].view(&case.shape, &b), case.shared[1].view(&case.shape, &c));
    let mut a: Array<Nothing, D> = case.mutable.stored(&case.shape, |_| Nothing);
    at_every_level(|level| {
        let mut kept = Vec::new();
        simd_azip!((a in case.mutable.view_mut(&case.shape, &mut a), b in &b, c in &c) kept.push((a, b, c)));
        assert_eq!(kept.len(), case.size(), "at {level}");
        kept.iter_mut().for_each(|(a, ..)| **a = Nothing);
        let visits = Zip::from(&b).and(&c).simd_fold(0, |visits, _, _| visits + 1);
        assert_eq!(visits, case.size(), "at {level}");
    });
    Ok(())
}
