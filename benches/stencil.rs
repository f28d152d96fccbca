//! Stencils over `f32`: 3×3 and 5×5 box blurs over one field, and a Gray–Scott step (3×3 over two
//! fields with two outputs). The candidates are ndarray's `azip!` over `windows`, ours and
//! `simd_azip!` over `array_windows`, our iterator, an iterator by hand and raw pointers, outside
//! and inside `#[multiversion]`.
//!
//! Run `cargo bench --bench stencil`, or `cargo bench --bench stencil -- gray_scott/514x1026` for a
//! part.

mod common;

use std::time::Duration;

use common::stencils::{self, Fields, Step, blur_3x3, blur_5x5, multiversioned, plain};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::Array2;

macro_rules! blur {
    ($function:ident, $blur:ident, $K:literal) => {
        fn $function(criterion: &mut Criterion) {
            let candidates: [(&str, $blur::Blur); 7] = [
                ("ndarray", $blur::plain::ndarray),
                ("azip", $blur::plain::azip),
                ("simd_azip", $blur::simd_azip),
                ("raw pointers", $blur::plain::raw),
                ("ndarray multiversioned", $blur::multiversioned::ndarray),
                ("azip multiversioned", $blur::multiversioned::azip),
                ("raw pointers multiversioned", $blur::multiversioned::raw),
            ];
            let mut group = criterion.benchmark_group(stringify!($blur));
            for dim in [(68, 260), (516, 1028)] {
                group.throughput(Throughput::Elements(((dim.0 - $K + 1) * (dim.1 - $K + 1)) as u64));
                for (name, blur) in candidates {
                    let id = BenchmarkId::new(format!("{}x{}", dim.0, dim.1), name);
                    group.bench_function(id, |bencher| {
                        $blur::check(name, blur, (dim.0.min(68), dim.1));
                        let input = Fields::new(dim).u;
                        let mut output = Array2::zeros(dim);
                        bencher.iter(|| blur(&input, &mut output));
                    });
                }
            }
            group.finish();
        }
    };
}

blur! { blur_of_3x3, blur_3x3, 3 }
blur! { blur_of_5x5, blur_5x5, 5 }

fn gray_scott(criterion: &mut Criterion) {
    let candidates: [(&str, Step); 15] = [
        ("ndarray by iter", plain::ndarray_by_iter),
        ("ndarray by index", plain::ndarray),
        ("azip by iter", plain::azip_by_iter),
        ("azip", plain::azip),
        ("simd_azip", stencils::simd_azip),
        ("iterator loop", plain::iterator_loop),
        ("iterator by hand", plain::iterator_by_hand),
        ("raw pointers", plain::raw),
        ("ndarray by iter multiversioned", multiversioned::ndarray_by_iter),
        ("ndarray by index multiversioned", multiversioned::ndarray),
        ("azip by iter multiversioned", multiversioned::azip_by_iter),
        ("azip multiversioned", multiversioned::azip),
        ("iterator for_each multiversioned", multiversioned::iterator_for_each),
        ("iterator by hand multiversioned", multiversioned::iterator_by_hand),
        ("raw pointers multiversioned", multiversioned::raw),
    ];
    let mut group = criterion.benchmark_group("gray_scott");
    for dim in [(66, 258), (514, 1026), (2050, 4162)] {
        group.throughput(Throughput::Elements(((dim.0 - 2) * (dim.1 - 2)) as u64));
        for (name, step) in candidates {
            let id = BenchmarkId::new(format!("{}x{}", dim.0, dim.1), name);
            group.bench_function(id, |bencher| {
                stencils::check(name, step, plain::ndarray, (dim.0.min(66), dim.1), 0.0);
                let start = Fields::new(dim);
                let mut end = start.clone();
                bencher.iter(|| step(&start, &mut end));
            });
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(400));
    targets = blur_of_3x3, blur_of_5x5, gray_scott
}
criterion_main!(benches);
