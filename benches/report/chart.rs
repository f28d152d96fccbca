//! Bar charts of times in SVG, readable on light and dark backgrounds.

use std::fmt::Write;

/// Bars that are compared with one another, on an axis of their own.
pub(crate) struct Group {
    pub title: String,
    /// The value that the others are compared with. A dashed line marks it.
    pub unit: f64,
    pub bars: Vec<Bar>,
}

pub(crate) struct Bar {
    pub label: String,
    pub value: f64,
    /// The value as text.
    pub text: String,
    pub emphasised: bool,
}

/// Colours for both backgrounds: programs that display SVG as a picture follow its media query.
const STYLE: &str = "text{font:12px system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;fill:#1f2328}\
.title{font-size:14px;font-weight:600}.group{font-weight:600}.label{text-anchor:end}.ours{fill:#0969da}.other{fill:#9aa4af}\
.unit{stroke:#0969da;stroke-dasharray:3 3}.axis{stroke:#59636e;fill:none}.small{font-size:10px;fill:#59636e}.tick{text-anchor:middle}\
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.ours{fill:#4493f8}.other{fill:#6e7681}.unit{stroke:#4493f8}\
.axis{stroke:#9198a1}.small{fill:#9198a1}}";

const WIDTH: f64 = 830.0;
/// The height of the title and of the line below it.
const TITLE: f64 = 44.0;
const GROUP: f64 = 28.0;
const BAR: f64 = 18.0;
/// The height of an axis with its numbers.
const AXIS: f64 = 20.0;
/// The space for the values after the bars.
const VALUES: f64 = 108.0;
/// Bars of this many units or more are cut, with a point at their end.
const LONGEST: f64 = 4.0;

impl Group {
    fn height(&self) -> f64 {
        GROUP + BAR * self.bars.len() as f64 + AXIS
    }
}

/// Draws `groups` of nanoseconds per cell in `columns` columns. `version` is the measured version
/// of the crate.
pub(crate) fn chart(title: &str, version: &str, columns: usize, groups: &[Group]) -> String {
    let width = WIDTH / columns as f64;
    let each = groups.len().div_ceil(columns).max(1);
    let height =
        groups.chunks(each).map(|groups| groups.iter().map(Group::height).sum()).fold(0.0, f64::max) + TITLE + 8.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n<text class=\"title\" x=\"8\" y=\"18\">{title}</text>\n\
         <text class=\"small\" x=\"8\" y=\"35\">Nanoseconds per cell: lower is better. Dashed: ours. Bars with a point are cut. ndarray-lockstep {version}.</text>\n",
        title = escaped(title),
        version = escaped(version),
    );
    for (column, groups) in groups.chunks(each).enumerate() {
        let mut top = TITLE;
        for group in groups {
            draw(&mut svg, group, width * column as f64, top, width);
            top += group.height();
        }
    }
    svg += "</svg>\n";
    svg
}

/// Draws one group, starting at (`left`, `top`).
fn draw(svg: &mut String, Group { title, unit, bars }: &Group, left: f64, top: f64, width: f64) {
    // The longest label determines the width, at about 6.7 per letter.
    let longest = bars.iter().map(|bar| bar.label.chars().count()).max().unwrap_or(0);
    let start = left + 16.0 + 6.7 * longest as f64;
    let scale = (left + width - VALUES - start) / LONGEST;
    _ = writeln!(svg, "<text class=\"group\" x=\"{}\" y=\"{}\">{}</text>", left + 8.0, top + 20.0, escaped(title));
    for (number, bar) in bars.iter().enumerate() {
        let top = top + GROUP + BAR * number as f64;
        let (bottom, text) = (top + BAR - 4.0, top + BAR - 7.0);
        let units = bar.value / unit;
        let end = start + scale * units.min(LONGEST);
        let point = if units > LONGEST { end + 8.0 } else { end };
        let class = if bar.emphasised { "ours" } else { "other" };
        _ = writeln!(
            svg,
            "<text class=\"label\" x=\"{:.1}\" y=\"{text:.1}\">{}</text>\
             <path class=\"{class}\" d=\"M{start:.1} {top:.1}H{end:.1}L{point:.1} {:.1}L{end:.1} {bottom:.1}H{start:.1}Z\"/>\
             <text x=\"{:.1}\" y=\"{text:.1}\">{}{}</text>",
            start - 6.0,
            escaped(&bar.label),
            (top + bottom) / 2.0,
            point + 5.0,
            escaped(&bar.text),
            match units {
                _ if bar.emphasised => String::new(),
                _ if units < 9.95 => format!(" · {units:.2}×"),
                _ => format!(" · {units:.0}×"),
            },
        );
    }
    let line = start + scale;
    let (from, to) = (top + GROUP - 3.0, top + GROUP + BAR * bars.len() as f64 - 2.0);
    _ = writeln!(svg, "<path class=\"unit\" d=\"M{line:.1} {from:.1}V{to:.1}\"/>");
    draw_axis(svg, start, to, scale / unit, scale * LONGEST);
}

/// Draws an axis from (`start`, `top`) on, `length` long, with `scale` per nanosecond.
fn draw_axis(svg: &mut String, start: f64, top: f64, scale: f64, length: f64) {
    // Ticks at multiples of 1, 2 or 5 times a power of ten, at most eight of them beyond 0.
    let least = length / scale / 8.0;
    let power = 10.0_f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| *step >= least);
    let step = step.unwrap_or(10.0 * power);
    let decimals = std::iter::successors(Some(step), |step| Some(step * 10.0)).take(9).position(|step| step > 0.999);
    let decimals = decimals.unwrap_or(9);
    let mut path = format!("M{start:.1} {top:.1}H{:.1}", start + length);
    let mut numbers = String::new();
    let ticks = (0..9).map(|tick| f64::from(tick) * step).take_while(|value| value * scale <= length * 1.001);
    for value in ticks {
        let x = start + value * scale;
        _ = write!(path, "M{x:.1} {top:.1}v3");
        let unit = if value == 0.0 { " ns" } else { "" };
        _ = write!(
            numbers,
            "<text class=\"small tick\" x=\"{x:.1}\" y=\"{:.1}\">{value:.decimals$}{unit}</text>",
            top + 13.0
        );
    }
    _ = writeln!(svg, "<path class=\"axis\" d=\"{path}\"/>{numbers}");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
