//! The wizard's answers, half-done ones included: read from settings that need not hold, and written back as the
//! changes they make. What a draft does not hold stays in the file as it is.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use crate::core::error::Error;
use crate::core::profile::{
    DisabledAccounts, Edition, IdentityField, Leavers, MappingRow, OnEmpty, ScopePair, When,
};
use crate::core::source::UnitId;
use crate::core::target::DepartmentId;

use super::edit::{Changes, Setting};
use super::mapping;
use super::problem::Problems;
use super::secret::SecretWay;
use super::source::{Node, Source};

/// The file of a typed AppSecret, beside the settings.
pub const APP_SECRET_FILE: &str = "app-secret";
/// The file of a typed AccessKey secret, beside the settings.
pub const KEY_SECRET_FILE: &str = "access-key-secret";

/// A secret: where the settings say it comes from, or typed and not yet stored.
#[derive(Debug, Clone, Default)]
pub enum DraftSecret {
    /// Not given.
    #[default]
    Missing,
    /// The settings name its place.
    Kept(SecretWay),
    /// Typed; stored in a 0600 file beside the settings when they are saved.
    Typed(SecretString),
}

impl PartialEq for DraftSecret {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Missing, Self::Missing) => true,
            (Self::Kept(a), Self::Kept(b)) => a == b,
            (Self::Typed(a), Self::Typed(b)) => a.expose_secret() == b.expose_secret(),
            (Self::Missing | Self::Kept(_) | Self::Typed(_), _) => false,
        }
    }
}

/// A source → target pair as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DraftPair {
    /// IDaaS unit ids.
    pub sources: Vec<String>,
    /// DingTalk department id as text.
    pub target: String,
}

impl DraftPair {
    /// The target as an id; `None` when the text is none.
    pub fn target_id(&self) -> Option<DepartmentId> {
        self.target.trim().parse().ok().filter(|id| *id > 0).map(DepartmentId)
    }
}

/// Every answer of the four steps, as typed.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each field is the setting of its name (contract section 3)")]
pub struct Draft {
    pub display_name: String,
    pub region: String,
    pub instance_id: String,
    pub access_key_id: String,
    pub access_key_secret: DraftSecret,
    pub corp_id: String,
    pub app_key: String,
    pub app_secret: DraftSecret,
    pub edition: Edition,
    pub callback_domain: String,
    pub homepage_url: String,
    pub egress_ips: Vec<String>,
    pub scope: Vec<DraftPair>,
    pub create_source_unit: bool,
    pub incremental: bool,
    pub qr_logon: bool,
    pub include: String,
    pub disabled_accounts: DisabledAccounts,
    pub leavers: Leavers,
    pub leavers_department: String,
    pub identity: Vec<IdentityField>,
    /// The connection's own rows; defaults are not merged in.
    pub user_rows: Vec<MappingRow>,
    /// The connection's own rows; defaults are not merged in.
    pub department_rows: Vec<MappingRow>,
}

impl Default for Draft {
    /// The answers before anybody answered: no units yet, to be written under the root, people known by mobile.
    fn default() -> Self {
        Self {
            display_name: String::new(),
            region: String::new(),
            instance_id: String::new(),
            access_key_id: String::new(),
            access_key_secret: DraftSecret::Missing,
            corp_id: String::new(),
            app_key: String::new(),
            app_secret: DraftSecret::Missing,
            edition: Edition::Standard,
            callback_domain: String::new(),
            homepage_url: String::new(),
            egress_ips: Vec::new(),
            scope: vec![DraftPair { sources: Vec::new(), target: DepartmentId::ROOT.to_string() }],
            create_source_unit: false,
            incremental: false,
            qr_logon: false,
            include: String::new(),
            disabled_accounts: DisabledAccounts::Keep,
            leavers: Leavers::Hold,
            leavers_department: String::new(),
            identity: vec![IdentityField::Mobile],
            user_rows: Vec::new(),
            department_rows: Vec::new(),
        }
    }
}

impl Draft {
    /// The answers that a settings text holds; what is missing or of a wrong kind is as nobody had answered. Kind
    /// settings when the text is not valid TOML.
    pub fn read(path: &Path, text: &str) -> Result<Self, Error> {
        let source = Source { path: path.to_owned(), text: text.to_owned() };
        let mut problems = Problems::new(source.clone());
        source.parse(&mut problems).map(|root| Self::of(&root)).ok_or_else(|| problems.into_error())
    }

