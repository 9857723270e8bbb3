//! What an operator should know about a MySQL that keeps a series.

use crate::mysql::Worry;

/// Something about a MySQL or MariaDB that puts a series at risk, or will stop it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MySqlWarning {
    /// What is sent to another host can be read on its way.
    #[error(
        "{address} is spoken to in the clear, so whoever is on the way reads the series' key; name it with mysqls:// once it has TLS"
    )]
    Exposed {
        /// The server.
        address: String,
    },
    /// A commit is on the disk only later.
    #[error(
        "MySQL writes to its disk only now and then (innodb_flush_log_at_trx_commit is {found}), so a power cut loses up to a second of reservations; set it to 1"
    )]
    Flush {
        /// The setting.
        found: String,
    },
    /// The binary log is on the disk only later.
    #[error(
        "MySQL writes its binary log to the disk only now and then (sync_binlog is {found}), so a power cut loses some of what replicas are sent; set it to 1"
    )]
    Binlog {
        /// The setting.
        found: String,
    },
    /// The clocks of MySQL and of this host differ by more than 250 ms.
    #[error(
        "MySQL's clock is {} ms {} this host's; above 500 ms nothing is reserved after a failover or a loss of data, so set the clocks right",
        ahead_ms.unsigned_abs(), if *ahead_ms < 0 { "behind" } else { "ahead of" }
    )]
    Clock {
        /// By how much the clock of MySQL is ahead of this host's, in milliseconds.
        ahead_ms: i64,
    },
    /// The series vanished while this program ran, which wrote it back.
    #[error(
        "the series vanished from MySQL {times} times while this program ran, and was written back; find out what deletes it"
    )]
    WrittenBack {
        /// How often.
        times: u64,
    },
}

impl MySqlWarning {
    /// What a server that was connected to gives cause for.
    pub(super) fn of(worry: Worry) -> Self {
        match worry {
            Worry::Exposed { address } => Self::Exposed { address },
            Worry::Flush { found } => Self::Flush { found },
            Worry::Binlog { found } => Self::Binlog { found },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_lose_a_second_is_told() {
        let found = || "2".to_owned();
        for (worry, text) in [
            (
                Worry::Exposed {
                    address: "db:3306".to_owned(),
                },
                "db:3306 is spoken to in the clear, so whoever is on the way reads the series' key; name it with mysqls:// once it has TLS",
            ),
            (
                Worry::Flush { found: found() },
                "MySQL writes to its disk only now and then (innodb_flush_log_at_trx_commit is 2), so a power cut loses up to a second of reservations; set it to 1",
            ),
            (
                Worry::Binlog { found: found() },
                "MySQL writes its binary log to the disk only now and then (sync_binlog is 2), so a power cut loses some of what replicas are sent; set it to 1",
            ),
        ] {
            assert_eq!(MySqlWarning::of(worry).to_string(), text);
        }
    }
}
