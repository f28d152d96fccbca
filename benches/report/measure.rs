//! Candidates for one loop: checked against a reference, then timed in alternation.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use crate::common::{time_of_calls, times_of_turns};
use crate::python::Python;
use crate::shared;

/// How a candidate is compiled or run. A competitor is compared with ours of the same mode, if
/// there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// For the baseline of the target.
    Plain,
    /// Inside a `#[multiversion]` function.
    Multiversioned,
    /// For the best instruction set of the machine, chosen by the candidate itself.
    Best,
    /// On all threads.
    Threads,
}

/// The extent of the measurements.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    /// The number of rounds of each candidate.
    pub rounds: usize,
    /// The duration of a burst of calls, unless one call takes longer. The best burst of a round
    /// counts, because other programs may run at the same time.
    pub burst: Duration,
    /// The number of bursts in a round. It is one if a call takes longer than a burst.
    pub bursts: usize,
    /// The duration of all rounds of a column. Long calls get fewer rounds, but at least three.
    pub column: Duration,
    /// The number of sizes of a loop to measure, smallest first.
    pub sizes: usize,
}

/// The data that all measurements of one run share.
pub(crate) struct Session {
    pub effort: Effort,
    /// Checks results without timing them.
    pub check_only: bool,
    /// The number of threads of [`Mode::Threads`], which is left out if it is 1.
    pub threads: usize,
    /// The process with one thread, and the one with all threads.
    pub python: [Option<RefCell<Python>>; 2],
}

/// An array in the form that Python receives.
pub(crate) struct RawArray {
    pub shape: Vec<usize>,
    /// Its address modulo 4096.
    pub distance: usize,
    /// Its place in the memory that Python shares, if it is there.
    pub offset: Option<usize>,
    /// `f4` or `f8`, the names that numpy uses.
    pub kind: &'static str,
    pub bytes: Vec<u8>,
}

/// The arrays of one column. All candidates share them, so their place in memory makes no
/// difference.
pub(crate) trait Data {
    /// Resets the arrays to the initial state.
    fn start(&mut self);

    /// The current arrays, in the order of `candidates.py`.
    fn arrays(&mut self) -> Vec<RawArray>;

    /// The indices of the arrays that contain results.
    fn outputs(&self) -> &'static [usize];

    /// Extracts the results from the numbers of `arrays`.
    fn results_in(&self, arrays: &[Vec<f64>]) -> Vec<f64> {
        self.outputs().iter().flat_map(|&array| arrays[array].iter().copied()).collect()
    }

    /// The current results.
    fn results(&mut self) -> Vec<f64> {
        let arrays: Vec<_> = self.arrays().iter().map(RawArray::numbers).collect();
        self.results_in(&arrays)
    }
}

impl RawArray {
    pub(crate) fn f32(array: ndarray::ArrayViewD<'_, f32>) -> Self {
        let bytes = array.iter().flat_map(|cell| cell.to_ne_bytes()).collect();
        Self::new(array.shape(), array.as_ptr(), "f4", bytes)
    }

    pub(crate) fn f64(array: ndarray::ArrayViewD<'_, f64>) -> Self {
        let bytes = array.iter().flat_map(|cell| cell.to_ne_bytes()).collect();
        Self::new(array.shape(), array.as_ptr(), "f8", bytes)
    }

    fn new<T>(shape: &[usize], start: *const T, kind: &'static str, bytes: Vec<u8>) -> Self {
        RawArray { shape: shape.to_vec(), distance: start.addr() % 4096, offset: shared::offset(start), kind, bytes }
    }

    /// The cells, which `f64` represents exactly.
    pub(crate) fn numbers(&self) -> Vec<f64> {
        numbers(self.kind, &self.bytes)
    }
}

/// The numbers of numpy type `kind` in `bytes`.
pub(crate) fn numbers(kind: &str, bytes: &[u8]) -> Vec<f64> {
    if kind == "f4" {
        bytes.as_chunks().0.iter().map(|&cell| f64::from(f32::from_ne_bytes(cell))).collect()
    } else {
        bytes.as_chunks().0.iter().map(|&cell| f64::from_ne_bytes(cell)).collect()
    }
}

type Run<'a, D> = Box<dyn FnMut(&mut D) + 'a>;

enum Way<'a, D> {
    Rust(Run<'a, D>),
    Python { library: Library, number: String },
    Missing(String),
}

/// One of the programs that are compared.
struct Candidate<'a, D> {
    name: Name,
    way: Way<'a, D>,
}

/// The name of a candidate, and how it is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub label: &'static str,
    pub mode: Mode,
    pub ours: bool,
}

