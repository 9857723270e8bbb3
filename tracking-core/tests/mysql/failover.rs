//! Another server takes over, with all or with some of what was granted.

use tracking_core::{MySqlAllocator, OpenStore, Opening};

use crate::common::*;
use crate::support::proxy::Proxy;
use crate::support::server::MySqlServer;

/// A name that leads to a server, and later to another.
struct Name {
    proxy: Proxy,
    database: String,
}

impl Name {
    fn of(server: &MySqlServer, url: &str) -> Self {
        let (_, database) = url.rsplit_once('/').unwrap();
        Self {
            proxy: Proxy::start(server.port()),
            database: database.to_owned(),
        }
    }

    fn open(&self) -> MySqlAllocator {
        let (port, database) = (self.proxy.port(), &self.database);
        let url = format!("mysql://root@127.0.0.1:{port}/{database}");
        open(&url, &options(Opening::Existing)).unwrap()
    }
}

#[test]
fn a_copy_of_the_data_takes_another_lane_behind_a_fence() {
    let Some(mut first) = MySqlServer::start(&[]) else {
        return;
    };
    let url = first.database();
    create(&url);
    let name = Name::of(&first, &url);
    let allocator = name.open();
    let mut blocks = vec![reserve(&allocator, 1_000).unwrap()];
    // The copy is of now; what is granted next is missing from it.
    first.stop();
    let second = MySqlServer::start_on_copy_of(&first, &[]);
    first.start_again();
    let lost = reserve(&allocator, 1_000).unwrap();
    blocks.push(lost);
    let lane = lost.start().lane();

    first.kill();
    name.proxy.lead_to(second.port());
    let snapshot = loop {
        // The kept connection is broken, and a look makes a new one.
        match allocator.snapshot() {
            Ok(snapshot) => break snapshot,
            Err(error) => assert_eq!(error.kind(), "unavailable", "{error}"),
        }
    };
    // Before it has granted anything it may lack what its predecessor granted last.
    let timeline = snapshot.timeline.unwrap();
    assert!(timeline.doubt_ms() >= snapshot.now_ms + 1_000);
    fenced(&allocator);
    let after = reserve(&allocator, 1_000).unwrap();
    assert_ne!(after.start().lane(), lane);
    assert!(after.start().tick() >= lost.last().tick() + 100);
    blocks.push(after);

    // Both at once, as a split brain: each in a lane of its own.
    first.start_again();
    let old = open(&url, &options(Opening::Existing)).unwrap();
    for _ in 0..20 {
        blocks.push(reserve(&old, 100).unwrap());
        blocks.push(reserve(&allocator, 100).unwrap());
    }
    assert_no_repeat(&blocks);
}

/// Two servers over one state, which a proxy sends to by turns.
#[test]
fn servers_that_take_turns_are_named() {
    let Some(mut first) = MySqlServer::start(&["--server-id=1"]) else {
        return;
    };
    let url = first.database();
    create(&url);
    first.stop();
    let second = MySqlServer::start_on_copy_of(&first, &["--server-id=2"]);
    first.start_again();
    let name = Name::of(&first, &url);
    let allocator = name.open();
    let row = "nonce, timeline FROM tracking_series";
    reserve(&allocator, 1).unwrap();
    let turn = |from: &MySqlServer, to: &MySqlServer| {
        // As a replication in a ring has it.
        let rows: Vec<(String, String)> = from.ask(&format!(
            "SELECT {}",
            row.replace("FROM ", &format!("FROM {}.", name.database))
        ));
        let (nonce, timeline) = &rows[0];
        to.run(&format!(
            "UPDATE {}.tracking_series SET nonce = '{nonce}', timeline = '{timeline}'",
            name.database
        ));
        name.proxy.lead_to(to.port());
        // The kept connection goes on to the old one, unless that closes it.
        let ids: Vec<u64> =
            from.ask("SELECT id FROM information_schema.processlist WHERE db LIKE 'db%'");
        for id in ids {
            from.run(&format!("KILL {id}"));
        }
    };
    turn(&first, &second);
    fenced(&allocator);
    reserve(&allocator, 1).unwrap();
    turn(&second, &first);
    let message = failure(&allocator, name.proxy.port());
    let history = |server: &MySqlServer, id: u32| {
        let uid: Vec<String> = server.ask(&format!("SELECT @@{}", server.program().identity()));
        let host: Vec<String> = server.ask("SELECT @@hostname");
        format!("{}.{id}.{}.{}", uid[0], host[0], server.port())
    };
    assert_eq!(
        message,
        format!(
            "refused: mysql://root@HOST/DB: two servers hold the series' state by turns, within 10 s: `{}`, which was asked, and `{}`; nothing is granted while they do. Let all processes name one of them, and no proxy that sends to either",
            history(&first, 1),
            history(&second, 2)
        )
    );
}
