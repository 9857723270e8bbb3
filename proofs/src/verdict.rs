//! What a checker found.

use std::fmt;
use std::num::NonZero;

use stateright::{Checker, HasDiscoveries, Model};

/// The property that every model has: that a serial was granted twice is false.
pub const NO_REPEAT: &str = "no serial is granted twice";

/// What a model came to, in every interleaving within its bound.
#[derive(Debug)]
pub struct Verdict {
    /// Different states that were seen.
    pub states: usize,
    /// Steps of the longest trace.
    pub depth: usize,
    /// The shortest trace that grants a serial twice, a step a line.
    pub repeat: Option<Vec<String>>,
    /// What a model promised to come to and did not: then it proves nothing.
    pub never: Vec<&'static str>,
}

/// Check a model in breadth, so that a trace that is found is as short as can be.
pub fn check<M>(model: M) -> Verdict
where
    M: Model + Send + Sync + 'static,
    M::State: std::hash::Hash + Send + Sync + Clone + PartialEq + fmt::Debug,
    M::Action: Clone + PartialEq + fmt::Debug + Send + Sync,
{
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let checker = model
        .checker()
        .threads(threads)
        .finish_when(HasDiscoveries::AnyOf([NO_REPEAT].into()))
        .spawn_bfs()
        .join();
    let found = checker.discoveries();
    let repeat = found.get(NO_REPEAT).map(|path| {
        let steps = path.clone().into_vec();
        let steps = steps.iter().filter_map(|(state, action)| {
            let action = action.as_ref()?;
            let told = checker.model().format_step(state, action.clone());
            Some(told.unwrap_or_else(|| format!("{action:?}")))
        });
        steps.collect()
    });
    let properties = checker.model().properties();
    let never = properties
        .iter()
        .map(|property| property.name)
        .filter(|name| *name != NO_REPEAT && !found.contains_key(name))
        .collect();
    Verdict {
        states: checker.unique_state_count(),
        depth: checker.max_depth(),
        repeat,
        never,
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { states, depth, .. } = self;
        write!(f, "{states} states, {depth} steps deep: ")?;
        match &self.repeat {
            None => write!(f, "no serial is granted twice"),
            Some(trace) => {
                write!(f, "a serial is granted twice:")?;
                trace.iter().try_for_each(|step| write!(f, "\n    {step}"))
            }
        }
    }
}
