//! The one form in which values are compared: mobiles as E.164, e-mail lower-cased, text in NFC.
//! Sources: contract section 3 "Identity"; reference `dingtalk-api.md` section 4.1 (forms of `mobile`).

use std::borrow::Cow;
use std::str::FromStr;

use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::profile::IdentityField;

/// The mainland's country code.
const MAINLAND: &str = "86";

/// A mobile as E.164 (`+8613…`); `None` when the input holds no number. Without a region, eleven digits that start
/// with 1 belong to mainland China; `00` counts as `+`.
pub fn e164(region: Option<&str>, number: &str) -> Option<String> {
    let (code, national) = split(region, number)?;
    Some(format!("+{code}{national}"))
}

/// [`e164`] without a region, copied only where the text is not in that form already: what is compared 100,000 times.
pub fn e164_of(number: &str) -> Option<Cow<'_, str>> {
    let number = number.trim();
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if number.strip_prefix("+86").is_some_and(is_digits) {
        return Some(Cow::Borrowed(number));
    }
    if is_digits(number) && !number.starts_with("00") {
        return Some(Cow::Owned(["+", MAINLAND, number].concat()));
    }
    e164(None, number).map(Cow::Owned)
}

/// The form that `user/create` takes: bare eleven digits for the mainland, `+code-number` elsewhere.
/// What is no number at all is given back trimmed, so that it can be named.
pub fn ding_mobile(region: Option<&str>, number: &str) -> String {
    match split(region, number) {
        Some((code, national)) if code == MAINLAND => national,
        Some((code, national)) => format!("+{code}-{national}"),
        None => number.trim().to_owned(),
    }
}

/// [`ding_mobile`] of a mainland number that is digits alone, without a copy; `None` for any other.
pub fn mainland<'n>(region: Option<&str>, number: &'n str) -> Option<&'n str> {
    let number = number.trim();
    let is_mainland = matches!(region, None | Some("" | MAINLAND)) && !number.starts_with("00");
    let is_digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_mainland && is_digits).then_some(number)
}

/// Whether a mobile in DingTalk's form can be one: eleven digits from 1 for the mainland, else a code of one to four
/// digits and four to fourteen more.
pub fn is_valid_mobile(mobile: &str) -> bool {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match mobile.strip_prefix('+').map(|rest| rest.split_once('-')) {
        None => mobile.len() == 11 && mobile.starts_with('1') && is_digits(mobile),
        Some(Some((code, number))) => {
            is_digits(code)
                && is_digits(number)
                && code.len() <= 4
                && !code.starts_with('0')
                && (4..=14).contains(&number.len())
                && (code != MAINLAND || is_valid_mobile(number))
        }
        Some(None) => false,
    }
}

/// An e-mail trimmed and lower-cased.
pub fn email(value: &str) -> Cow<'_, str> {
    let value = value.trim();
    let is_lower = value.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if is_lower { Cow::Borrowed(value) } else { Cow::Owned(value.to_lowercase()) }
}

/// Text trimmed and in NFC.
pub fn text(value: &str) -> Cow<'_, str> {
    let value = value.trim();
    if value.is_ascii() || is_nfc(value) { Cow::Borrowed(value) } else { Cow::Owned(value.nfc().collect()) }
}

/// The form in which an identity field is compared; `None` when there is nothing to compare.
pub fn identity_key(field: IdentityField, value: &str) -> Option<Cow<'_, str>> {
    let key = match field {
        IdentityField::Mobile => return e164_of(value),
        IdentityField::Email | IdentityField::OrgEmail => email(value),
        IdentityField::JobNumber | IdentityField::Userid | IdentityField::Telephone | IdentityField::Name => {
            text(value)
        }
    };
    (!key.is_empty()).then_some(key)
}

/// A mobile with its middle hidden: `139****4217`.
pub fn mask_mobile(mobile: &str) -> String {
    let characters: Vec<char> = mobile.chars().collect();
    let length = characters.len();
    let shown = if length >= 9 { (length - 8, 4) } else { (length / 4, length / 4) };
    let hidden = length.saturating_sub(shown.0 + shown.1);
    let head: String = characters.iter().take(shown.0).collect();
    let tail: String = characters.iter().skip(length - shown.1).collect();
    format!("{head}{}{tail}", "*".repeat(hidden))
}

