//! The scaling table: a stencil and heat in three dimensions on 1 to 16 threads, as far as the
//! machine has cores.

use std::fmt::Write;
use std::time::{Duration, Instant};

use ndarray::Array3;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::common::simd::{self, Inputs, Memory, Outputs, Step};
use crate::common::volumes::f32 as heat;
use crate::common::{time_of_calls, times_of_turns};
use crate::document::{number, spread};
use crate::measure::{Effort, Spread, whole};

const THREADS: [usize; 5] = [1, 2, 4, 8, 16];

/// The table in Markdown, or the reason why there is none.
pub(crate) fn table(effort: Effort) -> Result<String, String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let pools: Vec<ThreadPool> = THREADS
        .into_iter()
        .filter(|&threads| threads <= cores)
        .map(|threads| ThreadPoolBuilder::new().num_threads(threads).build())
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())?;
    let mut text = "| | `simd_azip!` |".to_owned();
    for pool in &pools {
        let threads = pool.current_num_threads();
        _ = write!(text, " {threads} {} |", if threads == 1 { "thread" } else { "threads" });
    }
    text += "\n|---|--:|";
    text += &"--:|".repeat(pools.len());
    text += "\n";
    for dim in [(258, 514), (514, 1102), (2050, 4162)].into_iter().take(effort.sizes) {
        let mut memory = Memory::spread(dim);
        let mut run = |parallel: bool| {
            let step: Step = if parallel { simd::mul_add::par_azip } else { simd::mul_add::simd_azip };
            memory.run(&step as &dyn Fn(Inputs, Outputs));
        };
        simd::check("par_azip!", &simd::mul_add::par_azip, &simd::mul_add::simd_azip, dim, 0.0);
        let title = format!("Gray–Scott step, `mul_add`, {}×{}", dim.0, dim.1);
        text += &line(&title, effort, &pools, (dim.0 - 2) * (dim.1 - 2), &mut run);
    }
    for dim in [(66, 66, 130), (66, 130, 258), (256, 256, 256)].into_iter().take(effort.sizes) {
        heat::check("par_azip!", heat::heat_par_azip, heat::heat_simd_azip, dim);
        let (now, mut next) = (heat::volume(dim), Array3::zeros(dim));
        let mut run = |parallel: bool| {
            let step: heat::Kernel = if parallel { heat::heat_par_azip } else { heat::heat_simd_azip };
            step(&now, &mut next);
        };
        let title = format!("3-D heat, `f32`, {}×{}×{}", dim.0, dim.1, dim.2);
        text += &line(&title, effort, &pools, (dim.0 - 2) * (dim.1 - 2) * (dim.2 - 2), &mut run);
    }
    Ok(text)
}

/// A line of the table. `run` runs the loop over `cells` cells by `par_azip!`, or by `simd_azip!`
/// if its argument is false. The pools take turns.
fn line(title: &str, effort: Effort, pools: &[ThreadPool], cells: usize, run: &mut (dyn FnMut(bool) + Send)) -> String {
    if effort.rounds == 0 {
        return String::new();
    }
    // About as long as a burst, at 1 ns per cell.
    let calls = whole(effort.burst.as_secs_f64() * 1e9 / cells as f64).max(1);
    let start = Instant::now();
    let more = |turn| turn < 3 || (turn < effort.rounds && start.elapsed() < effort.column.min(Duration::from_secs(3)));
    let times = times_of_turns(pools.len() + 1, more, |which| {
        let mut burst = || match which.checked_sub(1) {
            None => time_of_calls(calls, || run(false)),
            Some(pool) => pools[pool].install(|| time_of_calls(calls, || run(true))),
        };
        (0..effort.bursts).map(|_| burst()).fold(f64::INFINITY, f64::min) / cells as f64
    });
    let mut line = format!("| {title} |");
    let alone = Spread::of(times[0].clone()).median;
    for (which, times) in times.into_iter().enumerate() {
        let times = Spread::of(times);
        let gain = if which == 0 { String::new() } else { format!(", {}×", number(alone / times.median)) };
        _ = write!(line, " {}{gain} |", spread(times));
    }
    line + "\n"
}
