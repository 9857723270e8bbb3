//! `kill -9` of the server, under threads that race.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tracking_core::{AllocateError, Block, Opening};

use crate::common::*;
use crate::support::server::{MySqlServer, until};

/// So often in the full form, which TRACKING_PROVE asks for, else a tenth of it.
fn rounds(full: usize) -> usize {
    match std::env::var_os("TRACKING_PROVE") {
        Some(_) => full,
        None => full.div_ceil(10),
    }
}

fn crashes(arguments: &[&str], rounds: usize) {
    let Some(mut server) = MySqlServer::start(arguments) else {
        return;
    };
    let url = server.database();
    create(&url);
    let blocks = Mutex::new(Vec::<Block>::new());
    let done = AtomicBool::new(false);
    let count = || blocks.lock().unwrap().len();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let allocator = open(&url, &options(Opening::Existing)).unwrap();
                // The flag guards nothing, so any ordering will do.
                while !done.load(Ordering::Relaxed) {
                    match reserve(&allocator, 50) {
                        Ok(block) => blocks.lock().unwrap().push(block),
                        Err(AllocateError::Unavailable { .. }) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
        for _ in 0..rounds {
            let before = count();
            until("reservations", || count() > before + 40);
            server.kill();
            server.start_again();
        }
        let before = count();
        until("reservations", || count() > before + 40);
        done.store(true, Ordering::Relaxed);
    });
    let blocks = blocks.into_inner().unwrap();
    println!("{} blocks, {rounds} times kill -9", blocks.len());
    assert_no_repeat(&blocks);
}

#[test]
fn kill_9_repeats_nothing() {
    crashes(&[], rounds(30));
}

/// It may lose what it granted last: the same server, and an older state.
#[test]
fn kill_9_of_a_server_that_is_slow_to_write_repeats_nothing() {
    crashes(&["--innodb-flush-log-at-trx-commit=0"], rounds(20));
}
