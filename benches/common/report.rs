//! Prints the results of a benchmark with goals. Each is measured in one run with alternating
//! candidates, and printed as a ratio or a difference.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::{calls_a_turn, time_of_calls, times_of_turns, turns};

const ATTEMPTS: usize = 3;

/// The number of calls of the slower candidate in a turn. A call that wakes threads is a thousand
/// times as slow as one that walks a few cells. The best of several calls counts, because other
/// programs may run at the same time.
fn calls_in_time(candidates: &mut [&mut dyn FnMut()]) -> usize {
    const LONGEST_TURN: Duration = Duration::from_millis(20);
    let time = |candidate: &mut dyn FnMut()| {
        let start = Instant::now();
        candidate();
        start.elapsed()
    };
    let slowest = candidates.iter_mut().filter_map(|candidate| (0..5).map(|_| time(candidate)).min()).max();
    let calls = LONGEST_TURN.as_nanos() / slowest.map_or(1, |slowest| slowest.as_nanos().max(1));
    usize::try_from(calls).map_or(usize::MAX, |calls| calls.max(1))
}

/// The selected lines, and the results.
pub struct Report {
    words: Vec<String>,
    check_only: bool,
    /// Whether to print the median instead of the best turn.
    medians: bool,
    met: usize,
    missed: usize,
}

impl Report {
    pub fn from_arguments() -> Self {
        let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
        Report {
            medians: false,
            check_only: arguments.iter().any(|argument| argument == "--test"),
            words: arguments.into_iter().filter(|argument| !argument.starts_with("--")).collect(),
            met: 0,
            missed: 0,
        }
    }

    /// Prints medians instead of the best times. If a call waits for other threads, its best time
    /// is not typical.
    pub fn with_medians(self) -> Self {
        Report { medians: true, ..self }
    }

    /// Whether no line that begins with `beginning` can be selected, so that its data need not be
    /// created.
    pub fn is_for_nobody(&self, beginning: &str) -> bool {
        self.check_only || self.words.iter().any(|word| word.contains('x') && !beginning.contains(word.as_str()))
    }

    /// Prints a line: the time of `ours` against `theirs`, in ns per cell, and whether the ratio is
    /// at most `goal`, if there is one.
    pub fn line(
        &mut self,
        name: &str,
        cells: usize,
        goal: Option<f64>,
        (our_name, ours): (&str, &mut dyn FnMut()),
        (their_name, theirs): (&str, &mut dyn FnMut()),
    ) {
        let name = format!("{name}: {our_name} / {their_name}");
        let ratio = |[ours, theirs]: [f64; 2]| ours / theirs;
        if let Some(best) = self.measure(&name, (turns(cells), calls_a_turn(cells)), goal, ratio, [ours, theirs]) {
            let times = best.map(|time| time / cells as f64);
            let verdict = self.verdict(goal.map(|goal| (ratio(best), goal)));
            println!("{name:<96} {:>8.3} / {:>8.3} ns a cell = {:.3}  {verdict}", times[0], times[1], ratio(best));
        }
    }

    /// Prints a line: how many ns longer our call takes than theirs, and whether that is at most
    /// `goal`.
    pub fn difference(
        &mut self,
        name: &str,
        goal: Option<f64>,
        (our_name, ours): (&str, &mut dyn FnMut()),
        (their_name, theirs): (&str, &mut dyn FnMut()),
    ) {
        let name = format!("{name}: {our_name} - {their_name}");
        let difference = |[ours, theirs]: [f64; 2]| ours - theirs;
        if let Some(best) = self.measure(&name, (turns(1), 100_000), goal, difference, [ours, theirs]) {
            let verdict = self.verdict(goal.map(|goal| (difference(best), goal)));
            println!("{name:<96} {:>8.3} - {:>8.3} ns a call = {:.3}  {verdict}", best[0], best[1], difference(best));
        }
    }

    /// The times of our call and theirs from the best of several attempts, or nothing if the line
    /// is not selected.
    fn measure(
        &self,
        name: &str,
        (turns, calls): (usize, usize),
        goal: Option<f64>,
        compare: impl Fn([f64; 2]) -> f64,
        candidates: [&mut dyn FnMut(); 2],
    ) -> Option<[f64; 2]> {
        if self.check_only || !self.words.iter().all(|word| name.contains(word.as_str())) {
            return None;
        }
        let mut candidates = candidates;
        // Long calls run once per turn anyway.
        let calls = if calls > 1 { calls.min(calls_in_time(&mut candidates)) } else { calls };
        let mut best = None;
        for _ in 0..ATTEMPTS {
            let mut times = times_of_turns(
                candidates.len(),
                |turn| turn < turns,
                |which| time_of_calls(calls, &mut *candidates[which]),
            );
            times.iter_mut().for_each(|times| times.sort_by(f64::total_cmp));
            let times = [0, 1].map(|which| times[which][if self.medians { turns / 2 } else { 0 }]);
            if best.is_none_or(|best| compare(times) < compare(best)) {
                best = Some(times);
            }
            if goal.is_none_or(|goal| best.is_some_and(|best| compare(best) <= goal)) {
                break;
            }
        }
        best
    }

    /// Describes a result and its goal, and counts it.
    fn verdict(&mut self, result: Option<(f64, f64)>) -> String {
        match result {
            None => String::new(),
            Some((found, goal)) if found <= goal => {
                self.met += 1;
                format!("goal {goal:.3} met")
            }
            Some((_, goal)) => {
                self.missed += 1;
                format!("goal {goal:.3} MISSED")
            }
        }
    }

    /// Prints the last line, and returns the exit status.
    pub fn conclude(self) -> ExitCode {
        if self.check_only {
            println!("all results are right");
        } else {
            println!("{} goals met, {} missed", self.met, self.missed);
        }
        if self.missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