    fn of(root: &Node) -> Self {
        let text = |path: &str| root.get(path).and_then(Node::text).unwrap_or_default().trim().to_owned();
        let is_on = |path: &str| root.get(path).and_then(Node::boolean).unwrap_or_default();
        let rows = |path: &str| root.get(path).map(Node::elements).unwrap_or_default().iter();
        Self {
            display_name: text("display_name"),
            region: text("idaas.region"),
            instance_id: text("idaas.instance_id"),
            access_key_id: text("idaas.access_key_id"),
            access_key_secret: secret(root, "idaas.access_key_secret"),
            corp_id: text("dingtalk.corp_id"),
            app_key: text("dingtalk.app_key"),
            app_secret: secret(root, "dingtalk.app_secret"),
            edition: match text("dingtalk.edition").as_str() {
                "dedicated" => Edition::Dedicated,
                _ => Edition::Standard,
            },
            callback_domain: text("dingtalk.callback_domain"),
            homepage_url: text("dingtalk.homepage_url"),
            egress_ips: texts(root.get("dingtalk.egress_ips")),
            scope: scope(root),
            create_source_unit: is_on("scenario.create_source_unit"),
            incremental: is_on("scenario.incremental"),
            qr_logon: is_on("scenario.qr_logon"),
            include: text("scenario.include"),
            disabled_accounts: match text("scenario.disabled_accounts").as_str() {
                "update" => DisabledAccounts::Update,
                "leave" => DisabledAccounts::Leave,
                _ => DisabledAccounts::Keep,
            },
            leavers: match text("scenario.leavers").as_str() {
                "move" => Leavers::Move,
                "remove" => Leavers::Remove,
                _ => Leavers::Hold,
            },
            leavers_department: root
                .get("scenario.leavers_department")
                .and_then(Node::integer)
                .map(|id| id.to_string())
                .unwrap_or_default(),
            identity: identity(root),
            user_rows: rows("mapping.user").map(mapping::row).collect(),
            department_rows: rows("mapping.department").map(mapping::row).collect(),
        }
    }

    /// What has to be changed in settings that hold `saved`, so that they hold this draft. Typed secrets are named by
    /// the files in which they will be kept.
    pub fn changes(&self, saved: &Self) -> Changes {
        let mut changes = Changes::new();
        for ((path, setting), (_, before)) in self.settings().into_iter().zip(saved.settings()) {
            if setting != before {
                changes = changes.set(path, setting);
            }
        }
        changes
    }

    /// The target department of leavers as an id; `None` when the text is none.
    pub fn leavers_department_id(&self) -> Option<DepartmentId> {
        self.leavers_department.trim().parse().ok().filter(|id| *id > 0).map(DepartmentId)
    }

    /// Every answer as the setting it becomes, in the file's order.
    fn settings(&self) -> Vec<(&'static str, Setting)> {
        let text = |text: &str| Setting::Text(text.trim().to_owned());
        let names = self.identity.iter().map(|field| field.as_str().to_owned()).collect();
        vec![
            ("display_name", text(&self.display_name)),
            ("idaas.region", text(&self.region)),
            ("idaas.instance_id", text(&self.instance_id)),
            ("idaas.access_key_id", text(&self.access_key_id)),
            ("idaas.access_key_secret", self.access_key_secret.setting(KEY_SECRET_FILE)),
            ("dingtalk.corp_id", text(&self.corp_id)),
            ("dingtalk.app_key", text(&self.app_key)),
            ("dingtalk.app_secret", self.app_secret.setting(APP_SECRET_FILE)),
            ("dingtalk.edition", text(edition_word(self.edition))),
            ("dingtalk.callback_domain", text(&self.callback_domain)),
            ("dingtalk.homepage_url", text(&self.homepage_url)),
            ("dingtalk.egress_ips", Setting::List(self.egress_ips.clone())),
            ("scenario.scope", Setting::Scope(self.scope.iter().map(scope_pair).collect())),
            ("scenario.create_source_unit", Setting::Boolean(self.create_source_unit)),
            ("scenario.incremental", Setting::Boolean(self.incremental)),
            ("scenario.qr_logon", Setting::Boolean(self.qr_logon)),
            ("scenario.include", text(&self.include)),
            ("scenario.disabled_accounts", text(disabled_word(self.disabled_accounts))),
            ("scenario.leavers", text(leavers_word(self.leavers))),
            (
                "scenario.leavers_department",
                self.leavers_department_id().map_or(Setting::Absent, |id| Setting::Integer(id.0)),
            ),
            ("mapping.identity", Setting::List(names)),
            ("mapping.user", Setting::Rows(self.user_rows.clone())),
            ("mapping.department", Setting::Rows(self.department_rows.clone())),
        ]
    }
}

