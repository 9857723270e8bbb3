//! Where one reply ends, so that no more of it is read than is sane.
//!
//! The crate `redis` decodes it, once it is there as a whole. It would take in whatever is sent.

use std::io::{self, BufRead, Read};

use redis::Value;

/// The longest reply that is read, in bytes. What is asked for here is answered by far fewer.
pub(super) const MOST: usize = 64 * 1024;
/// The shortest value: its kind and the end of its line.
const LEAST: usize = 3;

/// Why there is no reply.
#[derive(Debug)]
pub(super) enum Failure {
    Io(io::Error),
    /// It is, or says that it is, longer than [`MOST`].
    TooLong,
    /// It is none in the protocol of Redis, version 2.
    Garbled(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Read one reply: a value, or the error that it is.
pub(super) fn read(reader: &mut impl BufRead) -> Result<Value, Failure> {
    let bytes = frame(reader)?;
    redis::parse_redis_value(&bytes).map_err(|error| Failure::Garbled(error.to_string()))
}

/// The bytes of one reply, no more and no less.
fn frame(reader: &mut impl BufRead) -> Result<Vec<u8>, Failure> {
    let mut frame = Vec::new();
    // Values that have yet to come.
    let mut owed: usize = 1;
    while owed > 0 {
        let start = frame.len();
        line(reader, &mut frame)?;
        let line = &frame[start..frame.len() - 2];
        let more = match line.first() {
            Some(b'+' | b'-' | b':') => 0,
            Some(b'$') => match length(line)? {
                Some(length) => {
                    body(reader, &mut frame, length)?;
                    0
                }
                None => 0,
            },
            Some(b'*') => length(line)?.unwrap_or(0),
            _ => return Err(garbled(line)),
        };
        owed = (owed - 1).checked_add(more).ok_or(Failure::TooLong)?;
        // Told before any of it is waited for.
        if owed > (MOST - frame.len()) / LEAST {
            return Err(Failure::TooLong);
        }
    }
    Ok(frame)
}

/// A line with its end, behind what is there.
fn line(reader: &mut impl BufRead, frame: &mut Vec<u8>) -> Result<(), Failure> {
    let start = frame.len();
    loop {
        let room = (MOST - frame.len()) as u64;
        let count = reader.by_ref().take(room).read_until(b'\n', frame)?;
        match &frame[start..] {
            [.., b'\r', b'\n'] => return Ok(()),
            _ if count as u64 == room => return Err(Failure::TooLong),
            // One in the middle of a line.
            [.., b'\n'] if count > 0 => {}
            _ => return Err(Failure::Io(io::ErrorKind::UnexpectedEof.into())),
        }
    }
}

/// Some bytes and the end of a line behind them.
fn body(reader: &mut impl BufRead, frame: &mut Vec<u8>, length: usize) -> Result<(), Failure> {
    let start = frame.len();
    let end = length
        .checked_add(start + 2)
        .filter(|&end| end <= MOST)
        .ok_or(Failure::TooLong)?;
    frame.resize(end, 0);
    reader.read_exact(&mut frame[start..])?;
    match &frame[start..] {
        [.., b'\r', b'\n'] => Ok(()),
        _ => Err(garbled(&frame[end - 2..])),
    }
}

/// The length that a line names; `None` where there is nothing, not even something empty.
fn length(line: &[u8]) -> Result<Option<usize>, Failure> {
    let text = str::from_utf8(&line[1..]).map_err(|_| garbled(line))?;
    match text.parse::<i64>() {
        Ok(-1) => Ok(None),
        Ok(length) => usize::try_from(length).map(Some).map_err(|_| garbled(line)),
        // A number of any size is one.
        Err(_) if !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit()) => {
            Err(Failure::TooLong)
        }
        Err(_) => Err(garbled(line)),
    }
}

fn garbled(line: &[u8]) -> Failure {
    Failure::Garbled(String::from_utf8_lossy(line).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_where_the_reply_ends() {
        for (bytes, expected) in [
            ("+OK\r\n", Value::Okay),
            (":-5\r\n", Value::Int(-5)),
            ("$-1\r\n", Value::Nil),
            ("*-1\r\n", Value::Nil),
            ("$4\r\na\r\nb\r\n", Value::BulkString(b"a\r\nb".to_vec())),
            ("*0\r\n", Value::Array(Vec::new())),
            (
                "*2\r\n*1\r\n:1\r\n$0\r\n\r\n",
                Value::Array(vec![
                    Value::Array(vec![Value::Int(1)]),
                    Value::BulkString(Vec::new()),
                ]),
            ),
        ] {
            let more = format!("{bytes}+next\r\n");
            let mut reader = more.as_bytes();
            assert_eq!(read(&mut reader).unwrap(), expected, "{bytes:?}");
            assert_eq!(reader, b"+next\r\n", "{bytes:?}");
        }
        let error = read(&mut &b"-MOVED 6 h:1\r\n"[..]).unwrap();
        assert!(matches!(error, Value::ServerError(error) if error.code() == "MOVED"));
    }

    /// Gives bytes without end, and counts them.
    struct Endless<'a>(&'a [u8], usize);

    impl Read for Endless<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            buffer.iter_mut().for_each(|byte| {
                *byte = self.0[self.1.min(self.0.len() - 1)];
                self.1 += 1;
            });
            Ok(buffer.len())
        }
    }

    #[test]
    fn what_is_too_long_is_refused_before_it_is_read() {
        let second = format!("*2\r\n$65000\r\n{}\r\n+x", "x".repeat(65_000));
        // The last byte goes on for ever.
        for (bytes, most_read) in [
            ("$600000000\r\nx", 100),
            ("$9223372036854775807\r\nx", 100),
            ("$99999999999999999999\r\nx", 100),
            ("*9223372036854775807\r\n:", 100),
            ("*1000000000\r\n:", 100),
            ("*2\r\n*1\r\n*30000\r\n:", 100),
            (&second, 70_000),
            ("-ERR x", MOST + 100),
            ("+\n", MOST + 100),
            (":1", MOST + 100),
        ] {
            let mut reader = io::BufReader::with_capacity(16, Endless(bytes.as_bytes(), 0));
            let found = read(&mut reader);
            assert!(
                matches!(found, Err(Failure::TooLong)),
                "{bytes:?}: {found:?}"
            );
            let count = reader.get_ref().1;
            assert!(count <= most_read, "{bytes:?}: {count} bytes were read");
        }
        let nested = "*1\r\n".repeat(100_000);
        assert!(read(&mut nested.as_bytes()).is_err());
        let deep = format!("{}:1\r\n", "*1\r\n".repeat(5_000));
        assert!(matches!(
            read(&mut deep.as_bytes()),
            Err(Failure::Garbled(_))
        ));
        let longest = format!("${}\r\n{}\r\n", MOST - 10, "x".repeat(MOST - 10));
        assert!(read(&mut longest.as_bytes()).is_ok());
        let longer = format!("${}\r\n{}\r\n", MOST - 9, "x".repeat(MOST - 9));
        assert!(matches!(
            read(&mut longer.as_bytes()),
            Err(Failure::TooLong)
        ));
    }

    #[test]
    fn what_is_no_reply_is_told() {
        for bytes in [
            "HTTP/1.1 200 OK\r\n",
            "\r\n",
            "$-2\r\n",
            "*-5\r\n",
            "$x\r\n",
            "$\r\n",
            "%1\r\n",
            ">1\r\n",
            ":99999999999999999999\r\n",
            "$3\r\nabcXX",
            "+\u{fffd}\r\n$",
            ":\r\n",
            "*2\r\n$0\r\nx\r\n",
        ] {
            let found = read(&mut bytes.as_bytes());
            let told = matches!(found, Err(Failure::Garbled(_)));
            assert!(told || bytes.starts_with('+'), "{bytes:?}: {found:?}");
        }
        for cut in [
            "",
            "$10\r\nabc",
            "*2\r\n:1\r\n",
            "+OK\r",
            "*2\r\n:1\r\n\n",
            "\n",
        ] {
            let found = read(&mut cut.as_bytes());
            assert!(matches!(found, Err(Failure::Io(_))), "{cut:?}: {found:?}");
        }
    }
}
