//! `w += x + y * z` over four arrays: ndarray's `azip!`, ours, `simd_azip!`, and a row loop by
//! hand, outside and inside `#[multiversion]`, for two element types, four layouts and four sizes.
//! Also over 4×4 arrays, for the fixed cost of a call.
//!
//! Run `cargo bench --bench zip`, or `cargo bench --bench zip -- f32/contiguous/64x258` for a part.

mod common;

use std::time::Duration;

use common::four_arrays::{self, Layout, SIZES};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

macro_rules! four_arrays_of {
    ($function:ident, $T:ident) => {
        fn $function(criterion: &mut Criterion) {
            use four_arrays::$T::{self as kernels, Data, Kernel};
            let candidates: [(&str, Kernel); 7] = [
                ("ndarray", kernels::ndarray),
                ("azip", kernels::azip),
                ("simd_azip", kernels::simd_azip),
                ("rows by hand", kernels::rows),
                ("ndarray multiversioned", kernels::multiversioned::ndarray),
                ("azip multiversioned", kernels::multiversioned::azip),
                ("rows by hand multiversioned", kernels::multiversioned::rows),
            ];
            for layout in Layout::ALL {
                for dim in [(4, 4)].into_iter().chain(SIZES) {
                    let mut group = criterion.benchmark_group(format!("{}/{}", stringify!($T), layout.name()));
                    group.throughput(Throughput::Elements((dim.0 * dim.1) as u64));
                    for (name, kernel) in candidates {
                        let id = BenchmarkId::new(format!("{}x{}", dim.0, dim.1), name);
                        group.bench_function(id, |bencher| {
                            kernels::check(name, kernel, layout, (dim.0.min(64), dim.1));
                            let mut data = Data::new(layout, dim);
                            bencher.iter(|| data.run(kernel));
                        });
                    }
                    group.finish();
                }
            }
        }
    };
}

four_arrays_of! { f32s, f32 }
four_arrays_of! { f64s, f64 }

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(400));
    targets = f32s, f64s
}
criterion_main!(benches);