/// A library of Python.
#[derive(Clone, Copy)]
pub(crate) struct Library {
    /// Its name in the report.
    pub label: &'static str,
    /// Its name in candidates.py.
    pub key: &'static str,
}

/// The quartiles of some measurements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub low: f64,
    pub median: f64,
    pub high: f64,
}

impl Spread {
    pub(crate) fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        // Interpolates linearly between two values, like numpy.
        let at = |quarters: usize| {
            let position = (values.len() - 1) * quarters;
            let (below, part) = (values[position / 4], (position % 4) as f64 / 4.0);
            below + part * (values[(position / 4 + 1).min(values.len() - 1)] - below)
        };
        Spread { low: at(1), median: at(2), high: at(3) }
    }
}

/// The outcome for a candidate.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// Nanoseconds per cell, round by round.
    Times(Vec<f64>),
    /// The reason why there are no times.
    Missing(String),
}

/// The results for one size.
pub(crate) struct Column {
    pub size: String,
    /// The size of all arrays together, in bytes.
    pub bytes: usize,
    pub outcomes: Vec<(Name, Outcome)>,
}

/// The candidates for one size of a loop.
pub(crate) struct Case<'a, D> {
    session: &'a Session,
    size: String,
    /// The number of cells per call; times are divided by it.
    cells: usize,
    data: D,
    expected: Vec<f64>,
    candidates: Vec<Candidate<'a, D>>,
}

impl<'a, D: Data> Case<'a, D> {
    /// `reference` computes the expected results.
    pub(crate) fn new(
        session: &'a Session,
        size: String,
        cells: usize,
        mut data: D,
        reference: impl FnOnce(&mut D),
    ) -> Self {
        data.start();
        reference(&mut data);
        let expected = data.results();
        Case { session, size, cells, data, expected, candidates: Vec::new() }
    }

    fn with(mut self, label: &'static str, mode: Mode, ours: bool, way: Way<'a, D>) -> Self {
        self.candidates.push(Candidate { name: Name { label, mode, ours }, way });
        self
    }

    /// A candidate whose results must equal the reference bit for bit.
    fn exact(mut self, label: &'static str, mode: Mode, ours: bool, mut run: impl FnMut(&mut D) + 'a) -> Self {
        if self.session.leaves_out(mode) {
            return self;
        }
        self.check(label, 0.0, &mut run);
        self.with(label, mode, ours, Way::Rust(Box::new(run)))
    }

    /// Ours.
    pub(crate) fn ours(self, label: &'static str, mode: Mode, run: impl FnMut(&mut D) + 'a) -> Self {
        self.exact(label, mode, true, run)
    }

    /// A competitor in Rust.
    pub(crate) fn rival(self, label: &'static str, mode: Mode, run: impl FnMut(&mut D) + 'a) -> Self {
        self.exact(label, mode, false, run)
    }

    /// A competitor that may round differently, because it fuses other products with sums; or the
    /// reason why there is none.
    pub(crate) fn foreign(
        mut self,
        label: &'static str,
        mode: Mode,
        tolerance: f64,
        run: Result<impl FnMut(&mut D) + 'a, String>,
    ) -> Self {
        match run {
            _ if self.session.leaves_out(mode) => self,
            Ok(mut run) => {
                self.check(label, tolerance, &mut run);
                self.with(label, mode, false, Way::Rust(Box::new(run)))
            }
            Err(reason) => self.with(label, mode, false, Way::Missing(reason)),
        }
    }

    /// The loop `name` of candidates.py, with one of its libraries.
    pub(crate) fn python(mut self, library: Library, mode: Mode, tolerance: f64, name: &str) -> Self {
        let session = self.session;
        let Some(python) = &session.python[usize::from(mode == Mode::Threads)] else { return self };
        self.data.start();
        let arrays = self.data.arrays();
        let way = match python.borrow_mut().prepare(library.key, name, &arrays) {
            Ok((number, after)) => {
                let after = after.unwrap_or_else(|| self.data.arrays().iter().map(RawArray::numbers).collect());
                self.compare(library.label, tolerance, self.data.results_in(&after));
                Way::Python { library, number }
            }
            Err(reason) => Way::Missing(reason),
        };
        self.with(library.label, mode, false, way)
    }

    /// The same with several libraries, each with one thread and with all.
    pub(crate) fn pythons(self, libraries: &[Library], tolerance: f64, name: &str) -> Self {
        libraries.iter().fold(self, |case, &library| {
            case.python(library, Mode::Best, tolerance, name).python(library, Mode::Threads, tolerance, name)
        })
    }

