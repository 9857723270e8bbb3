//! The hold on all connections: those that wait too long are closed, some make room for others, and in the end all
//! of them end.

mod making_room;

use std::pin::pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, sleep_until};
use tracking_core::{Clock, SystemClock};

use self::making_room::{Press, Waiting, choose, longest};
use crate::call::handler::Holder;
use crate::serve::phase::{Command, Control, Patience, Place};

/// The controls of all connections.
#[derive(Debug)]
pub(crate) struct Controls {
    all: Vec<Weak<Control>>,
    patience: Patience,
    alive: mpsc::Sender<()>,
    ended: mpsc::Receiver<()>,
}

impl Controls {
    pub(crate) fn new(patience: Patience) -> Self {
        let (alive, ended) = mpsc::channel(1);
        Self {
            all: Vec::new(),
            patience,
            alive,
            ended,
        }
    }

    /// The control of a new connection, which awaits its first request.
    pub(crate) fn add(&mut self, holder: Holder, place: Option<Place>) -> Arc<Control> {
        let control = Control::new(self.patience, holder, place, self.alive.clone());
        let control = Arc::new(control);
        self.all.push(Arc::downgrade(&control));
        control
    }

    /// Close the connections whose time has passed, and forget those that have ended.
    pub(crate) fn close_overdue(&mut self, now_ms: u64) {
        self.all.retain(|control| {
            let Some(control) = control.upgrade() else {
                return false;
            };
            if control.is_overdue(now_ms) {
                control.tell(Command::Close);
            }
            true
        });
    }

    /// End connections that wait for their clients, so that these newcomers find a place. First those of which
    /// no whole request is there, then those that wait for their next one the longest, then those whose clients
    /// read no more of an answer. `is_crowded` is whether there is no room left for newcomers to wait in.
    pub(crate) fn make_room(&self, newcomers: &[Holder], is_crowded: bool, now_ms: u64) {
        let mut ending = 0;
        let mut for_whom = [const { (Vec::new(), Vec::new()) }; 3];
        for control in self.all.iter().filter_map(Weak::upgrade) {
            if control.is_ending() {
                ending += 1;
            } else if let Some((awaited, since_ms)) = control.waiting() {
                let holder = control.holder();
                let (controls, all) = &mut for_whom[awaited as usize];
                controls.push(control);
                all.push(Waiting { holder, since_ms });
            }
        }
        let [(unfinished, waiting), (idle, idling), (blocked, stuck)] = for_whom;
        let having = |holder: Holder| {
            let of_holder = |other: &&Waiting| holder.is_some() && other.holder == holder;
            waiting.iter().filter(of_holder).count()
        };
        let mut press = Press {
            now_ms,
            missing: newcomers.len().saturating_sub(ending),
            newcomers_share: newcomers.iter().copied().map(having).min(),
            is_crowded,
        };
        let tell = |controls: &[Arc<Control>], chosen: Vec<usize>, command| {
            for index in &chosen {
                controls[*index].tell(command);
            }
            chosen.len()
        };
        press.missing -= tell(&unfinished, choose(&waiting, press), Command::Close);
        let idle = tell(&idle, longest(&idling, press), Command::Finish);
        press = Press {
            missing: press.missing.saturating_sub(idle),
            newcomers_share: None,
            is_crowded: false,
            ..press
        };
        tell(&blocked, choose(&stuck, press), Command::Close);
    }

    /// End all of them: those that await a request after `linger`, so that a client who is just sending
    /// one is answered, and after `drain_timeout` every one.
    ///
    /// Who is in the middle of many requests learns from an answer that no more are taken here. So it
    /// never sends one into a connection that is being closed, as it would if those that happen to idle
    /// were closed first.
    pub(crate) async fn end(
        mut self,
        drain_timeout: Duration,
        linger: Duration,
        look: &mut Interval,
    ) {
        let deadline = Instant::now() + drain_timeout;
        // Nobody sends: `ended` resolves when every control is dropped.
        self.alive = mpsc::channel(1).0;
        self.tell(Command::Drain);
        let linger = deadline.min(Instant::now() + linger);
        if self.ended_by(linger, look).await {
            return;
        }
        self.tell(Command::Finish);
        if self.ended_by(deadline, look).await {
            return;
        }
        tracing::warn!("requests in flight did not end in time; their connections are closed");
        self.tell(Command::Close);
        self.ended.recv().await;
    }

    async fn ended_by(&mut self, deadline: Instant, look: &mut Interval) -> bool {
        let mut over = pin!(sleep_until(deadline));
        loop {
            tokio::select! {
                _ = self.ended.recv() => return true,
                () = &mut over => return false,
                _ = look.tick() => self.close_overdue(SystemClock.monotonic_ms()),
            }
        }
    }

    fn tell(&self, command: Command) {
        for control in self.all.iter().filter_map(Weak::upgrade) {
            control.tell(command);
        }
    }
}

#[cfg(test)]
mod tests;
