//! An allocator of the test's own that runs any script in the place of the real one: for mutants.
//! It shares nothing with `RedisAllocator` but the hash and the way the script is asked. Its
//! connection is a bare socket: that of the `redis` crate skips the answers that it gave up.

use std::collections::HashMap;
use std::io::{BufReader, Write};
use std::num::NonZeroU32;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use redis::{Cmd, Parser, RedisResult, Value, cmd};
use tracking_core::{AllocateError, Block, Clock, Serial, SystemClock};

const KEY: &str = "{tracking}:series:default";
const TIME_OUT: Duration = Duration::from_millis(200);

/// The script as it is.
pub(crate) const SOUND: &str = include_str!("../../src/store/redis/reserve.lua");

/// What those write who have met no fault yet: a counter that is never behind the clock, in
/// doubles.
pub(crate) const NAIVE: &str = "
    local time = redis.call('TIME')
    local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
    local stored = tonumber(redis.call('HGET', KEYS[1], 'serial') or 0)
    local serial = math.max(stored, math.floor(now_ms * 26214.4))
    redis.call('HSET', KEYS[1], 'serial', string.format('%.0f', serial + ARGV[1]))
    return {'serial', now_ms, string.format('%.0f', serial), tonumber(ARGV[1])}";

pub(crate) struct Scripted {
    socket: PathBuf,
    connection: Option<BufReader<UnixStream>>,
    text: String,
    /// The fields of the series' record, to write them back.
    record: HashMap<String, String>,
    /// Go on with a connection on which an answer may still be under way.
    reuse: bool,
}

impl Scripted {
    /// Of a `redis+unix:` URL.
    pub(crate) fn new(url: &str, text: String, reuse: bool) -> Self {
        let path = url.strip_prefix("redis+unix://").unwrap();
        let socket = PathBuf::from(path.split('?').next().unwrap());
        let mut connection = connect(&socket).unwrap();
        let answer = ask(&mut connection, cmd("HGETALL").arg(KEY)).unwrap();
        let mut record: HashMap<String, String> = redis::from_redis_value(answer).unwrap();
        for field in ["history", "lane", "tick", "slot", "last"] {
            record.remove(field);
        }
        Self {
            socket,
            connection: None,
            text,
            record,
            reuse,
        }
    }

    pub(crate) fn reserve(&mut self, wanted: NonZeroU32) -> Result<Block, AllocateError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect(&self.socket).map_err(unavailable)?,
        };
        let answer = self.attempt(&mut connection, wanted);
        if answer.is_ok() || self.reuse {
            self.connection = Some(connection);
        }
        let items = answer.map_err(unavailable)?;
        let number = |index: usize| match items.get(index) {
            Some(Value::Int(number)) => u64::try_from(*number).unwrap(),
            other => panic!("{other:?} of {items:?}"),
        };
        let block = |start: Option<Serial>, length: u64| {
            let length = NonZeroU32::new(length as u32).unwrap();
            Ok(Block::new(start.unwrap(), length).unwrap())
        };
        match text(&items[0]) {
            "granted" => {
                let start = Serial::from_parts(number(2) as u8, number(3), number(4) as u32);
                block(start, number(5))
            }
            "serial" => block(Serial::new(text(&items[2]).parse().unwrap()), number(3)),
            "not-yet" => Err(AllocateError::NotYet {
                after: Duration::from_millis(number(2)),
            }),
            "missing" => {
                self.write_back().map_err(unavailable)?;
                Err(AllocateError::NotYet {
                    after: Duration::ZERO,
                })
            }
            other => Err(unavailable(std::io::Error::other(other.to_owned()))),
        }
    }

    fn attempt(
        &self,
        connection: &mut BufReader<UnixStream>,
        wanted: NonZeroU32,
    ) -> RedisResult<Vec<Value>> {
        let eval = cmd("EVAL")
            .arg(&self.text)
            .arg(1)
            .arg(KEY)
            .arg(wanted.get())
            .arg(SystemClock.now_ms())
            .arg(self.record.get("fingerprint"))
            .take();
        match ask(connection, &eval)? {
            Value::Array(items) => Ok(items),
            other => panic!("{other:?}"),
        }
    }

    /// All of the record, or nothing where another was faster.
    fn write_back(&self) -> RedisResult<()> {
        let text = "if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('HSET', KEYS[1], unpack(ARGV)) end";
        let mut command = cmd("EVAL");
        command.arg(text).arg(1).arg(KEY);
        for (field, value) in &self.record {
            command.arg(field).arg(value);
        }
        ask(&mut connect(&self.socket)?, &command).map(drop)
    }
}

fn connect(socket: &std::path::Path) -> RedisResult<BufReader<UnixStream>> {
    let connection = UnixStream::connect(socket)?;
    connection.set_read_timeout(Some(TIME_OUT))?;
    connection.set_write_timeout(Some(TIME_OUT))?;
    Ok(BufReader::new(connection))
}

fn ask(connection: &mut BufReader<UnixStream>, command: &Cmd) -> RedisResult<Value> {
    connection
        .get_mut()
        .write_all(&command.get_packed_command())?;
    match Parser::new().parse_value(connection)? {
        Value::ServerError(error) => Err(error.into()),
        value => Ok(value),
    }
}

fn text(value: &Value) -> &str {
    match value {
        Value::BulkString(bytes) => str::from_utf8(bytes).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> AllocateError {
    AllocateError::unavailable("a script", error)
}
