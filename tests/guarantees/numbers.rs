//! Promise 12: every way to walk computes the same numbers at every level.

use super::*;

#[test]
fn promise_12_the_same_numbers() {
    let value = |k: usize| f32::from(u16::try_from(k * 37 % 101).unwrap()) * 0.37 - 11.0;
    let of = |first: usize| Array2::from_shape_fn((11, 19), |(i, j)| value(first + i * 19 + j));
    let (a, b) = (of(0), of(5));
    let mut expected = a.clone();
    ndarray::azip!((out in expected.slice_mut(s![1..10, 1..18]), w in a.windows((3, 3)), &b in b.slice(s![1..10, 1..18])) {
        *out = w.iter().fold(*out, |sum, x| sum + x * b).abs().sqrt();
    });
    let mut sum = -0.0;
    ndarray::Zip::from(&a).and(&b).for_each(|a, b| sum += a * b);
    let small = Array2::from_shape_fn((7, 7), |(i, j)| value(i * 7 + j).abs());
    let roots_of_sums = ndarray::Zip::from(small.windows((3, 3))).map_collect(|w| w.iter().sum::<f32>().sqrt());
    let bits = |a: &Array2<f32>| a.mapv(f32::to_bits);

    for &level in Level::ALL.iter().filter(|level| level.is_available()) {
        let mut dispatched = a.clone();
        let outcome = simd::dispatch_at(level, || {
            azip!((out in dispatched.interior_mut::<3, 3>(), w in a.array_windows::<3, 3>(), &b in b.interior::<3, 3>()) {
                *out = w.iter().fold(*out, |sum, x| sum + x * b).abs().sqrt();
            });
            Zip::from(&a).and(&b).fold(-0.0, |sum, a, b| sum + a * b)
        });
        assert_eq!((bits(&dispatched), outcome.map(f32::to_bits)), (bits(&expected), Ok(f32::to_bits(sum))), "{level}");

        simd::limit(level);
        let mut out = a.clone();
        simd_azip!((out in out.interior_mut::<3, 3>(), w in a.array_windows::<3, 3>(), &b in b.interior::<3, 3>()) {
            *out = w.iter().fold(*out, |sum, x| sum + x * b).abs().sqrt();
        });
        assert_eq!(bits(&out), bits(&expected), "{level}");
        let folded = Zip::from(&a).and(&b).simd_fold(-0.0, |sum, a, b| sum + a * b);
        assert_eq!(f32::to_bits(folded), f32::to_bits(sum), "{level}");

        // A contiguous output, without a gap between rows. A kernel that borrows four rows at once
        // must borrow exactly the length of each. Miri reports two borrows that overlap.
        let mut out = Array2::zeros((5, 5));
        simd_azip!((x in &mut out, w in small.array_windows::<3, 3>()) *x = w.iter().sum::<f32>().sqrt());
        assert_eq!(bits(&out), bits(&roots_of_sums), "{level}");
    }
    simd::lift_limit();
}

/// If promise 12 leaves bits of a value open, the value is still right.
#[test]
fn promise_12_bits_that_rust_leaves_open() {
    let zeros = Array2::from_shape_fn((5, 67), |(i, j)| if (i + j) % 3 == 0 { -0.0_f32 } else { 0.0 });
    for &level in Level::ALL.iter().filter(|level| level.is_available()) {
        simd::limit(level);
        let mut quotients = zeros.clone();
        simd_azip!((q in &mut quotients) *q = *q / *q);
        assert!(quotients.iter().all(|q| q.is_nan()), "{level}: {quotients}");

        let mut largest = Array2::from_elem((5, 64), 1.0_f32);
        simd_azip!((max in &mut largest, w in zeros.array_windows::<1, 4>()) {
            *max = w.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        });
        assert!(largest.iter().all(|&max| max == 0.0), "{level}: {largest}");
    }
    simd::lift_limit();
}
