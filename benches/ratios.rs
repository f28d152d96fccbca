//! The project's speed goals, each measured in one run with the candidates taking turns, and printed as a ratio.
//!
//! `cargo bench --bench ratios`, or `cargo bench --bench ratios -- stencil` for the lines that contain a word. Every
//! candidate's result is checked before it is timed. A goal that is missed is printed as such and makes the program exit
//! with 1.

mod common;

use common::four_arrays::{Layout, SIZES};
use common::stencils::{Fields, Step, multiversioned, multiversioned_fused, plain};
use common::{best_of_turns, calls_a_turn, four_arrays, stencils};

fn main() {
    small();
    println!("probe");
    for (name, step) in [
        ("nd", multiversioned::ndarray as Step),
        ("azip", multiversioned::azip),
        ("for_each", multiversioned::for_each),
        ("it loop", multiversioned::iterator_loop),
        ("it for_each", multiversioned::iterator_for_each),
        ("fold", multiversioned::iterator_fold),
        ("hand it", multiversioned::iterator_by_hand),
        ("raw", multiversioned::raw),
        ("P nd", plain::ndarray),
        ("P azip", plain::azip),
        ("P for_each", plain::for_each),
        ("P it loop", plain::iterator_loop),
        ("P it for_each", plain::iterator_for_each),
        ("P hand it", plain::iterator_by_hand),
        ("P raw", plain::raw),
        ("FMA nd", multiversioned_fused::ndarray),
        ("FMA azip", multiversioned_fused::azip),
        ("FMA for_each", multiversioned_fused::for_each),
        ("FMA raw", multiversioned_fused::raw),
        ("FMA it", multiversioned_fused::iterator_loop),
    ] {
        stencils::check(name, step, plain::raw, (66, 258), 1e-6);
        for dim in [(66, 258), (514, 1026)] {
            let start = Fields::new(dim);
            let mut end = start.clone();
            let t = best_of_turns(40, calls_a_turn(dim.0 * dim.1), &mut [&mut || step(&start, &mut end)]);
            print!("{name} {dim:?} {:.3} ns/cell    ", t[0] / ((dim.0 - 2) * (dim.1 - 2)) as f64);
        }
        println!();
    }
    for layout in Layout::ALL {
        for dim in SIZES {
            use four_arrays::f32::{self as k, Data};
            let ks: [(&str, k::Kernel); 8] = [
                ("nd", k::ndarray),
                ("azip", k::azip),
                ("for_each", k::for_each),
                ("rows", k::rows),
                ("it", k::iterator_for_each),
                ("MVnd", k::multiversioned::ndarray),
                ("MVazip", k::multiversioned::azip),
                ("MVfor_each", k::multiversioned::for_each),
            ];
            for (n, kk) in ks {
                k::check(n, kk, layout, dim);
            }
            let d = std::cell::RefCell::new(Data::new(layout, dim));
            let d = &d;
            let mut fs: Vec<Box<dyn FnMut() + '_>> =
                ks.iter().map(|&(_, k)| Box::new(move || d.borrow_mut().run(k)) as Box<dyn FnMut()>).collect();
            let mut refs: Vec<&mut dyn FnMut()> = fs.iter_mut().map(|f| &mut **f as &mut dyn FnMut()).collect();
            let t = best_of_turns(30, calls_a_turn(dim.0 * dim.1), &mut refs);
            print!("{:>20} {dim:?} ", layout.name());
            for ((n, _), t) in ks.iter().zip(t) {
                print!("{n} {:.3}  ", t / (dim.0 * dim.1) as f64);
            }
            println!();
        }
    }
    {
        use four_arrays::f32::{self as k, Data};
        let ks: [(&str, k::Kernel); 5] = [
            ("nd", k::ndarray),
            ("azip", k::azip),
            ("for_each", k::for_each),
            ("rows", k::rows),
            ("it", k::iterator_for_each),
        ];
        for layout in Layout::ALL {
            let dim = (4, 4);
            let d = std::cell::RefCell::new(Data::new(layout, dim));
            let d = &d;
            let mut fs: Vec<Box<dyn FnMut() + '_>> =
                ks.iter().map(|&(_, k)| Box::new(move || d.borrow_mut().run(k)) as Box<dyn FnMut()>).collect();
            let mut refs: Vec<&mut dyn FnMut()> = fs.iter_mut().map(|f| &mut **f as &mut dyn FnMut()).collect();
            let t = best_of_turns(30, calls_a_turn(dim.0 * dim.1), &mut refs);
            print!("{:>20} {dim:?} ns a call ", layout.name());
            for ((n, _), t) in ks.iter().zip(t) {
                print!("{n} {:.2}  ", t);
            }
            println!();
        }
    }
}
#[inline(never)]
fn nd4(a: &mut ndarray::Array2<f32>, b: &ndarray::Array2<f32>, c: &ndarray::Array2<f32>, d: &ndarray::Array2<f32>) {
    ndarray::azip!((a in a, &b in b, &c in c, &d in d) *a += b + c * d)
}
#[inline(never)]
fn az4(a: &mut ndarray::Array2<f32>, b: &ndarray::Array2<f32>, c: &ndarray::Array2<f32>, d: &ndarray::Array2<f32>) {
    ndarray_lockstep::azip!((a in a, &b in b, &c in c, &d in d) *a += b + c * d)
}
#[inline(never)]
fn fe4(a: &mut ndarray::Array2<f32>, b: &ndarray::Array2<f32>, c: &ndarray::Array2<f32>, d: &ndarray::Array2<f32>) {
    ndarray_lockstep::Zip::from(a).and(b).and(c).and(d).for_each(|a, &b, &c, &d| *a += b + c * d)
}
fn small() {
    let mut a = ndarray::Array2::zeros((4, 4));
    let b = ndarray::Array2::from_elem((4, 4), 1.0);
    let c = b.clone();
    let d = b.clone();
    let mut a2 = a.clone();
    let mut a3 = a.clone();
    let t = best_of_turns(
        200,
        10000,
        &mut [&mut || nd4(&mut a, &b, &c, &d), &mut || az4(&mut a2, &b, &c, &d), &mut || fe4(&mut a3, &b, &c, &d)],
    );
    println!("4x4 nd {:.2} az {:.2} fe {:.2}", t[0], t[1], t[2]);
}
