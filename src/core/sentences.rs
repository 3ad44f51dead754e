//! What the program says about what happened, in Chinese. Errors, findings and reasons are made in English where they
//! happen; whoever shows them asks here. The table is data (`assets/sentences.toml`); what is not in it stays English.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::refusal;

/// A sentence within a sentence within a sentence; deeper ones stay as they are.
const DEEPEST: usize = 3;

static SENTENCES: LazyLock<Vec<Sentence>> = LazyLock::new(|| {
    // A table that cannot be read translates nothing; a test reads it.
    let table: BTreeMap<String, String> =
        toml::from_str(include_str!("../../assets/sentences.toml")).unwrap_or_default();
    let codes = refusal::all().flat_map(|known| {
        let remedy = format!("{} ({})", known.remedy_en, known.remedy_zh);
        [(known.text_en.clone(), known.text_zh.clone()), (remedy, known.remedy_zh.clone())]
    });
    let mut sentences: Vec<Sentence> = table
        .into_iter()
        .chain(codes)
        .map(|(english, chinese)| Sentence {
            pieces: english.split("{}").map(str::to_owned).collect(),
            chinese,
        })
        .collect();
    // The more a sentence says itself, the less it is mistaken for another.
    sentences
        .sort_by_key(|sentence| std::cmp::Reverse(sentence.pieces.iter().map(String::len).sum::<usize>()));
    sentences
});

struct Sentence {
    /// The text around the parts that vary.
    pieces: Vec<String>,
    chinese: String,
}

/// A sentence of ours in the language of a locale.
pub fn in_language<'t>(text: &'t str, locale: &str) -> Cow<'t, str> {
    if locale == "zh-CN" { chinese(text, DEEPEST) } else { Cow::Borrowed(text) }
}

fn chinese(text: &str, depth: usize) -> Cow<'_, str> {
    let found = SENTENCES.iter().find_map(|sentence| Some((sentence, sentence.parts(text)?)));
    match found {
        Some(_) if depth == 0 => Cow::Borrowed(text),
        Some((sentence, parts)) => Cow::Owned(sentence.with(&parts, depth - 1)),
        None => beginning(text).or_else(|| in_brackets(text, depth)).map_or(Cow::Borrowed(text), Cow::Owned),
    }
}

/// A sentence that something of the moment is added to: a code, an address, a list.
fn beginning(text: &str) -> Option<String> {
    let is_added = |rest: &str| [" (", ": ", "; "].iter().any(|sign| rest.starts_with(sign));
    SENTENCES.iter().find_map(|sentence| {
        let [whole] = sentence.pieces.as_slice() else { return None };
        let rest = text.strip_prefix(whole.as_str()).filter(|rest| is_added(rest))?;
        Some(format!("{}{rest}", sentence.chinese))
    })
}

/// A sentence in brackets behind words of the contract.
fn in_brackets(text: &str, depth: usize) -> Option<String> {
    let (head, rest) = text.strip_suffix(')')?.split_once(" (")?;
    match chinese(rest, depth.checked_sub(1)?) {
        Cow::Owned(inner) => Some(format!("{head} ({inner})")),
        Cow::Borrowed(_) => None,
    }
}

impl Sentence {
    /// The parts that vary, where a text is this sentence.
    fn parts<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let (first, others) = self.pieces.split_first()?;
        let mut rest = text.strip_prefix(first.as_str())?;
        let Some((last, between)) = others.split_last() else { return rest.is_empty().then(Vec::new) };
        let mut parts = Vec::with_capacity(others.len());
        for piece in between {
            let (part, behind) = rest.split_once(piece.as_str())?;
            parts.push(part);
            rest = behind;
        }
        parts.push(rest.strip_suffix(last.as_str())?);
        Some(parts)
    }

    /// The Chinese with the parts in their places.
    fn with(&self, parts: &[&str], depth: usize) -> String {
        let mut filled = String::with_capacity(self.chinese.len());
        let (mut rest, mut next) = (self.chinese.as_str(), 0);
        while let Some((before, behind)) = rest.split_once('{') {
            let Some((number, after)) = behind.split_once('}') else { break };
            filled.push_str(before);
            let place = number.parse::<usize>().map_or(next, |number| number.saturating_sub(1));
            next += 1;
            filled.push_str(&parts.get(place).map(|part| chinese(part, depth)).unwrap_or_default());
            rest = after;
        }
        filled.push_str(rest);
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_keeps_its_parts_and_their_order_may_change() {
        let say = |text| in_language(text, "zh-CN").into_owned();
        assert_eq!(say("there is no run `20260101-0001`"), "没有运行 `20260101-0001`");
        assert_eq!(
            say("user_0001 has 81 characters, DingTalk takes 80"),
            "user_0001 有 81 个字符，钉钉最多 80 个"
        );
        assert_eq!(say("3 of 50 rows came"), "共 50 行，只返回了 3 行");
        assert_eq!(in_language("there is no run yet", "en"), "there is no run yet");
    }

    #[test]
    fn a_part_that_is_a_sentence_is_said_in_chinese_too() {
        let text = "DingTalk cannot be reached: the connection was refused";
        assert_eq!(in_language(text, "zh-CN"), "无法连接 DingTalk：连接被拒绝");
    }

    #[test]
    fn what_is_not_in_the_table_stays_as_it_is() {
        assert_eq!(in_language("something else {}", "zh-CN"), "something else {}");
    }

    #[test]
    fn both_languages_have_the_same_parts() {
        assert!(SENTENCES.len() > 200, "the table cannot be read");
        for sentence in SENTENCES.iter() {
            let parts = sentence.pieces.len() - 1;
            let shown = sentence.chinese.matches('{').count();
            assert!(shown <= parts.max(1) && (shown > 0) == (parts > 0), "{}", sentence.chinese);
        }
    }
}
