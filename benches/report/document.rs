//! Writes the report as Markdown: tables of medians with their spread, the comparisons that this
//! crate loses, and a description of the machine.

use std::fmt::Write;

use crate::chart::{Bar, Group, chart};
use crate::measure::{Column, Mode, Name, Outcome, Spread};

/// A goal for our time, as a fraction of a competitor's.
#[derive(Clone, Copy)]
pub(crate) struct Goal {
    pub size: &'static str,
    pub ours: &'static str,
    pub theirs: &'static str,
    pub at_most: f64,
}

/// The results of one loop.
pub(crate) struct Table {
    /// The name of its picture.
    pub slug: String,
    pub title: &'static str,
    text: &'static str,
    columns: Vec<Column>,
    goals: &'static [Goal],
}

/// A competitor that is faster than ours, beyond the spread.
struct Loss {
    ratio: Spread,
    line: String,
}

/// Competitors within this factor of ours count as equally fast.
const AS_FAST: f64 = 0.98;

impl Table {
    pub(crate) fn new(slug: &str, title: &'static str, text: &'static str, columns: Vec<Column>) -> Self {
        Table { slug: slug.to_owned(), title, text, columns, goals: &[] }
    }

    pub(crate) fn with_goals(self, goals: &'static [Goal]) -> Self {
        Table { goals, ..self }
    }

