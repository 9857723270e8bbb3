//! What a connection is for.

use crate::store::url::MySqlUrl;

/// What a connection is for: how its session is set up, and how what goes wrong is told.
#[derive(Debug, Clone, Copy)]
pub struct Purpose {
    /// The statements that set a session up, whatever the server's defaults are.
    pub settings: fn(&MySqlUrl) -> Vec<String>,
    /// Why no node of a Galera cluster will do, unless somebody vouches that one alone is written to: the end of
    /// "where …". `None` takes any server of any version, as whoever only reads may.
    pub no_galera_since: Option<&'static str>,
    /// How many statements are kept prepared.
    pub prepared: usize,
    /// The largest packet that is sent or taken, in bytes; `None` for what the server takes.
    pub packet_max: Option<usize>,
    /// The words for what goes wrong.
    pub words: Words,
}

/// The words for what goes wrong, where they depend on what the connection is for.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    /// What becomes of what was asked where no answer came, as in "what was asked of it is abandoned".
    pub unanswered: &'static str,
    /// The rights that the user needs, as in "SELECT, INSERT".
    pub rights: &'static str,
    /// The tables that they are needed on, such as `*`.
    pub tables: &'static str,
    /// A table is not there.
    pub no_table: &'static str,
    /// A table has other columns.
    pub other_table: &'static str,
    /// A row met another with the same key.
    pub duplicate: &'static str,
    /// Another connection keeps something locked.
    pub locked: &'static str,
    /// The binary log is one of statements.
    pub statement_log: &'static str,
}

/// That of this module's own tests.
#[cfg(test)]
pub(super) static TESTS: Purpose = Purpose {
    settings: |_| Vec::new(),
    no_galera_since: Some("two may meet"),
    prepared: 0,
    packet_max: None,
    words: Words {
        unanswered: "",
        rights: "SELECT, INSERT",
        tables: "tracking_x",
        no_table: "no table",
        other_table: "another table",
        duplicate: "twice",
        locked: "somebody keeps it locked",
        statement_log: "its log is one of statements",
    },
};
