//! Settings and secrets for a simulation, ready to use.

use std::io::{Error, ErrorKind, Result, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::simulator::options::Options;
use crate::simulator::private_file;

/// By it a settings file of ours is known again, so that nobody's real one is replaced.
const FIRST_LINE: &str = "# Settings for simulated services, written by `dingsync simulate`.";
/// The pace towards a simulated IDaaS, which has none of its own; the settings' upper bound.
const IDAAS_CALLS_PER_SECOND: u32 = 1000;

/// Leaves settings for the services at `url` in a directory, which is created, and gives back the settings' path. All
/// files can be read by their owner only. Settings that somebody else wrote are not replaced (`AlreadyExists`).
pub fn write_config(dir: &Path, url: &str, options: &Options) -> Result<PathBuf> {
    let path = dir.join("dingsync.toml");
    match std::fs::read_to_string(&path) {
        Ok(text) if !text.starts_with(FIRST_LINE) => {
            let why = format!("{} is there already and was not written for a simulation", path.display());
            return Err(Error::new(ErrorKind::AlreadyExists, why));
        }
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(_) | Err(_) => {}
    }
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let credentials = &options.credentials;
    put(&dir.join("simulated-app-secret"), &credentials.app_secret)?;
    put(&dir.join("simulated-access-key-secret"), &credentials.access_key_secret)?;
    if let Some(token) = &credentials.security_token {
        put(&dir.join("simulated-security-token"), token)?;
    }
    if options.callback.as_ref().is_some_and(|callback| callback.is_encrypted) {
        put(&dir.join("simulated-encryption-key"), &credentials.encryption_key)?;
    }
    put(&path, &text(url, options))?;
    Ok(path)
}

fn put(path: &Path, text: &str) -> Result<()> {
    private_file(path)?.write_all(text.as_bytes())
}

fn text(url: &str, options: &Options) -> String {
    let credentials = &options.credentials;
    let token = match credentials.security_token {
        Some(_) => "security_token = { file = \"simulated-security-token\" }\n",
        None => "",
    };
    let idaas = if options.idaas_qps == 0 { IDAAS_CALLS_PER_SECOND } else { options.idaas_qps.min(1000) };
    format!(
        r#"{FIRST_LINE}
version = 1
display_name = "Simulated company to DingTalk"

[idaas]
region = "cn-hangzhou"
instance_id = "{instance}"
endpoint = "{url}"
access_key_id = "{key}"
access_key_secret = {{ file = "simulated-access-key-secret" }}
{token}calls_per_second = {idaas}

[dingtalk]
corp_id = "{corp}"
app_key = "{app}"
app_secret = {{ file = "simulated-app-secret" }}
oapi_endpoint = "{url}"
api_endpoint = "{url}"
calls_per_second = {dingtalk}

[scenario]
scope = [{{ sources = ["ou_root"], target = 1 }}]
{scenario}
[incremental]
jwks_url = "{url}/v2/{instance}/{application}/provisioning/jwks"
application_id = "{application}"
{incremental}
[state]
path = "state.db"
"#,
        scenario = if options.callback.is_some() { "incremental = true\n" } else { "" },
        incremental = receiver(options),
        application = credentials.application_id,
        instance = credentials.instance_id,
        key = credentials.access_key_id,
        corp = credentials.corp_id,
        app = credentials.app_key,
        dingtalk = options.dingtalk_qps.clamp(1, 1000),
    )
}

/// Where the simulated IDaaS expects the receiver, and the key of what it tells.
fn receiver(options: &Options) -> String {
    let Some(callback) = &options.callback else { return String::new() };
    let address = url::Url::parse(&callback.url).ok();
    let port = address.as_ref().and_then(url::Url::port_or_known_default).unwrap_or(80);
    let host = address
        .as_ref()
        .and_then(url::Url::host_str)
        .unwrap_or("127.0.0.1")
        .replace("localhost", "127.0.0.1");
    let key =
        if callback.is_encrypted { "encryption_key = { file = \"simulated-encryption-key\" }\n" } else { "" };
    format!("listen = \"{host}:{port}\"\n{key}")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn settings_of_somebody_else_are_not_replaced() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("dingsync.toml");
        std::fs::write(&path, "version = 1\n").unwrap();
        let refused = write_config(place.path(), "http://127.0.0.1:1", &Options::default()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "version = 1\n");
    }

    #[test]
    fn everything_left_can_be_read_by_its_owner_only_and_written_again() {
        let place = tempfile::tempdir().unwrap();
        let dir = place.path().join("a/b");
        write_config(&dir, "http://127.0.0.1:1", &Options::default()).unwrap();
        let path = write_config(&dir, "http://127.0.0.1:2", &Options::default()).unwrap();
        assert!(std::fs::read_to_string(path).unwrap().contains("http://127.0.0.1:2"));
        for entry in std::fs::read_dir(&dir).unwrap() {
            let mode = entry.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
