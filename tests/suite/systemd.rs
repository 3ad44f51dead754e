//! The units of the service manager, looked at by the service manager's own tool.

use std::path::Path;
use std::process::Command;

const UNITS: [&str; 3] = ["dingsync-watch.service", "dingsync-sync.service", "dingsync-sync.timer"];

fn unit(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/systemd").join(name)).unwrap()
}

#[test]
fn the_service_manager_finds_nothing_wrong_with_the_units() {
    let Ok(version) = Command::new("systemd-analyze").arg("--version").output() else {
        eprintln!("SKIPPED: systemd-analyze is not installed, so nobody has looked at assets/systemd");
        return;
    };
    assert!(version.status.success());
    let directory = tempfile::tempdir().unwrap();
    for name in UNITS {
        // The program need not be installed to be named.
        let text = unit(name).replace("/usr/bin/dingsync", env!("CARGO_BIN_EXE_dingsync"));
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    let paths = UNITS.map(|name| directory.path().join(name));
    let verified = Command::new("systemd-analyze").args(["verify", "--man=no"]).args(paths).output().unwrap();
    let told = String::from_utf8_lossy(&verified.stderr);
    // Other units of the machine are none of our business.
    let ours: Vec<&str> = told.lines().filter(|line| line.contains("dingsync")).collect();
    assert!(ours.is_empty(), "{}", ours.join("\n"));
}

#[test]
fn the_units_take_credentials_from_the_service_manager_and_never_run_side_by_side() {
    for name in ["dingsync-watch.service", "dingsync-sync.service"] {
        let text = unit(name);
        assert!(text.contains("\nLoadCredential=app-secret\n"), "{name}");
        assert!(text.contains("\nConflicts=dingsync-"), "{name}");
        assert!(!text.contains("Environment="), "{name}: secrets never stand in the environment");
    }
}
