//! A real browser, without a window.

use std::path::Path;
use std::process::{Command, Stdio};

use tracking_test_support::not_here;

/// Where Chromium is, or None, said and only where tests may be left out.
pub(crate) fn chromium() -> Option<&'static str> {
    let found = Command::new("chromium")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if found.is_ok_and(|status| status.success()) {
        return Some("chromium");
    }
    not_here("chromium (Debian package chromium)");
    None
}

pub(crate) struct Seen {
    /// The page as it stands in the end.
    pub(crate) dom: String,
    /// Every URL that the page asked for, or tried.
    pub(crate) urls: Vec<String>,
    /// What the page's console says.
    pub(crate) console: String,
}

/// Load a page of a server, and wait until it rests.
pub(crate) fn load(chromium: &str, origin: &str, path: &str, folder: &Path) -> Seen {
    let net_log = folder.join("net.json");
    let output = Command::new("timeout")
        .args(["--kill-after=5", "60", chromium])
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
        ])
        .args(["--no-first-run", "--disable-background-networking"])
        .args(["--disable-component-update", "--disable-sync"])
        // The browser itself would ask its maker's servers, too: no name but ours leads anywhere.
        .arg("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost")
        .arg("--enable-logging=stderr")
        .arg(format!(
            "--user-data-dir={}",
            folder.join("profile").display()
        ))
        .arg(format!("--log-net-log={}", net_log.display()))
        .args(["--virtual-time-budget=20000", "--dump-dom"])
        .arg(format!("{origin}{path}"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    let console: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("CONSOLE"))
        .collect();
    Seen {
        dom: String::from_utf8(output.stdout).unwrap(),
        urls: asked_by(origin, &std::fs::read_to_string(net_log).unwrap()),
        console: console.join("\n"),
    }
}

/// The URLs in Chromium's log of the network that pages of an origin asked for. What the browser asks for
/// on its own has another initiator.
fn asked_by(origin: &str, net_log: &str) -> Vec<String> {
    let initiator = format!("\"initiator\":\"{origin}\"");
    net_log
        .lines()
        .filter(|event| event.contains(&initiator))
        .filter_map(|event| event.split_once("\"url\":\"")?.1.split('"').next())
        .map(str::to_owned)
        .collect()
}