    /// Panics if `run` and the reference disagree.
    fn check(&mut self, label: &str, tolerance: f64, run: &mut dyn FnMut(&mut D)) {
        self.data.start();
        run(&mut self.data);
        let found = self.data.results();
        self.compare(label, tolerance, found);
    }

    /// Panics if `found` is not the expected result: bit for bit if `tolerance` is 0, otherwise
    /// relative to the largest number.
    fn compare(&self, label: &str, tolerance: f64, found: Vec<f64>) {
        assert_eq!(found.len(), self.expected.len(), "{label}, {}: another number of results", self.size);
        let pairs = || found.iter().zip(&self.expected);
        if tolerance == 0.0 {
            let different = pairs().filter(|(found, expected)| found.to_bits() != expected.to_bits()).count();
            assert_eq!(different, 0, "{label}, {}: so many results differ from the reference", self.size);
        } else {
            let largest = self.expected.iter().fold(0.0_f64, |largest, number| largest.max(number.abs()));
            let error = pairs().fold(0.0_f64, |error, (found, expected)| error.max((found - expected).abs()));
            // Written so that NaN fails.
            assert!(error <= tolerance * largest, "{label}, {}: results differ by {error} of {largest}", self.size);
            assert!(found.iter().all(|number| number.is_finite()), "{label}, {}: not a number", self.size);
        }
    }

    /// Times the candidates in alternation.
    pub(crate) fn measure(self) -> Column {
        let Case { session, size, cells, mut data, candidates, .. } = self;
        let bytes = data.arrays().iter().map(|array| array.bytes.len()).sum();
        let (mut present, missing): (Vec<_>, Vec<_>) =
            candidates.into_iter().partition(|candidate| !matches!(candidate.way, Way::Missing(_)));
        data.start();
        let times = if session.check_only {
            present.iter().map(|_| Vec::new()).collect()
        } else {
            times(session, &mut data, &mut present)
        };
        let mut outcomes: Vec<(Name, Outcome)> = Vec::new();
        for (candidate, times) in present.into_iter().zip(times) {
            if let Way::Python { number, .. } = &candidate.way {
                session.process(candidate.name.mode).borrow_mut().forget(number);
            }
            let times = times.into_iter().map(|time| time / cells as f64).collect();
            outcomes.push((candidate.name, Outcome::Times(times)));
        }
        for candidate in missing {
            if let Way::Missing(reason) = candidate.way {
                outcomes.push((candidate.name, Outcome::Missing(reason)));
            }
        }
        Column { size, bytes, outcomes }
    }
}

impl Session {
    /// Whether candidates of this mode are not measured.
    fn leaves_out(&self, mode: Mode) -> bool {
        mode == Mode::Threads && self.threads == 1
    }

    fn process(&self, mode: Mode) -> &RefCell<Python> {
        self.python[usize::from(mode == Mode::Threads)].as_ref().expect("what is prepared has a process")
    }
}

/// The nanoseconds per call of each candidate, round by round.
fn times<D>(session: &Session, data: &mut D, candidates: &mut [Candidate<'_, D>]) -> Vec<Vec<f64>> {
    let count = candidates.len();
    let mut time = |which: usize, calls: usize| {
        let Candidate { name, way } = &mut candidates[which];
        match way {
            Way::Rust(run) => time_of_calls(calls, || run(data)),
            Way::Python { number, library } => {
                let time = session.process(name.mode).borrow_mut().time(number, calls);
                time.unwrap_or_else(|error| panic!("{} stopped: {error}", library.label))
            }
            Way::Missing(_) => unreachable!("left out by `measure`"),
        }
    };
    // The first calls warm up caches and processors.
    let call_times: Vec<f64> = (0..count)
        .map(|which| match time(which, 1) {
            first if first > 5e7 => first,
            _ => match time(which, 1) {
                second if second > 1e5 => second.min(time(which, 1)),
                _ => time(which, 20),
            },
        })
        .collect();
    let Effort { rounds, burst, bursts, column, .. } = session.effort;
    let plans: Vec<(usize, usize)> = call_times
        .iter()
        .map(|&call| match whole(burst.as_secs_f64() * 1e9 / call) {
            0 => (1, 1),
            calls => (bursts, calls.min(10_000_000)),
        })
        .collect();
    let start = Instant::now();
    let more = |turn| turn < 3 || (turn < rounds && start.elapsed() < column);
    times_of_turns(count, more, |which| {
        let (bursts, calls) = plans[which];
        (0..bursts).map(|_| time(which, calls)).fold(f64::INFINITY, f64::min)
    })
}

/// A positive number without its fraction.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "what is too large saturates")]
pub(crate) fn whole(number: f64) -> usize {
    number as usize
}
