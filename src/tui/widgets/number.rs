//! Numbers as people read them.

/// Digits in groups of three: `4,102`.
pub fn grouped(number: u64) -> String {
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

/// Seconds as minutes and seconds, with hours where there are any: `1:05`, `2:00:00`.
pub fn clock(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped_and_seconds_are_told_as_a_clock() {
        assert_eq!(
            ["0", "999", "1,000", "12,480,001"],
            [0, 999, 1000, 12_480_001].map(grouped).each_ref().map(String::as_str)
        );
        assert_eq!((clock(65), clock(7200)), ("1:05".to_owned(), "2:00:00".to_owned()));
    }
}
