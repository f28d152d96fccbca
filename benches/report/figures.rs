//! The README's part of the report, as a function of `docs/benchmarks.md`, so that a test can check
//! whether they agree.

use std::fmt::{self, Display, Formatter, Write};

use crate::chart::{Bar, Group, chart};

/// A place in the README between two marker lines, and the function that returns its text.
type Place = (&'static str, fn(&str) -> String);

const PLACES: [Place; 2] = [("benchmarks at a glance", glance), ("benchmarks", block)];

/// A loop in the README: its heading in the report, and our label there. The table at the top and
/// the picture show it at the size `drawn`.
struct Line {
    name: &'static str,
    heading: &'static str,
    sizes: &'static [&'static str],
    drawn: &'static str,
    ours: &'static str,
    /// Whether all candidates compute one step of a stencil, without `mul_add`: what programs over
    /// ndarray usually contain.
    usual_stencil: bool,
}

const LINES: [Line; 8] = [
    Line {
        name: "Four arrays, `w += x + y * z`",
        heading: FOUR_ARRAYS,
        sizes: &["64×258", "514×1026", "2048×4098"],
        drawn: "64×258",
        ours: SIMD_AZIP,
        usual_stencil: false,
    },
    Line {
        name: "Gray–Scott step",
        heading: "Gray–Scott step, products and sums",
        sizes: &["66×258", "514×1102", "2050×4162"],
        drawn: "514×1102",
        ours: SIMD_AZIP,
        usual_stencil: true,
    },
    Line {
        name: "Gray–Scott, `mul_add`",
        heading: "Gray–Scott step, `mul_add`",
        sizes: &["66×258", "514×1102", "2050×4162"],
        drawn: "514×1102",
        ours: SIMD_AZIP,
        usual_stencil: false,
    },
    Line {
        name: "Gray–Scott, shared sums",
        heading: "Gray–Scott step, shared sums",
        sizes: &["66×258", "514×1102", "2050×4162"],
        drawn: "514×1102",
        ours: SIMD_AZIP,
        usual_stencil: false,
    },
    Line {
        name: "5×5 blur",
        heading: "5×5 blur",
        sizes: &["516×1104"],
        drawn: "516×1104",
        ours: SIMD_AZIP,
        usual_stencil: true,
    },
    Line {
        name: "3×3 filter with edges",
        heading: "3×3 filter of an image",
        sizes: &["512×1120"],
        drawn: "512×1120",
        ours: "`Stencil::map_into`",
        usual_stencil: true,
    },
    Line {
        name: "3-D heat",
        heading: "3-D heat, `f32`",
        sizes: &["66×130×258", "256×256×256"],
        drawn: "256×256×256",
        ours: SIMD_AZIP,
        usual_stencil: true,
    },
    Line {
        name: "Gray–Scott, 64 steps",
        heading: TIME_STEPS,
        sizes: &[LARGE_FIELDS],
        drawn: LARGE_FIELDS,
        ours: FUSED_STEPS,
        usual_stencil: false,
    },
];

const FOUR_ARRAYS: &str = "Four arrays";
const TIME_STEPS: &str = "Many time steps";
const LARGE_FIELDS: &str = "2050×4162";
const SIMD_AZIP: &str = "`simd_azip!`";
const FUSED_STEPS: &str = "`StencilSteps`";

/// The other columns: a name, and the labels that belong to it in the report. The fastest counts.
const COLUMNS: [(&str, &[&str]); 8] = [
    (NDARRAY, &["`ndarray::azip!`", "wider copy, then `ndarray::azip!`", "separate steps by `ndarray::azip!`"]),
    (MULTIVERSIONED, &["`ndarray::azip!` in `#[multiversion]`", "the same in `#[multiversion]`"]),
    (BY_HAND, &["intrinsics by hand", "loop by hand in `#[multiversion]`"]),
    ("C", &["C", "separate steps in C"]),
    ("Halide", &["Halide"]),
    ("Numba", &["Numba", "Numba, `contract`", "separate steps by Numba, `contract`"]),
    ("pystencils", &["pystencils", "separate steps by pystencils"]),
    ("Devito", &["Devito"]),
];

const NDARRAY: &str = "ndarray";
const MULTIVERSIONED: &str = "ndarray, multiversioned";
const BY_HAND: &str = "by hand";

/// A line of the README's table, with the numbers as in the report.
struct Figures {
    line: &'static Line,
    size: &'static str,
    ours: String,
    /// In the order of [`COLUMNS`].
    others: Vec<Option<String>>,
}

impl Figures {
    fn is_drawn(&self) -> bool {
        self.size == self.line.drawn
    }

