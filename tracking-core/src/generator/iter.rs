//! An endless iterator of numbers.

use super::Generator;
use crate::number::TrackingNumber;
use crate::store::allocator::AllocateError;

/// What [`Generator::iter`] returns.
#[derive(Debug, Clone)]
pub struct Iter<'a> {
    pub(super) generator: &'a Generator,
}

impl Iterator for Iter<'_> {
    type Item = Result<TrackingNumber, AllocateError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.generator.next())
    }
}

impl<'a> IntoIterator for &'a Generator {
    type Item = Result<TrackingNumber, AllocateError>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}
