//! Which parameters must be given.

use super::Parameter;

/// The set of parameters that an order must have.
///
/// ```
/// use tracking_core::order::{Parameter, Required};
///
/// let required = Required::NONE.with(Parameter::Weight);
/// assert!(required.contains(Parameter::Weight));
/// assert!(!required.contains(Parameter::CustomerName));
/// assert_eq!(Parameter::ALL.into_iter().collect::<Required>(), Required::ALL);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Required {
    /// Bit `parameter as u8` for each.
    bits: u8,
}

/// Every parameter has its bit.
const _: () = assert!(Parameter::ALL.len() <= u8::BITS as usize);

impl Required {
    /// None: all seven are optional.
    pub const NONE: Self = Self { bits: 0 };

    /// All seven.
    pub const ALL: Self = {
        let mut all = Self::NONE;
        let mut index = 0;
        while index < Parameter::ALL.len() {
            all = all.with(Parameter::ALL[index]);
            index += 1;
        }
        all
    };

    /// This one too.
    #[must_use]
    pub const fn with(self, parameter: Parameter) -> Self {
        Self {
            bits: self.bits | 1 << parameter as u8,
        }
    }

    /// Whether it must be given.
    #[must_use]
    pub const fn contains(self, parameter: Parameter) -> bool {
        self.bits & 1 << parameter as u8 != 0
    }
}

impl FromIterator<Parameter> for Required {
    fn from_iter<I: IntoIterator<Item = Parameter>>(parameters: I) -> Self {
        parameters.into_iter().fold(Self::NONE, Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_was_put_in_and_nothing_else() {
        for one in Parameter::ALL {
            assert!(Required::ALL.contains(one) && !Required::NONE.contains(one));
            for other in Parameter::ALL {
                assert_eq!(Required::NONE.with(one).contains(other), one == other);
            }
        }
        assert_eq!(Required::default(), Required::NONE);
    }
}
