//! In functions that are generic over ndarray's `IntoNdProducer` alone, each call of a method of
//! `Zip` gives one error, which says what to write instead.
use ndarray::{Array1, ArrayView1, Dimension, IntoNdProducer, Ix1};
use ndarray_lockstep::{Zip, azip};

fn what_to_write_instead<'a, P, Q, D>(p: P, q: Q)
where
    P: IntoNdProducer<Dim = D, Item = &'a mut f64>,
    Q: IntoNdProducer<Dim = D, Item = &'a f64>,
    D: Dimension,
{
    azip!(p, q).for_each(|p, &q| *p += q);
}

fn a_bound_that_and_broadcast_takes<'a, P>(a: &mut Array1<f64>, p: P)
where
    P: IntoNdProducer<Dim = Ix1, Output = ArrayView1<'a, f64>, Item = &'a f64>,
{
    Zip::from(a).and_broadcast(p).for_each(|a, &p| *a += p);
}

fn two<'a, P, Q, D>(p: P, q: Q)
where
    P: IntoNdProducer<Dim = D, Item = &'a mut f64>,
    Q: IntoNdProducer<Dim = D, Item = &'a f64>,
    D: Dimension,
{
    Zip::from(p).and(q).for_each(|p, &q| *p += q);
}

fn three<P: IntoNdProducer<Dim = Ix1, Item = f64>>(a: P, b: P, c: P) -> f64 {
    Zip::from(a).and(b).and(c).fold(0.0, |sum, a, b, c| sum + a * b * c)
}

fn beside_an_array<P: IntoNdProducer<Dim = Ix1>>(a: &Array1<f64>, p: P) {
    Zip::from(a).and(p).for_each(|_, _| {});
}

fn with_an_index<P: IntoNdProducer<Dim = Ix1>>(p: P, q: P) {
    Zip::indexed(p).and(q).for_each(|_, _, _| {});
}

fn main() {}
