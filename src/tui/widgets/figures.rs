//! Numbers as people read them, in widths that do not change while they count.

/// `1,986`.
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Seconds as `0:41`, `12:05`, `1:02:03`.
pub fn clock(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// A share with one decimal, in five columns: ` 48.9`; 100 only when nothing is left.
pub fn percent(done: u64, total: u64) -> String {
    let per_mille = done.min(total).saturating_mul(1000).checked_div(total).unwrap_or(1000);
    format!("{:>5}", format!("{}.{}", per_mille / 10, per_mille % 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_grouped_and_as_wide_as_they_were() {
        assert_eq!(
            (number(1986).as_str(), number(7).as_str(), number(1_234_567).as_str()),
            ("1,986", "7", "1,234,567")
        );
        assert_eq!(
            (clock(41).as_str(), clock(725).as_str(), clock(3723).as_str()),
            ("0:41", "12:05", "1:02:03")
        );
        assert_eq!(
            (percent(0, 9), percent(4060, 4061), percent(3, 3)),
            ("  0.0".into(), " 99.9".into(), "100.0".into())
        );
    }
}
