//! The README's part of the report, as a function of `docs/benchmarks.md`, so that a test can check
//! whether they agree.

use std::fmt::Write;

use crate::chart::{Bar, Group, chart};

/// A place in the README between two marker lines, and the function that returns its text.
type Place = (&'static str, fn(&str) -> String);

const PLACES: [Place; 2] = [("benchmarks at a glance", glance), ("benchmarks", block)];

/// A loop in the README: its heading in the report, and our label there. The picture shows it at
/// the size `drawn`.
struct Line {
    name: &'static str,
    heading: &'static str,
    sizes: &'static [&'static str],
    drawn: &'static str,
    ours: &'static str,
}

const LINES: [Line; 7] = [
    Line {
        name: "Four arrays",
        heading: "Four arrays",
        sizes: &["64×258", "514×1026", "2048×4098"],
        drawn: "64×258",
        ours: "`simd_azip!`",
    },
    Line {
        name: "Gray–Scott step",
        heading: "Gray–Scott step, `mul_add`",
        sizes: &["66×258", "514×1102", "2050×4162"],
        drawn: "514×1102",
        ours: "`simd_azip!`",
    },
    Line {
        name: "Gray–Scott, shared sums",
        heading: "Gray–Scott step, shared sums",
        sizes: &["66×258", "514×1102", "2050×4162"],
        drawn: "514×1102",
        ours: "`simd_azip!`",
    },
    Line { name: "5×5 blur", heading: "5×5 blur", sizes: &["516×1104"], drawn: "516×1104", ours: "`simd_azip!`" },
    Line {
        name: "3×3 filter with edges",
        heading: "3×3 filter of an image",
        sizes: &["512×1120"],
        drawn: "512×1120",
        ours: "`Stencil::map_into`",
    },
    Line {
        name: "Gray–Scott, 64 steps",
        heading: "Many time steps",
        sizes: &["2050×4162"],
        drawn: "2050×4162",
        ours: "`StencilSteps`",
    },
    Line {
        name: "3-D heat",
        heading: "3-D heat, `f32`",
        sizes: &["256×256×256"],
        drawn: "256×256×256",
        ours: "`simd_azip!`",
    },
];

/// The other columns: a name, and the labels that belong to it in the report. The fastest counts.
const COLUMNS: [(&str, &[&str]); 5] = [
    ("by hand", &["intrinsics by hand", "loop by hand in `#[multiversion]`"]),
    ("C", &["C", "separate steps in C"]),
    ("Halide", &["Halide"]),
    ("Numba", &["Numba", "Numba, `contract`", "separate steps by Numba, `contract`"]),
    (
        "ndarray",
        &[
            "`ndarray::azip!`",
            "`ndarray::azip!` in `#[multiversion]`",
            "wider copy, then `ndarray::azip!`",
            "the same in `#[multiversion]`",
        ],
    ),
];

/// A line of the README's table, with the numbers as in the report, ours first.
struct Figures {
    name: String,
    /// The loop and the size, if the picture shows it.
    drawn: Option<String>,
    numbers: Vec<Option<String>>,
}

/// The cells of a table row in Markdown.
fn cells(row: &str) -> Vec<&str> {
    row.trim().trim_matches('|').split('|').map(str::trim).collect()
}

/// Finds a median in the report: that of `label`, with one thread, in the section `heading` and the
/// column of `size`.
fn median<'a>(document: &'a str, heading: &str, size: &str, label: &str) -> Option<&'a str> {
    let (_, section) = document.split_once(&format!("\n### {heading}\n"))?;
    let section = section.split_once("\n##").map_or(section, |(section, _)| section);
    let mut rows =
        section.lines().skip_while(|line| !line.starts_with("| one thread |")).take_while(|line| line.starts_with('|'));
    let column = cells(rows.next()?).iter().position(|title| title.split(',').next() == Some(size))?;
    let row = rows.map(cells).find(|row| row.first().is_some_and(|first| first.trim_matches('*') == label))?;
    row.get(column)?.split(' ').next().filter(|number| *number != "–")
}