    /// The loop and the size.
    fn title(&self) -> String {
        format!("{}, {}", self.line.name, self.size)
    }

    fn other(&self, column: &str) -> Option<&str> {
        COLUMNS.iter().zip(&self.others).find(|((name, _), _)| *name == column)?.1.as_deref()
    }

    /// How many times faster ours is.
    fn gain(&self, column: &str) -> Option<f64> {
        Some(value(self.other(column)?) / value(&self.ours))
    }
}

/// The cells of a table row in Markdown.
fn cells(row: &str) -> Vec<&str> {
    row.trim().trim_matches('|').split('|').map(str::trim).collect()
}

/// Finds a median in the report: that of `label`, with one thread or all, in the section `heading`
/// and the column of `size`.
fn median<'a>(document: &'a str, heading: &str, threads: bool, size: &str, label: &str) -> Option<&'a str> {
    let (_, section) = document.split_once(&format!("\n### {heading}\n"))?;
    let section = section.split_once("\n##").map_or(section, |(section, _)| section);
    let title = if threads { " threads |" } else { "one thread |" };
    let is_title = |line: &str| line.split_inclusive('|').nth(1).is_some_and(|cell| cell.ends_with(title));
    let mut rows = section.lines().skip_while(|line| !is_title(line)).take_while(|line| line.starts_with('|'));
    let column = cells(rows.next()?).iter().position(|title| title.split(',').next() == Some(size))?;
    let row = rows.map(cells).find(|row| row.first().is_some_and(|first| first.trim_matches('*') == label))?;
    row.get(column)?.split(' ').next().filter(|number| *number != "–")
}

fn value(number: &str) -> f64 {
    number.parse().unwrap_or(f64::INFINITY)
}

/// The lines of the README's table.
fn figures(document: &str) -> Vec<Figures> {
    let mut figures = Vec::new();
    for line in &LINES {
        for &size in line.sizes {
            let find = |label: &str| median(document, line.heading, false, size, label);
            let Some(ours) = find(line.ours).map(str::to_owned) else { continue };
            let fastest = |(_, labels): &(_, &[&str])| {
                let numbers = labels.iter().filter_map(|label| find(label));
                numbers.min_by(|a, b| value(a).total_cmp(&value(b))).map(str::to_owned)
            };
            figures.push(Figures { line, size, ours, others: COLUMNS.iter().map(fastest).collect() });
        }
    }
    figures
}

/// The picture, the table and the remarks for the README.
fn block(document: &str) -> String {
    let figures = figures(document);
    // Columns that have a number.
    let columns: Vec<usize> =
        (0..COLUMNS.len()).filter(|&column| figures.iter().any(|figures| figures.others[column].is_some())).collect();
    let names: Vec<&str> = columns.iter().map(|&column| COLUMNS[column].0).collect();
    let mut block =
        format!("![Times of loops with this crate and others: {}](docs/benchmarks.svg)\n\n", names.join(", "));
    let summary = document.lines().find_map(|line| line.strip_prefix("Measured on ")).unwrap_or("an unknown machine.");
    _ = write!(block, "Nanoseconds per cell, `f32`, one thread, medians, on {summary}\n\n| loop | **ours** |");
    for name in &names {
        _ = write!(block, " {name} |");
    }
    block += "\n|---|--:|";
    block += &"--:|".repeat(names.len());
    block += "\n";
    let mut last = "";
    for figures in figures {
        let name = if figures.line.name == last { figures.size.to_owned() } else { figures.title() };
        last = figures.line.name;
        _ = write!(block, "| {name} | **{}** |", figures.ours);
        for &column in &columns {
            _ = write!(block, " {} |", figures.others[column].as_deref().unwrap_or(""));
        }
        block += "\n";
    }
    let losses: Vec<&str> =
        section(document, "Where this crate loses").lines().filter(|line| line.starts_with("- ")).collect();
    if !losses.is_empty() {
        _ = write!(
            block,
            "\nThis crate is not the fastest everywhere: it loses {} comparisons of the report. The worst:\n\n",
            losses.len()
        );
        losses.iter().take(5).for_each(|loss| _ = writeln!(block, "{loss}"));
    }
    block
}

/// The text under a second-level heading.
fn section<'a>(document: &'a str, heading: &str) -> &'a str {
    let beneath = document.split_once(&format!("\n## {heading}\n")).map_or("", |(_, beneath)| beneath);
    beneath.split_once("\n## ").map_or(beneath, |(section, _)| section)
}

