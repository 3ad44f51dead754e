//! The wizard against services that refuse: a wrong secret, an unlisted address, a missing permission, no answer; and
//! what a lost session typed.

use dingsync::simulator::options::Options;

use super::pty::Pty;
use super::{PATIENCE, log_files};
use crate::support::{TestEnv, small_company};

/// Settings that hold but for the display name, so that the wizard begins at step 1.
fn unnamed(env: &TestEnv) -> String {
    let path = env.path("dingsync.toml");
    let text =
        std::fs::read_to_string(&path).unwrap().replace("display_name = \"Test\"", "display_name = \"\"");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn slow_enough() -> TestEnv {
    TestEnv::with(&small_company(), Options { dingtalk_qps: 1000, ..Options::default() }, "")
}

/// From the display name backwards to the button that tests.
const TO_TEST: &str = "\u{1b}[Z\u{1b}[Z\r";

#[test]
fn a_wrong_secret_is_met_at_its_field_and_cured_there() {
    let env = slow_enough();
    let secret = std::fs::read_to_string(env.path("app-secret")).unwrap();
    std::fs::write(env.path("app-secret"), "not-the-secret\n").unwrap();
    let mut pty = Pty::dingsync(&["--config", &unnamed(&env)]);
    pty.wait_for("Basic information");
    pty.send("Acme");
    pty.send(TO_TEST);
    pty.wait_for("X token");
    pty.wait_for("Client ID or Client Secret is wrong");
    pty.send(&format!("\u{1b}[200~{}\n\u{1b}[201~", secret.trim()));
    pty.wait_for("blanks or line ends left out");
    // On to the button behind the developer information.
    pty.send(&"\t".repeat(9));
    pty.send("\r");
    pty.wait_for("ok: token");
    pty.wait_for("ok: key");
    pty.send("\u{13}");
    pty.wait_for("settings saved to");
    assert_eq!(std::fs::read_to_string(env.path("app-secret")).unwrap().trim(), secret.trim());
    assert!(!pty.raw().contains(secret.trim()), "the secret was shown");
    assert!(log_files(&pty).iter().all(|text| !text.contains(secret.trim())), "the secret is in the log");
    pty.send("\u{11}");
    assert_eq!(pty.end(PATIENCE).0, 0);
    pty.wait_for("settings: ");
}

#[test]
fn an_unlisted_address_is_shown_as_dingtalk_saw_it() {
    let env = slow_enough();
    env.fault("ip-not-allowed=198.51.100.7");
    let mut pty = Pty::dingsync(&["--config", &unnamed(&env)]);
    pty.wait_for("Basic information");
    pty.send("Acme");
    pty.send(TO_TEST);
    pty.wait_for("DingTalk saw 198.51.100.7 and refuses it");
    env.heal("ip-not-allowed");
    pty.send("\t\r");
    pty.wait_for("ok, DingTalk accepts it");
}

#[test]
fn a_missing_permission_blocks_until_it_is_granted() {
    let env = slow_enough();
    env.fault("no-permission=qyapi_manage_addresslist");
    let mut pty = Pty::dingsync(&["--config", &unnamed(&env)]);
    pty.wait_for("Basic information");
    pty.send("Acme\u{e}");
    pty.wait_for("write permission: missing 60011");
    pty.wait_for("failed items block the next step");
    env.heal("no-permission");
    pty.send("r");
    pty.wait_for("everything needed is there");
}

#[test]
fn a_service_that_does_not_answer_shows_how_long_and_can_be_cancelled() {
    let env = slow_enough();
    env.fault("slow=60000");
    let mut pty = Pty::dingsync(&["--config", &unnamed(&env)]);
    pty.wait_for("Basic information");
    pty.send("Acme\u{e}");
    pty.wait_for("checking … 2 s");
    pty.send("\u{1b}");
    pty.wait_for("cancelled; nothing was written");
    pty.send("\u{11}\u{11}");
    assert_eq!(pty.end(PATIENCE).0, 0);
}

#[test]
fn what_a_lost_session_typed_is_there_again() {
    let env = slow_enough();
    let settings = unnamed(&env);
    let mut pty = Pty::dingsync(&["--config", &settings]);
    pty.wait_for("Basic information");
    pty.send("研发中心");
    pty.wait_for("研发中心");
    pty.signal("HUP");
    assert_eq!(pty.end(PATIENCE).0, 130);
    let mut pty = Pty::dingsync(&["--config", &settings]);
    pty.wait_for("研发中心");
    pty.wait_for("answers of the lost session are back");
    pty.send("\u{13}");
    pty.wait_for("settings saved to");
    pty.send("\u{11}");
    assert_eq!(pty.end(PATIENCE).0, 0);
    assert!(!env.path("dingsync.toml.draft").exists());
}
