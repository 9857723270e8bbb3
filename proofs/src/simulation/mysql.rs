//! A MySQL or MariaDB that hosts share, and what befalls it.

mod execute;
mod server;
mod session;
mod statement;

use std::collections::BTreeMap;
use std::sync::Arc;

use rand::prelude::*;
use rand::rngs::StdRng;
use tracking_core::mysql::Value;

use super::network::{Network, Server, Shared};
pub(super) use server::MySql;
use server::{FOREIGN, Table, is_foreign};
use session::Logins;

/// Versions, the variable by which each tells machines apart, and that which nothing but a copied data folder shares.
const KINDS: [(&str, &[&str]); 3] = [
    ("8.4.3", &["server_uuid", "server_id", "hostname", "port"]),
    (
        "11.4.4-MariaDB-log",
        &["server_uid", "server_id", "hostname", "port"],
    ),
    ("10.6.20-MariaDB", &["server_id", "hostname", "port"]),
];
/// For how long a server is read-only, or another series in the row, in milliseconds.
const A_WHILE_MS: [u64; 3] = [5, 100, 2_000];

impl Server for MySql {
    const NAME: &'static str = "MySQL";
    type Held = Option<Table>;

    fn new(random: &mut StdRng, offset_ms: i64) -> Self {
        let (version, names) = KINDS[random.random_range(0..KINDS.len())];
        let mut variables = BTreeMap::from([
            ("version", version.to_owned()),
            ("innodb_flush_log_at_trx_commit", "1".to_owned()),
            ("log_bin", "OFF".to_owned()),
            ("read_only", "OFF".to_owned()),
        ]);
        variables.extend(names.iter().map(|name| (*name, format!("the-{name}-"))));
        Self {
            table: None,
            offset_ms,
            read_only_until_ms: 0,
            usurped: None,
            delayed: Vec::new(),
            read: BTreeMap::new(),
            variables,
            differs: names[random.random_range(0..names.len())],
            machine: 0,
            machines: vec![offset_ms],
        }
    }

    fn place(network: Arc<Network<Self>>) -> Arc<dyn Shared> {
        Arc::new(Logins(network))
    }

    fn copy(&self) -> Option<Self::Held> {
        let rows = self.table.iter().flat_map(|table| &table.rows);
        (!rows.into_iter().any(is_foreign)).then(|| self.table.clone())
    }

    fn hold(&mut self, held: Self::Held) {
        self.table = held;
    }

    fn offset_ms(&mut self) -> &mut i64 {
        &mut self.offset_ms
    }

    /// What nobody waits for is not executed any more.
    fn restart(&mut self, _random: &mut StdRng) {
        self.delayed.clear();
    }

    fn give_way(&mut self, random: &mut StdRng, offset_ms: i64, may_return: bool) -> bool {
        self.restart(random);
        self.read_only_until_ms = 0;
        let earlier = (0..self.machines.len()).filter(|machine| *machine != self.machine);
        let earlier = earlier
            .choose(random)
            .filter(|_| may_return && random.random());
        self.machine = earlier.unwrap_or(self.machines.len());
        if earlier.is_none() {
            self.machines.push(offset_ms);
        }
        self.offset_ms = self.machines[self.machine];
        earlier.is_some()
    }

    fn lose(&mut self, random: &mut StdRng) -> &'static str {
        match (&mut self.table, random.random()) {
            (Some(table), true) => {
                table.rows.clear();
                "rows deleted"
            }
            (table, _) => {
                *table = None;
                "tables dropped"
            }
        }
    }

    fn has_timeline(held: &Self::Held) -> bool {
        let mut rows = held.iter().flat_map(|table| &table.rows);
        rows.any(|row| row.get("timeline").is_some_and(|json| *json != Value::Null))
    }

    /// Not where a reservation is between its read and its write: that would find its nonce again.
    fn may_be_put_back(&self, held: &Self::Held, reserving: &[usize]) -> bool {
        let mut rows = held.iter().flat_map(|table| &table.rows);
        !rows.any(|row| {
            let is_read = |process: &usize| self.read.get(process) == row.get("nonce");
            reserving.iter().any(is_read)
        })
    }

    fn own_fault(&mut self, random: &mut StdRng, now_ms: u64) -> Option<&'static str> {
        let until_ms = now_ms + A_WHILE_MS[random.random_range(0..A_WHILE_MS.len())];
        if random.random() {
            self.read_only_until_ms = until_ms;
            return Some("servers that were read-only for a while");
        }
        let nonce = format!("{:032x}", random.random::<u128>());
        let row = self.rows().find(|row| !is_foreign(row))?;
        let own = row.clone();
        for (name, value) in [
            ("fingerprint", Value::Bytes(FOREIGN.into())),
            ("nonce", Value::Bytes(nonce.into())),
            ("timeline", Value::Null),
        ] {
            row.insert(name.to_owned(), value);
        }
        self.usurped = Some((until_ms, own));
        Some("rows that another series was in for a while")
    }
}
