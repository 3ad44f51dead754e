//! A QR code as lines of text, for terminals: half blocks, or ASCII where nothing else can be shown.

use qrcode::{Color, QrCode};

/// Light modules around the code; the standard asks for four, readers on telephones are content with two.
const QUIET: usize = 2;

/// The code of a text; light modules are drawn, so that it is right where text is light on dark. `None`: the text is too
/// long for a code.
pub fn lines(text: &str, is_ascii: bool) -> Option<Vec<String>> {
    let code = QrCode::new(text).ok()?;
    let (width, colors) = (code.width(), code.to_colors());
    let is_light = |row: usize, column: usize| {
        let inside = |at: usize| at.checked_sub(QUIET).filter(|at| *at < width);
        match (inside(row), inside(column)) {
            (Some(row), Some(column)) => colors[row * width + column] == Color::Light,
            _ => true,
        }
    };
    let side = width + 2 * QUIET;
    let wide = |row: usize| (0..side).map(|column| if is_light(row, column) { "##" } else { "  " }).collect();
    let half = |row: usize| {
        let pair = |column: usize| (is_light(row, column), row + 1 >= side || is_light(row + 1, column));
        (0..side)
            .map(|column| match pair(column) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            })
            .collect()
    };
    Some(if is_ascii { (0..side).map(wide).collect() } else { (0..side).step_by(2).map(half).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both drawings as modules, `true` = light.
    fn modules(lines: &[String], is_ascii: bool) -> Vec<Vec<bool>> {
        if is_ascii {
            let row = |line: &String| line.as_bytes().chunks(2).map(|pair| pair == b"##").collect();
            return lines.iter().map(row).collect();
        }
        let rows = |line: &String| {
            let upper = line.chars().map(|c| c == '█' || c == '▀').collect::<Vec<_>>();
            let lower = line.chars().map(|c| c == '█' || c == '▄').collect::<Vec<_>>();
            [upper, lower]
        };
        lines.iter().flat_map(rows).collect()
    }

    #[test]
    fn both_drawings_show_the_same_code_with_its_three_corners() {
        let text = "https://simulator.example.com/";
        let ascii = modules(&lines(text, true).unwrap(), true);
        let half = modules(&lines(text, false).unwrap(), false);
        assert_eq!(ascii, half[..ascii.len()]);
        let side = ascii.len();
        assert!(ascii.iter().all(|row| row.len() == side));
        // A finder pattern: a dark row of seven between light ones.
        let dark =
            |row: usize, columns: std::ops::Range<usize>| columns.clone().all(|column| !ascii[row][column]);
        assert!(dark(QUIET, QUIET..QUIET + 7));
        assert!(dark(QUIET, side - QUIET - 7..side - QUIET));
        assert!(dark(side - QUIET - 1, QUIET..QUIET + 7));
        assert!(ascii[0].iter().all(|is_light| *is_light));
    }

    #[test]
    fn a_text_that_is_too_long_has_no_code() {
        assert!(lines(&"x".repeat(10_000), false).is_none());
    }
}
