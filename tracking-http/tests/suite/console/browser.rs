//! The console in a real Chromium, driven by `tests/console/browser.mjs`.

use std::path::{Path, PathBuf};
use std::process::Command;

use regex::bytes::Regex;
use serde_json::{Value, json};
use tracking_test_support::not_here;

use super::{program, take};
use crate::chromium::chromium;
use crate::support::{Answer, Client, TokenFile};

const TOKEN: &str = "trk_of_the_browsers_test";
const BEARER: &str = "Authorization: Bearer trk_of_the_browsers_test";

/// Whether programs are there, said and only where tests may be left out.
fn are_there(programs: &[(&str, &str)]) -> bool {
    let missing =
        |(program, _): &&(&str, &str)| Command::new(program).arg("--version").output().is_err();
    let missing: Vec<_> = programs.iter().filter(missing).collect();
    if !missing.is_empty() {
        not_here(&format!("programs of Debian packages: {missing:?}"));
    }
    missing.is_empty()
}

/// Where a program is.
fn found(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    let mut places = std::env::split_paths(&path).map(|folder| folder.join(program));
    places.find(|place| place.exists()).unwrap()
}

/// What drives the browser and judges its pages, as the lock file has it, below Cargo's output.
fn modules() -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/console");
    let lock = std::fs::read(source.join("package-lock.json")).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_tracking-http"));
    let folder = program.ancestors().nth(2).unwrap().join("console-browser");
    let complete = folder.join("complete");
    if std::fs::read(&complete).is_ok_and(|known| known == lock) {
        return folder;
    }
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["package.json", "package-lock.json"] {
        std::fs::copy(source.join(name), folder.join(name)).unwrap();
    }
    let npm = Command::new("npm")
        .args([
            "ci",
            "--silent",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
        ])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(npm.status.success(), "{npm:?}");
    std::fs::write(complete, lock).unwrap();
    folder
}

fn fill(client: &mut Client) -> (String, String) {
    let order = json!({"origin_country_id": "MY", "destination_country_id": "ID", "weight": 1.234, "customer_name": "RedBox Logistics"});
    let body = json!({"count": 250, "order": order, "reference": "PO-4711"}).to_string();
    let answer: Answer = client.order_many("application/json", &body);
    assert_eq!(answer.status, 200, "{answer:?}");
    let long = "W".repeat(255);
    take(
        client,
        &[BEARER],
        &[
            ("customer_name", "<script>alert(1)</script>"),
            ("reference", "odd-script"),
        ],
    );
    take(
        client,
        &[BEARER],
        &[
            ("customer_name", "شركة الشحن السريع (2027)"),
            ("reference", "odd-rtl"),
        ],
    );
    let long = take(
        client,
        &[BEARER],
        &[
            ("customer_name", &long),
            ("reference", "odd-long"),
            ("origin_country_id", "MY"),
            ("destination_country_id", "ID"),
            ("weight", "999999.999"),
        ],
    );
    let number = take(
        client,
        &[BEARER],
        &[
            ("origin_country_id", "MY"),
            ("destination_country_id", "ID"),
            ("weight", "1.234"),
            ("customer_name", "RedBox Logistics"),
            ("reference", "PO-4712"),
        ],
    );
    (number, long)
}

/// What an independent decoder reads of a picture.
fn decoded(picture: &Path) -> String {
    let output = Command::new("zbarimg")
        .args(["--quiet", "--raw", "-Sdisable", "-Scode128.enable"])
        .arg(picture)
        .output()
        .unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}

/// The pages of a PDF, each by its width and height in points.
fn pages(pdf: &Path) -> Vec<(f64, f64)> {
    let bytes = std::fs::read(pdf).unwrap();
    let number = |part: &[u8]| str::from_utf8(part).unwrap().parse::<f64>().unwrap();
    let media_box = Regex::new(r"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]").unwrap();
    let found = media_box.captures_iter(&bytes);
    found
        .map(|size| (number(&size[1]), number(&size[2])))
        .collect()
}

#[test]
fn people_use_it_in_a_browser() {
    let Some(chromium) = chromium() else { return };
    if !are_there(&[
        ("node", "nodejs"),
        ("npm", "npm"),
        ("zbarimg", "zbar-tools"),
    ]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    let file = TokenFile::new(&[("operator", TOKEN, "issue read metrics ledger", "")]);
    let tokens = file.path();
    let ledgers = ["plain", "locked"]
        .map(|name| format!("sqlite:{}", out.join(format!("{name}.db")).display()));
    let plain = program(&["--ledger", &ledgers[0]], &[]);
    let bare = program(&[], &[]);
    let locked = [
        "--ledger",
        &ledgers[1],
        "--tokens",
        tokens.to_str().unwrap(),
    ];
    let locked = program(&locked, &[]);
    let (number, long) = fill(&mut Client::connect(plain.address));
    take(
        &mut Client::connect(locked.address),
        &[BEARER],
        &[
            ("customer_name", "<script>alert(1)</script>"),
            ("reference", "odd-script"),
        ],
    );
    // Free a moment ago; taken by nobody else's test.
    let other = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let origin = |address: std::net::SocketAddr| Value::from(format!("http://{address}"));
    let config = json!({
        "plain": origin(plain.address),
        "bare": origin(bare.address),
        "locked": origin(locked.address),
        "other": origin(other),
        "out": out,
        "modules": modules(),
        "chromium": found(chromium),
        "token": TOKEN,
        "number": number,
        "long": long,
    });
    let path = out.join("config.json");
    std::fs::write(&path, config.to_string()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/console/browser.mjs");
    let run = Command::new("timeout")
        .args(["--kill-after=5", "240", "node"])
        .args([&script, &path])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(
        run.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&run.stdout)
    );

    // On a screen, dark or not, and on paper: what a scanner reads is the number.
    for (picture, number) in [
        ("barcode", &number),
        ("barcode-dark", &number),
        ("label-4x6", &number),
        ("label-a6", &number),
        ("label-long-4x6", &long),
    ] {
        assert_eq!(
            decoded(&out.join(format!("{picture}.png"))),
            **number,
            "{picture}"
        );
    }
    for label in ["label", "label-long"] {
        for (paper, width, height) in [("4x6", 288.0, 432.0), ("a6", 297.6, 419.5)] {
            let pages = pages(&out.join(format!("{label}-{paper}.pdf")));
            let [(found_width, found_height)] = pages[..] else {
                panic!("{label} on {paper}: {pages:?}");
            };
            let is_near = |found: f64, expected: f64| (found - expected).abs() < 1.0;
            assert!(
                is_near(found_width, width) && is_near(found_height, height),
                "{label} on {paper}: {pages:?}"
            );
        }
    }
}
