//! `tracking ledger export`.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use rustix::io::ioctl_fionread;
use rustix::process::{Pid, Signal, kill_process};

use crate::ledgers::{BARE, CUSTOMER, FULL, OLD, ledger, operator, url, with_many};
use crate::support::Ran;

#[test]
fn export() {
    let operator = operator();
    ledger(&operator, ["export", "--format", "ndjson"]).assert(
        0,
        &format!("{FULL}\n{BARE}\n{OLD}\n"),
        "",
    );
    // No cell is a formula.
    ledger(&operator, ["export"]).assert(
        0,
        "\
tracking_number,created_at,origin_country_id,destination_country_id,weight,customer_id,customer_name,customer_slug,order_created_at,reference,token,request_id,origin
FULL1,2026-01-01T08:00:00.001+08:00,MY,ID,1.200,de619854-b59b-425e-9db4-943979e1bd49,\"'=Red, \"\"Box\"\"\",redbox-logistics,2025-12-31T23:00:00.500+08:00,'+PO 4711,shop-a,'@id,issued
BARE1,2026-01-01T00:00:00.000Z,,,,,,,,,,,issued
OLD1,2025-12-31T00:00:00.000Z,,,,,,,,,,,imported
",
        "",
    );
    let ran = ledger(&operator, ["export", "--customer-id", CUSTOMER]);
    assert_eq!(ran.stdout.lines().count(), 2, "{ran:?}");
}

#[test]
fn all_pages_are_exported_once_newest_first() {
    let operator = with_many(2_500);
    let ran = ledger(&operator, ["export"]);
    assert_eq!((ran.code, &*ran.stderr), (0, ""));
    let numbers: Vec<_> = ran.stdout.lines().skip(1).map(|row| &row[..7]).collect();
    let expected: Vec<_> = (0..2_500).rev().map(|n| format!("N{n:06}")).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn a_signal_ends_an_export_with_a_whole_line() {
    let operator = with_many(20_000);
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let mut command = operator.command(["ledger", "export", "--ledger"]);
        command.arg(url(&operator));
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        let mut text = String::new();
        reader.read_line(&mut text).unwrap();
        // It waits in the midst of its second page, for which the pipe has no room.
        while ioctl_fionread(reader.get_ref()).unwrap() < 50_000 {
            assert!(child.try_wait().unwrap().is_none(), "it writes on");
            std::thread::yield_now();
        }
        kill_process(Pid::from_child(&child), signal).unwrap();
        reader.read_to_string(&mut text).unwrap();
        let ran = Ran::from(child.wait_with_output().unwrap());
        assert_eq!((ran.code, &*ran.stderr), (code, ""));
        assert!(text.ends_with(",issued\n") && text.lines().count() < 20_000);
    }
}
