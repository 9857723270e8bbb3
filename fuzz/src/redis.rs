//! What a Redis answers.

use std::io::{Read, Write};
use std::num::NonZeroU32;
use std::os::unix::net::UnixListener;
use std::sync::{LazyLock, Mutex};

use tracking_core::store::Guarded;
use tracking_core::store::url::RedisUrl;
use tracking_core::{Allocator, Opening, RedisAllocator, SeriesOptions};

struct Server {
    _folder: tempfile::TempDir,
    url: RedisUrl,
}

/// The answers, one after the other; the connection is closed when there are no more.
static ANSWERS: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("redis");
    let listener = UnixListener::bind(&path).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut asked = [0; 64 * 1024];
            while stream.read(&mut asked).is_ok_and(|count| count > 0) {
                let answer = ANSWERS.lock().unwrap().pop();
                let Some(answer) = answer else { break };
                if stream.write_all(&answer).is_err() {
                    break;
                }
            }
        }
    });
    let url = format!(
        "redis+unix://{}?timeout_ms=50&connect_ms=50",
        path.display()
    );
    Server {
        _folder: folder,
        url: url.parse().unwrap(),
    }
});

/// Whatever it answers: within the time-out there is an error or a block, and of two blocks in one lane the
/// second lies above the first.
///
/// The input is the answers with the byte 0xFF, which no answer has, between them. They are given twice.
pub fn run(data: &[u8]) {
    let mut answers: Vec<Vec<u8>> = data
        .split(|&byte| byte == 0xff)
        .map(|answer| answer.to_vec())
        .collect();
    answers.truncate(16);
    let tail: Vec<_> = answers.last().cloned().into_iter().collect();
    answers.extend(tail);
    answers.reverse();
    *ANSWERS.lock().unwrap() = answers;
    let mut options = SeriesOptions::default();
    options.opening = Opening::Existing;
    let Ok(allocator) = RedisAllocator::open(&SERVER.url, &options) else {
        return;
    };
    let guarded = Guarded::new(allocator);
    let mut before: Option<tracking_core::Block> = None;
    for _ in 0..2 {
        let Ok(block) = guarded.reserve(NonZeroU32::MIN) else {
            continue;
        };
        if let Some(before) = before
            && before.start().lane() == block.start().lane()
        {
            assert!(before.last() < block.start());
        }
        before = Some(block);
    }
}
