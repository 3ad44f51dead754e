//! What DingTalk's codes mean and what to do about them, in both languages. The table is data
//! (`assets/dingtalk-codes.toml`); a code that is not in it is unknown and concerns one record only.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The family of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeClass {
    /// The service or something behind it is busy or broken for the moment.
    Busy,
    /// The interface does not exist.
    UnknownPath,
    /// A parameter was refused.
    Parameter,
    /// The app's credentials are wrong.
    Credentials,
    /// A fresh token may cure it.
    Token,
    /// A quota of this record's kind is used up.
    Quota,
    /// The quota of calls is used up for everything.
    QuotaAll,
    /// Another record has a value that must be unique.
    ValueTaken,
    /// Another user has the mobile.
    MobileTaken,
    /// Another user has the userid.
    UseridTaken,
    /// A sibling department has the name.
    DuplicateName,
    /// The object does not exist.
    NotFound,
    /// The department is not empty.
    NotEmpty,
    /// Outside the app's contacts range.
    OutOfRange,
    /// A permission point is missing.
    Permission,
    /// The caller's address is not listed.
    Ip,
    /// App or organisation is switched off or gone.
    Stopped,
    /// One interface is called too often.
    ThrottleLane,
    /// Everybody has to wait.
    ThrottleAll,
    /// An invitation waits for consent.
    Pending,
    /// Anything else.
    Other,
}

/// How a call that got a code is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryRule {
    /// Never.
    No,
    /// A few times, ever later.
    Backoff,
    /// Once, with a fresh token.
    Token,
    /// When the lane has slowed down.
    Lane,
    /// When the pause of all lanes is over.
    All,
    /// When an administrator has acted.
    Admin,
    /// The run knows what to do (adopt, look up, wait for consent).
    Special,
}

/// One code explained. The texts are sentences' middles: lower-case in English, without a full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The effective code.
    pub code: String,
    /// Its family.
    pub class: CodeClass,
    /// How the call is repeated.
    pub retry: RetryRule,
    /// What it means, English.
    pub text_en: String,
    /// What it means, Chinese.
    pub text_zh: String,
    /// What to do, English.
    pub remedy_en: String,
    /// What to do, Chinese.
    pub remedy_zh: String,
}

impl Explanation {
    /// What it means, in the language of a locale.
    pub fn text(&self, locale: &str) -> &str {
        if locale.starts_with("zh") { &self.text_zh } else { &self.text_en }
    }

    /// What to do, in the language of a locale.
    pub fn remedy(&self, locale: &str) -> &str {
        if locale.starts_with("zh") { &self.remedy_zh } else { &self.remedy_en }
    }
}

/// What a code means; `None` for an unknown one.
pub fn explain(code: &str) -> Option<&'static Explanation> {
    TABLE.get(code)
}

/// Every known code, sorted as text.
pub fn all() -> impl Iterator<Item = &'static Explanation> {
    TABLE.values()
}

static TABLE: LazyLock<BTreeMap<String, Explanation>> =
    LazyLock::new(|| parse(include_str!("../../assets/dingtalk-codes.toml")).unwrap_or_default());

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    remedy: BTreeMap<String, Remedy>,
    code: BTreeMap<String, Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Remedy {
    en: String,
    zh: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    class: String,
    retry: RetryRule,
    en: String,
    zh: String,
    remedy_en: Option<String>,
    remedy_zh: Option<String>,
}

fn parse(text: &str) -> Option<BTreeMap<String, Explanation>> {
    let file: File = toml::from_str(text).ok()?;
    let mut table = BTreeMap::new();
    for (code, row) in file.code {
        let remedy = file.remedy.get(&row.class)?;
        let name: serde::de::value::StrDeserializer<'_, serde::de::value::Error> =
            serde::de::IntoDeserializer::into_deserializer(row.class.as_str());
        let explanation = Explanation {
            code: code.clone(),
            class: CodeClass::deserialize(name).ok()?,
            retry: row.retry,
            text_en: row.en,
            text_zh: row.zh,
            remedy_en: row.remedy_en.unwrap_or_else(|| remedy.en.clone()),
            remedy_zh: row.remedy_zh.unwrap_or_else(|| remedy.zh.clone()),
        };
        table.insert(code, explanation);
    }
    Some(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_codes_is_sound_and_covers_the_vendors_list() {
        assert!(TABLE.len() > 150, "the table did not parse");
        let listed = "-1 15 22 404 12150 33001 33012 34001 34018 40000 40001 40003 40009 40010 40011 40013 40014 40019 \
             40020 40021 40022 40023 40024 40025 40031 40032 40033 40035 40056 40063 40064 40065 40066 40068 40069 \
             40070 40078 40089 40093 40096 40100 40101 40102 40103 40104 41001 41009 41042 41043 41054 42001 43001 \
             43007 43009 45009 45024 47001 50002 50003 50004 50005 60001 60002 60003 60004 60005 60006 60007 60008 \
             60009 60010 60011 60012 60015 60016 60017 60018 60019 60020 60021 60022 60067 60068 60102 60103 60104 \
             60105 60106 60107 60109 600109 60110 60111 60112 60113 60114 60118 60119 60120 60121 60122 60123 60124 \
             60127 60128 60510 70001 90001 90002 90003 90004 90005 90006 90007 90014 90017 90018 90019 90020 400001 \
             400002 900001 900010 invalidClientIdOrSecret InvalidAuthentication AuthenticationFailed.MissingParameter \
             invalid.client unauthorized.client Forbidden.AccessDenied.AccessTokenPermissionDenied \
             Forbidden.AccessDenied.IpNotInWhiteList Forbidden.AccessDenied.QpsLimitForAppkeyAndApi \
             Forbidden.AccessDenied.QpmLimitForAppkeyAndApi Forbidden.AccessDenied.QpsLimitForApi \
             Forbidden.AccessDenied.QpsLimitForSuitekeyAndOrgAndApi Forbidden.AccessDenied.ApiCountLimitForOrg \
             invalidParameter.user.notFound InvalidAction.NotFound Missingbody system.error unknownError";
        for code in listed.split_whitespace() {
            assert!(explain(code).is_some(), "{code} is not explained");
        }
        assert!(explain("60131").is_none());
        for row in all() {
            assert!(
                [&row.text_en, &row.text_zh, &row.remedy_en, &row.remedy_zh].iter().all(|t| !t.is_empty())
            );
        }
    }

    #[test]
    fn both_codes_of_a_duplicate_department_name_are_one_class() {
        let class = |code| explain(code).map(|e| e.class);
        assert_eq!(class("60008"), Some(CodeClass::DuplicateName));
        assert_eq!(class("60021"), class("60008"));
    }
}
