//! What can be done about an error, as data: programs say how in their own words.

/// What somebody can do about an error. Its text says so, too; a program adds by which flag, command or
/// variable of its own.
///
/// ```
/// use tracking_core::{OpenError, Opening, Remedy, SeriesOptions, open_store};
///
/// let options = SeriesOptions::default().opening(Opening::Existing);
/// let error = open_store(&"memory:".parse()?, &options).unwrap_err();
/// assert_eq!(error.remedy(), Some(Remedy::CreateSeries));
/// assert!(error.to_string().ends_with("create it, or restore one that was lost from its key"));
/// # Ok::<(), tracking_core::store::url::ParseStoreUrlError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remedy {
    /// Name another store.
    NameStore,
    /// Name another series.
    NameSeries,
    /// Ask for no prefix.
    LeavePrefixOut,
    /// Create the series, or restore one that was lost.
    CreateSeries,
    /// Restore the series from its key.
    RestoreSeries,
    /// Keep the key of the series elsewhere, too, so that it can be restored.
    KeepKey,
    /// Give a user and a password that this store knows.
    GivePassword(StoreKind),
}

/// Which kind of server a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreKind {
    /// Redis or Valkey.
    Redis,
    /// MySQL or MariaDB.
    MySql,
}
