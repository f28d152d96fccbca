//! A one-line message for a command line that is wrong.

/// Returns the message of `error` in one line, with clap's tips but without the usage.
pub fn one_line(error: &clap::Error) -> String {
    const TIP: &str = "tip: ";
    let text = error.to_string();
    // The paragraphs after the message start with these. The message itself may contain empty
    // lines, within a value.
    let after = ["\n\n  tip: ", "\n\nUsage: ", "\n\nFor more information"];
    let end = after.iter().filter_map(|after| text.find(after)).min().unwrap_or(text.len());
    let (message, rest) = text.split_at(end);
    let words: Vec<&str> = message.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let mut line = words.join(" ");
    for tip in rest.lines().filter_map(|line| line.trim_start().strip_prefix(TIP)) {
        line.push_str("; ");
        line.push_str(tip);
    }
    line.chars().flat_map(without_control).collect()
}

/// Returns the character, or its escape if it is a control character.
fn without_control(character: char) -> impl Iterator<Item = char> {
    let escape = character.is_control().then(|| character.escape_default());
    let plain = escape.is_none().then_some(character);
    plain.into_iter().chain(escape.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use clap::{Arg, Command, value_parser};

    use super::*;

    /// Returns the message for arguments that are refused.
    fn refused(arguments: &[&str]) -> String {
        let command = Command::new("test")
            .arg(Arg::new("window").long("window").value_name("WINDOW").value_parser(value_parser!(u8)))
            .arg(Arg::new("pattern").long("pattern").value_name("PATTERN").value_parser(["glider", "gosper"]));
        one_line(&command.try_get_matches_from([&["test"], arguments].concat()).unwrap_err())
    }

    #[test]
    fn an_unknown_option_has_the_tip_in_its_line() {
        let expected = "error: unexpected argument '--windw' found; a similar argument exists: '--window'";
        assert_eq!(refused(&["--windw", "5"]), expected);
        assert_eq!(refused(&["--xyz"]), "error: unexpected argument '--xyz' found");
    }

    #[test]
    fn an_unknown_value_has_the_possible_ones_in_its_line() {
        let line = refused(&["--pattern", "gospr"]);
        assert!(
            line.starts_with("error: invalid value 'gospr' for '--pattern <PATTERN>' [possible values: "),
            "{line}"
        );
        assert!(line.ends_with("; a similar value exists: 'gosper'"), "{line}");
    }

    #[test]
    fn a_value_of_several_lines_is_refused_in_one() {
        for value in ["1\n2", "1\n\n2", "\u{1b}[2J1\r2"] {
            let line = refused(&["--window", value]);
            assert!(line.contains("'--window <WINDOW>'"), "{line}");
            assert!(!line.contains(char::is_control), "{line:?}");
        }
    }
}
