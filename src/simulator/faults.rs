//! What a simulated service does wrong, and which reading of an open question it follows.
//!
//! A fault is written `NAME[=WHEN][@OPERATION]`. WHEN: `N` the first N calls, `N%` a share of the calls, `every:N`,
//! `after:N` every call behind the Nth; without it every call. OPERATION: the end of a DingTalk path
//! (`user/create`) or an IDaaS action (`GetUser`); without it every operation. A switch is written `NAME[=VALUE]`.
//! Behind either, `~SECONDS` says how long after it was given it comes into force.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// A name an operator may give to `--fault`.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// The name.
    pub name: &'static str,
    /// The form of its value.
    pub value: &'static str,
    /// What it does.
    pub does: &'static str,
}

const fn fault(name: &'static str, does: &'static str) -> Known {
    Known { name, value: "[=WHEN][@OPERATION]", does }
}

const fn switch(name: &'static str, value: &'static str, does: &'static str) -> Known {
    Known { name, value, does }
}

/// Every fault and switch.
pub const CATALOGUE: &[Known] = &[
    fault("apply-then-drop", "carry the call out, then cut the connection"),
    fault("drop-before", "cut the connection before the call is carried out"),
    fault("server-error", "answer HTTP 503"),
    fault("server-error-after", "carry the call out, then answer HTTP 503"),
    fault("busy", "DingTalk answers -1 (system busy)"),
    fault("gateway-fault", "DingTalk answers 15 isp.-1"),
    fault("throttle", "DingTalk answers 90018, IDaaS Throttling.User"),
    fault("throttle-global", "DingTalk answers 90002"),
    fault("expired-token", "DingTalk answers 40014"),
    fault("html-answer", "answer an HTML page"),
    fault("huge-body", "answer a body that does not end"),
    fault("torn-json", "answer half of the JSON"),
    fault("truncated-list", "leave the second half of a list out"),
    fault("unknown-code", "DingTalk answers a code nobody knows"),
    fault("quota", "DingTalk answers 90020 (monthly quota)"),
    fault("vanishing-user", "IDaaS lists an account that GetUser does not find"),
    fault("duplicate-row", "IDaaS repeats the first row of a page"),
    fault("count-drift", "IDaaS adds one to TotalCount"),
    fault("nonce-used", "IDaaS answers SignatureNonceUsed"),
    fault("callback-lost", "IDaaS tells nobody about a change; OPERATION is the end of an event type"),
    fault("callback-late", "IDaaS tells about a change later, by callback-late-ms"),
    fault("callback-twice", "IDaaS tells about a change twice"),
    fault("callback-replayed", "IDaaS sends the very same request twice"),
    fault("callback-disordered", "IDaaS tells about a change after the next ones"),
    fault("callback-forged", "a callback is signed by a stranger"),
    fault("callback-expired", "a callback's signature ended half an hour ago"),
    fault("callback-wrong-audience", "a callback is meant for another application"),
    fault("callback-oversized", "a callback of 16 MiB"),
    fault("event-lost", "DingTalk tells nobody about a change; OPERATION is the end of an event type"),
    fault("stream-disconnect", "DingTalk asks the app to connect anew after it told it something"),
    switch("callback-delay", "=MS", "every callback is sent so much later"),
    switch("callback-late-ms", "=MS", "how late callback-late makes one; 3000 by default"),
    switch("callback-retry-ms", "=MS", "the first pause before a repetition; each next one is twice as long"),
    switch(
        "callback-batch",
        "=N",
        "so many events at most share a request, when they are near to each other",
    ),
    switch("callback-old-names", "", "records with the field names of older instances"),
    switch("callback-plain-text", "", "plainData is JSON text, not an object"),
    switch("callback-no-membership", "", "secondary units come and go without an event"),
    switch("qps", "=N", "the calls a second of each DingTalk interface"),
    switch("error-status", "=500", "HTTP status of server-error; 503 by default"),
    switch("secret-rotated", "", "neither the app's secret nor its token is known any more"),
    switch("slow", "=MS", "delay every answer by so many milliseconds more"),
    switch("jitter", "=MS", "every answer comes up to so many milliseconds sooner or later"),
    switch("ip-ban", "[=html]", "the address is banned: status 1111, as JSON or as HTML"),
    switch("ip-not-allowed", "=ADDRESS", "60020 for every call but the token's"),
    switch(
        "ip-list-empty",
        "=refused",
        "an app without an address list: 60020 for everybody; by default nobody is refused",
    ),
    switch(
        "field-permission",
        "=CODE",
        "60011 for user/get and user/list for want of this field permission; by default its fields are left out",
    ),
    switch("no-permission", "=CODE", "60011 for calls that need this permission point"),
    switch("old-permission-text", "", "60011 without the name of the permission point"),
    switch("no-mobile", "", "mobiles are left out of the answers"),
    switch("no-personal", "", "e-mail and other personal data are left out of the answers"),
    switch("partial-range", "=ID,ID", "the app sees these departments only"),
    switch("pending", "=MOBILE,MOBILE", "user/create sends an invitation for these mobiles (40103)"),
    switch(
        "accepted-userid",
        "=generated",
        "the userid of an accepted invitation; by default the one that was asked for",
    ),
    switch("add-quota", "=N", "-1 for user/create after so many"),
    switch("visibility-delay", "=MS", "new records are read so much later"),
    switch("head-count", "=N", "the corporation takes so many users"),
    switch("head-count-code", "=CODE", "the code of one user too many; 40024 by default"),
    switch("levels", "=N", "levels of departments below the root (60002); 20 by default"),
    switch("children", "=N", "children of one department (60110); 1000 by default"),
    switch("departments", "=N", "departments of the corporation (60110); no limit by default"),
    switch(
        "parameter-code",
        "=CODE",
        "the code of missing or wrong parameters, as 40 or 41; by default 40035 or 400002",
    ),
    switch("parameters-first", "", "missing parameters are refused before a missing permission"),
    switch("userid-strict", "", "userids take letters, digits and _ . @ - only (40003)"),
    switch("userid-caseless", "", "userids that differ in case only are the same"),
    switch("identifier-length", "=N", "source_identifier takes so many characters"),
    switch("identifier-unique", "", "a source_identifier that another department has is refused"),
    switch("foreign-mobile", "=dashed", "mobiles of other areas are answered as +code-number"),
    switch("throttle-text", "=TEXT", "the text of 90018"),
    switch("duplicate-name-code", "=60008", "the code of a sibling's name; 60021 by default"),
    switch(
        "delete-with-children",
        "=60006",
        "deleting a department with children is refused instead of cascading",
    ),
    switch("administrator-delete-code", "=CODE", "the code of deleting an administrator; -1 by default"),
    switch("empty-as-absent", "", "empty values are left out instead of \"\""),
    switch("empty-is-ignored", "", "an empty string in an update changes nothing"),
    switch("mobile-updatable", "", "user/update takes a mobile"),
    switch("smart-hr", "", "12150 for updates of title and departments"),
    switch("no-org-email", "", "org_email is accepted and not stored"),
    switch("wrong-corp", "", "the CorpId belongs to another app"),
    switch("idaas-recursive", "", "ListUsers of a unit includes the units below"),
    switch("idaas-primary-only", "", "ListUsers of a unit leaves secondary members out"),
    switch(
        "idaas-children-only",
        "",
        "ListOrganizationalUnits without ParentId gives the root's children only",
    ),
    switch("idaas-order", "=reverse", "listings begin with the newest record; =shuffled: no order at all"),
    switch("idaas-still-time", "", "UpdateTime does not move with memberships and custom fields"),
    switch("idaas-not-found-code", "=CODE", "the code of whatever does not exist"),
    switch("idaas-beyond-end", "=error", "a page behind the last one is refused; empty by default"),
    switch("idaas-qps", "=N", "calls a second that IDaaS accepts"),
    switch("idaas-key-inactive", "", "the access key is disabled"),
    switch("idaas-secret-rotated", "", "the access key has another secret"),
    switch("idaas-no-permission", "=ACTION", "NoPermission for this action"),
    switch("idaas-clock-skew", "=SECONDS", "IDaaS's clock is so many seconds ahead"),
    switch("idaas-empty", "", "IDaaS lists no accounts"),
    switch("throttle-status", "=429", "HTTP status of IDaaS throttling; 400 by default"),
    switch("retry-after", "=MS", "x-acs-retry-after with IDaaS throttling"),
];

