//! `tracking audit`.

use std::fmt::Write;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use tracking_test_support::until;

use crate::support::{Operator, Ran, known_number};

/// How many numbers one repeat is found among: 10^8 with `TRACKING_PROVE`.
fn many() -> u64 {
    match std::env::var_os("TRACKING_PROVE") {
        Some(_) => 100_000_000,
        None => 2_000_000,
    }
}

/// Numbers of another maker, none twice.
fn others(range: std::ops::Range<u64>) -> String {
    range.fold(String::new(), |mut text, k| {
        // Odd and below the power of two: one to one, and in no order.
        let mixed = k.wrapping_mul(0x2545_F491_4F6C_DD1D) % (1 << 40);
        writeln!(text, "N{mixed:013X}").unwrap();
        text
    })
}

fn paths(operator: &Operator, names: &[&str]) -> Vec<String> {
    let path = |name: &&str| match *name {
        "-" => "-".to_owned(),
        name => operator.path(name).to_str().unwrap().to_owned(),
    };
    names.iter().map(path).collect()
}

fn audit(operator: &Operator, options: &[&str], names: &[&str], input: &str) -> Ran {
    let paths = paths(operator, names);
    let args = ["audit"].into_iter().chain(options.iter().copied());
    let args = args.chain(paths.iter().map(String::as_str));
    operator.run_with_input(args, input.as_bytes())
}

#[test]
fn each_finding_says_where_it_stood() {
    let operator = Operator::with_known_series();
    let own = operator.numbers(3);
    let [a, b, c] = &own[..] else {
        panic!("{own:?}")
    };
    let future = known_number(0, (1 << 38) - 1, 0).to_string();
    operator.write_private("one", &format!("{a}\r\n\n  {b}\n{future}\nAB1\n"));
    operator.write_private("empty", "");
    operator.write_private("two", &format!("{c}\n{b}\n{future}\nnone\n{b}\nAB1"));
    let [one, two] = ["one", "two"].map(|name| operator.path(name).display().to_string());
    let ran = audit(&operator, &[], &["one", "empty", "two"], "");
    let expected = format!(
        "{one}:4\t{future}\trefused\tin-the-future
{one}:5\tAB1\trefused\tlength
{two}:3\t{future}\trefused\tin-the-future
{two}:4\tnone\trefused\tmalformed
{two}:6\tAB1\trefused\tlength
{two}:2\t{b}\trepeats\t{one}:3
{two}:3\t{future}\trepeats\t{one}:4
{two}:5\t{b}\trepeats\t{one}:3
{two}:6\tAB1\trepeats\t{one}:5
"
    );
    // Which reason a lane has that was never used hangs on the series' own.
    let stdout = ran.stdout.replace("not-of-this-series", "in-the-future");
    assert_eq!((&*stdout, ran.code), (&*expected, 1));
    assert_eq!(
        ran.stderr,
        "note: 10 numbers in 3 files: 4 repeated, 5 refused\n"
    );
    audit(&operator, &[], &[], &format!("{a}\n{b}\n{c}\n")).assert(
        0,
        "",
        "note: 3 numbers in 1 file: 0 repeated, 0 refused\n",
    );
    let ran = audit(&operator, &[], &["one", "-"], &format!("{a}\n"));
    assert!(
        ran.stdout
            .ends_with(&format!("-:1\t{a}\trepeats\t{one}:1\n")),
        "{ran:?}"
    );
}

#[test]
fn without_a_series_shapes_and_repeats_are_found() {
    let operator = Operator::new();
    let input = "A1\nB1\nb1\nA1\n";
    let found = "-:3\tb1\trefused\tmalformed\n-:4\tA1\trepeats\t-:1\n";
    let sum = "note: 4 numbers in 1 file: 1 repeated, 1 refused\n";
    audit(&operator, &["--shape-only"], &[], input).assert(1, found, sum);
    let note = format!(
        "note: there is no series in {}: only shapes and repeats are looked at\n",
        operator.store()
    );
    audit(&operator, &[], &[], input).assert(1, found, &format!("{note}{sum}"));
    // One that was named must be there.
    let store = operator.store();
    audit(&operator, &["--store", &store], &[], "").assert(
        3,
        "",
        &crate::support::missing(&operator),
    );
    assert!(!operator.path(".local").exists());
}

