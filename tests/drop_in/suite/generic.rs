//! Macros and zips in functions that are generic over elements, storage, dimensions and operands.

use std::iter::Sum;
use std::ops::{AddAssign, Mul};

use ndarray::{
    Array, Array1, Array2, ArrayBase, ArrayRef, ArrayView, ArrayView1, ArrayViewMut, Axis, Data, DataMut, Dimension,
    IntoNdProducer, Ix1, Ix2, LinalgScalar, OwnedRepr, RemoveAxis, ShapeBuilder, array, s,
};

use super::arrays::counted;
use super::{Zip, azip};

fn add_scaled<A, S, S2, D>(a: &mut ArrayBase<S, D>, b: &ArrayBase<S2, D>, factor: A)
where
    A: Copy + AddAssign + Mul<Output = A>,
    S: DataMut<Elem = A>,
    S2: Data<Elem = A>,
    D: Dimension,
{
    azip!((a in a, &b in b) *a += b * factor);
}

#[test]
fn over_elements_storage_and_dimension() {
    let (mut a, b) = (array![1., 2.], [10., 20.]);
    add_scaled(&mut a, &ArrayView1::from(&b), 2.);
    assert_eq!(a, array![21., 42.]);
    let (mut a, b) = (counted((2, 2)).into_shared(), counted((2, 2).f()));
    add_scaled(&mut a, &b, 10);
    assert_eq!(a, &b * 11);
    let mut a = counted((2, 2)).into_dyn();
    add_scaled(&mut a.view_mut(), &b.into_dyn(), 1);
    assert_eq!(a, array![[0, 2], [4, 6]].into_dyn());
}

fn sum_of_products<A, D>(a: &ArrayRef<A, D>, b: ArrayView<'_, A, D>) -> A
where
    A: LinalgScalar,
    D: Dimension,
{
    let mut sum = A::zero();
    azip!((&a in a, &b in &b) sum = sum + a * b);
    sum
}

#[test]
fn over_array_references_and_views() {
    assert_eq!(sum_of_products(&array![1., 2.], array![10., 20.].view()), 50.);
    assert_eq!(sum_of_products(&counted((2, 2)), counted((2, 2)).view()), 14);
}

fn each_index<D: Dimension + Copy>(shape: D) -> Array<D::Pattern, D>
where
    D::Pattern: Clone + Default,
{
    let mut indices = Array::default(shape);
    azip!((index at, slot in &mut indices) *slot = at);
    indices
}

#[test]
fn over_the_dimension_of_the_index() {
    assert_eq!(each_index(Ix1(3)), array![0, 1, 2]);
    assert_eq!(each_index(Ix2(1, 2)), array![[(0, 0), (0, 1)]]);
    assert_eq!(each_index(ndarray::Ix3(1, 1, 2))[[0, 0, 1]], (0, 0, 1));
}

fn zip_methods<A, S, D>(a: &ArrayBase<S, D>) -> (usize, bool, Option<A>)
where
    A: Copy + PartialOrd,
    S: Data<Elem = A>,
    D: Dimension,
{
    let largest = Zip::from(a).fold(None, |largest: Option<A>, &a| match largest {
        Some(b) if b >= a => Some(b),
        _ => Some(a),
    });
    let sorted = Zip::from(a).and(a.view()).all(|a, b| a <= b);
    (Zip::from(a).and(a).size(), sorted, largest)
}

#[test]
fn over_what_zips_are_made_of() {
    assert_eq!(zip_methods(&array![1., 3., 2.]), (3, true, Some(3.)));
    assert_eq!(zip_methods(&counted((2, 3)).t()), (6, true, Some(5)));
    assert_eq!(zip_methods(&counted((2, 0)).into_dyn()), (0, true, None));
}

fn collected<A, B, S, D>(a: &ArrayBase<S, D>, f: impl Fn(&A) -> B) -> Array<B, D>
where
    S: Data<Elem = A>,
    D: Dimension,
{
    Zip::from(a).map_collect(f)
}

fn assigned<A, D: Dimension>(a: &ArrayRef<A, D>, b: &mut ArrayRef<A, D>, f: impl Fn(&A) -> A) {
    Zip::from(a).map_assign_into(b, f);
}

#[test]
fn over_what_is_collected() {
    assert_eq!(collected(&array![1, 2], |a| a.to_string()), array!["1", "2"]);
    assert_eq!(collected(&counted((2, 2)).into_dyn(), |a| a * 2), (counted((2, 2)) * 2).into_dyn());
    assert_eq!(collected(&counted((2, 3).f()), |a| a * 2).strides(), [1, 2]);
    let mut b = Array2::<i32>::zeros((2, 2));
    assigned(&counted((2, 2)), &mut b, |a| a + 1);
    assert_eq!(b, array![[1, 2], [3, 4]]);
}

/// A field of any number of dimensions.
struct Field<T, S: Data<Elem = T> = OwnedRepr<T>, D: Dimension = Ix2> {
    cells: ArrayBase<S, D>,
}

impl<T, S, D> Field<T, S, D>
where
    T: Copy + AddAssign,
    S: DataMut<Elem = T>,
    D: Dimension,
{
    fn add<'a>(&mut self, others: impl IntoIterator<Item = ArrayView<'a, T, D>>) -> &mut Self
    where
        T: 'a,
        D: 'a,
    {
        for other in others {
            azip!((cell in &mut self.cells, &other in other) *cell += other);
        }
        self
    }
}