/// The README's picture.
pub(crate) fn readme_picture(document: &str) -> String {
    let group = |figures: &Figures| {
        let bar = |label: &str, text: &str, emphasised| Bar {
            label: label.to_owned(),
            value: value(text),
            text: text.to_owned(),
            emphasised,
        };
        let others = COLUMNS.iter().zip(&figures.others);
        let others = others.filter_map(|((name, _), number)| Some(bar(name, number.as_deref()?, false)));
        let bars = std::iter::once(bar("ours", &figures.ours, true)).chain(others).collect();
        Group { title: figures.title().replace('`', ""), unit: value(&figures.ours), bars }
    };
    let groups: Vec<Group> = figures(document).iter().filter(|figures| figures.is_drawn()).map(group).collect();
    let version = document.lines().find_map(|line| line.strip_prefix("| ndarray-lockstep | "));
    chart("Loops on one thread", version.unwrap_or_default().trim_end_matches(" |"), 2, &groups)
}

/// The table at the top of the README, and what it shows.
fn glance(document: &str) -> String {
    let mut text =
        "| nanoseconds per cell, `f32`, one thread | `ndarray::azip!` | in `#[multiversion]` | by hand | **ours** |\n\
                    |---|--:|--:|--:|--:|\n"
            .to_owned();
    let figures = figures(document);
    for figures in figures.iter().filter(|figures| figures.is_drawn()) {
        let [ndarray, multiversioned, by_hand] =
            [NDARRAY, MULTIVERSIONED, BY_HAND].map(|column| figures.other(column).unwrap_or(""));
        let (title, ours) = (figures.title(), &figures.ours);
        _ = writeln!(text, "| {title} | {ndarray} | {multiversioned} | {by_hand} | **{ours}** |");
    }
    let gains = |column: &str, counts: &dyn Fn(&Figures) -> bool| {
        Range::of(figures.iter().filter(|figures| counts(figures)).filter_map(|figures| figures.gain(column)))
    };
    text += "\n";
    if let Some(range) = gains(NDARRAY, &|figures| figures.line.usual_stencil) {
        _ = writeln!(
            text,
            "- Stencils as they are usually written run {range} times as fast as with `ndarray::azip!`."
        );
    }
    if let Some(range) = gains(NDARRAY, &|figures| figures.line.heading == FOUR_ARRAYS) {
        let gain = if range.high < 1.1 { "gain nothing".to_owned() } else { format!("run {range} times as fast") };
        _ = writeln!(text, "- Simple loops over contiguous arrays {gain}.");
    }
    if let Some(range) = gains(MULTIVERSIONED, &|figures| figures.is_drawn()) {
        _ = writeln!(
            text,
            "- In a `#[multiversion]` function, ndarray's inner loop is not inlined: there these loops run {range} times as fast."
        );
    }
    let steps = |threads, label| median(document, TIME_STEPS, threads, LARGE_FIELDS, label).map(value);
    let separate = steps(false, "separate steps by `simd_azip!`");
    if let (Some(fused), Some(separate)) = (steps(false, FUSED_STEPS), separate) {
        let fields = format!(
            "- Fused time steps over {LARGE_FIELDS} cells take {:.2} of the time of separate steps",
            fused / separate
        );
        match ["`StencilSteps`, parallel", "separate steps by `par_azip!`"].map(|label| steps(true, label)) {
            [Some(fused), Some(separate)] => {
                _ = writeln!(text, "{fields} on one thread, and {:.2} on several threads.", fused / separate);
            }
            _ => _ = writeln!(text, "{fields} on one thread."),
        }
    }
    text
}

/// The smallest and the largest of some numbers.
struct Range {
    low: f64,
    high: f64,
}

impl Range {
    fn of(numbers: impl Iterator<Item = f64>) -> Option<Range> {
        numbers.fold(None, |range, number| {
            let Range { low, high } = range.unwrap_or(Range { low: number, high: number });
            Some(Range { low: low.min(number), high: high.max(number) })
        })
    }
}

impl Display for Range {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let [low, high] = [self.low, self.high].map(|number| match number {
            _ if number < 9.95 => format!("{number:.1}"),
            _ => format!("{number:.0}"),
        });
        if low == high { f.write_str(&low) } else { write!(f, "{low} to {high}") }
    }
}

/// The README with the figures of the report `document`, or nothing if it has no place for them.
pub(crate) fn readme(readme: &str, document: &str) -> Option<String> {
    PLACES.iter().try_fold(readme.to_owned(), |readme, (name, text)| {
        let [begin, end] = ["begin", "end"].map(|end| format!("<!-- {name}: {end} -->"));
        let (before, rest) = readme.split_once(&begin)?;
        let (_, after) = rest.split_once(&end)?;
        Some(format!("{before}{begin}\n{}{end}{after}", text(document)))
    })
}
