//! Load by `wrk`, which costs the machine less than most clients.

use std::net::SocketAddr;
use std::process::Command;

use crate::Failure;

/// Let `wrk` ask a server for this path with these headers for so many seconds, over so many connections; how many
/// requests were answered.
///
/// # Errors
/// There is no `wrk`, or another answer than a 2xx or 3xx came.
pub fn wrk(
    address: SocketAddr,
    target: &str,
    headers: &[String],
    connections: usize,
    seconds: usize,
) -> Result<u64, Failure> {
    let mut command = Command::new("wrk");
    command.args(["-t", "1", "-c", &connections.to_string()]);
    command.args(["-d", &format!("{seconds}s")]);
    for header in headers {
        command.args(["-H", header]);
    }
    let output = command.arg(format!("http://{address}{target}")).output();
    let output = output.map_err(|error| format!("wrk, of the package of that name: {error}"))?;
    let said = String::from_utf8(output.stdout)?;
    let found = said
        .lines()
        .find_map(|line| line.trim().split_once(" requests in "));
    match found {
        Some((count, _)) if !said.contains("Non-2xx") && count != "0" => Ok(count.parse()?),
        _ => Err(format!(
            "expected answers, found {said}{}",
            String::from_utf8_lossy(&output.stderr)
        )
        .into()),
    }
}