trait Walk {
    type Dim: Dimension;

    fn cells(&self) -> ArrayView<'_, f64, Self::Dim>;
    fn cells_mut(&mut self) -> ArrayViewMut<'_, f64, Self::Dim>;

    fn add(&mut self, other: &impl Walk<Dim = Self::Dim>) {
        azip!((cell in self.cells_mut(), &other in other.cells()) *cell += other);
    }

    fn total(&self) -> f64 {
        let mut total = 0.;
        azip!((cell in self.cells()) total += *cell);
        total
    }
}

impl<D: Dimension> Walk for Array<f64, D> {
    type Dim = D;

    fn cells(&self) -> ArrayView<'_, f64, D> {
        self.view()
    }

    fn cells_mut(&mut self) -> ArrayViewMut<'_, f64, D> {
        self.view_mut()
    }
}

#[test]
fn in_methods_and_traits() {
    let mut field: Field<i32> = Field { cells: counted((2, 2)) };
    let other = counted((2, 2));
    field.add([other.view(), other.t()]).add(None);
    assert_eq!(field.cells, array![[0, 4], [5, 9]]);

    let mut a = array![1., 2.];
    Walk::add(&mut a, &array![10., 20.]);
    assert_eq!(a.total(), 33.);
}

fn cut_by_steps<const N: usize, const M: usize>(values: &[[f32; M]; N]) -> [f32; N] {
    let mut sums = [0.; N];
    azip!((sum in &mut sums, row in values) {
        let mut weights = [0.; M];
        azip!((index i, weight in &mut weights, &value in row) *weight = value * (i + N) as f32);
        *sum = weights.iter().sum();
    });
    sums
}

#[test]
fn over_constants() {
    assert_eq!(cut_by_steps(&[[1., 2., 3.], [4., 5., 6.]]), [20., 47.]);
    assert_eq!(cut_by_steps(&[[1.]]), [1.]);
}

/// Adds a gradient that is broadcast. The bounds are those of ndarray's `and_broadcast`.
fn add_gradient<'a, P, D, D2>(to: &mut Array<f64, D>, gradient: P)
where
    P: IntoNdProducer<Dim = D2, Output = ArrayView<'a, f64, D2>, Item = &'a f64>,
    D: Dimension,
    D2: Dimension,
{
    Zip::from(to).and_broadcast(gradient).for_each(|to, &gradient| *to += gradient);
}

#[test]
fn over_what_is_broadcast() {
    let mut a = array![[1., 2.], [3., 4.]];
    let row = array![10., 20.];
    add_gradient(&mut a, &row);
    add_gradient(&mut a, row.view());
    add_gradient(&mut a, &*row);
    add_gradient(&mut a, &ndarray::arr0(0.5).into_shared());
    add_gradient(&mut a, &[100., 200.]);
    add_gradient(&mut a, &[100., 200.][..]);
    add_gradient(&mut a, &vec![100., 200.]);
    add_gradient(&mut a, &array![[0.25], [0.75]]);
    assert_eq!(a, array![[331.75, 662.75], [334.25, 665.25]]);
}

/// Functions that take operands of any type, by ndarray's traits.
mod over_operands {
    use ndarray::NdProducer;

    use super::*;

    fn total<'a, P>(operand: P) -> f64
    where
        P: IntoNdProducer<Item = &'a f64>,
    {
        let mut total = 0.;
        azip!((&x in operand) total += x);
        total
    }

    fn fill<'a, P, T>(operand: P, value: T)
    where
        P: IntoNdProducer<Item = &'a mut T>,
        T: Clone + 'a,
    {
        azip!((x in operand) x.clone_from(&value));
    }

    fn add<'a, A, B, D>(a: A, b: B)
    where
        A: IntoNdProducer<Dim = D, Item = &'a mut f64>,
        B: IntoNdProducer<Dim = D, Item = &'a f64>,
        D: Dimension,
    {
        azip!((a in a, &b in b) *a += b);
    }

    fn add_to_array<'a, B, D>(a: &mut Array<f64, D>, b: B)
    where
        B: IntoNdProducer<Dim = D, Item = &'a f64>,
        D: Dimension,
    {
        azip!((a in a, &b in b) *a += b);
    }

    fn indices<P, D>(operand: P) -> Vec<(D::Pattern, P::Item)>
    where
        P: IntoNdProducer<Dim = D>,
        D: Dimension + Copy,
    {
        let mut seen = Vec::new();
        azip!((index at, x in operand) seen.push((at, x)));
        seen
    }

