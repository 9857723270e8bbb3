//! The protocol of a state file, as processes of one host run it.
//!
//! Each process opens the file that the path names, takes its lock, looks whether the path still names it,
//! notes the tick, waits for a later one, reads, steps the real timeline, writes, waits for the disk, looks at
//! the path again, and answers. Between any two of these steps any other process may take its own, a process
//! may be killed, and whoever may write to the folder does what a [`Setting`] allows: writes an older copy over
//! the file, renames one over it, puts a former file back. The clock goes on at any moment; where that is
//! allowed it is set back, or the power fails.

mod process;
mod rule;
mod world;

use std::fmt;

use stateright::{Model, Property};

pub use self::process::Stage;
pub use self::rule::{Faults, Rule};
pub use self::world::World;

use crate::verdict::NO_REPEAT;

/// What is tried: how many processes, under which rule, with which faults, for how long.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Processes that reserve, one serial at a time, again and again.
    pub processes: usize,
    /// The safeguards.
    pub rule: Rule,
    /// What may go wrong.
    pub faults: Faults,
    /// How many faults a trace may have; copies are none.
    pub faults_max: u8,
    /// How often the clock goes on to another tick.
    pub ticks: u8,
}

/// The bound, in words.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            processes,
            faults_max,
            ticks,
            ..
        } = self;
        write!(
            f,
            "{processes} processes, {faults_max} faults, {ticks} ticks"
        )
    }
}

/// One step of somebody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A process takes its next step.
    Go(usize),
    /// A process is killed.
    Kill(usize),
    /// The clock of all comes to the next tick.
    Tick,
    /// A copy of the file is made, in place of the last.
    Copy,
    /// The copy is written over the file.
    WriteOver,
    /// The copy is renamed over the file.
    Replace,
    /// A former file, by its number, is renamed over the present one.
    PutBack(u64),
    /// The clock is set back by so many ticks.
    SetBack(i64),
    /// The power fails, and comes back.
    PowerCut,
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
        let Action::Go(process) = action else {
            return Some(format!("{action:?}"));
        };
        let next = self.next_state(world, action)?;
        Some(format!("process {process} {}", next.stage(process)))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(NO_REPEAT, |_, world: &World| !world.twice()),
            Property::sometimes("three grants", |_, world: &World| world.grants() >= 3),
            Property::sometimes("all faults", |setting: &Self, world: &World| {
                world.faults() == setting.faults_max
            }),
        ]
    }
}