#[test]
fn a_field_of_objects_and_of_rows() {
    let operator = Operator::new();
    let sum = |rest: &str| format!("note: {rest}\n");
    for (options, input, code, found, said) in [
        (
            &["--format", "ndjson"][..],
            "{\"tracking_number\":\"A1\"}\n{\"level\":\"info\"}\n\n{\"a\":{\"tracking_number\":\"A1\"},\"tracking_number\":\"A2\"}\n{\"tracking_number\":\"A1\"\n",
            1,
            "-:5\t{\"tracking_number\":\"A1\"\tunreadable\texpected one JSON object\n",
            sum("2 numbers in 1 file: 0 repeated, 0 refused, 1 unreadable lines, 1 lines without the field"),
        ),
        (
            &["--format", "ndjson", "--field", "n"],
            "{\"n\":\"A1\"}\n{\"n\":\"A\\u0031\"}\n{\"n\":7.5}\n",
            1,
            "-:3\t7.5\trefused\tmalformed\n-:2\tA1\trepeats\t-:1\n",
            sum("3 numbers in 1 file: 1 repeated, 1 refused"),
        ),
        (
            &["--format", "csv", "--field", "n"],
            "a,n\r\n\"x\r\ny\",A1\r\n1,\"A1\"\r\n1\r\n",
            1,
            "-:5\t\tunreadable\texpected a row with the field\n-:4\tA1\trepeats\t-:2\n",
            sum("2 numbers in 1 file: 1 repeated, 0 refused, 1 unreadable lines"),
        ),
        (
            &["--format", "csv"],
            "a,n\n1,A1\n",
            3,
            "",
            "error: -:1: expected a header with the field \"tracking_number\" once, found \"a,n\": name the one that holds the number with --field\n".to_owned(),
        ),
        (
            &["--format", "ndjson", "--field", "nmuber"],
            "{\"number\":\"A1\"}\n{}\n",
            3,
            "",
            "error: none of 2 lines has the field: name the one that holds the number with --field\n".to_owned(),
        ),
        (
            &["--field", "n"],
            "",
            2,
            "",
            "error: --field is of no use to text, which is a number a line: name --format ndjson or csv\n".to_owned(),
        ),
    ] {
        let options: Vec<_> = ["--shape-only"].iter().chain(options).copied().collect();
        audit(&operator, &options, &[], input).assert(code, found, &said);
    }
}

/// What `tracking next` prints is what an audit reads.
#[test]
fn what_was_issued_is_clean() {
    let operator = Operator::with_known_series();
    for format in ["text", "ndjson", "csv"] {
        let issued = operator
            .run(["next", "-n", "20000", "--format", format])
            .stdout;
        let ran = audit(&operator, &["--format", format], &[], &issued);
        ran.assert(
            0,
            "",
            "note: 20000 numbers in 1 file: 0 repeated, 0 refused\n",
        );
        let last = issued.lines().last().unwrap();
        let ran = audit(
            &operator,
            &["--format", format],
            &[],
            &format!("{issued}{last}\n"),
        );
        assert_eq!((ran.code, ran.stdout.lines().count()), (1, 1), "{ran:?}");
    }
}

#[test]
fn a_file_that_is_not_there_or_twice_is_told_before_any_is_read() {
    let operator = Operator::new();
    operator.write_private("one", "A1\nA1\n");
    fs::hard_link(operator.path("one"), operator.path("same")).unwrap();
    let shown = |name: &str| operator.path(name).display().to_string();
    audit(&operator, &["--shape-only"], &["one", "gone"], "").assert(
        3,
        "",
        &format!(
            "error: cannot read {}: No such file or directory (os error 2)\n",
            shown("gone")
        ),
    );
    audit(&operator, &["--shape-only"], &["one", "same"], "").assert(
        2,
        "",
        &format!(
            "error: {} is named twice: then each number would be there twice\n",
            shown("same")
        ),
    );
}

