//! Forms that were sent to a server without a ledger: the last of them, so that none takes two numbers.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracking_core::TrackingNumber;
use tracking_ledger::{Fingerprint, IdempotencyKey};

/// As many forms are known again.
const MAX: usize = 1_024;

/// What became of the last forms. It ends with the process; a ledger's keys do not.
#[derive(Debug, Default)]
pub(super) struct Sent(Mutex<VecDeque<Form>>);

#[derive(Debug)]
struct Form {
    key: IdempotencyKey,
    fingerprint: Fingerprint,
    /// None while it is under way.
    got: Option<Got>,
}

/// What a form got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Got {
    pub(super) number: TrackingNumber,
    pub(super) at_ms: i64,
}

/// What is to be done with a form.
#[derive(Debug)]
pub(super) enum Begun<'a> {
    New(UnderWay<'a>),
    Before(Got),
    UnderWay,
    /// Another order was sent with its key.
    Reused,
}

impl Sent {
    fn forms(&self) -> MutexGuard<'_, VecDeque<Form>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begin(&self, key: &IdempotencyKey, fingerprint: Fingerprint) -> Begun<'_> {
        let mut forms = self.forms();
        match forms.iter().find(|form| form.key == *key) {
            Some(form) if form.fingerprint != fingerprint => Begun::Reused,
            Some(Form { got: Some(got), .. }) => Begun::Before(*got),
            Some(_) => Begun::UnderWay,
            None => {
                if forms.len() == MAX {
                    forms.pop_front();
                }
                forms.push_back(Form {
                    key: key.clone(),
                    fingerprint,
                    got: None,
                });
                Begun::New(UnderWay {
                    sent: self,
                    key: key.clone(),
                })
            }
        }
    }
}

/// A form under way. Dropped, it got nothing, and may be sent again.
#[derive(Debug)]
pub(super) struct UnderWay<'a> {
    sent: &'a Sent,
    key: IdempotencyKey,
}

impl UnderWay<'_> {
    pub(super) fn got(self, got: Got) {
        let mut forms = self.sent.forms();
        if let Some(form) = forms.iter_mut().find(|form| form.key == self.key) {
            form.got = Some(got);
        }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let is_void = |form: &Form| form.key == self.key && form.got.is_none();
        self.sent.forms().retain(|form| !is_void(form));
    }
}

#[cfg(test)]
mod tests {
    use tracking_core::order::Order;

    use super::*;

    fn key(text: &str) -> IdempotencyKey {
        text.parse().unwrap()
    }

    fn fingerprint(count: u32) -> Fingerprint {
        Fingerprint::of("x", count, &Order::default(), None)
    }

    #[test]
    fn a_form_takes_one_number_however_often_it_is_sent() {
        let sent = Sent::default();
        let got = Got {
            number: "A1".parse().unwrap(),
            at_ms: 1,
        };
        let Begun::New(under_way) = sent.begin(&key("a"), fingerprint(1)) else {
            panic!("it is new");
        };
        assert!(matches!(
            sent.begin(&key("a"), fingerprint(1)),
            Begun::UnderWay
        ));
        under_way.got(got);
        let again = sent.begin(&key("a"), fingerprint(1));
        assert!(matches!(again, Begun::Before(before) if before == got));
        assert!(matches!(
            sent.begin(&key("a"), fingerprint(2)),
            Begun::Reused
        ));
    }

    #[test]
    fn one_that_got_nothing_may_be_sent_again() {
        let sent = Sent::default();
        assert!(matches!(
            sent.begin(&key("a"), fingerprint(1)),
            Begun::New(_)
        ));
        assert!(matches!(
            sent.begin(&key("a"), fingerprint(2)),
            Begun::New(_)
        ));
    }

    #[test]
    fn no_more_are_kept_than_the_bound() {
        let sent = Sent::default();
        for count in 0..MAX + 10 {
            let key = key(&count.to_string());
            let Begun::New(under_way) = sent.begin(&key, fingerprint(1)) else {
                panic!("{count} is new");
            };
            under_way.got(Got {
                number: "A1".parse().unwrap(),
                at_ms: 1,
            });
        }
        assert_eq!(sent.forms().len(), MAX);
    }
}
