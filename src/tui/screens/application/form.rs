//! The fields of step 1: which there are, where each stands in the answers, what its text is.

use crate::core::profile::Edition;
use crate::tui::draft::{Draft, DraftSecret};
use crate::tui::shared::Shared;
use crate::tui::widgets::text_field::TextField;

/// What can have the focus, in the order of the Tab key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    DisplayName,
    CorpId,
    Edition,
    AppKey,
    AppSecret,
    Region,
    Instance,
    AccessKey,
    KeySecret,
    Policy,
    Callback,
    Homepage,
    Egress,
    Test,
    Next,
}

/// How a field is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One types into it at once.
    Text,
    /// The same, masked.
    Secret,
    /// One of a few.
    Choice,
    /// To be pasted elsewhere: copied as it stands, typed into after Enter.
    Developer,
    /// To be pasted elsewhere, fixed.
    Policy,
    /// A button.
    Button,
}

impl Field {
    /// Every field, in order.
    pub(super) const ALL: [Self; 15] = [
        Self::DisplayName,
        Self::CorpId,
        Self::Edition,
        Self::AppKey,
        Self::AppSecret,
        Self::Region,
        Self::Instance,
        Self::AccessKey,
        Self::KeySecret,
        Self::Policy,
        Self::Callback,
        Self::Homepage,
        Self::Egress,
        Self::Test,
        Self::Next,
    ];

    /// How it is used.
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::DisplayName
            | Self::CorpId
            | Self::AppKey
            | Self::Region
            | Self::Instance
            | Self::AccessKey => Kind::Text,
            Self::AppSecret | Self::KeySecret => Kind::Secret,
            Self::Edition => Kind::Choice,
            Self::Policy => Kind::Policy,
            Self::Callback | Self::Homepage | Self::Egress => Kind::Developer,
            Self::Test | Self::Next => Kind::Button,
        }
    }

    /// Its word in the locale tables.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::DisplayName => "display_name",
            Self::CorpId => "corp_id",
            Self::Edition => "edition",
            Self::AppKey => "app_key",
            Self::AppSecret => "app_secret",
            Self::Region => "region",
            Self::Instance => "instance",
            Self::AccessKey => "access_key",
            Self::KeySecret => "key_secret",
            Self::Policy => "policy",
            Self::Callback => "callback",
            Self::Homepage => "homepage",
            Self::Egress => "egress",
            Self::Test => "test",
            Self::Next => "next",
        }
    }

    /// The field in which a setting is answered; what has none belongs to the button that goes on.
    pub(super) fn of_setting(key: &str) -> Self {
        match key {
            "display_name" => Self::DisplayName,
            "dingtalk.corp_id" => Self::CorpId,
            "dingtalk.edition" => Self::Edition,
            "dingtalk.app_key" => Self::AppKey,
            "dingtalk.app_secret" => Self::AppSecret,
            "idaas.region" => Self::Region,
            "idaas.instance_id" => Self::Instance,
            "idaas.access_key_id" => Self::AccessKey,
            "idaas.access_key_secret" => Self::KeySecret,
            "dingtalk.callback_domain" => Self::Callback,
            "dingtalk.homepage_url" => Self::Homepage,
            "dingtalk.egress_ips" => Self::Egress,
            _ => Self::Next,
        }
    }

    /// The field so many steps further, around the end.
    pub(super) fn moved(self, steps: isize) -> Self {
        let at = Self::ALL.iter().position(|field| *field == self).unwrap_or(0);
        Self::ALL[(at as isize + steps).rem_euclid(Self::ALL.len() as isize) as usize]
    }

    /// The answer's text; a secret's and a button's is empty.
    pub(super) fn text(self, draft: &Draft) -> String {
        match self {
            Self::DisplayName => draft.display_name.clone(),
            Self::CorpId => draft.corp_id.clone(),
            Self::AppKey => draft.app_key.clone(),
            Self::Region => draft.region.clone(),
            Self::Instance => draft.instance_id.clone(),
            Self::AccessKey => draft.access_key_id.clone(),
            Self::Callback => draft.callback_domain.clone(),
            Self::Homepage => draft.homepage_url.clone(),
            Self::Egress => draft.egress_ips.join(", "),
            Self::AppSecret | Self::KeySecret | Self::Edition | Self::Policy | Self::Test | Self::Next => {
                String::new()
            }
        }
    }

    /// Writes what was typed into the answers.
    pub(super) fn put(self, typed: &TextField, shared: &mut Shared) {
        let text = typed.text().trim().to_owned();
        let (draft, saved) = (&mut shared.draft, &shared.file.saved);
        match self {
            Self::DisplayName => draft.display_name = text,
            Self::CorpId => draft.corp_id = text,
            Self::AppKey => draft.app_key = text,
            Self::Region => draft.region = text,
            Self::Instance => draft.instance_id = text,
            Self::AccessKey => draft.access_key_id = text,
            Self::AppSecret => draft.app_secret = secret(typed, &saved.app_secret),
            Self::KeySecret => draft.access_key_secret = secret(typed, &saved.access_key_secret),
            Self::Callback => draft.callback_domain = text,
            Self::Homepage => draft.homepage_url = text,
            Self::Egress => draft.egress_ips = addresses(&text),
            Self::Edition | Self::Policy | Self::Test | Self::Next => {}
        }
    }

    /// Nothing can be done without an answer, and there is none.
    pub(super) fn is_open(self, draft: &Draft) -> bool {
        match self {
            Self::DisplayName | Self::CorpId | Self::AppKey | Self::Instance | Self::AccessKey => {
                self.text(draft).trim().is_empty()
            }
            Self::AppSecret | Self::KeySecret => {
                self.secret(draft).is_some_and(|secret| *secret == DraftSecret::Missing)
            }
            // An address of its own takes the region's place, which the settings' check knows.
            Self::Region => false,
            Self::Edition | Self::Policy | Self::Callback | Self::Homepage | Self::Egress => false,
            Self::Test | Self::Next => false,
        }
    }

    /// The secret of the answers.
    pub(super) fn secret(self, draft: &Draft) -> Option<&DraftSecret> {
        match self {
            Self::AppSecret => Some(&draft.app_secret),
            Self::KeySecret => Some(&draft.access_key_secret),
            _ => None,
        }
    }
}

/// Nothing typed means the one that is kept.
fn secret(typed: &TextField, saved: &DraftSecret) -> DraftSecret {
    if typed.text().trim().is_empty() { saved.clone() } else { DraftSecret::Typed(typed.as_secret()) }
}

fn addresses(text: &str) -> Vec<String> {
    text.split([',', ';', ' ', '，', '；', '、'])
        .map(str::trim)
        .filter(|address| !address.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The editions, in the order of the choice.
pub(super) const EDITIONS: [Edition; 2] = [Edition::Standard, Edition::Dedicated];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tab_goes_around() {
        assert_eq!(Field::DisplayName.moved(-1), Field::Next);
        assert_eq!(Field::Next.moved(1), Field::DisplayName);
    }

    #[test]
    fn addresses_may_be_separated_as_people_do() {
        assert_eq!(
            addresses("203.0.113.9, 203.0.113.10；198.51.100.0/24"),
            ["203.0.113.9", "203.0.113.10", "198.51.100.0/24"]
        );
    }
}