impl DraftSecret {
    fn setting(&self, file: &str) -> Setting {
        match self {
            Self::Missing => Setting::Absent,
            Self::Kept(way) => Setting::Secret(way.clone()),
            Self::Typed(_) => Setting::Secret(SecretWay::File(PathBuf::from(file))),
        }
    }
}

/// A target that is no id becomes 0, which the settings' own check refuses.
fn scope_pair(pair: &DraftPair) -> ScopePair {
    ScopePair {
        sources: pair.sources.iter().map(|unit| UnitId(unit.trim().to_owned())).collect(),
        target: pair.target_id().unwrap_or(DepartmentId(0)),
    }
}

/// The settings' word of an edition.
pub fn edition_word(edition: Edition) -> &'static str {
    match edition {
        Edition::Standard => "standard",
        Edition::Dedicated => "dedicated",
    }
}

/// The settings' word of what happens to disabled accounts.
pub fn disabled_word(disabled: DisabledAccounts) -> &'static str {
    match disabled {
        DisabledAccounts::Keep => "keep",
        DisabledAccounts::Update => "update",
        DisabledAccounts::Leave => "leave",
    }
}

/// The settings' word of what happens to leavers.
pub fn leavers_word(leavers: Leavers) -> &'static str {
    match leavers {
        Leavers::Hold => "hold",
        Leavers::Move => "move",
        Leavers::Remove => "remove",
    }
}

/// The settings' word of when a row is sent.
pub fn when_word(when: When) -> &'static str {
    match when {
        When::Always => "always",
        When::Create => "create",
        When::IfEmpty => "if_empty",
    }
}

/// The settings' word of what an empty value does.
pub fn on_empty_word(on_empty: OnEmpty) -> &'static str {
    match on_empty {
        OnEmpty::Skip => "skip",
        OnEmpty::Clear => "clear",
        OnEmpty::Block => "block",
    }
}

fn secret(root: &Node, path: &str) -> DraftSecret {
    let form = |form: &str| root.get(path).and_then(|node| node.get(form)).and_then(Node::text);
    if let Some(name) = form("env") {
        DraftSecret::Kept(SecretWay::Env(name.to_owned()))
    } else if let Some(file) = form("file") {
        DraftSecret::Kept(SecretWay::File(PathBuf::from(file)))
    } else if let Some(command) = form("command") {
        DraftSecret::Kept(SecretWay::Command(command.to_owned()))
    } else {
        DraftSecret::Missing
    }
}

fn texts(node: Option<&Node>) -> Vec<String> {
    let elements = node.map(Node::elements).unwrap_or_default();
    elements.iter().filter_map(Node::text).map(|text| text.trim().to_owned()).collect()
}

fn scope(root: &Node) -> Vec<DraftPair> {
    let Some(list) = root.get("scenario.scope") else { return Draft::default().scope };
    let pair = |element: &Node| DraftPair {
        sources: texts(element.get("sources")),
        target: element
            .get("target")
            .and_then(Node::integer)
            .filter(|id| *id != 0)
            .map(|id| id.to_string())
            .unwrap_or_default(),
    };
    list.elements().iter().map(pair).collect()
}

fn identity(root: &Node) -> Vec<IdentityField> {
    let Some(list) = root.get("mapping.identity") else { return Draft::default().identity };
    let mut fields = Vec::new();
    for name in list.elements().iter().filter_map(Node::text) {
        let known = IdentityField::ALL.into_iter().find(|field| field.as_str() == name);
        fields.extend(known.filter(|field| !fields.contains(field)));
    }
    fields
}
