//! Eight processes on one state file, which are killed again and again, and the file put back from older copies among
//! that.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

use rand::prelude::*;
use tracking_test_support::lock_holder;

use crate::crowd::Crowd;
use crate::{is_full, random};

const PROCESSES: usize = 8;
/// So many kills come to a file that is put back.
const KILLS_OF_EACH: usize = 5;

#[test]
fn kills_and_rewinds_of_a_file_repeat_nothing() {
    let kills: usize = if is_full() { 1_000 } else { 100 };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.series");
    let store = format!("file:{}", path.display());
    let mut random = random();
    let mut crowd = Crowd::new(&store, PROCESSES);
    crowd.goes_on("at first");
    let mut copies = vec![fs::read(&path).unwrap()];
    let (mut holders, mut busy, mut rewinds) = (0, 0, 0);
    for kill in 1..=kills {
        thread::sleep(Duration::from_micros(random.random_range(0..15_000)));
        // One that is in the midst of a reservation, or any.
        let holder = random
            .random_bool(0.5)
            .then(|| (0..1_000).find_map(|_| crowd.find(lock_holder(&path)?)));
        holders += usize::from(holder.flatten().is_some());
        let victim = holder.flatten();
        let victim = victim.unwrap_or_else(|| random.random_range(0..PROCESSES));
        busy += usize::from(crowd.kill(victim));
        if kill.is_multiple_of(KILLS_OF_EACH) {
            let bytes = fs::read(&path).unwrap();
            if bytes.len() == copies[0].len() {
                copies.push(bytes);
            }
            thread::sleep(Duration::from_micros(random.random_range(0..20_000)));
            let newest = copies.len().saturating_sub(4);
            put_back(&path, copies[newest..].choose(&mut random).unwrap());
            rewinds += 1;
            crowd.goes_on("after a rewind");
        }
    }
    crowd.goes_on("after all");
    let numbers = crowd.audit(&store);
    eprintln!(
        "{kills} kills, {holders} of who held the lock, {busy} of who had issued; {rewinds} times put back: {numbers} numbers, none twice"
    );
    assert!(holders * 5 > kills && busy * 4 > kills, "{holders}, {busy}");
    assert_eq!(rewinds, kills / KILLS_OF_EACH);
}

fn put_back(path: &Path, copy: &[u8]) {
    let other = path.with_extension("copy");
    fs::write(&other, copy).unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o600)).unwrap();
    fs::rename(&other, path).unwrap();
}