fn value(number: &str) -> f64 {
    number.parse().unwrap_or(f64::INFINITY)
}

/// The lines of the README's table.
fn figures(document: &str) -> Vec<Figures> {
    let mut lines = Vec::new();
    for Line { name, heading, sizes, drawn, ours } in LINES {
        for (position, size) in sizes.iter().enumerate() {
            let Some(ours) = median(document, heading, size, ours) else { continue };
            let fastest = |labels: &[&str]| {
                let numbers = labels.iter().filter_map(|label| median(document, heading, size, label));
                numbers.min_by(|a, b| value(a).total_cmp(&value(b))).map(str::to_owned)
            };
            let others = COLUMNS.iter().map(|(_, labels)| fastest(labels));
            let full = format!("{name}, {size}");
            let numbers = [Some(ours.to_owned())].into_iter().chain(others).collect();
            let drawn = (*size == drawn).then(|| full.clone());
            lines.push(Figures { name: if position == 0 { full } else { (*size).to_owned() }, drawn, numbers });
        }
    }
    lines
}

/// The picture, the table and the remarks for the README.
fn block(document: &str) -> String {
    let mut block =
        String::from("![Times of loops with this crate, C, Halide, Numba and ndarray](docs/benchmarks.svg)\n\n");
    let summary = document.lines().find_map(|line| line.strip_prefix("Measured on ")).unwrap_or("an unknown machine.");
    _ = write!(block, "Nanoseconds per cell, `f32`, one thread, medians, on {summary}\n\n| loop | **ours** |");
    for (name, _) in COLUMNS {
        _ = write!(block, " {name} |");
    }
    block += "\n|---|--:|";
    block += &"--:|".repeat(COLUMNS.len());
    block += "\n";
    for Figures { name, numbers, .. } in figures(document) {
        _ = write!(block, "| {name} |");
        for (column, number) in numbers.iter().enumerate() {
            let number = number.as_deref().unwrap_or("");
            block += &if column == 0 { format!(" **{number}** |") } else { format!(" {number} |") };
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
    let group = |Figures { drawn, numbers, .. }: Figures| {
        let names = std::iter::once("ours").chain(COLUMNS.iter().map(|(name, _)| *name));
        let bars = names.zip(numbers).enumerate().filter_map(|(column, (name, number))| {
            let text = number?;
            Some(Bar { label: name.to_owned(), value: value(&text), text, emphasised: column == 0 })
        });
        let bars: Vec<Bar> = bars.collect();
        Some(Group { title: drawn?, unit: bars.first()?.value, bars })
    };
    let groups: Vec<Group> = figures(document).into_iter().filter_map(group).collect();
    chart("Nanoseconds per cell, one thread", 2, &groups)
}

/// A line of the table at the top of the README: its text, a loop and a size, and the labels of its
/// columns.
struct Glance {
    text: &'static str,
    heading: &'static str,
    size: &'static str,
    labels: [&'static str; 3],
}

const GLANCES: [Glance; 2] = [
    Glance {
        text: "`*w += x + y * z` over four arrays, in a multiversioned function",
        heading: "Four arrays",
        size: "64×258",
        labels: [
            "`ndarray::azip!` in `#[multiversion]`",
            "loop by hand in `#[multiversion]`",
            "`azip!` in `#[multiversion]`",
        ],
    },
    Glance {
        text: "one Gray–Scott step, 3×3 windows of two fields",
        heading: "Gray–Scott step, `mul_add`",
        size: "514×1102",
        labels: ["`ndarray::azip!` in `#[multiversion]`", "intrinsics by hand", "`simd_azip!`"],
    },
];

/// The table at the top of the README.
fn glance(document: &str) -> String {
    let mut table =
        "| nanoseconds per cell, `f32`, one core | `ndarray::azip!` | by hand | here |\n|---|--:|--:|--:|\n".to_owned();
    for Glance { text, heading, size, labels } in GLANCES {
        let [ndarray, by_hand, here] = labels.map(|label| median(document, heading, size, label).unwrap_or(""));
        _ = writeln!(table, "| {text} | {ndarray} | {by_hand} | **{here}** |");
    }
    table
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
