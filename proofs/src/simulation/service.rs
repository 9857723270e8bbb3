//! The HTTP server of a process, from a request's head to its answer: the real one, in the process' one thread, by its
//! own clock.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tracking_core::{Desk, Series};
use tracking_http::{Answering, App, Direct, Options};
use tracking_ledger::{Ledger, Recorder};

use super::clients::{Asked, Clients, Fate};

/// How many requests wait at once: few, so that some are refused.
const IN_FLIGHT_MAX: u32 = 6;

/// The server of one process.
pub(super) struct Service {
    clients: Arc<Clients>,
    series: Series,
    connection: Direct,
    recorder: Option<Recorder>,
    arriving: VecDeque<Asked>,
    answering: Vec<(Asked, Answering)>,
    /// Up to where the clock of its runtime was set.
    now_ms: u64,
    /// The last to go: what waits has timers of it.
    runtime: Runtime,
}

impl Service {
    /// None where the system has no runtime for it.
    pub(super) fn new(desk: &Desk, clients: &Arc<Clients>) -> Option<Self> {
        let ledger = clients.database.clone();
        let recorder = ledger.map(|ledger| Recorder::by_hand(ledger as Arc<dyn Ledger>));
        let options = Options {
            ledger: recorder.clone(),
            ..Options::default()
        };
        let runtime = Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .ok()?;
        let connection = {
            let _within = runtime.enter();
            Direct::new(App::new(desk.clone(), options), IN_FLIGHT_MAX)
        };
        Some(Self {
            series: desk.series().clone(),
            connection,
            recorder,
            arriving: VecDeque::new(),
            answering: Vec::new(),
            now_ms: clients.world.lock().now_ms,
            clients: Arc::clone(clients),
            runtime,
        })
    }

    /// What its thread that writes would do is done by whoever goes on as that.
    pub(super) fn recorder(&self) -> Option<Recorder> {
        self.recorder.clone()
    }

    /// A request comes in, and is looked at as soon as somebody has time.
    pub(super) fn arrives(&mut self, asked: Asked) {
        self.arriving.push_back(asked);
    }

    /// A turn of its runtime: all that can go on without a store or a ledger does.
    pub(super) fn serve(&mut self) {
        let now_ms = self.clients.world.lock().now_ms;
        let passed = Duration::from_millis(now_ms - self.now_ms);
        self.now_ms = now_ms;
        self.runtime
            .block_on(async { tokio::time::advance(passed).await });
        let _within = self.runtime.enter();
        for asked in self.arriving.drain(..) {
            let answering = self.connection.answer(self.clients.request(&asked));
            self.answering.push((asked, answering));
        }
        self.poll();
        if let Some(recorder) = &self.recorder {
            recorder.look_up();
            self.poll();
        }
    }

    fn poll(&mut self) {
        let mut context = Context::from_waker(Waker::noop());
        let (clients, series) = (&self.clients, &self.series);
        self.answering.retain_mut(|(asked, answering)| {
            if let Poll::Ready(answer) = answering.as_mut().poll(&mut context) {
                clients.answered(series, asked, &answer);
                return false;
            }
            match &mut asked.fate {
                Fate::GoesAway(0) => {
                    clients.went_away();
                    false
                }
                Fate::GoesAway(looks) => {
                    *looks -= 1;
                    true
                }
                Fate::Well | Fate::Unheard => true,
            }
        });
    }
}
