//! Why a text names no store.

/// A text that names no store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseStoreUrlError {
    /// The scheme is not one that this build knows.
    #[error(
        "expected a store URL such as file:PATH, memory:, redis://HOST or mysql://HOST/DB, found {found:?}"
    )]
    Scheme {
        /// What stands there.
        found: String,
    },
    /// Something stands behind `memory:`.
    #[error("expected memory: with nothing behind it, found {found:?}")]
    Memory {
        /// What stands there.
        found: String,
    },
    /// The path of a file is missing or names a folder.
    #[error("expected file:PATH with the path of a file, found {found:?}")]
    Path {
        /// What stands there.
        found: String,
    },
    /// A host stands in a file's URL.
    #[error(
        "expected file:PATH without a host, found {found:?}; for an absolute path write file:/path"
    )]
    Host {
        /// What stands there.
        found: String,
    },
    /// A path starts with `~` in a way that is not expanded.
    #[error(
        "expected file:PATH, or file:~/PATH for one in the home folder, found {found:?}; write the path out"
    )]
    Tilde {
        /// What stands there.
        found: String,
    },
    /// A path starts with `~/`, and there is no home folder.
    #[error(
        "expected HOME to name a folder, since {found:?} starts with ~/, and it names none; write the path out"
    )]
    TildeWithoutHome {
        /// What stands there.
        found: String,
    },
    /// An option is not known.
    #[error("expected the option {expected}, found {found:?}")]
    Option {
        /// What stands there.
        found: String,
        /// What may stand there.
        expected: &'static str,
    },
    /// It names a store, and no Redis.
    #[error("expected the URL of a Redis such as redis://HOST, found {found:?}")]
    NoRedis {
        /// What stands there.
        found: String,
    },
    /// A part of a Redis' URL is not as it should be.
    #[error("expected {expected}, found the {part} {found:?}")]
    Redis {
        /// The form of such a URL.
        expected: &'static str,
        /// Which part.
        part: &'static str,
        /// What stands there, without a password.
        found: String,
    },
    /// It names a store, and no MySQL.
    #[error("expected the URL of a MySQL such as mysql://HOST/DB, found {found:?}")]
    NoMySql {
        /// What stands there.
        found: String,
    },
    /// A part of a MySQL's URL is not as it should be.
    #[error("expected {expected}, found the {part} {found:?}")]
    MySql {
        /// The form of such a URL.
        expected: &'static str,
        /// Which part.
        part: &'static str,
        /// What stands there, without a password.
        found: String,
    },
    /// An option asks for TLS, where the scheme does.
    #[error(
        "expected mysqls://HOST/DB for TLS, with ?ca=FILE to trust an authority of your own, found the option {found:?} behind {scheme}://"
    )]
    TlsByOption {
        /// The option.
        found: &'static str,
        /// The scheme.
        scheme: &'static str,
    },
    /// An option stands there twice.
    #[error("expected the option {option} once, found it twice")]
    Repeated {
        /// The option.
        option: String,
    },
    /// The value of an option is out of its bounds.
    #[error("expected {option} {expected}, found {found:?}")]
    OptionValue {
        /// The option.
        option: String,
        /// Its bounds.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// There is no default store without a home folder.
    #[error(
        "neither XDG_STATE_HOME nor HOME names a folder, so there is no default store; name one, as file:PATH"
    )]
    NoHome,
}

/// Stands for a login in a message.
pub(super) const HIDDEN: &str = "(hidden; is it percent-encoded?)";

/// A part of a URL for a message, cut to a sane length.
pub(super) fn clipped(text: &str) -> String {
    text.chars().take(80).collect()
}
