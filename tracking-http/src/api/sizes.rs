//! How much a request may have. The texts and the document name these; whoever reads requests enforces them.

/// The bytes of a request's header block, its names, values, colons and line ends.
pub(crate) const HEADERS_LENGTH_MAX: usize = 16 * 1024;
/// The headers of a request.
pub(crate) const HEADERS_MAX: usize = 64;
/// The bytes of a request's target, its path and query.
pub(crate) const TARGET_LENGTH_MAX: usize = 8 * 1024;
/// The bytes of a request's body.
pub(crate) const BODY_LENGTH_MAX: usize = 64 * 1024;
/// The numbers of a request's batch.
pub(crate) const COUNT_MAX: u32 = 1_000_000;