    /// The candidates with one thread, or with all, in the order of measurement, including missing
    /// ones.
    fn names(&self, threads: bool) -> Vec<Name> {
        let mut names: Vec<Name> = Vec::new();
        for (name, _) in self.columns.iter().flat_map(|column| &column.outcomes) {
            if (name.mode == Mode::Threads) == threads && !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    /// The section of this loop; `pictures` is the folder of the pictures.
    fn section(&self, pictures: &str, threads: usize) -> String {
        let Table { slug, title, text, .. } = self;
        let mut section = format!("### {title}\n\n{text}\n\n![{title}]({pictures}/{slug}.svg)\n");
        for (heading, names) in
            [("one thread".to_owned(), self.names(false)), (format!("{threads} threads"), self.names(true))]
        {
            if !names.is_empty() {
                section += "\n";
                section += &self.rows(&heading, &names);
            }
        }
        section
    }

    /// The table of the candidates in `names`.
    fn rows(&self, heading: &str, names: &[Name]) -> String {
        let ours = names.iter().find(|name| name.ours);
        let beside = ours.map_or("ours".to_owned(), |name| name.label.to_owned());
        let mut rows = format!("| {heading} |");
        for column in &self.columns {
            _ = write!(rows, " {}, {} | ÷ {beside} |", column.size, bytes(column.bytes));
        }
        rows += "\n|---|";
        rows += &"--:|--:|".repeat(self.columns.len());
        rows += "\n";
        for name in names {
            let label = if name.ours { format!("**{}**", name.label) } else { name.label.to_owned() };
            _ = write!(rows, "| {label} |");
            for column in &self.columns {
                let (time, ratio) = match column.times(name) {
                    None => ("–".to_owned(), String::new()),
                    Some(times) => {
                        let ratio = ours.filter(|&ours| ours != name).and_then(|ours| column.times(ours));
                        let ratio = ratio.map(|ours| spread(ratios(times, ours)));
                        (spread(Spread::of(times.to_vec())), ratio.unwrap_or_default())
                    }
                };
                let mark = if column.loss(name).is_some() { " ◄" } else { "" };
                _ = write!(rows, " {time}{mark} | {ratio} |");
            }
            rows += "\n";
        }
        rows
    }

    /// Its picture.
    pub(crate) fn picture(&self, Circumstances { threads, version, .. }: &Circumstances) -> String {
        let mut groups = Vec::new();
        for (of_threads, suffix) in [(false, String::new()), (true, format!(", {threads} threads"))] {
            let names = self.names(of_threads);
            let ours = names.iter().find(|name| name.ours).cloned();
            for column in &self.columns {
                let bars = names.iter().filter_map(|name| {
                    let median = Spread::of(column.times(name)?.to_vec()).median;
                    let (label, emphasised) = (name.label.replace('`', ""), name.ours);
                    Some(Bar { label, text: number(median), value: median, emphasised })
                });
                let bars: Vec<Bar> = bars.collect();
                let unit =
                    ours.as_ref().and_then(|ours| column.times(ours)).map(|times| Spread::of(times.to_vec()).median);
                if let (Some(unit), false) = (unit, bars.is_empty()) {
                    groups.push(Group { title: format!("{}{suffix}", column.size), unit, bars });
                }
            }
        }
        chart(&self.title.replace('`', ""), version, 1, &groups)
    }

    fn losses(&self) -> Vec<Loss> {
        let mut losses = Vec::new();
        for column in &self.columns {
            for (name, _) in &column.outcomes {
                if let Some((ratio, ours)) = column.loss(name) {
                    let threads = if name.mode == Mode::Threads { ", all threads" } else { "" };
                    let line = format!(
                        "{}, {}{threads}: {} takes {} of the time of {}",
                        self.title,
                        column.size,
                        name.label,
                        spread(ratio),
                        ours.label,
                    );
                    losses.push(Loss { ratio, line });
                }
            }
        }
        losses
    }

    /// One line per goal that has been measured.
    fn goals(&self) -> Vec<String> {
        let line = |goal: &Goal| {
            let column = self.columns.iter().find(|column| column.size == goal.size)?;
            let [ours, theirs] = [goal.ours, goal.theirs].map(|label| column.times_of(label));
            let ratio = ratios(ours?, theirs?);
            let verdict = if ratio.median <= goal.at_most { "met" } else { "missed" };
            let Goal { size, ours, theirs, at_most } = goal;
            let ratio = spread(ratio);
            Some(format!(
                "{}, {size}: {ours} takes {ratio} of the time of {theirs}; the goal is at most {at_most}: {verdict}",
                self.title
            ))
        };
        self.goals.iter().filter_map(line).collect()
    }

    /// The missing candidates, with reasons.
    fn missing(&self) -> impl Iterator<Item = String> {
        self.columns.iter().flat_map(|column| &column.outcomes).filter_map(|(name, outcome)| match outcome {
            Outcome::Missing(reason) => Some(format!("{} in “{}”: {reason}", name.label, self.title)),
            Outcome::Times(_) => None,
        })
    }
}

impl Column {
    fn times(&self, name: &Name) -> Option<&[f64]> {
        self.outcomes.iter().find_map(|(found, outcome)| match outcome {
            Outcome::Times(times) if found == name && !times.is_empty() => Some(&times[..]),
            _ => None,
        })
    }

    /// The times of the first candidate with this label.
    fn times_of(&self, label: &str) -> Option<&[f64]> {
        let (name, _) = self.outcomes.iter().find(|(name, _)| name.label == label)?;
        self.times(name)
    }

    /// If a competitor is faster beyond the spread, returns its time as a fraction of ours, and the
    /// name of ours: the one of the same mode, or else the first.
    fn loss(&self, rival: &Name) -> Option<(Spread, &Name)> {
        if rival.ours {
            return None;
        }
        let threads = |name: &Name| name.mode == Mode::Threads;
        let ours =
            || self.outcomes.iter().map(|(name, _)| name).filter(|name| name.ours && threads(name) == threads(rival));
        let ours = ours().find(|name| name.mode == rival.mode).or_else(|| ours().next())?;
        let ratio = ratios(self.times(rival)?, self.times(ours)?);
        (ratio.high < AS_FAST).then_some((ratio, ours))
    }
}

/// Compares times of the same rounds.
fn ratios(times: &[f64], others: &[f64]) -> Spread {
    Spread::of(times.iter().zip(others).map(|(time, other)| time / other).collect())
}

/// Three digits.
pub(crate) fn number(value: f64) -> String {
    match value {
        _ if value < 0.9995 => format!("{value:.3}"),
        _ if value < 9.995 => format!("{value:.2}"),
        _ if value < 99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// The median, with the quartiles.
pub(crate) fn spread(Spread { low, median, high }: Spread) -> String {
    format!("{} ({}–{})", number(median), number(low), number(high))
}

fn bytes(bytes: usize) -> String {
    let kib = bytes as f64 / 1024.0;
    if kib < 1.0 {
        format!("{bytes} B")
    } else if kib < 1024.0 {
        format!("{kib:.0} KiB")
    } else {
        format!("{:.1} MiB", kib / 1024.0)
    }
}

/// The facts that the report gives besides the tables.
pub(crate) struct Circumstances {
    /// One line: processor, compiler, date.
    pub summary: String,
    /// The version of this crate, with the commit.
    pub version: String,
    /// More facts: names and values.
    pub facts: Vec<(String, String)>,
    pub threads: usize,
    /// The most rounds of a candidate.
    pub rounds: usize,
    /// A Markdown table, or the reason why there is none.
    pub scaling: Result<String, String>,
    /// The same.
    pub compile_times: Result<String, String>,
    /// Whether this is only a part of the report.
    pub quick: bool,
}

/// The report. `pictures` is the folder of the pictures, next to it.
pub(crate) fn document(tables: &[Table], circumstances: &Circumstances, pictures: &str) -> String {
    let Circumstances { summary, version, facts, threads, rounds, scaling, compile_times, quick } = circumstances;
    let mut text = String::from("# Benchmarks\n\n");
    text += "Generated by `scripts/benchmarks.sh`. Do not edit: run the script to measure again.\n\n";
    if *quick {
        text += "**A quick run with few sizes and rounds: do not rely on its figures.**\n\n";
    }
    _ = write!(text, "Measured on {summary}.\n\n| | |\n|---|---|\n");
    _ = writeln!(text, "| ndarray-lockstep | {version} |");
    for (name, value) in facts {
        _ = writeln!(text, "| {name} | {} |", value.replace('|', "\\|"));
    }
    _ = write!(
        text,
        "\n## How to read the tables\n\n\
         Times are nanoseconds per cell: the median of at most {rounds} rounds, with the quartiles in parentheses. Beside each time is \
         its ratio to ours, taken round by round: above 1 is slower than ours. Each size is followed by the memory that \
         all arrays take. ◄ marks competitors that are faster than ours of the same kind: three quarters of the ratios are below 0.98.\n\n\
         In each round the candidates of a column run one after the other, on the same arrays or on arrays with the same placement in \
         memory. A round is the best of four bursts of calls of 2.5 ms each, or one call if that takes longer. Each result is checked \
         first: bit for bit in Rust, and to within rounding where another compiler fuses multiply-adds.\n\n\
         - `azip!` and `ndarray::azip!` alone are compiled for the baseline of the target. “In `#[multiversion]`” they are compiled for \
         the best instruction set of the machine, as `simd_azip!` always is.\n\
         - `ndarray::azip!` alone has the body that is usual for ndarray: windows are read by index, and there is no `mul_add`, which \
         in code for the baseline is a call of a library function.\n\
         - C is compiled with `-O3 -march=native` and `restrict`, and fuses multiply-adds, GCC's default. With OpenMP, the outermost \
         loop is `parallel for` and the innermost `simd`. Threads of OpenMP, also those of pystencils and Devito, spin for about 0.1 ms \
         after a call, with GCC, and then sleep (`OMP_WAIT_POLICY=PASSIVE`, `GOMP_SPINCOUNT=10000`), because the other candidates run on the same \
         cores.\n\
         - Halide uses the fastest of five schedules (vectors, and some jammed rows), tried for each size. It fuses multiply-adds.\n\
         - Numba is `njit(error_model=\"numpy\")` without `fastmath`. It fuses no multiply-adds, so it executes more instructions where the \
         others do. “`contract`” is the same with `fastmath={{\"contract\"}}`.\n\
         - pystencils generates code for arrays of known shape, vectorised by itself or by the C++ compiler (`-Ofast`), whichever is \
         faster for the size. It has no loop for edges that repeat, so it is not among the filters.\n\
         - Devito (`-O3 -march=native -ffast-math`) runs with or without blocks of rows, whichever is faster for the size. It alternates \
         between two time levels in arrays of its own, and also flushes tiny numbers to zero. It solves equations in time, so it is only \
         among the time steps.\n\
         - Calls of Halide, Numba and Devito are repeated in compiled code, so the overhead of a call from Python is not counted. For \
         SciPy and pystencils it is; a call of pystencils takes about a microsecond.\n\
         - On Linux, Python maps the arrays of this program, so that all candidates of a column walk the same pages: for arrays larger \
         than the cache, other pages alone make a difference of a fifth or more. Elsewhere Python has copies with the same placement. \
         Only Devito always has arrays of its own. No program asks for huge pages: numpy's requests are turned off \
         (`NUMPY_MADVISE_HUGEPAGE=0`), because Rust's allocator makes none. If the setting `shmem_enabled` above is neither `never` nor \
         `advise`, or `transparent_hugepage` is `always`, some arrays may have them, and ratios to Devito are not comparable.\n\n\
         ## Where this crate loses\n\n",
    );
    let mut losses: Vec<Loss> = tables.iter().flat_map(Table::losses).collect();
    losses.sort_by(|a, b| a.ratio.median.total_cmp(&b.ratio.median));
    if losses.is_empty() {
        text += "Nowhere in this run.\n";
    }
    for loss in losses {
        _ = writeln!(text, "- {}", loss.line);
    }
    let goals: Vec<String> = tables.iter().flat_map(Table::goals).collect();
    if !goals.is_empty() {
        text += "\n## Goals\n\n";
        goals.iter().for_each(|goal| _ = writeln!(text, "- {goal}"));
    }
    text += "\n## Loops\n";
    for table in tables {
        text += "\n";
        text += &table.section(pictures, *threads);
    }
    text += "\n## Scaling\n\n\
             `par_azip!` inside pools of 1 to 16 threads, as far as the machine has cores, in nanoseconds per cell, and how many times \
             as fast as `simd_azip!` on one thread that is. `scripts/benchmarks.sh --scaling` prints this table alone.\n\n";
    text += &table_or_reason(scaling);
    text += "\n## Compile time\n\n";
    text += &table_or_reason(compile_times);
    let mut missing: Vec<String> = tables.iter().flat_map(Table::missing).collect();
    missing.dedup();
    if !missing.is_empty() {
        text += "\n## What is missing\n\n";
        missing.iter().for_each(|line| _ = writeln!(text, "- {line}"));
    }
    text
}

fn table_or_reason(table: &Result<String, String>) -> String {
    match table {
        Ok(table) => format!("{}\n", table.trim()),
        Err(reason) => format!("Not measured: {reason}.\n"),
    }
}
