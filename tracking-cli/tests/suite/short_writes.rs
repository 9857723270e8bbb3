//! What becomes of the numbers where a write takes less than it was given, as on a disk that gets full; or where one
//! write or sync fails, by each error that there is. At each of them, by a library that is loaded before the C
//! library's. A ledger that is made has many, which TRACKING_PROVE alone tries.

use crate::given::{Given, Tries, goes_on, is_recorded, next, next_recorded};
use crate::support::Operator;
use tracking_test_support::Preload;

/// Faults, as the library has them: at one call.
const FAULTS: [&str; 6] = ["short", "full", "EINTR", "EAGAIN", "EIO", "ENOSPC"];

/// Run it with a fault at its first write, its second, and so on. Gives how often it was met.
fn at_each_write(
    library: &Preload,
    fault: &str,
    args: impl Fn(&Operator) -> Vec<String>,
    is_fresh: bool,
    then: impl Fn(&Operator, &mut Given<'_>),
) -> usize {
    let was_met = library.folder().join("met");
    let run = |operator: &Operator, args: &[&str], call: usize| {
        let mut command = operator.command(args.iter().copied());
        command.env("LD_PRELOAD", library.path());
        let output = command.env("FAULT", format!("{call} {fault}")).output();
        (output.unwrap(), std::fs::remove_file(&was_met).is_ok())
    };
    Tries::new(is_fresh).at_each_call(fault, &args, run, &then)
}

#[test]
fn a_write_that_is_cut_short_or_fails_repeats_nothing() {
    let Some(library) = Preload::compile(include_str!("short_writes.c")) else {
        return;
    };
    for fault in FAULTS {
        let creation = at_each_write(&library, fault, next, true, goes_on);
        let reservation = at_each_write(&library, fault, next, false, goes_on);
        let recorded = at_each_write(&library, fault, next_recorded, false, is_recorded);
        eprintln!(
            "{fault} at {creation} writes of a creation, {reservation} of a reservation, {recorded} of a recorded one"
        );
        assert!(creation > 2 && reservation >= 2 && recorded > 5);
        if std::env::var_os("TRACKING_PROVE").is_some() {
            let begun = at_each_write(&library, fault, next_recorded, true, is_recorded);
            eprintln!("{fault} at {begun} writes of a new ledger");
            assert!(begun > 10);
        }
    }
}
