//! Finds lines of code and replaces them, whatever their indentation and the comments between them.

use std::fmt;
use std::ops::Range;

/// The reason why lines cannot be replaced.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Misplaced {
    Missing,
    /// The numbers of the lines at which the text begins.
    Ambiguous(Vec<usize>),
}

impl fmt::Display for Misplaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Misplaced::Missing => f.write_str("the text to find is missing"),
            Misplaced::Ambiguous(lines) => write!(f, "the text to find is ambiguous: it begins in the lines {lines:?}"),
        }
    }
}

/// Returns a line without indentation and comment.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default().trim()
}

/// Returns the lines that contain code, with their positions.
fn code_lines(text: &str) -> Vec<(usize, &str)> {
    text.lines().map(code).enumerate().filter(|(_, code)| !code.is_empty()).collect()
}

/// Returns the ranges of lines in which the source contains the code of `find`.
fn places(source: &str, find: &str) -> Vec<Range<usize>> {
    let find: Vec<_> = code_lines(find).into_iter().map(|(_, code)| code).collect();
    if find.is_empty() {
        return Vec::new();
    }
    let is_found = |lines: &&[(usize, &str)]| lines.iter().map(|(_, code)| code).eq(&find);
    let source = code_lines(source);
    source.windows(find.len()).filter(is_found).map(|lines| lines[0].0..lines[lines.len() - 1].0 + 1).collect()
}

/// Returns how often the source contains the code of `find`.
pub(crate) fn count(source: &str, find: &str) -> usize {
    places(source, find).len()
}

/// Returns whether two texts differ in more than indentation and comments.
pub(crate) fn differ(one: &str, other: &str) -> bool {
    !code_lines(one).into_iter().map(|(_, code)| code).eq(code_lines(other).into_iter().map(|(_, code)| code))
}

/// Replaces the code of `find`, which the source must contain exactly once. The new lines get the
/// indentation of the first replaced line.
pub(crate) fn replaced(source: &str, find: &str, replace: &str) -> Result<String, Misplaced> {
    let places = places(source, find);
    let place = match places.as_slice() {
        [] => return Err(Misplaced::Missing),
        [place] => place.clone(),
        _ => return Err(Misplaced::Ambiguous(places.iter().map(|place| place.start + 1).collect())),
    };
    let mut lines: Vec<String> = source.lines().map(str::to_owned).collect();
    let indentation = |line: &str| line.len() - line.trim_start().len();
    let before = find.lines().find(|line| !code(line).is_empty()).map_or(0, indentation);
    let after = indentation(&lines[place.start]);
    let new = replace.lines().map(|line| match line.trim_start() {
        "" => String::new(),
        text => " ".repeat((indentation(line) + after).saturating_sub(before)) + text,
    });
    lines.splice(place, new.collect::<Vec<_>>());
    Ok(lines.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
fn sum(rows: usize) -> usize {
    let mut sum = 0;
    for row in 0..rows {
        // The cells of a row.
        sum += row; // once

        sum += 1;
    }
    sum
}
";

    #[test]
    fn a_line_is_replaced_with_its_indentation() {
        let expected = SOURCE.replace("0..rows", "0..=rows");
        for indentation in ["", "  ", "            "] {
            let [find, replace] = ["0..rows", "0..=rows"].map(|range| format!("{indentation}for row in {range} {{"));
            assert_eq!(replaced(SOURCE, &find, &replace).unwrap(), expected);
        }
    }

    #[test]
    fn several_lines_keep_their_indentation_to_each_other() {
        let find = "    sum\n}";
        let replace = "    if sum > 1 {\n        sum - 1\n    } else {\n        sum\n    }\n}";
        let expected = SOURCE.replace(find, replace);
        for indentation in ["", "        "] {
            let [find, replace] = [find, replace]
                .map(|text| text.lines().map(|line| format!("{indentation}{line}\n")).collect::<String>());
            assert_eq!(replaced(SOURCE, &find, &replace).unwrap(), expected);
        }
    }

    #[test]
    fn comments_and_empty_lines_do_not_matter() {
        let expected = "sum += row;\nsum += 2;";
        let text = replaced(SOURCE, "sum += row;\nsum += 1;", expected).unwrap();
        assert!(
            text.contains("        // The cells of a row.\n        sum += row;\n        sum += 2;\n    }\n"),
            "{text}"
        );
        assert_eq!(replaced(SOURCE, "sum += row; // twice", "sum += row;").unwrap(), SOURCE.replace(" // once", ""));
        assert_eq!(replaced(SOURCE, "// The cells of a row.", ""), Err(Misplaced::Missing));
    }

    #[test]
    fn nothing_takes_the_place_of_lines() {
        assert_eq!(replaced(SOURCE, "sum += 1;", "").unwrap(), SOURCE.replace("        sum += 1;\n", ""));
    }

    #[test]
    fn the_text_must_be_there_once() {
        assert_eq!(replaced(SOURCE, "sum += 2;", ""), Err(Misplaced::Missing));
        // Whole lines only.
        assert_eq!(replaced(SOURCE, "sum += ", ""), Err(Misplaced::Missing));
        assert_eq!(replaced(SOURCE, "", "sum"), Err(Misplaced::Missing));
        let twice = format!("{SOURCE}{SOURCE}");
        assert_eq!(replaced(&twice, "sum += 1;", ""), Err(Misplaced::Ambiguous(vec![7, 17])));
    }

    #[test]
    fn texts_differ_in_code_alone() {
        assert!(differ("a", "b") && differ("a", "") && differ("a\nb", "a"));
        assert!(!differ("  a // one\n", "a\n\n// two"));
    }
}
