//! What an edit changes in a settings text, line by line.

/// A line that goes or comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiffLine {
    /// Stands in the file and will not.
    Removed(String),
    /// Will stand in the file.
    Added(String),
}

/// The lines that differ, in the order of the file; texts of commands that fetch secrets are hidden.
pub(crate) fn lines(before: &str, after: &str) -> Vec<DiffLine> {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let common = common(&before, &after);
    let (mut from, mut to) = (0, 0);
    let mut differing = Vec::new();
    while from < before.len() || to < after.len() {
        if from < before.len() && to < after.len() && before[from] == after[to] {
            (from, to) = (from + 1, to + 1);
        } else if from < before.len() && (to == after.len() || common[from + 1][to] >= common[from][to + 1]) {
            differing.push(DiffLine::Removed(hidden(before[from])));
            from += 1;
        } else {
            differing.push(DiffLine::Added(hidden(after[to])));
            to += 1;
        }
    }
    differing
}

/// `[i][j]`: lines that `before[i..]` and `after[j..]` have in common, in order.
fn common(before: &[&str], after: &[&str]) -> Vec<Vec<u32>> {
    let mut lengths = vec![vec![0_u32; after.len() + 1]; before.len() + 1];
    for from in (0..before.len()).rev() {
        for to in (0..after.len()).rev() {
            lengths[from][to] = if before[from] == after[to] {
                lengths[from + 1][to + 1] + 1
            } else {
                lengths[from + 1][to].max(lengths[from][to + 1])
            };
        }
    }
    lengths
}

fn hidden(line: &str) -> String {
    match line.split_once("command") {
        Some((before, rest)) if rest.trim_start().starts_with('=') => format!("{before}command = \"***\" }}"),
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_told_in_the_order_of_the_file() {
        let before = "a = 1\nb = 2\nc = 3\n";
        let after = "a = 1\nb = 20\nc = 3\nd = 4\n";
        let expected = [
            DiffLine::Removed("b = 2".into()),
            DiffLine::Added("b = 20".into()),
            DiffLine::Added("d = 4".into()),
        ];
        assert_eq!(lines(before, after), expected);
        assert_eq!(lines(before, before), []);
    }

    #[test]
    fn a_command_that_fetches_a_secret_is_not_shown() {
        let shown = lines("", "app_secret = { command = \"echo hunter2\" }\n");
        assert!(!format!("{shown:?}").contains("hunter2"), "{shown:?}");
    }
}
