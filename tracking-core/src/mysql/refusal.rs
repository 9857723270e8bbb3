//! The errors that a MySQL answers, sorted, with what to do.

use std::fmt;

use crate::shown::steers;
use crate::store::url::{MySqlPlace, MySqlUrl};

use super::purpose::Words;

/// An error that a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    kind: RefusalKind,
    advice: &'static str,
    /// The rights that the user needs, and on what.
    rights: String,
    /// Whether it was spoken to in the clear, which some servers refuse as they refuse a wrong password.
    in_the_clear: bool,
    /// The server's own words.
    text: String,
}

/// What an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// User or password are wrong.
    WrongPassword,
    /// It asks for another user, or for a password.
    NoLogin,
    /// It asks for a kind of login that is not spoken here; MySQL 8.0 asks some unknown users for one.
    OtherLogin,
    /// The password has expired, or the user is locked.
    Expired,
    /// It takes no connection in the clear.
    NeedsTls,
    /// It takes no connection from this host.
    HostUnknown,
    /// It has blocked this host.
    HostBlocked,
    /// The user lacks a right.
    NoRight,
    /// There is no such database.
    NoDatabase,
    /// It takes no writes.
    ReadOnly,
    /// A table is not there.
    NoTable,
    /// A table has other columns.
    OtherTable,
    /// A unique key refused a row.
    Duplicate,
    /// It has too many connections.
    Crowded,
    /// It is being shut down.
    Stopping,
    /// It ended the connection, as one that was idle for too long, or was killed.
    Ended,
    /// Another connection keeps a lock.
    Locked,
    /// The transaction met another, and was rolled back.
    Conflict,
    /// It cut the statement short.
    Interrupted,
    /// It has no room left.
    Full,
    /// Its binary log is one of statements.
    StatementLog,
    /// The node of a cluster is not ready.
    NotReady,
    /// Anything else.
    Other,
}

impl RefusalKind {
    /// The kind of an error by its number, which MySQL and MariaDB share.
    fn of(code: u16, message: &str) -> Self {
        match code {
            1045 | 1698 if message.contains("using password: NO") => Self::NoLogin,
            1045 | 1698 => Self::WrongPassword,
            1820 | 1862 | 3118 | 4151 => Self::Expired,
            3159 => Self::NeedsTls,
            1130 => Self::HostUnknown,
            1129 => Self::HostBlocked,
            1044 | 1142 | 1143 | 1227 => Self::NoRight,
            1049 => Self::NoDatabase,
            1036 | 1290 | 1792 | 1836 => Self::ReadOnly,
            1146 => Self::NoTable,
            1054 | 1136 | 1364 | 1406 => Self::OtherTable,
            1062 => Self::Duplicate,
            1040 | 1203 | 1226 => Self::Crowded,
            1053 | 1077 | 1079 => Self::Stopping,
            1205 | 1412 => Self::Locked,
            // A deadlock, or a node of a cluster that another was faster than; and what
            // `innodb_snapshot_isolation` of MariaDB refuses.
            1020 | 1213 => Self::Conflict,
            1927 | 4031 => Self::Ended,
            1028 | 1317 | 1969 | 3024 => Self::Interrupted,
            1021 | 1041 | 1114 => Self::Full,
            1665 => Self::StatementLog,
            1047 => Self::NotReady,
            _ => Self::Other,
        }
    }

    /// Whether it stays so until somebody acts.
    pub fn lasts(self) -> bool {
        matches!(
            self,
            Self::WrongPassword
                | Self::NoLogin
                | Self::OtherLogin
                | Self::Expired
                | Self::NeedsTls
                | Self::HostUnknown
                | Self::HostBlocked
                | Self::NoRight
                | Self::NoDatabase
                | Self::OtherTable
                | Self::StatementLog
        )
    }

    /// What it means, and what to do.
    fn advice(self, words: &Words) -> &'static str {
        match self {
            Self::WrongPassword => "user or password are wrong",
            Self::NoLogin => "it asks for another user, or for a password",
            Self::OtherLogin => {
                "it asks for a login that is not known here: the user is unknown, or is to be one IDENTIFIED WITH caching_sha2_password"
            }
            Self::Expired => "the user's password has expired, or the user is locked",
            Self::NeedsTls => "it takes no connections in the clear; name it with mysqls://",
            Self::HostUnknown => {
                "it takes no connections from this host; create the user for it ('USER'@'HOST')"
            }
            Self::HostBlocked => {
                "it has blocked this host after too many broken connections (FLUSH HOSTS ends that)"
            }
            Self::NoRight => "the user lacks a right",
            Self::NoDatabase => "there is no such database; create it, or name another",
            Self::ReadOnly => "it is read-only",
            Self::NoTable => words.no_table,
            Self::OtherTable => words.other_table,
            Self::Duplicate => words.duplicate,
            Self::Crowded => "it has too many connections",
            Self::Stopping => "it is being shut down",
            Self::Ended => "it ended the connection",
            Self::Locked => words.locked,
            Self::Conflict => "the transaction met another, and was rolled back",
            Self::Interrupted => "it cut the statement or the connection short",
            Self::Full => "it has no room left; is the disk full?",
            Self::StatementLog => words.statement_log,
            Self::NotReady => "the node of the cluster is not ready",
            Self::Other => "it refused",
        }
    }
}

