//! What surrounds the process: its variables and the platform's directories. Handed in, so that tests need no
//! process-wide changes.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use directories::ProjectDirs;

type Variables = Arc<dyn Fn(&str) -> Option<OsString> + Send + Sync>;

/// Variables and directories that settings depend on.
#[derive(Clone)]
pub struct Environment {
    variable: Variables,
    /// Where settings live by default; `None` when no home directory is known.
    pub config_directory: Option<PathBuf>,
    /// Where state lives by default; `None` when no home directory is known.
    pub state_directory: Option<PathBuf>,
}

impl Environment {
    /// The process's own.
    pub fn process() -> Self {
        let places = ProjectDirs::from("", "", "dingsync");
        let state = places.as_ref().map(|p| p.state_dir().unwrap_or_else(|| p.data_local_dir()).to_owned());
        Self {
            variable: Arc::new(|name| std::env::var_os(name)),
            config_directory: places.map(|p| p.config_dir().to_owned()),
            state_directory: state,
        }
    }

    /// Only these variables and no directories.
    pub fn of<const N: usize>(variables: [(&str, &str); N]) -> Self {
        let variables: Vec<(String, OsString)> =
            variables.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        Self {
            variable: Arc::new(move |name| {
                variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
            }),
            config_directory: None,
            state_directory: None,
        }
    }

    /// The same with one variable more.
    #[must_use]
    pub(crate) fn with(self, name: &'static str, value: OsString) -> Self {
        let variable = self.variable;
        let variable: Variables =
            Arc::new(move |asked| if asked == name { Some(value.clone()) } else { variable(asked) });
        Self { variable, ..self }
    }

    /// A variable; one set to nothing counts as not set.
    pub fn variable(&self, name: &str) -> Option<OsString> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("config_directory", &self.config_directory)
            .field("state_directory", &self.state_directory)
            .finish_non_exhaustive()
    }
}
