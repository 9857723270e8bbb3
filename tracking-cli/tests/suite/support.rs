//! An operator with a home of their own.

use std::fmt::Debug;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;
use tracking_core::{Key, Serial, Series, TrackingNumber};

/// The key of [`known_series`], as text.
pub(crate) const KEY: &str = "000102030405060708090a0b0c0d0e0f";

/// An operator with an empty home, and none of our variables.
pub(crate) struct Operator {
    home: TempDir,
}

impl Operator {
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        Self { home }
    }

    /// An operator who has restored [`known_series`] on the default store.
    pub(crate) fn with_known_series() -> Self {
        let operator = Self::new();
        operator.write_private("key", KEY);
        let key = operator.path("key");
        let args = ["series", "restore", "--prefix", "AB", "--key-file"];
        let ran = operator.run(args.into_iter().chain([key.to_str().unwrap()]));
        assert_eq!(ran.code, 0, "{ran:?}");
        operator
    }

    /// A file in the home that its owner alone may read, as the advice has it for backups.
    pub(crate) fn write_private(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
        let owner = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(self.path(name), owner).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The URL of the default store.
    pub(crate) fn store(&self) -> String {
        let path = self.path(".local/state/tracking/default.series");
        format!("file:{}", path.display())
    }

    pub(crate) fn command<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tracking"));
        command.env_clear().env("HOME", self.home.path());
        command.args(args).stdin(Stdio::null());
        command
    }

    pub(crate) fn run<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Ran {
        self.command(args).output().unwrap().into()
    }

    pub(crate) fn run_with_input<'a>(
        &self,
        args: impl IntoIterator<Item = &'a str>,
        input: &[u8],
    ) -> Ran {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        std::thread::scope(|scope| {
            scope.spawn(move || stdin.write_all(input).unwrap());
            child.wait_with_output().unwrap().into()
        })
    }

    /// Numbers from the default store.
    pub(crate) fn numbers(&self, count: usize) -> Vec<String> {
        let ran = self.run(["next", "-n", &count.to_string()]);
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.stdout.lines().map(str::to_owned).collect()
    }
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    #[track_caller]
    pub(crate) fn assert(&self, code: i32, stdout: &str, stderr: &str) {
        let expected = (stdout, stderr, code);
        assert_eq!((&*self.stdout, &*self.stderr, self.code), expected);
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            // Bytes that are not UTF-8 are shown as such.
            stdout: output.stdout.utf8_chunks().fold(String::new(), escape),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

fn escape(text: String, chunk: std::str::Utf8Chunk<'_>) -> String {
    format!("{text}{}{}", chunk.valid(), chunk.invalid().escape_ascii())
}

/// A series whose key and prefix are known, and which is as old as can be.
pub(crate) fn known_series() -> Series {
    let key: Key = KEY.parse().unwrap();
    Series::new(
        "default".parse().unwrap(),
        "AB".parse().unwrap(),
        key,
        Serial::EPOCH_MS,
    )
}

/// A number of the known series.
pub(crate) fn known_number(lane: u8, tick: u64, slot: u32) -> TrackingNumber {
    known_series().encode(Serial::from_parts(lane, tick, slot).unwrap())
}

/// The message where the default series is missing.
pub(crate) fn missing(operator: &Operator) -> String {
    format!(
        "error: {}: there is no series `default`; `tracking series create` makes a new one, `tracking series restore` brings back one that was lost\n",
        operator.store()
    )
}
