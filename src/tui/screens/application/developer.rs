//! What the operator pastes into the vendors' consoles: each value in full, and where it goes in the console's words.

use rust_i18n::t;

use super::form::Field;
use super::trial::Trial;
use crate::core::check::CheckStatus;
use crate::tui::shared::Shared;

/// The least that the access key needs: reading units and accounts.
pub(super) const POLICY: &str = r#"{
  "Version": "1",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": [
        "eiam:GetInstance",
        "eiam:GetRootOrganizationalUnit",
        "eiam:ListOrganizationalUnits",
        "eiam:GetOrganizationalUnit",
        "eiam:ListOrganizationalUnitParents",
        "eiam:ListUsers",
        "eiam:GetUser",
        "eiam:ListGroupsForUser"
      ],
      "Resource": "*"
    }
  ]
}
"#;

/// What a row holds, in full: what is configured, else what the services told.
pub(super) fn value(field: Field, trial: &Trial, shared: &Shared) -> String {
    match field {
        Field::Policy => POLICY.to_owned(),
        Field::Egress => match trial.seen_ip() {
            Some(seen) => seen.to_owned(),
            None => field.text(&shared.draft),
        },
        _ => field.text(&shared.draft),
    }
}

/// How the egress address stands: what DingTalk saw against what is configured, and whether that is bad.
pub(super) fn egress(trial: &Trial, shared: &Shared) -> (String, bool) {
    let locale = shared.look.locale;
    let configured = &shared.draft.egress_ips;
    let told = match (trial.seen_ip(), trial.egress()) {
        (Some(ip), _) if configured.iter().any(|known| known == ip) => {
            (t!("application.egress.listed_here_only", ip = ip, locale = locale), true)
        }
        (Some(ip), _) if configured.is_empty() => {
            (t!("application.egress.seen", ip = ip, locale = locale), true)
        }
        (Some(ip), _) => (t!("application.egress.other", ip = ip, locale = locale), true),
        (None, Some(CheckStatus::Pass)) => (t!("application.egress.allowed", locale = locale), false),
        (None, _) if configured.is_empty() => (t!("application.egress.unknown", locale = locale), false),
        (None, _) => (String::new().into(), false),
    };
    (told.0.into_owned(), told.1)
}

/// Everything as a text to hand on, with the menu paths in both languages.
pub(super) fn text(trial: &Trial, shared: &Shared) -> String {
    let mut text = String::new();
    for locale in ["en", "zh-CN"] {
        text.push_str(&t!("application.file.title", name = shared.draft.display_name, locale = locale));
        text.push('\n');
        for field in [Field::Callback, Field::Homepage, Field::Egress] {
            let label = t!(format!("application.label.{}", field.word()), locale = locale);
            let path = t!(format!("application.path.{}", field.word()), locale = locale);
            let value = match value(field, trial, shared) {
                value if value.is_empty() => t!("application.file.open", locale = locale).into_owned(),
                value => value,
            };
            text.push_str(&format!("\n{label}\n  {value}\n  {path}\n"));
        }
        text.push_str(&format!("\n{}\n{POLICY}\n", t!("application.file.policy", locale = locale)));
    }
    text
}
