//! A checked document → [`Config`]: defaults filled in, and everything that a key's kind alone cannot tell.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::core::profile::{Edition, Profile, SafetyLimits};

use super::environment::Environment;
use super::expression::Purpose;
use super::problem::{Problems, quoted, suggestion};
use super::secret::{SecretSource, SecretWay};
use super::source::Node;
use super::{
    DingtalkSettings, IdaasSettings, IncrementalSettings, NetworkSettings, endpoint, mapping, scenario,
    schema,
};

/// The parts of a [`super::Config`] that stand in the file.
pub(crate) struct Built {
    pub(crate) profile: Profile,
    pub(crate) language: String,
    pub(crate) idaas: IdaasSettings,
    pub(crate) dingtalk: DingtalkSettings,
    pub(crate) incremental: IncrementalSettings,
    pub(crate) network: NetworkSettings,
    pub(crate) state_path: String,
}

/// The document being read, with what is wrong and what is odd about it.
pub(crate) struct Builder<'a> {
    pub(crate) root: &'a Node,
    pub(crate) problems: &'a mut Problems,
    pub(crate) warnings: Vec<String>,
    directory: PathBuf,
    environment: &'a Environment,
    looks_at_disk: bool,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(
        root: &'a Node,
        directory: &Path,
        environment: &'a Environment,
        problems: &'a mut Problems,
    ) -> Self {
        let directory = directory.to_owned();
        Self { root, problems, warnings: Vec::new(), directory, environment, looks_at_disk: true }
    }

    /// Files that the settings name are not looked for.
    pub(crate) fn without_disk(self) -> Self {
        Self { looks_at_disk: false, ..self }
    }

    /// Reads everything. What could not be read is a finding, and its part of the result a default.
    pub(crate) fn build(&mut self) -> Built {
        let idaas = self.idaas();
        let dingtalk = self.dingtalk();
        let profile = Profile {
            display_name: self.display_name(),
            instance_id: idaas.instance_id.clone(),
            corp_id: dingtalk.corp_id.clone(),
            edition: if self.text("dingtalk.edition") == "dedicated" {
                Edition::Dedicated
            } else {
                Edition::Standard
            },
            scenario: scenario::read(self),
            mapping: mapping::read(self),
            limits: self.limits(),
        };
        if profile.scenario.qr_logon && dingtalk.callback_domain.is_empty() {
            self.warn("scenario.qr_logon", "needs dingtalk.callback_domain, which is empty");
        }
        let incremental = self.incremental();
        let network = self.network();
        Built {
            language: self.text("language"),
            state_path: self.text("state.path"),
            profile,
            idaas,
            dingtalk,
            incremental,
            network,
        }
    }

    fn display_name(&mut self) -> String {
        let name = self.text("display_name").trim().to_owned();
        let length = name.chars().count();
        if self.root.get("display_name").is_some_and(|node| node.text().is_some()) {
            if !(1..=64).contains(&length) {
                self.wrong("display_name", format!("has {length} characters; expected 1 to 64"));
            } else if name.chars().any(char::is_control) {
                self.wrong("display_name", "must not have control characters");
            }
        }
        name
    }

    fn idaas(&mut self) -> IdaasSettings {
        IdaasSettings {
            region: self.text("idaas.region").trim().to_owned(),
            instance_id: self.identifier("idaas.instance_id"),
            endpoint: self.idaas_endpoint(),
            access_key_id: self.identifier("idaas.access_key_id"),
            access_key_secret: self.required_secret("idaas.access_key_secret"),
            security_token: self.secret("idaas.security_token"),
            calls_per_second: self.pace("idaas.calls_per_second"),
        }
    }

    fn idaas_endpoint(&mut self) -> String {
        let region = self.text("idaas.region").trim().to_owned();
        if !self.text("idaas.endpoint").trim().is_empty() {
            return self.endpoint("idaas.endpoint");
        }
        if endpoint::REGIONS.contains(&region.as_str()) {
            return endpoint::of_region(&region);
        }
        let known = suggestion(&region, &endpoint::REGIONS);
        if region.is_empty() {
            self.wrong("idaas.region", format!("missing; a region or an endpoint is needed; {known}"));
        } else {
            self.wrong(
                "idaas.region",
                format!("unknown region {} and no idaas.endpoint; {known}", quoted(&region)),
            );
        }
        String::new()
    }

    fn dingtalk(&mut self) -> DingtalkSettings {
        DingtalkSettings {
            corp_id: self.identifier("dingtalk.corp_id"),
            app_key: self.identifier("dingtalk.app_key"),
            app_secret: self.required_secret("dingtalk.app_secret"),
            oapi_endpoint: self.endpoint("dingtalk.oapi_endpoint"),
            api_endpoint: self.endpoint("dingtalk.api_endpoint"),
            calls_per_second: self.pace("dingtalk.calls_per_second"),
            callback_domain: self.callback_domain(),
            homepage_url: self.homepage(),
            egress_ips: self.egress_ips(),
        }
    }

    fn callback_domain(&mut self) -> String {
        let domain = self.text("dingtalk.callback_domain").trim().to_owned();
        if domain.chars().any(|c| c.is_whitespace() || c.is_control()) {
            self.wrong("dingtalk.callback_domain", "must not have blanks");
        }
        domain
    }

    fn homepage(&mut self) -> String {
        let text = self.text("dingtalk.homepage_url").trim().to_owned();
        let is_web = url::Url::parse(&text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if !text.is_empty() && !is_web {
            self.wrong("dingtalk.homepage_url", "expected an address that starts with https://");
        }
        text
    }

    fn egress_ips(&mut self) -> Vec<String> {
        let root = self.root;
        let elements = root.get("dingtalk.egress_ips").map(Node::elements).unwrap_or_default();
        let mut addresses = Vec::new();
        for (node, text) in elements.iter().filter_map(|node| node.text().map(|text| (node, text.trim()))) {
            if !is_address_or_range(text) {
                let found = quoted(text);
                self.problems.add(
                    node.at,
                    "dingtalk.egress_ips",
                    format!("{found} is no IP address or range"),
                );
            }
            addresses.push(text.to_owned());
        }
        addresses
    }

    fn limits(&mut self) -> SafetyLimits {
        SafetyLimits {
            remove_users: self.natural("limits.remove_users"),
            remove_departments: self.natural("limits.remove_departments"),
            remove_percent: self.natural("limits.remove_percent"),
            update_percent: self.natural("limits.update_percent"),
            source_shrink_percent: self.natural("limits.source_shrink_percent"),
            failed_percent: self.natural("limits.failed_percent"),
        }
    }

    fn incremental(&mut self) -> IncrementalSettings {
        let jwks_url = self.text("incremental.jwks_url").trim().to_owned();
        let application_id = self.text("incremental.application_id").trim().to_owned();
        if let Err(reason) = endpoint::secure_url(&jwks_url)
            && !jwks_url.is_empty()
        {
            self.wrong("incremental.jwks_url", reason);
        }
        if !jwks_url.is_empty() && application_id.is_empty() {
            self.wrong("incremental.application_id", "is needed to verify callbacks when jwks_url is set");
        }
        if application_id.chars().any(|c| c.is_whitespace() || c.is_control()) {
            self.wrong("incremental.application_id", "must not have blanks");
        }
        IncrementalSettings {
            listen: self.listen(),
            jwks_url: Some(jwks_url).filter(|url| !url.is_empty()),
            application_id,
            encryption_key: self.secret("incremental.encryption_key"),
            poll_seconds: self.natural("incremental.poll_seconds"),
        }
    }

    fn listen(&mut self) -> SocketAddr {
        let text = self.text("incremental.listen");
        let numeric = text.trim().replace("localhost:", "127.0.0.1:");
        SocketAddr::from_str(&numeric).unwrap_or_else(|_| {
            let found = quoted(&text);
            self.wrong(
                "incremental.listen",
                format!("{found} is no address with port; expected \"127.0.0.1:8787\""),
            );
            SocketAddr::from(([127, 0, 0, 1], 8787))
        })
    }

    fn network(&mut self) -> NetworkSettings {
        let ca_file = self.text("network.ca_file");
        let ca_file = Some(self.directory.join(&ca_file)).filter(|_| !ca_file.is_empty());
        if let Some(path) = ca_file.as_ref().filter(|path| self.looks_at_disk && !path.is_file()) {
            let name = super::source::shown(path);
            self.wrong("network.ca_file", format!("file `{name}` does not exist or is no regular file"));
        }
        let proxy = self.text("network.proxy");
        let proxy = Some(endpoint::proxy(&proxy)).filter(|_| !proxy.trim().is_empty());
        if let Some(Err(reason)) = &proxy {
            self.wrong("network.proxy", reason.clone());
        }
        NetworkSettings {
            ca_file,
            proxy: proxy.and_then(Result::ok),
            timeout_seconds: self.natural("network.timeout_seconds"),
        }
    }

    /// Checks an expression and adds a finding with its row and column.
    pub(crate) fn expression(&mut self, node: &Node, purpose: Purpose, key: &str, row: &str) {
        let Some(text) = node.text() else { return };
        if let Err(reason) = super::expression::check(purpose, text) {
            self.problems.add(node.at, key, format!("{row}{reason}"));
        }
    }

    /// Adds a finding at a key's value, or at the nearest table that exists.
    pub(crate) fn wrong(&mut self, path: &str, text: impl Into<String>) {
        let at = self.place_of(path);
        self.problems.add(at, path, text);
    }

    /// Adds a warning at a key's value.
    pub(crate) fn warn(&mut self, path: &str, text: impl AsRef<str>) {
        self.warn_at(self.place_of(path), path, text);
    }

    /// Adds a warning at a byte of the file.
    pub(crate) fn warn_at(&mut self, at: usize, key: &str, text: impl AsRef<str>) {
        let place = self.problems.source().place(at);
        self.warnings.push(format!("{place}: {key}: {}", text.as_ref()));
    }

    fn place_of(&self, path: &str) -> usize {
        let section = path.rsplit_once('.').map_or("", |(section, _)| section);
        let node = self.root.get(path).or_else(|| self.root.get(section)).unwrap_or(self.root);
        node.at
    }

    /// A key's text; its default where it is absent or of another kind.
    pub(crate) fn text(&self, path: &str) -> String {
        match self.root.get(path).and_then(Node::text) {
            Some(text) => text.to_owned(),
            None => default_of(path).trim_matches(['"', '\'']).to_owned(),
        }
    }

    pub(crate) fn boolean(&self, path: &str) -> bool {
        self.root.get(path).and_then(Node::boolean).unwrap_or_else(|| default_of(path) == "true")
    }

    fn natural(&self, path: &str) -> u64 {
        let own = self.root.get(path).and_then(Node::integer).and_then(|number| u64::try_from(number).ok());
        own.or_else(|| default_of(path).parse().ok()).unwrap_or(0)
    }

    fn pace(&self, path: &str) -> u32 {
        u32::try_from(self.natural(path)).unwrap_or(1)
    }

    fn endpoint(&mut self, path: &str) -> String {
        let text = self.text(path);
        let text = if text.trim().is_empty() { default_of(path).trim_matches('"') } else { &text };
        endpoint::origin(text).unwrap_or_else(|reason| {
            self.wrong(path, reason);
            String::new()
        })
    }

    /// A key's text that must be one word; surrounding blanks of a paste are left out.
    fn identifier(&mut self, path: &str) -> String {
        let root = self.root;
        root.get(path).and_then(|node| self.checked_identifier(node, path)).unwrap_or_default()
    }

    pub(crate) fn checked_identifier(&mut self, node: &Node, key: &str) -> Option<String> {
        let text = node.text()?.trim();
        if text.is_empty() {
            self.problems.add(node.at, key, "is empty");
        } else if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            self.problems.add(node.at, key, "must not have blanks or control characters inside");
        }
        Some(text.to_owned())
    }

    fn secret(&self, path: &str) -> Option<SecretSource> {
        let node = self.root.get(path)?;
        let [form] = node.entries() else { return None };
        let text = form.node.text()?.to_owned();
        let way = match form.key.as_str() {
            "env" => SecretWay::Env(text),
            "file" => SecretWay::File(PathBuf::from(text)),
            _ => SecretWay::Command(text),
        };
        let place = self.problems.source().place(node.at);
        Some(SecretSource::new(path, place, way, self.directory.clone(), self.environment.clone()))
    }

    /// A secret that the schema demands; where it is missing there is a finding already.
    fn required_secret(&self, path: &str) -> SecretSource {
        self.secret(path).unwrap_or_else(|| {
            let way = SecretWay::Env(String::new());
            SecretSource::new(path, String::new(), way, self.directory.clone(), self.environment.clone())
        })
    }
}

fn default_of(path: &str) -> &'static str {
    schema::find(path).and_then(|key| key.default).unwrap_or_default()
}

fn is_address_or_range(text: &str) -> bool {
    let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
    let Ok(address) = IpAddr::from_str(address) else { return false };
    let longest = if address.is_ipv4() { 32 } else { 128 };
    prefix.is_none_or(|prefix| prefix.parse::<u8>().is_ok_and(|bits| bits <= longest))
}
