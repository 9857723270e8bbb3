//! Sixteen threads of one process, and more numbers than fit into memory: a pipe takes them to `tracking audit`.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use tracking_core::{Generator, SeriesOptions, TrackingNumber, open_store};

use crate::is_full;

const THREADS: u64 = 16;
const LOT: usize = 4_096;
/// What the audit may take of memory at most.
const MEMORY_KIB: u64 = 256 << 10;

#[test]
fn sixteen_threads_and_a_billion_numbers_repeat_nothing() {
    let wanted: u64 = if is_full() { 1_000_000_000 } else { 3_000_000 };
    let folder = tempfile::tempdir().unwrap();
    let store = format!("file:{}", folder.path().join("a.series").display());
    let allocator = open_store(&store.parse().unwrap(), &SeriesOptions::default()).unwrap();
    let generator = Generator::builder()
        .deadline(std::time::Duration::from_secs(30))
        .build(allocator);
    let mut audit = Command::new(env!("CARGO_BIN_EXE_tracking"))
        .args(["audit", "--store", &store, "--temporary-directory"])
        .arg(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let input = Mutex::new(audit.stdin.take().unwrap());
    let lots = wanted.div_ceil(THREADS * LOT as u64);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let placeholder: TrackingNumber = "0".parse().unwrap();
                let mut numbers = vec![placeholder; LOT];
                let mut text = Vec::new();
                for _ in 0..lots {
                    generator.fill(&mut numbers).unwrap();
                    text.clear();
                    for number in &numbers {
                        text.extend_from_slice(number.as_str().as_bytes());
                        text.push(b'\n');
                    }
                    input.lock().unwrap().write_all(&text).unwrap();
                }
            });
        }
    });
    let status = std::fs::read_to_string(format!("/proc/{}/status", audit.id())).unwrap();
    drop(input);
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.unwrap().trim_matches(|c: char| !c.is_ascii_digit());
    let peak: u64 = peak.parse().unwrap();
    let output = audit.wait_with_output().unwrap();
    assert!(
        output.status.success() && output.stdout.is_empty(),
        "{:?} {}",
        output.status,
        String::from_utf8_lossy(&output.stdout[..output.stdout.len().min(1_000)])
    );
    let issued = lots * THREADS * LOT as u64;
    eprintln!(
        "{issued} numbers of {THREADS} threads, none twice; the audit read them in {peak} KiB"
    );
    assert!(issued >= wanted && peak < MEMORY_KIB, "{peak} KiB");
}
