//! What an operator was given under faults: nothing twice, and nothing that the ledger does not have.

use std::process::Output;

use crate::support::{Operator, Ran};

/// A run has fewer calls than this: more would be one that never ends.
const CALLS_MAX: usize = 20_000;
/// The codes with which it ends: done, not to be done, by the loader, and killed, as `strace` says it and by itself.
const ENDS: [i32; 5] = [0, 3, 127, 137, -1];

/// All numbers that an operator was given, and that none is there twice.
pub(crate) struct Given<'a> {
    pub(crate) operator: &'a Operator,
    pub(crate) numbers: String,
}

impl Given<'_> {
    #[track_caller]
    pub(crate) fn add(&mut self, ran: &Ran) {
        // A line that was cut is no number that anybody was given.
        let whole = ran.stdout.rfind('\n').map_or(0, |end| end + 1);
        self.numbers.push_str(&ran.stdout[..whole]);
        assert_ne!(ran.code, 101, "it panicked: {}", ran.stderr);
        let panics = ran
            .stderr
            .lines()
            .filter(|line| line.contains("panicked at"));
        // Where the standard library has no memory for a stack of its own, that is how it ends.
        let ours = panics.filter(|line| !line.contains("/library/std/src/sys/"));
        assert_eq!(ours.count(), 0, "{}", ran.stderr);
    }

    #[track_caller]
    pub(crate) fn audit(&self, what: &str) {
        let ran = self
            .operator
            .run_with_input(["audit"], self.numbers.as_bytes());
        assert_eq!((ran.code, &*ran.stdout), (0, ""), "{what}: {ran:?}");
    }
}

pub(crate) fn next(_: &Operator) -> Vec<String> {
    ["next", "-n", "3"].map(str::to_owned).into()
}

pub(crate) fn next_recorded(operator: &Operator) -> Vec<String> {
    let mut args = next(operator);
    args.extend(["--ledger".to_owned(), ledger(operator)]);
    args
}

pub(crate) fn ledger(operator: &Operator) -> String {
    format!("sqlite:{}", operator.path("ledger.db").display())
}

pub(crate) fn goes_on(operator: &Operator, given: &mut Given<'_>) {
    let ran = operator.run(["next", "-n", "3"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    given.add(&ran);
}

/// Whoever was given a number finds it in the ledger.
pub(crate) fn is_recorded(operator: &Operator, given: &mut Given<'_>) {
    let ledger = ledger(operator);
    let ran = operator.run(["next", "-n", "3", "--ledger", &ledger]);
    assert_eq!(ran.code, 0, "{ran:?}");
    given.add(&ran);
    let exported = operator
        .run(["ledger", "export", "--ledger", &ledger])
        .stdout;
    for number in given.numbers.lines() {
        assert!(exported.contains(number), "{number} is not in the ledger");
    }
}

/// Runs in one home, or each in a home of its own, and all that was printed there.
pub(crate) struct Tries {
    is_fresh: bool,
    operator: Operator,
    numbers: String,
}

impl Tries {
    pub(crate) fn new(is_fresh: bool) -> Self {
        Self {
            is_fresh,
            operator: Operator::new(),
            numbers: String::new(),
        }
    }

    /// Run it with a fault at the first call, at the second, and so on, until it is not met. What `then` does
    /// afterwards must go on, and nothing may be there twice. Gives how often the fault was met.
    pub(crate) fn at_each_call(
        &mut self,
        fault: &str,
        args: &impl Fn(&Operator) -> Vec<String>,
        run: impl Fn(&Operator, &[&str], usize) -> (Output, bool),
        then: &impl Fn(&Operator, &mut Given<'_>),
    ) -> usize {
        let mut met = 0;
        for call in 1..CALLS_MAX {
            if self.is_fresh {
                *self = Self::new(true);
            }
            let what = format!("{fault} at call {call}");
            let args = args(&self.operator);
            let args: Vec<_> = args.iter().map(String::as_str).collect();
            let (output, was_met) = run(&self.operator, &args, call);
            let ran = Ran::from(output);
            let mut given = Given {
                operator: &self.operator,
                numbers: std::mem::take(&mut self.numbers),
            };
            given.add(&ran);
            then(&self.operator, &mut given);
            given.audit(&what);
            self.numbers = given.numbers;
            if !was_met {
                assert_eq!(ran.code, 0, "{what}: {ran:?}");
                break;
            }
            met += 1;
            assert!(ENDS.contains(&ran.code), "{what}: {ran:?}");
        }
        met
    }
}
