//! Numbers that are judged on one processor, and what is found about them.

use std::sync::{Mutex, PoisonError};
use std::thread;

use super::judge::{Finding, Judge};
use super::lines::{numbers, parts};
use super::report::Report;
use crate::args::CheckFormat;

/// Numbers that are judged at once: decryption is faster for many than for each.
const BATCH: usize = 256;

/// Bytes of lines for which a thread is worth its start.
const LEAST: usize = 32 * 1024;

/// A processor's share of the numbers.
#[derive(Debug)]
pub(crate) struct Share {
    pub(crate) report: Report,
    pub(crate) refused: bool,
    pub(crate) undecided: bool,
}

impl Share {
    /// One for each processor.
    pub(crate) fn all(format: CheckFormat) -> Vec<Self> {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let share = |_| Self {
            report: Report::new(format),
            refused: false,
            undecided: false,
        };
        (0..processors).map(share).collect()
    }

    /// Judge numbers, instead of those of before.
    pub(crate) fn judge<'a>(&mut self, judge: &Judge, mut given: impl Iterator<Item = &'a [u8]>) {
        self.report.clear();
        (self.refused, self.undecided) = (false, false);
        let mut batch = Vec::with_capacity(BATCH);
        let mut findings = Vec::with_capacity(BATCH);
        loop {
            batch.clear();
            batch.extend(given.by_ref().take(BATCH));
            if batch.is_empty() {
                return;
            }
            judge.find(&batch, &mut findings);
            for (number, finding) in batch.iter().zip(&findings) {
                self.refused |= matches!(finding, Finding::Refused(_));
                self.undecided |= *finding == Finding::Undecided;
                self.report.add(number, *finding);
            }
        }
    }
}

/// Judge the numbers of some lines, each share on a processor of its own. What is found stands in as
/// many of the first shares as are returned, in the order of the lines.
pub(crate) fn judge_lines(judge: &Judge, lines: &[u8], shares: &mut [Share]) -> usize {
    let length = lines.len().div_ceil(shares.len()).max(LEAST);
    let parts: Vec<_> = parts(lines, length).zip(shares).collect();
    let used = parts.len();
    let parts = Mutex::new(parts.into_iter());
    let work = || {
        let next = || parts.lock().unwrap_or_else(PoisonError::into_inner).next();
        while let Some((part, share)) = next() {
            share.judge(judge, numbers(part));
        }
    };
    thread::scope(|scope| {
        for _ in 1..used {
            // This thread does what no other is to be had for; often it is the only one.
            if thread::Builder::new().spawn_scoped(scope, work).is_err() {
                break;
            }
        }
        work();
    });
    used
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_in_the_order_of_the_lines_and_none_is_missing() {
        let lines: String = (0..40_000)
            .map(|place| match place % 3 {
                0 => format!("A{place}\n"),
                1 => format!("a{place}\n"),
                _ => format!("\n {place} \n"),
            })
            .collect();
        let judge = Judge::of_shape();
        let mut alone = Share::all(CheckFormat::Text);
        alone[0].judge(&judge, numbers(lines.as_bytes()));
        let expected = alone[0].report.text();
        for processors in [1, 2, 3, 64] {
            let share = || Share::all(CheckFormat::Text).remove(0);
            let mut shares: Vec<_> = (0..processors).map(|_| share()).collect();
            for _ in 0..2 {
                let used = judge_lines(&judge, lines.as_bytes(), &mut shares);
                assert!(
                    used == processors.min(lines.len().div_ceil(LEAST)),
                    "{used}"
                );
                let found: Vec<_> = shares[..used].iter().map(|it| it.report.text()).collect();
                assert!(found.concat() == expected, "{processors}");
                assert!(shares[..used].iter().all(|share| share.refused));
            }
        }
    }
}