    fn items<P: NdProducer>(producer: P) -> Vec<P::Item> {
        let mut items = Vec::with_capacity(producer.raw_dim().size());
        azip!((item in producer) items.push(item));
        items
    }

    fn row_sums<'a, P, T>(rows: P) -> Array1<T>
    where
        P: IntoNdProducer<Dim = Ix1, Item = ArrayView1<'a, T>>,
        T: Copy + Default + Sum<T> + 'a,
    {
        let rows = rows.into_producer();
        let mut sums = Array1::default(rows.raw_dim());
        azip!((sum in &mut sums, row in rows) *sum = row.iter().copied().sum());
        sums
    }

    #[test]
    #[allow(clippy::needless_borrows_for_generic_args, reason = "references to views are operands of their own")]
    fn shared_cells() {
        let a = array![[1., 2.], [3., 4.]];
        assert_eq!(total(&a), 10.);
        assert_eq!(total(a.t()), 10.);
        assert_eq!(total(&a.view()), 10.);
        assert_eq!(total(&vec![1., 2.]), 3.);
        assert_eq!(total(&[1., 2., 3.]), 6.);
        assert_eq!(total(&a.view().into_dyn()), 10.);
        assert_eq!(total(&ndarray::arr0(5.)), 5.);
    }

    #[test]
    fn mutable_cells() {
        let (mut a, mut v) = (counted((2, 2)), vec!["x".to_owned(); 2]);
        fill(&mut a, 5);
        fill(a.slice_mut(s![.., ..;-2]), 7);
        fill(&mut v, "y".to_owned());
        assert_eq!(a, array![[5, 7], [5, 7]]);
        assert_eq!(v, ["y", "y"]);
    }

    #[test]
    fn several_operands() {
        let (mut a, b) = (array![1., 2.], [10., 20.]);
        add(&mut a, &b);
        add(a.view_mut(), &array![100., 200.]);
        add_to_array(&mut a, &vec![1000., 2000.]);
        assert_eq!(a, array![1111., 2222.]);
    }

    #[test]
    fn indices_and_items() {
        let a = array![[1, 2], [3, 4]];
        assert_eq!(indices(&a)[2], ((1, 0), &3));
        assert_eq!(indices(a.rows())[1], (1, a.row(1)));
        assert_eq!(items(a.view()), [&1, &2, &3, &4]);
        assert_eq!(items(a.columns()), [a.column(0), a.column(1)]);
        assert_eq!(items(ndarray::indices((1, 2))), [(0, 0), (0, 1)]);
    }

    #[test]
    fn rows() {
        let a = array![[1, 2], [3, 4]];
        assert_eq!(row_sums(a.rows()), array![3, 7]);
        assert_eq!(row_sums(a.columns()), array![4, 6]);
        assert_eq!(row_sums(a.axis_iter(Axis(0))), array![3, 7]);
        assert_eq!(row_sums(a.row(0).windows(2)), array![3]);
    }

    /// Operands whose type has no name.
    fn odd_columns(a: &Array2<f64>) -> impl IntoNdProducer<Dim = Ix2, Item = &f64> {
        a.slice(s![.., 1..;2])
    }

    #[test]
    fn types_without_a_name() {
        let (a, mut b) = (array![[1., 2., 3., 4.], [5., 6., 7., 8.]], Array2::zeros((2, 2)));
        azip!((b in &mut b, &a in odd_columns(&a)) *b = 2. * a);
        assert_eq!(b, array![[4., 8.], [12., 16.]]);
        assert_eq!(total(odd_columns(&a)), 20.);
    }
}

fn lane_sums<A, D>(a: &Array<A, D>, axis: Axis) -> Array<A, D::Smaller>
where
    A: LinalgScalar,
    D: RemoveAxis,
{
    let lanes = a.lanes(axis);
    let mut sums = Array::zeros(a.raw_dim().remove_axis(axis));
    azip!((sum in &mut sums, lane in lanes) *sum = lane.sum());
    sums
}

fn add_to_each<A, D>(a: &mut Array<A, D>, weights: &Array1<A>)
where
    A: LinalgScalar + AddAssign,
    D: RemoveAxis,
{
    azip!((mut part in a.axis_iter_mut(Axis(0)), &weight in weights) {
        azip!((x in &mut part) *x += weight);
    });
}

#[test]
fn over_producers_of_any_dimension() {
    let mut a = counted((2, 3, 2));
    assert_eq!(lane_sums(&a, Axis(1)), a.sum_axis(Axis(1)));
    assert_eq!(lane_sums(&a.clone().into_dyn(), Axis(2)), a.sum_axis(Axis(2)).into_dyn());
    assert_eq!(lane_sums(&array![1, 2], Axis(0)), ndarray::arr0(3));
    let before = a.clone();
    add_to_each(&mut a, &array![10, 20]);
    assert_eq!((a - before).sum(), 6 * 10 + 6 * 20);
}
