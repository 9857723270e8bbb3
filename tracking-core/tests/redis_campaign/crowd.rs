//! Clients that issue, from the side of the one who watches them.

use std::num::NonZeroU32;
use std::ops::Range;
use std::path::PathBuf;
use std::process::{ChildStdin, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tracking_core::Opening;
use tracking_core::store::reserve_patiently;

use super::checked::Checked;
use super::client;
use super::how::How;
use super::output::{self, Issued};
use super::servers::server::until;
use super::support::Guard;

/// How many more blocks each client issues before it has surely gone on.
const MORE: u64 = 20;
/// How long that may take, the fence and a failover included.
const PATIENCE: Duration = Duration::from_secs(30);

/// Some clients, each with an output of its own.
pub(crate) struct Crowd {
    clients: Vec<Client>,
    folder: tempfile::TempDir,
}

struct Client {
    guard: Guard,
    /// It ends when this is dropped.
    input: Option<ChildStdin>,
    output: PathBuf,
}

/// What a client has left behind.
#[derive(Debug)]
pub(crate) struct Left {
    pub(crate) issued: Vec<Issued>,
    pub(crate) errors: Vec<(u64, String)>,
}

impl Crowd {
    /// A new series in a store, past its fence, and a client for each of these.
    pub(crate) fn create(url: &str, clients: &[(How, String)]) -> Self {
        let allocator = client::open(url, Opening::New).unwrap();
        reserve_patiently(&allocator, NonZeroU32::MIN, PATIENCE).unwrap();
        let mut crowd = Self {
            clients: Vec::new(),
            folder: tempfile::tempdir().unwrap(),
        };
        for (how, url) in clients {
            crowd.add(how, url);
        }
        crowd
    }

    /// Two clients that take blocks and two that take numbers, of one store.
    pub(crate) fn four(url: &str) -> Self {
        let clients = [How::Blocks, How::numbers(), How::Blocks, How::numbers()];
        Self::create(url, &clients.map(|how| (how, url.to_owned())))
    }

    /// One more.
    pub(crate) fn add(&mut self, how: &How, url: &str) {
        let output = self
            .folder
            .path()
            .join(format!("client-{}", self.clients.len()));
        let mut child = client::command(how, url, &output)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        self.clients.push(Client {
            input: child.stdin.take(),
            guard: Guard(child),
            output,
        });
    }

    /// Each of them issues more from now on.
    pub(crate) fn goes_on(&mut self, when: &str) {
        self.some_go_on(0..self.clients.len(), when);
    }

    /// Each of these issues more from now on.
    pub(crate) fn some_go_on(&mut self, clients: Range<usize>, when: &str) {
        let before: Vec<u64> = self.counts();
        let start = Instant::now();
        loop {
            let now = self.counts();
            let late = clients.clone().find(|&k| now[k] < before[k] + MORE);
            let Some(late) = late else {
                return;
            };
            for client in &mut self.clients {
                let ended = client.guard.0.try_wait().unwrap();
                assert!(ended.is_none(), "{when}: a client ended: {ended:?}");
            }
            assert!(
                start.elapsed() < PATIENCE,
                "{when}: client {late} does not go on, {before:?} {now:?}: {:?}",
                output::errors(&self.clients[late].output).last()
            );
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Each of them is told of an error from now on.
    pub(crate) fn is_told(&self, of: &str) {
        let before = self.errors();
        until(of, || {
            let now = self.errors();
            now.iter().zip(&before).all(|(now, before)| now > before)
        });
    }

    /// From now on each of them is told of errors, and none issues anything.
    pub(crate) fn stands_still(&self, when: &str) {
        // A call that was under way may still succeed.
        self.is_told(when);
        let before = self.counts();
        self.is_told(when);
        self.is_told(when);
        assert_eq!(self.counts(), before, "issued {when}");
    }

    /// How many blocks each has issued.
    pub(crate) fn counts(&self) -> Vec<u64> {
        let counts = self.clients.iter();
        counts.map(|client| output::count(&client.output)).collect()
    }

    /// How many errors each was told.
    pub(crate) fn errors(&self) -> Vec<usize> {
        let errors = self.clients.iter();
        errors
            .map(|client| output::errors(&client.output).len())
            .collect()
    }

    /// Have all of them end, and take what they have left.
    pub(crate) fn end(mut self) -> Vec<Left> {
        for client in &mut self.clients {
            drop(client.input.take());
        }
        let left = self.clients.iter_mut().map(|client| {
            let ended = client.guard.0.wait().unwrap();
            assert!(ended.success(), "a client failed: {ended}");
            Left {
                issued: output::issued(&client.output),
                errors: output::errors(&client.output),
            }
        });
        left.collect()
    }

    /// That, checked together.
    pub(crate) fn check(self) -> Checked {
        check(&self.end())
    }
}

pub(crate) fn check(left: &[Left]) -> Checked {
    Checked::of(left.iter().flat_map(|left| &left.issued).copied().collect())
}
