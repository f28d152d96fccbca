//! Bar charts in SVG, readable on light and dark backgrounds.

use std::fmt::Write;

/// Bars that are compared with one another.
pub(crate) struct Group {
    pub title: String,
    /// The value that corresponds to one unit of bar length.
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
.unit{stroke:#0969da;stroke-dasharray:3 3}\
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.ours{fill:#4493f8}.other{fill:#6e7681}.unit{stroke:#4493f8}}";

const WIDTH: f64 = 830.0;
const TITLE: f64 = 30.0;
const GROUP: f64 = 28.0;
const BAR: f64 = 18.0;
/// The space for the values after the bars.
const VALUES: f64 = 108.0;
/// Bars of this many units or more are cut, with a point at their end.
const LONGEST: f64 = 4.0;

impl Group {
    fn height(&self) -> f64 {
        GROUP + BAR * self.bars.len() as f64
    }
}

/// Draws `groups` in `columns` columns. The length of a bar is its value in the unit of its group.
pub(crate) fn chart(title: &str, columns: usize, groups: &[Group]) -> String {
    let width = WIDTH / columns as f64;
    let each = groups.len().div_ceil(columns).max(1);
    let height =
        groups.chunks(each).map(|groups| groups.iter().map(Group::height).sum()).fold(0.0, f64::max) + TITLE + 8.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n<text class=\"title\" x=\"8\" y=\"18\">{title}</text>\n",
        title = escaped(title),
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
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