#[derive(Debug, Clone, Copy)]
enum When {
    Always,
    First(u64),
    Share(u64),
    Every(u64),
    After(u64),
}

#[derive(Debug)]
struct Fault {
    name: String,
    value: String,
    when: Option<When>,
    operation: Option<String>,
    seen: AtomicU64,
    from: Instant,
}

/// The faults in force; cheap to clone, changed while serving.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<RwLock<Vec<Arc<Fault>>>>);

impl Faults {
    /// Adds a fault or switch; the error says what would be right.
    pub fn add(&self, text: &str) -> Result<(), String> {
        let (text, wait) = moment(text)?;
        let (head, operation) = match text.split_once('@') {
            Some((head, operation)) => (head, Some(operation.to_owned())),
            None => (text, None),
        };
        let (name, value) = head.split_once('=').unwrap_or((head, ""));
        let known = CATALOGUE
            .iter()
            .find(|known| known.name == name)
            .ok_or_else(|| format!("unknown fault `{name}`; see `dingsync simulate --help`"))?;
        let when = if known.value.starts_with("[=WHEN]") { Some(parse_when(value)?) } else { None };
        let fault = Fault {
            name: name.to_owned(),
            value: value.to_owned(),
            when,
            operation,
            seen: AtomicU64::new(0),
            from: Instant::now() + wait,
        };
        self.0.write().unwrap_or_else(PoisonError::into_inner).push(Arc::new(fault));
        Ok(())
    }