/// Country code and national number.
fn split(region: Option<&str>, number: &str) -> Option<(String, String)> {
    let trimmed = number.trim();
    let is_international = trimmed.starts_with('+') || trimmed.starts_with("00");
    if is_international {
        let rest = trimmed.strip_prefix('+').or_else(|| trimmed.strip_prefix("00")).unwrap_or(trimmed);
        if let Some((code, national)) = rest.split_once('-') {
            return nonempty(digits(code), digits(national));
        }
        return split_code(&digits(rest));
    }
    let national = digits(trimmed);
    let region = region.map(digits).unwrap_or_default();
    if !region.is_empty() {
        return nonempty(region.trim_start_matches('0').to_owned(), national);
    }
    nonempty(MAINLAND.to_owned(), national)
}

/// Where the country code ends, when no dash says so.
fn split_code(digits: &str) -> Option<(String, String)> {
    if let Some(national) = digits.strip_prefix(MAINLAND) {
        return nonempty(MAINLAND.to_owned(), national.to_owned());
    }
    let parsed = phonenumber::PhoneNumber::from_str(&format!("+{digits}")).ok()?;
    let code = parsed.code().value().to_string();
    let national = digits.strip_prefix(&code)?.to_owned();
    nonempty(code, national)
}

fn nonempty(code: String, national: String) -> Option<(String, String)> {
    (!code.is_empty() && !national.is_empty()).then_some((code, national))
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_way_to_write_a_mobile_compares_equal() {
        let mainland = Some("+8613800000001".to_owned());
        for written in [
            "13800000001",
            "+86-13800000001",
            "+8613800000001",
            "008613800000001",
            " 138 0000 0001 ",
            "138-0000-0001",
        ] {
            assert_eq!(e164(None, written), mainland, "{written}");
        }
        assert_eq!(e164(Some("86"), "13800000001"), mainland);
        for written in ["+852-51234567", "+85251234567", "0085251234567"] {
            assert_eq!(e164(None, written), Some("+85251234567".to_owned()), "{written}");
        }
        assert_eq!(e164(Some("852"), "5123 4567"), Some("+85251234567".to_owned()));
        assert_eq!(e164(None, "n/a"), None);
    }

    #[test]
    fn dingtalk_takes_bare_mainland_numbers_and_dashed_foreign_ones() {
        assert_eq!(ding_mobile(Some("86"), "13800000001"), "13800000001");
        assert_eq!(ding_mobile(Some("852"), "51234567"), "+852-51234567");
        assert_eq!(ding_mobile(None, "+85251234567"), "+852-51234567");
    }

    #[test]
    fn what_is_in_its_normal_form_is_not_copied() {
        assert!(matches!(e164_of(" +8613800000001"), Some(Cow::Borrowed("+8613800000001"))));
        assert!(matches!(email(" a@example.com "), Cow::Borrowed("a@example.com")));
        assert!(matches!(text(" 张三 "), Cow::Borrowed("张三")));
        assert_eq!(email("A@EXAMPLE.COM"), "a@example.com");
        assert_eq!(text("e\u{301}"), "é");
    }

    #[test]
    fn a_mobile_is_valid_only_in_dingtalks_form() {
        for good in ["13800000001", "+852-51234567", "+1-2025550100"] {
            assert!(is_valid_mobile(good), "{good}");
        }
        for bad in ["", "1380000000", "23800000001", "+852", "+85251234567", "+0-123456", "abc", "+86-123"] {
            assert!(!is_valid_mobile(bad), "{bad}");
        }
    }

    #[test]
    fn masking_shows_head_and_tail_only() {
        assert_eq!(mask_mobile("13912344217"), "139****4217");
        assert_eq!(mask_mobile("123"), "***");
    }

    proptest! {
        #[test]
        fn a_number_survives_the_way_through_dingtalks_form(national in "1[3-9][0-9]{9}") {
            let sent = ding_mobile(Some("86"), &national);
            prop_assert_eq!(e164(None, &sent), e164(Some("86"), &national));
        }

        #[test]
        fn the_short_way_to_a_normal_form_leads_to_the_same(number in "[ +0-9-]{0,16}|\\PC*") {
            prop_assert_eq!(e164_of(&number).map(Cow::into_owned), e164(None, number.trim()));
            prop_assert_eq!(email(&number).into_owned(), number.trim().to_lowercase());
            prop_assert_eq!(text(&number).into_owned(), number.trim().nfc().collect::<String>());
            for region in [None, Some(""), Some("86"), Some("852")] {
                if let Some(short) = mainland(region, &number) {
                    prop_assert_eq!(short, ding_mobile(region, &number));
                }
            }
        }

        #[test]
        fn no_input_is_too_strange(region in ".*", number in ".*") {
            let _ = e164(Some(&region), &number);
            let _ = is_valid_mobile(&ding_mobile(None, &number));
            let _ = mask_mobile(&number);
        }
    }
}
