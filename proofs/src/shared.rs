//! A store that hosts share: two servers, of which one follows the other, and callers whose requests take time.
//!
//! A request is asked for (the caller reads its clock), served later by a server that believes to be the
//! primary, and its answer is granted or lost. The follower gets the state now and then; it is promoted with
//! what it has, while the old primary may live on. A server is restarted with or without its data, its data is
//! wiped or rewound, its clock is set back. Faults come one at a time: the next one a second later.

mod world;

use std::fmt;

use stateright::{Model, Property};

pub use self::world::World;
use crate::verdict::NO_REPEAT;

/// The safeguards of the timeline itself.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// A new history and missing state wait out a fence.
    pub fence: bool,
    /// Another history takes another lane.
    pub history: bool,
    /// The store's clock and the caller's must agree where the state is missing or of another history.
    pub two_clocks: bool,
    /// A caller knows what it was granted, and tells a rewound state by that.
    pub seen: bool,
}

impl Rule {
    /// All of them.
    pub const WHOLE: Self = Self {
        fence: true,
        history: true,
        two_clocks: true,
        seen: true,
    };
}

/// What may go wrong.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// The follower is promoted, and the old primary is gone.
    pub failover: bool,
    /// The follower is promoted, and the old primary serves on until the split heals.
    pub split: bool,
    /// A server is another process, with its data.
    pub restart: bool,
    /// A server is another process, without its data.
    pub loss: bool,
    /// The data is wiped under a process that goes on.
    pub wipe: bool,
    /// The data is wiped, and the server's clock is set back by two seconds.
    pub wipe_and_set_back: bool,
    /// The data is replaced by an older copy.
    pub rewind: bool,
}

/// What is tried.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Who ask for one serial at a time.
    pub callers: usize,
    /// The safeguards.
    pub rule: Rule,
    /// What may go wrong.
    pub faults: Faults,
    /// How many faults a trace may have.
    pub faults_max: u8,
    /// How many requests there are.
    pub requests: u8,
    /// By how many milliseconds the follower's clock is ahead of the primary's.
    pub skew_ms: i64,
    /// How often time goes on by a tick, and by a fence.
    pub ticks: u8,
    /// Likewise.
    pub fences: u8,
}

/// The bound, in words.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            callers,
            requests,
            faults_max,
            skew_ms,
            ticks,
            fences,
            ..
        } = self;
        write!(
            f,
            "{callers} callers, {requests} requests, {faults_max} faults, clocks {skew_ms} ms apart, {ticks} ticks and {fences} s"
        )
    }
}

/// One step of somebody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A caller reads its clock and sends a request.
    Ask(usize),
    /// A server, by its index, serves a caller's request, and the answer comes.
    Serve(usize, usize),
    /// Likewise, and the answer is lost.
    ServeInVain(usize, usize),
    /// Time goes on by 10 ms.
    Tick,
    /// Time goes on by 1 s.
    Fence,
    /// The follower gets the primary's state.
    Replicate,
    /// The split heals: the old primary follows.
    Heal,
    /// A fault.
    Fault(Fault),
}

/// See [`Faults`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is told by the fields of `Faults`")]
pub enum Fault {
    Failover,
    Split,
    Restart,
    Loss,
    Wipe,
    WipeAndSetBack,
    Rewind,
}

impl Model for Setting {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(self)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        world.actions(self, actions);
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        next.act(self, action).then_some(next)
    }

    fn format_step(&self, world: &World, action: Action) -> Option<String> {
        let next = self.next_state(world, action)?;
        Some(match (action, next.newest_since(world)) {
            (Action::Serve(caller, server), Some(serial)) => {
                let (lane, tick, slot) = (serial.lane(), serial.tick(), serial.slot());
                format!(
                    "server {server} grants caller {caller} lane {lane}, tick {tick}, slot {slot}"
                )
            }
            (Action::Serve(caller, server), None) if next.twice() => {
                format!("server {server} grants caller {caller} what was granted before")
            }
            (Action::Serve(caller, server), None) => {
                format!("server {server} grants caller {caller} nothing")
            }
            (action, _) => format!("{action:?}"),
        })
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(NO_REPEAT, |_, world: &World| !world.twice()),
            Property::sometimes(
                "a grant after the last fault",
                |setting: &Self, world: &World| world.granted_after_faults(setting.faults_max),
            ),
        ]
    }
}