    /// Removes every fault and switch of a name.
    pub fn remove(&self, name: &str) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).retain(|fault| fault.name != name);
    }

    /// Whether a fault strikes this call.
    pub(super) fn strikes(&self, name: &str, operation: &str) -> bool {
        let faults = self.0.read().unwrap_or_else(PoisonError::into_inner);
        faults
            .iter()
            .filter(|fault| fault.name == name && fault.is_due())
            .filter(|fault| fault.operation.as_deref().is_none_or(|wanted| operation.ends_with(wanted)))
            .any(|fault| fault.strikes())
    }

    /// The value of a switch; empty for one without a value.
    pub(super) fn switch(&self, name: &str) -> Option<String> {
        let faults = self.0.read().unwrap_or_else(PoisonError::into_inner);
        faults
            .iter()
            .rev()
            .find(|fault| fault.name == name && fault.is_due())
            .map(|fault| fault.value.clone())
    }

    /// Whether a switch is on.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.switch(name).is_some()
    }

    /// Whether any switch of this name has this value.
    pub(super) fn has(&self, name: &str, value: &str) -> bool {
        let faults = self.0.read().unwrap_or_else(PoisonError::into_inner);
        faults.iter().any(|fault| fault.name == name && fault.value == value && fault.is_due())
    }

    /// The value of a switch as a count.
    pub(super) fn count(&self, name: &str) -> Option<u64> {
        self.switch(name).and_then(|value| value.parse().ok())
    }

    /// The value of a switch as a number.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.switch(name).and_then(|value| value.parse().ok())
    }
}

/// A fault without the seconds after which it comes into force, and these.
pub fn moment(text: &str) -> Result<(&str, Duration), String> {
    let Some((fault, seconds)) = text.rsplit_once('~') else { return Ok((text, Duration::ZERO)) };
    let seconds = seconds.parse().map_err(|_| format!("`{seconds}` are no seconds"))?;
    Ok((fault, Duration::from_secs(seconds)))
}

impl Fault {
    fn is_due(&self) -> bool {
        Instant::now() >= self.from
    }

    fn strikes(&self) -> bool {
        let nth = self.seen.fetch_add(1, Ordering::Relaxed) + 1;
        match self.when {
            None | Some(When::Always) => true,
            Some(When::First(count)) => nth <= count,
            Some(When::Every(step)) => nth.is_multiple_of(step.max(1)),
            Some(When::After(count)) => nth > count,
            // Spread evenly but not regularly, and the same at each run.
            Some(When::Share(percent)) => {
                nth.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32 < (percent << 32) / 100
            }
        }
    }
}

fn parse_when(value: &str) -> Result<When, String> {
    let number = |text: &str| {
        text.parse::<u64>().map_err(|_| format!("`{value}` is no count: write N, N%, every:N or after:N"))
    };
    if value.is_empty() {
        return Ok(When::Always);
    }
    if let Some(share) = value.strip_suffix('%') {
        return number(share).map(|percent| When::Share(percent.min(100)));
    }
    match value.split_once(':') {
        Some(("every", step)) => number(step).map(When::Every),
        Some(("after", count)) => number(count).map(When::After),
        _ => number(value).map(When::First),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strikes(text: &str, calls: usize) -> usize {
        let faults = Faults::default();
        faults.add(text).unwrap();
        (0..calls).filter(|_| faults.strikes("busy", "user/create")).count()
    }

    #[test]
    fn a_fault_strikes_by_count_share_or_moment() {
        assert_eq!(strikes("busy", 7), 7);
        assert_eq!(strikes("busy=3", 7), 3);
        assert_eq!(strikes("busy=every:3", 7), 2);
        assert_eq!(strikes("busy=after:5", 7), 2);
        assert_eq!(strikes("busy@user/update", 7), 0);
        let share = strikes("busy=10%@user/create", 10_000);
        assert!((900..1100).contains(&share), "{share}");
    }

    #[test]
    fn a_fault_that_does_not_exist_is_refused() {
        let faults = Faults::default();
        assert!(faults.add("bussy").unwrap_err().contains("unknown fault"));
        assert!(faults.add("busy=often").unwrap_err().contains("no count"));
        assert!(faults.add("busy~soon").unwrap_err().contains("no seconds"));
    }

    #[test]
    fn a_fault_of_a_later_moment_does_not_strike_yet() {
        let faults = Faults::default();
        faults.add("busy=1@user/create~0").unwrap();
        faults.add("qps=5~3600").unwrap();
        assert!(faults.strikes("busy", "user/create"));
        assert_eq!(faults.number("qps"), None);
    }
}
