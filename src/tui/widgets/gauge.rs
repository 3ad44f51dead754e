//! Gauges in ASCII, because eighth-blocks are missing in some fonts, and what is shown while something is awaited.

use crate::tui::look::Look;

/// `[#####>      ]`: `done` of `total` in so many columns, brackets included.
pub fn gauge(done: u64, total: u64, columns: usize) -> String {
    let room = columns.saturating_sub(2);
    let share = if total == 0 { 0.0 } else { (done.min(total) as f64) / (total as f64) };
    let filled = ((share * room as f64).floor() as usize).min(room);
    let head = usize::from(filled > 0 && filled < room);
    format!("[{}{}{}]", "#".repeat(filled - head), ">".repeat(head), " ".repeat(room - filled))
}

/// Seconds that something has been awaited, once there is one: a wait shows that it goes on without a spinner.
pub fn waited(since_ms: i64, now_ms: i64, look: Look) -> String {
    let seconds = now_ms.saturating_sub(since_ms) / 1000;
    let dots = if look.is_ascii { ".." } else { "…" };
    if seconds < 1 { dots.to_owned() } else { format!("{dots} {seconds} s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gauge_is_as_wide_as_it_is_told() {
        assert_eq!(gauge(0, 10, 12), "[          ]");
        assert_eq!(gauge(5, 10, 12), "[####>     ]");
        assert_eq!(gauge(10, 10, 12), "[##########]");
        assert_eq!(gauge(3, 0, 5), "[   ]");
    }
}
