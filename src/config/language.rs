//! The language of texts.

use std::str::FromStr;

use super::environment::Environment;

/// The language an operator asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// As the environment says.
    #[default]
    Auto,
    /// English.
    English,
    /// Simplified Chinese.
    Chinese,
}

impl Language {
    /// The word used in settings and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }

    /// `en` or `zh-CN`: the asked-for one, else the one the environment's locale names.
    pub fn effective(self, environment: &Environment) -> &'static str {
        match self {
            Self::English | Self::Chinese => self.as_str(),
            Self::Auto => {
                let locale =
                    ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| environment.variable(name));
                let is_chinese = locale.is_some_and(|locale| locale.to_string_lossy().starts_with("zh"));
                if is_chinese { "zh-CN" } else { "en" }
            }
        }
    }
}

impl FromStr for Language {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "en" => Ok(Self::English),
            "zh-CN" => Ok(Self::Chinese),
            _ => Err("expected auto, en or zh-CN".into()),
        }
    }
}
