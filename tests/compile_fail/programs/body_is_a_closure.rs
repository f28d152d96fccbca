//! The body is a closure that is called many times.
use ndarray::Array1;
use ndarray_lockstep::azip;

fn break_out_of_the_walk(a: Array1<f32>) {
    loop {
        azip!((&x in &a) if x > 0.0 { break });
    }
}

fn break_to_a_label(a: Array1<f32>) {
    'outer: for _ in 0..3 {
        azip!((&x in &a) if x > 0.0 { continue 'outer });
    }
}

fn question_mark(a: Array1<&str>) -> Result<f32, std::num::ParseFloatError> {
    let mut sum = 0.0;
    azip!((&x in &a) sum += x.parse::<f32>()?);
    Ok(sum)
}

fn return_with_a_value(a: Array1<f32>) -> f32 {
    azip!((&x in &a) return x);
    0.0
}

fn move_out_of_a_captured_variable(a: Array1<f32>) {
    let once = String::new();
    azip!((_ in &a) drop(once));
}

fn main() {}
