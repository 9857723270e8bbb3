//! What can be done about the library's errors, in these programs' words: their flags, commands and variables.

use std::fmt::{self, Display};

use tracking_core::store::StoreWarning;
use tracking_core::store::url::ParseStoreUrlError;
use tracking_core::{AllocateError, OpenError, Remedy, StoreKind};

/// An error of the library, with the flag, command or variable that mends it.
#[derive(Debug, Clone, Copy)]
pub struct InOurWords<'a, E>(pub &'a E);

impl Display for InOurWords<'_, OpenError> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            OpenError::Missing { store, series } => write!(
                f,
                "{store}: there is no series `{series}`; `tracking series create` makes a new one, \
                 `tracking series restore` brings back one that was lost"
            ),
            OpenError::Name {
                store,
                expected,
                found,
            } => write!(
                f,
                "{store}: expected the series `{expected}`, found `{found}`; name another store, or --series {found}"
            ),
            OpenError::Prefix {
                store,
                expected,
                found,
            } => write!(
                f,
                "{store}: expected the prefix {expected:?}, found {found:?}; a series' prefix never changes, so leave --prefix and TRACKING_PREFIX out, or name another series",
                expected = expected.as_str(),
                found = found.as_str()
            ),
            OpenError::LocalKey { store } => write!(
                f,
                "{store}: there is no series, and a local store makes its own key: a key that was copied into two files is a series in two places at once; leave the key file out, or bring a lost series back with `tracking series restore`"
            ),
            OpenError::Store(error) => InOurWords(error).fmt(f),
            error => with_means(f, error, error.remedy()),
        }
    }
}

impl Display for InOurWords<'_, AllocateError> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        with_means(f, self.0, self.0.remedy())
    }
}

impl Display for InOurWords<'_, ParseStoreUrlError> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ParseStoreUrlError::NoHome => f.write_str(
                "neither XDG_STATE_HOME nor HOME names a folder, so there is no default store; name one with --store file:PATH",
            ),
            error => error.fmt(f),
        }
    }
}

impl Display for InOurWords<'_, StoreWarning> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        with_means(f, self.0, self.0.remedy())
    }
}

/// A text that ends with a remedy, and by what that is done.
fn with_means(
    f: &mut fmt::Formatter<'_>,
    text: impl Display,
    remedy: Option<Remedy>,
) -> fmt::Result {
    write!(f, "{text}{}", remedy.map_or("", means))
}

fn means(remedy: Remedy) -> &'static str {
    match remedy {
        Remedy::NameStore => " with --store",
        Remedy::RestoreSeries => " with `tracking series restore`",
        Remedy::KeepKey => {
            ": `tracking series show --reveal-key` shows it, `tracking series restore` brings the series back"
        }
        Remedy::GivePassword(StoreKind::Redis) => "; set TRACKING_REDIS_PASSWORD",
        Remedy::GivePassword(StoreKind::MySql) => "; set TRACKING_MYSQL_PASSWORD",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracking_core::{Opening, SeriesOptions, StoreUrl, open_store};

    fn error_of(url: &str, options: &SeriesOptions) -> OpenError {
        let url: StoreUrl = url.parse().unwrap();
        open_store(&url, options).unwrap_err()
    }

    #[test]
    fn the_means_stand_behind_the_librarys_words() {
        let existing = SeriesOptions::default().opening(Opening::Existing);
        for (url, ours) in [
            (
                "memory:",
                "memory:: there is no series `default`; `tracking series create` makes a new one, `tracking series restore` brings back one that was lost",
            ),
            (
                "file:/dev/null",
                "file:/dev/null: expected a regular file, found a device; move it away, or name another file with --store",
            ),
        ] {
            assert_eq!(InOurWords(&error_of(url, &existing)).to_string(), ours);
        }
        let key = existing.with_key("0123456789abcdef0123456789abcdef".parse().unwrap());
        let error = error_of("memory:", &key.opening(Opening::OrCreate));
        let ours = InOurWords(&error).to_string();
        assert!(
            ours.ends_with("bring a lost series back with `tracking series restore`"),
            "{ours}"
        );
    }

    #[test]
    fn the_password_of_each_store_has_its_variable() {
        for (kind, ours) in [
            (StoreKind::Redis, "no; set TRACKING_REDIS_PASSWORD"),
            (StoreKind::MySql, "no; set TRACKING_MYSQL_PASSWORD"),
        ] {
            let warning = StoreWarning::new("no", Some(Remedy::GivePassword(kind)));
            assert_eq!(InOurWords(&warning).to_string(), ours);
        }
    }

    /// Whoever embeds the library has other flags than these.
    #[test]
    fn the_library_names_none_of_our_flags() {
        let error = error_of("file:/dev/null", &SeriesOptions::default());
        assert!(
            error.to_string().ends_with("or name another file"),
            "{error}"
        );
    }
}