/// One number is planted a second time, far from the first, in another file.
#[test]
fn one_repeat_among_many_is_found() {
    let operator = Operator::new();
    let count = many();
    let chunk = 1_000_000;
    for (name, half) in [("one", 0..count / 2), ("two", count / 2..count)] {
        let mut file = fs::File::create(operator.path(name)).unwrap();
        for start in half.clone().step_by(chunk as usize) {
            let end = half.end.min(start + chunk);
            file.write_all(others(start..end).as_bytes()).unwrap();
        }
    }
    let (first, again) = (count / 2 - 12_345, count - 77);
    let planted = others(first..first + 1);
    let (one, two) = (operator.path("one"), operator.path("two"));
    let names = ["one", "two"];
    let temporary = operator.path("temporary");
    fs::create_dir(&temporary).unwrap();
    let options = [
        "--shape-only",
        "--temporary-directory",
        temporary.to_str().unwrap(),
    ];
    let clean = audit(&operator, &options, &names, "");
    let sum =
        |repeated| format!("note: {count} numbers in 2 files: {repeated} repeated, 0 refused\n");
    clean.assert(0, "", &sum(0));
    // Every line has 15 bytes.
    let file = fs::OpenOptions::new().write(true).open(&two).unwrap();
    let line = again - count / 2;
    std::os::unix::fs::FileExt::write_all_at(&file, planted.as_bytes(), line * 15).unwrap();
    let found = format!(
        "{}:{}\t{}\trepeats\t{}:{}\n",
        two.display(),
        line + 1,
        planted.trim_end(),
        one.display(),
        first + 1
    );
    audit(&operator, &options, &names, "").assert(1, &found, &sum(1));
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0);
}

/// A bound on the size of files is met as a full disk is.
#[test]
fn a_disk_without_room_is_told() {
    let operator = Operator::new();
    operator.write_private("numbers", &others(0..2_000_000));
    let mut shell = Command::new("bash");
    let script =
        "ulimit -f 100; exec \"$0\" audit --shape-only --temporary-directory \"$1\" numbers";
    shell
        .args(["-c", script, env!("CARGO_BIN_EXE_tracking")])
        .arg(operator.path(""));
    shell
        .current_dir(operator.path(""))
        .env_clear()
        .env("HOME", operator.path(""));
    let folder = operator.path("").display().to_string();
    Ran::from(shell.output().unwrap()).assert(
        3,
        "",
        &format!("error: cannot write a temporary file in {folder}: File too large (os error 27); expected 13 bytes of room for each number: name a folder that has it with --temporary-directory\n"),
    );
    let nowhere = ["--shape-only", "--temporary-directory", "/nowhere"];
    audit(&operator, &nowhere, &["numbers"], "").assert(
        3,
        "",
        "error: cannot make a temporary file in /nowhere: No such file or directory (os error 2); expected 13 bytes of room for each number: name a folder that has it with --temporary-directory\n",
    );
}

/// Ended in the middle, it leaves nothing behind: the temporary file has no name, and no other user can open it.
#[test]
fn a_temporary_file_is_private_and_gone() {
    let operator = Operator::new();
    let folder = operator.path("temporary");
    fs::create_dir(&folder).unwrap();
    let folder = folder.to_str().unwrap();
    let args = ["audit", "--shape-only", "--temporary-directory", folder];
    let mut child = operator
        .command(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .as_ref()
        .unwrap()
        .write_all(others(0..2_000_000).as_bytes())
        .unwrap();
    let descriptors = format!("/proc/{}/fd", child.id());
    let open = || -> Vec<_> {
        fs::read_dir(&descriptors)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| {
                fs::read_link(path).is_ok_and(|to| to.to_string_lossy().starts_with(folder))
            })
            .collect()
    };
    // What was sent is more than it keeps in memory, and is read when the machine comes to it.
    until("the temporary file is open", || !open().is_empty());
    let open = open();
    let [file] = &open[..] else {
        panic!("{open:?}")
    };
    let metadata = fs::metadata(file).unwrap();
    let mode = std::os::unix::fs::MetadataExt::mode(&metadata) & 0o777;
    assert_eq!(
        (mode, std::os::unix::fs::MetadataExt::nlink(&metadata)),
        (0o600, 0)
    );
    rustix::process::kill_process(
        rustix::process::Pid::from_child(&child),
        // Whoever runs tests in the background has them ignore Ctrl-C, and all that they start.
        rustix::process::Signal::TERM,
    )
    .unwrap();
    let status = child.wait().unwrap();
    assert_eq!(
        std::os::unix::process::ExitStatusExt::signal(&status),
        Some(15)
    );
    assert_eq!(fs::read_dir(folder).unwrap().count(), 0);
}