impl Refusal {
    /// The refusal of an error's number and words.
    pub(super) fn of(code: u16, message: &str, url: &MySqlUrl, words: &Words) -> Self {
        let kind = RefusalKind::of(code, message);
        Self::new(kind, format!("{code} {}", shown(message)), url, words)
    }

    /// The refusal of one who asks for a login by a plugin that the driver does not have.
    pub(super) fn of_plugin(plugin: &str, url: &MySqlUrl, words: &Words) -> Self {
        Self::new(RefusalKind::OtherLogin, shown(plugin), url, words)
    }

    fn new(kind: RefusalKind, text: String, url: &MySqlUrl, words: &Words) -> Self {
        let (rights, tables) = (words.rights, words.tables);
        Self {
            kind,
            advice: kind.advice(words),
            rights: format!("{rights} ON `{}`.{tables}", url.database()),
            in_the_clear: matches!(url.place(), MySqlPlace::Server { .. }),
            text,
        }
    }

    /// What it is about.
    pub fn kind(&self) -> RefusalKind {
        self.kind
    }
}

/// A server's words, so that they steer no terminal.
fn shown(words: &str) -> String {
    let shown = |c| if steers(c) { ' ' } else { c };
    words.chars().take(200).map(shown).collect()
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.advice)?;
        match self.kind {
            RefusalKind::NoRight => write!(f, "; it needs GRANT {} TO it", self.rights)?,
            RefusalKind::WrongPassword | RefusalKind::NoLogin if self.in_the_clear => {
                f.write_str(", unless it takes logins by TLS alone (mysqls://)")?;
            }
            _ => {}
        }
        write!(f, " ({})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mysql::purpose::TESTS;

    #[test]
    fn says_what_to_do() {
        let url = "mysql://u@h/shop".parse().unwrap();
        for (code, words, kind, lasts, message) in [
            (
                1045,
                "Access denied for user 'u'@'h' (using password: YES)",
                RefusalKind::WrongPassword,
                true,
                "user or password are wrong, unless it takes logins by TLS alone (mysqls://) (1045 Access denied for user 'u'@'h' (using password: YES))",
            ),
            (
                1045,
                "Access denied for user 'u'@'h' (using password: NO)",
                RefusalKind::NoLogin,
                true,
                "it asks for another user, or for a password, unless it takes logins by TLS alone (mysqls://) (1045 Access denied for user 'u'@'h' (using password: NO))",
            ),
            (
                1142,
                "UPDATE command denied",
                RefusalKind::NoRight,
                true,
                "the user lacks a right; it needs GRANT SELECT, INSERT ON `shop`.tracking_x TO it (1142 UPDATE command denied)",
            ),
            (
                1049,
                "Unknown database 'shop'",
                RefusalKind::NoDatabase,
                true,
                "there is no such database; create it, or name another (1049 Unknown database 'shop')",
            ),
            (
                1665,
                "no",
                RefusalKind::StatementLog,
                true,
                "its log is one of statements (1665 no)",
            ),
            (
                1040,
                "Too many connections",
                RefusalKind::Crowded,
                false,
                "it has too many connections (1040 Too many connections)",
            ),
            (
                1205,
                "Lock wait timeout exceeded; try restarting transaction",
                RefusalKind::Locked,
                false,
                "somebody keeps it locked (1205 Lock wait timeout exceeded; try restarting transaction)",
            ),
            (
                1213,
                "Deadlock found",
                RefusalKind::Conflict,
                false,
                "the transaction met another, and was rolled back (1213 Deadlock found)",
            ),
            (
                4031,
                "inactivity",
                RefusalKind::Ended,
                false,
                "it ended the connection (4031 inactivity)",
            ),
            (
                1114,
                "The table is\nfull",
                RefusalKind::Full,
                false,
                "it has no room left; is the disk full? (1114 The table is full)",
            ),
            (
                4_999,
                "no",
                RefusalKind::Other,
                false,
                "it refused (4999 no)",
            ),
        ] {
            let refusal = Refusal::of(code, words, &url, &TESTS.words);
            assert_eq!(
                (refusal.kind, refusal.kind.lasts()),
                (kind, lasts),
                "{code}"
            );
            assert_eq!(refusal.to_string(), message);
        }
        let refusal = Refusal::of_plugin("sha256\n_password", &url, &TESTS.words);
        assert!(refusal.kind.lasts());
        assert_eq!(
            refusal.to_string(),
            "it asks for a login that is not known here: the user is unknown, or is to be one IDENTIFIED WITH caching_sha2_password (sha256 _password)"
        );
    }
}
