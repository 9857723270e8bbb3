use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tracking_core::shown::steers;

use super::*;

/// Where lines go that a test reads.
#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is logged meanwhile.
fn logged(format: LogFormat, log: impl FnOnce()) -> String {
    let kept = Kept::default();
    let (layer, logs) = lines(format, kept.clone(), false);
    tracing::subscriber::with_default(Registry::default().with(layer), log);
    drop(logs);
    kept.text()
}

fn a_request() {
    tracing::info!(
        target: "tracking_http::request",
        id = "mine-1",
        status = 200_u16,
        ms = 0.031,
        token = None::<&str>,
        "answered"
    );
}

#[test]
fn a_request_as_text_and_as_an_object() {
    let text = logged(LogFormat::Text, a_request);
    let (time, rest) = text.split_at(24);
    assert!(time.starts_with("20") && time.ends_with('Z'), "{text}");
    assert_eq!(
        rest,
        "  INFO tracking_http::request: answered id=\"mine-1\" status=200 ms=0.031\n"
    );
    let json = logged(LogFormat::Json, a_request);
    let time: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        json,
        format!(
            "{{\"timestamp\":{},\"level\":\"INFO\",\"message\":\"answered\",\"id\":\"mine-1\",\"status\":200,\
             \"ms\":0.031,\"target\":\"tracking_http::request\"}}\n",
            time["timestamp"]
        )
    );
}

/// Whatever a message or a value has: it stays on its line, and steers no terminal.
#[test]
fn nothing_that_is_logged_ends_its_line() {
    let awkward = "a\nb\r\u{1b}[31m\u{9b}31m\u{7f}\u{85}\u{202e}\u{2028}\0\"\\";
    let log = || {
        tracing::warn!(field = awkward, shown = %awkward, "message {awkward}");
        tracing::warn!(field = ?awkward);
    };
    let text = logged(LogFormat::Text, log);
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(!text.contains(|c| steers(c) && c != '\n'), "{text:?}");
    let json = logged(LogFormat::Json, log);
    assert!(!json.contains(|c| steers(c) && c != '\n'), "{json:?}");
    let objects: Vec<Value> = json
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(objects.len(), 2, "{json}");
    assert_eq!(objects[0]["field"], awkward);
    assert_eq!(objects[0]["message"], format!("message {awkward}"));
}

/// A writer that takes nothing until it is told to.
struct Stuck {
    kept: Kept,
    go: mpsc::Receiver<()>,
    is_stuck: bool,
}

impl Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_stuck {
            self.is_stuck = self.go.recv().is_err();
        }
        self.kept.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_nobody_takes_is_dropped_and_told_and_holds_nobody_up() {
    let kept = Kept::default();
    let (go, wait) = mpsc::channel();
    let stuck = Stuck {
        kept: kept.clone(),
        go: wait,
        is_stuck: true,
    };
    let (layer, logs) = lines(LogFormat::Json, stuck, false);
    let lines = 3 * WAITING_MAX;
    let began = Instant::now();
    tracing::subscriber::with_default(Registry::default().with(layer), || {
        (0..lines).for_each(|line| tracing::info!(line));
    });
    assert!(!logs.progress.wait(), "nothing was written yet");
    assert!(began.elapsed() < Duration::from_secs(20));
    go.send(()).unwrap();
    assert!(logs.progress.wait());
    let written = kept.text().lines().count();
    let dropped = logs.lines.error_counter().dropped_lines();
    assert!(
        written < lines && written + dropped == lines,
        "{written} {dropped}"
    );
}

#[test]
fn a_writer_that_hangs_is_not_waited_for_forever() {
    let (_go, wait) = mpsc::channel();
    let stuck = Stuck {
        kept: Kept::default(),
        go: wait,
        is_stuck: true,
    };
    let (layer, logs) = lines(LogFormat::Text, stuck, false);
    tracing::subscriber::with_default(Registry::default().with(layer), a_request);
    let began = Instant::now();
    logs.say(format_args!("error: x"));
    drop(logs);
    assert!(began.elapsed() < Duration::from_secs(10));
}

/// Fails, then takes a byte at a time.
struct Awkward(Kept, usize);

impl Write for Awkward {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1 += 1;
        match self.1 % 3 {
            0 => Err(io::ErrorKind::Interrupted.into()),
            1 => Err(io::ErrorKind::WouldBlock.into()),
            _ => self.0.write(&bytes[..1]),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn every_byte_is_written_once_whatever_the_writer_says() {
    let kept = Kept::default();
    let (_, logs) = lines::<Registry>(LogFormat::Text, Awkward(kept.clone(), 0), false);
    logs.say(format_args!("welcome"));
    drop(logs);
    assert_eq!(kept.text(), "welcome\n");
}

#[test]
fn a_panic_is_reported_below_what_was_logged_before() {
    let kept = Kept::default();
    let (layer, logs) = lines(LogFormat::Text, kept.clone(), false);
    let (report, reported) = mpsc::channel();
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        // Other tests may panic meanwhile.
        if panic.payload_as_str() == Some("on purpose") {
            let _ = report.send(kept.text());
        } else {
            usual(panic);
        }
    }));
    flush_on_panic(Arc::clone(&logs.progress));
    tracing::subscriber::with_default(Registry::default().with(layer), a_request);
    assert!(thread::spawn(|| panic!("on purpose")).join().is_err());
    assert!(reported.recv().unwrap().contains("answered"));
}
