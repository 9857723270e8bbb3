//! Processes that issue from one series until they are ended or killed, and all that they issued.

use std::fs::OpenOptions;
use std::io::Write;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tracking_core::{
    AllocateError, Allocator, Generator, Opening, SeriesOptions, TrackingNumber, open_store,
};

const STORE: &str = "TRACKING_TEST_STORM";
const OUTPUT: &str = "TRACKING_TEST_STORM_OUTPUT";
const PACE: Duration = Duration::from_millis(1);
/// How long it may take until everybody goes on after a fault: fences, starts of servers and time-outs included.
const PATIENCE: Duration = Duration::from_secs(60);
const BLOCK: usize = 64;

/// The client: takes blocks by themselves, and numbers from a generator, by turns, and writes each lot by one write
/// before it takes the next. An error is a line of its own file.
#[test]
fn issuing() {
    let (Ok(url), Some(output)) = (std::env::var(STORE), std::env::var_os(OUTPUT)) else {
        return;
    };
    thread::spawn(|| {
        // It ends with whoever started it.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
    let output = PathBuf::from(output);
    let create = |path: &PathBuf| OpenOptions::new().append(true).create(true).open(path);
    let mut numbers = create(&output).unwrap();
    let mut errors = create(&output.with_extension("errors")).unwrap();
    let mut fail = |error: String| {
        errors.write_all(format!("{error}\n").as_bytes()).unwrap();
        thread::sleep(10 * PACE);
    };
    // It opens once: a process that has the series brings it back where it was lost, and a new one could not.
    let (blocks, allocator) = loop {
        let mut options = SeriesOptions::default();
        options.opening = Opening::Existing;
        let opened = || open_store(&url.parse().unwrap(), &options);
        match (opened(), opened()) {
            (Ok(blocks), Ok(allocator)) => break (blocks, allocator),
            (Err(error), _) | (_, Err(error)) => fail(error.to_string()),
        }
    };
    let generator = Generator::builder()
        .block_size(NonZeroU32::new(256).unwrap())
        .block_max_age(Duration::from_secs(1))
        .deadline(Duration::from_millis(500))
        .build(allocator);
    loop {
        if let Err(error) = issue(&*blocks, &generator, &mut numbers) {
            fail(error);
        }
    }
}

/// Until there is an error.
fn issue(
    blocks: &dyn Allocator,
    generator: &Generator,
    output: &mut impl Write,
) -> Result<(), String> {
    let placeholder: TrackingNumber = "0".parse().unwrap();
    let mut lot = [placeholder; BLOCK];
    let mut write = |numbers: &[TrackingNumber]| {
        let text: String = numbers.iter().map(|number| format!("{number}\n")).collect();
        output.write_all(text.as_bytes()).unwrap();
        thread::sleep(PACE);
    };
    loop {
        match blocks.reserve(NonZeroU32::new(BLOCK as u32).unwrap()) {
            Ok(block) => {
                let length = block.length().get() as usize;
                blocks.series().encode_block(block, &mut lot);
                write(&lot[..length]);
            }
            Err(AllocateError::NotYet { after }) => thread::sleep(after.min(10 * PACE)),
            Err(error) => return Err(error.to_string()),
        }
        generator
            .fill(&mut lot)
            .map_err(|error| error.to_string())?;
        write(&lot);
    }
}

/// Some clients of one series.
pub(crate) struct Crowd {
    url: String,
    folder: TempDir,
    clients: Vec<Client>,
    spawned: usize,
}

struct Client {
    child: Child,
    /// It ends when this is dropped.
    _input: Option<ChildStdin>,
    output: PathBuf,
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Crowd {
    /// So many, of a series that is made first.
    pub(crate) fn new(url: &str, count: usize) -> Self {
        let mut options = SeriesOptions::default();
        options.opening = Opening::New;
        open_store(&url.parse().unwrap(), &options).unwrap();
        let mut crowd = Self {
            url: url.to_owned(),
            folder: tempfile::tempdir().unwrap(),
            clients: Vec::new(),
            spawned: 0,
        };
        for _ in 0..count {
            let client = crowd.spawn();
            crowd.clients.push(client);
        }
        crowd
    }

    /// Each with an output of its own: what a killed one was writing stays the end of a file.
    fn spawn(&mut self) -> Client {
        let output = self.folder.path().join(format!("{}.txt", self.spawned));
        self.spawned += 1;
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crowd::issuing", "--nocapture"])
            .env(STORE, &self.url)
            .env(OUTPUT, &output)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Client {
            _input: child.stdin.take(),
            child,
            output,
        }
    }

    /// `kill -9` of one, and another in its place. Gives whether it had issued anything.
    pub(crate) fn kill(&mut self, client: usize) -> bool {
        let had = self.count(client) > 0;
        self.clients[client].child.kill().unwrap();
        self.clients[client] = self.spawn();
        had
    }

    /// Whose process this is.
    pub(crate) fn find(&self, id: u32) -> Option<usize> {
        let mut clients = self.clients.iter();
        clients.position(|client| client.child.id() == id)
    }

    pub(crate) fn len(&self) -> usize {
        self.clients.len()
    }

    /// How many bytes of numbers it has issued.
    fn count(&self, client: usize) -> u64 {
        std::fs::metadata(&self.clients[client].output).map_or(0, |file| file.len())
    }

    /// Everybody issues more from now on.
    pub(crate) fn goes_on(&mut self, when: &str) {
        let before: Vec<u64> = (0..self.len()).map(|client| self.count(client)).collect();
        let began = Instant::now();
        // Two lots each, of which the first may have been under way.
        let enough = 3 * BLOCK as u64 * 17;
        while let Some(late) = (0..self.len()).find(|&k| self.count(k) < before[k] + enough) {
            let ended = self.clients[late].child.try_wait().unwrap();
            assert!(ended.is_none(), "{when}: a client ended: {ended:?}");
            let errors = self.clients[late].output.with_extension("errors");
            assert!(
                began.elapsed() < PATIENCE,
                "{when}: a client does not go on: {:?}",
                std::fs::read_to_string(errors)
                    .ok()
                    .and_then(|text| text.lines().last().map(str::to_owned))
            );
            thread::sleep(2 * PACE);
        }
    }

    /// How many bytes of errors were told to all of them.
    pub(crate) fn errors(&self) -> u64 {
        let clients = self.clients.iter();
        let errors = clients.map(|client| client.output.with_extension("errors"));
        errors
            .filter_map(|path| Some(std::fs::metadata(path).ok()?.len()))
            .sum()
    }

    /// End all of them, and have all that was ever issued audited. Gives how many numbers that are.
    pub(crate) fn audit(mut self, store: &str) -> u64 {
        self.clients.clear();
        let (mut files, mut numbers) = (Vec::new(), 0);
        for count in 0..self.spawned {
            let path = self.folder.path().join(format!("{count}.txt"));
            let Ok(mut text) = std::fs::read(&path) else {
                continue;
            };
            // A line that was cut is no number that anybody was given.
            let whole = text.iter().rposition(|&byte| byte == b'\n');
            text.truncate(whole.map_or(0, |end| end + 1));
            numbers += text.iter().filter(|&&byte| byte == b'\n').count() as u64;
            std::fs::write(&path, text).unwrap();
            files.push(path);
        }
        let audited = Command::new(env!("CARGO_BIN_EXE_tracking"))
            .args(["audit", "--store", store])
            .args(files)
            .output()
            .unwrap();
        assert!(
            audited.status.success() && audited.stdout.is_empty(),
            "{audited:?}"
        );
        numbers
    }
}
