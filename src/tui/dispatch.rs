//! From keys to actions: the table of what is offered now, and the hints that footers make of it. Nothing else decides
//! what a key does.

use rust_i18n::t;

use super::keys::{Action, Key};
use super::screen::Offer;

/// What a key leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// The text field in focus takes it.
    Type,
    /// An action.
    Act(Action),
    /// An action that cannot be done now, for this reason.
    Refused(String),
    /// The key means nothing now.
    Nothing,
}

/// What a key does, given what is offered; the first offer that has the key wins.
pub fn way(key: Key, offers: &[Offer], is_typing: bool) -> Way {
    if is_typing && key.is_typing() {
        return Way::Type;
    }
    match offers.iter().find(|offer| offer.action.keys().contains(&key)) {
        None => Way::Nothing,
        Some(Offer { refusal: Some(reason), .. }) => Way::Refused(reason.clone()),
        Some(offer) => Way::Act(offer.action),
    }
}

/// The label of an offer: its own or the action's word.
pub fn label(offer: &Offer, locale: &str) -> String {
    match offer.label {
        Some(label) => t!(label, locale = locale).into_owned(),
        None => t!(format!("tui.action.{}", offer.action.word()), locale = locale).into_owned(),
    }
}

/// What an action does, in a sentence for help and palette.
pub fn about(offer: &Offer, locale: &str) -> String {
    match offer.label {
        Some(label) => t!(label, locale = locale).into_owned(),
        None => t!(format!("tui.about.{}", offer.action.word()), locale = locale).into_owned(),
    }
}

/// A hint of the footer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The offers it stands for.
    pub actions: Vec<Action>,
    /// Its keys: `n/p`, `1-8`.
    pub keys: String,
    /// What they do.
    pub label: String,
}

impl Hint {
    /// As the footer shows it.
    pub fn shown(&self) -> String {
        format!("{} {}", self.keys, self.label)
    }
}

/// The hints of the offers that can be done now. Offers with the same label share one: `n/p problem`.
pub fn hints(offers: &[Offer], is_typing: bool, locale: &str) -> Vec<Hint> {
    let mut groups: Vec<(String, Vec<(Action, Key)>)> = Vec::new();
    for offer in offers.iter().filter(|offer| offer.is_hinted && offer.refusal.is_none()) {
        let Some(key) = offer.action.key(is_typing) else { continue };
        let label = label(offer, locale);
        match groups.iter_mut().find(|(known, _)| *known == label) {
            Some((_, members)) => members.push((offer.action, key)),
            None => groups.push((label, vec![(offer.action, key)])),
        }
    }
    groups
        .into_iter()
        .map(|(label, members)| Hint {
            keys: together(&members.iter().map(|(_, key)| *key).collect::<Vec<_>>(), locale),
            actions: members.into_iter().map(|(action, _)| action).collect(),
            label,
        })
        .collect()
}

/// Several keys as one: a row of digits by its ends, others side by side.
fn together(keys: &[Key], locale: &str) -> String {
    let are_digits = keys.iter().all(|key| matches!(key, Key::Char(letter) if letter.is_ascii_digit()));
    match keys {
        [first, .., last] if keys.len() > 2 && are_digits => {
            format!("{}-{}", first.name(locale), last.name(locale))
        }
        _ => keys.iter().map(|key| key.name(locale)).collect::<Vec<_>>().join("/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_a_letter_while_a_field_has_the_focus() {
        let offers = [Offer::hinted(Action::Quit)];
        assert_eq!(way(Key::Char('q'), &offers, true), Way::Type);
        assert_eq!(way(Key::Char('q'), &offers, false), Way::Act(Action::Quit));
        assert_eq!(way(Key::Ctrl('q'), &offers, true), Way::Act(Action::Quit));
    }

    #[test]
    fn hints_with_one_label_are_one() {
        let offers = [Offer::hinted(Action::NextProblem), Offer::hinted(Action::PreviousProblem)];
        let hints = hints(&offers, false, "en");
        assert_eq!(hints.iter().map(Hint::shown).collect::<Vec<_>>(), ["n/p problem"]);
    }

    #[test]
    fn what_is_refused_is_no_hint_and_tells_why() {
        let offers = [Offer::hinted(Action::Next).unless(Some("first the secret".into()))];
        assert!(hints(&offers, false, "en").is_empty());
        assert_eq!(way(Key::Ctrl('n'), &offers, false), Way::Refused("first the secret".into()));
    }
}
