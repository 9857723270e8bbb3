//! The program under `strace`, which tells what the system is asked for, and injects faults.

use std::process::{Command, Output};

use tracking_test_support::not_here;

use crate::support::Operator;

/// Run it under `strace` with these options; none where there is no `strace`, or it may trace nothing here.
pub(crate) fn traced(operator: &Operator, options: &[&str], args: &[&str]) -> Option<Output> {
    let program = operator.command([]);
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-qq", "-o"])
        .arg(operator.path("trace"))
        .args(options);
    strace.arg(program.get_program()).args(args);
    strace
        .env_clear()
        .env("HOME", operator.path(""))
        .env("PATH", "/usr/bin:/bin");
    strace.output().ok()
}

pub(crate) fn can_trace() -> bool {
    let operator = Operator::new();
    let ran = traced(&operator, &["-e", "trace=write"], &["--version"]);
    let can = ran.is_some_and(|output| output.status.success());
    if !can {
        not_here("strace");
    }
    can
}
