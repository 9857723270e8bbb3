//! What a server is: its kind and version, its identity, and whether it will do.

use std::collections::BTreeMap;

use crate::store::url::MySqlUrl;

use super::fault::Fault;

/// A server, by what its variables said when it was asked.
#[derive(Debug, Clone)]
pub struct Server {
    variables: BTreeMap<String, String>,
}

/// What an operator should know about a server, or the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Worry {
    /// What is sent can be read on its way: it is in the clear, and to another host.
    Exposed {
        /// The server.
        address: String,
    },
    /// `innodb_flush_log_at_trx_commit`: a crash of its host loses what it has acknowledged.
    Flush {
        /// The setting, which is not 1.
        found: String,
    },
    /// `sync_binlog`, where it has a binary log: a crash of its host loses what replicas are sent.
    Binlog {
        /// The setting, which is not 1.
        found: String,
    },
}

impl Server {
    /// The statement that reads them: whoever may log in may ask.
    pub(super) const VARIABLES: &str = "SHOW GLOBAL VARIABLES WHERE Variable_name IN \
        ('version', 'server_uuid', 'server_uid', 'wsrep_on', 'read_only', 'innodb_read_only', \
        'innodb_flush_log_at_trx_commit', 'log_bin', 'sync_binlog')";

    pub(super) fn of(variables: BTreeMap<String, String>) -> Self {
        Self { variables }
    }

    fn variable(&self, name: &str) -> &str {
        self.variables.get(name).map_or("", String::as_str)
    }

    fn is_on(&self, name: &str) -> bool {
        !matches!(self.variable(name), "" | "0" | "OFF")
    }

    fn is_mariadb(&self) -> bool {
        self.variable("version").contains("MariaDB")
    }

    /// An expression of the server's identity, which it works out anew each time.
    ///
    /// A literal of this program: the two variables that not every server has are chosen from.
    pub(crate) fn identity(&self) -> &'static str {
        if self.variables.contains_key("server_uuid") {
            "CONCAT_WS('.', @@GLOBAL.server_uuid, @@GLOBAL.server_id, @@GLOBAL.hostname, @@GLOBAL.port)"
        } else if self.variables.contains_key("server_uid") {
            "CONCAT_WS('.', @@GLOBAL.server_uid, @@GLOBAL.server_id, @@GLOBAL.hostname, @@GLOBAL.port)"
        } else {
            "CONCAT_WS('.', @@GLOBAL.server_id, @@GLOBAL.hostname, @@GLOBAL.port)"
        }
    }

    /// Whether it will do.
    pub(super) fn check(&self, url: &MySqlUrl, no_galera_since: &'static str) -> Result<(), Fault> {
        let address = url.address();
        let (kind, needed) = match self.is_mariadb() {
            true => ("MariaDB", (10, 6)),
            false => ("MySQL", (8, 0)),
        };
        let version = self.variable("version");
        let mut parts = version.split('.').map(|part| part.parse::<u32>().ok());
        let major = parts.next().flatten().unwrap_or(0);
        let minor = parts.next().flatten().unwrap_or(0);
        if (major, minor) < needed {
            return Err(Fault::TooOld {
                address,
                kind,
                version: version.to_owned(),
            });
        }
        if self.is_on("wsrep_on") && !url.has_one_writer() {
            return Err(Fault::Galera {
                address,
                since: no_galera_since,
            });
        }
        Ok(())
    }

    /// What an operator should know about it.
    pub fn worries(&self, url: &MySqlUrl) -> Vec<Worry> {
        let mut worries = Vec::new();
        if url.is_exposed() {
            worries.push(Worry::Exposed {
                address: url.address(),
            });
        }
        let setting = |name| {
            let found = self.variable(name);
            (found != "1").then(|| found.to_owned())
        };
        let flush = setting("innodb_flush_log_at_trx_commit");
        worries.extend(flush.map(|found| Worry::Flush { found }));
        if self.is_on("log_bin") {
            let sync = setting("sync_binlog");
            worries.extend(sync.map(|found| Worry::Binlog { found }));
        }
        worries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(variables: &[(&str, &str)]) -> Server {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Server::of(variables.iter().map(own).collect())
    }

    #[test]
    fn each_kind_has_its_identity() {
        for (variables, with) in [
            (&[("server_uuid", "x")][..], "@@GLOBAL.server_uuid, "),
            (&[("server_uid", "x")], "@@GLOBAL.server_uid, "),
            // MariaDB before 10.11.9.
            (&[], "CONCAT_WS('.', @@GLOBAL.server_id, "),
        ] {
            let identity = server(variables).identity();
            assert!(identity.contains(with), "{identity}");
            assert!(identity.ends_with("@@GLOBAL.server_id, @@GLOBAL.hostname, @@GLOBAL.port)"));
        }
    }

    #[test]
    fn old_ones_and_clusters_will_not_do() {
        let url = |options: &str| format!("mysql://h/a{options}").parse().unwrap();
        for (version, wsrep, options, refused) in [
            ("10.6.0-MariaDB", "OFF", "", None),
            ("12.3.1-MariaDB-log", "OFF", "", None),
            ("8.0.11", "", "", None),
            ("8.4.0-commercial", "0", "", None),
            (
                "10.5.28-MariaDB",
                "OFF",
                "",
                Some(
                    "h:3306 runs MariaDB 10.5.28-MariaDB; MariaDB 10.6 or newer is needed, or MySQL 8.0",
                ),
            ),
            (
                "5.7.44",
                "",
                "",
                Some("h:3306 runs MySQL 5.7.44; MariaDB 10.6 or newer is needed, or MySQL 8.0"),
            ),
            (
                "10.11.2-MariaDB",
                "ON",
                "",
                Some(
                    "h:3306 is a node of a Galera cluster (wsrep_on), where two may meet; name the one node that all write to, and vouch for that with ?galera=one-writer",
                ),
            ),
            ("10.11.2-MariaDB", "ON", "?galera=one-writer", None),
        ] {
            let server = server(&[("version", version), ("wsrep_on", wsrep)]);
            let checked = server
                .check(&url(options), "two may meet")
                .map_err(|fault| fault.to_string());
            assert_eq!(checked.err().as_deref(), refused, "{version}");
        }
    }

    #[test]
    fn what_may_lose_a_second_is_warned_of() {
        let url = |text: &str| text.parse().unwrap();
        let safe = ("innodb_flush_log_at_trx_commit", "1");
        let quiet = server(&[safe, ("log_bin", "OFF"), ("sync_binlog", "0")]);
        assert_eq!(quiet.worries(&url("mysql://localhost/a")), []);
        let loud = server(&[
            ("innodb_flush_log_at_trx_commit", "2"),
            ("log_bin", "ON"),
            ("sync_binlog", "0"),
        ]);
        assert_eq!(
            loud.worries(&url("mysql://db/a")),
            [
                Worry::Exposed {
                    address: "db:3306".to_owned()
                },
                Worry::Flush {
                    found: "2".to_owned()
                },
                Worry::Binlog {
                    found: "0".to_owned()
                },
            ]
        );
    }
}
