//! Idempotency keys: who has one, and what was answered under it.

use tracking_core::TrackingNumber;

use super::connection::{Connection, Dialect};
use super::failure::Failure;
use super::sizes::{parts, repeated};
use super::value::{Columns, Value};
use crate::key::Claim;
use crate::random;
use crate::recording::{KeyState, Recording, Replay};

/// A row of the table of keys.
struct Row {
    scope: Vec<u8>,
    name: Vec<u8>,
    fingerprint: Vec<u8>,
    identity: i64,
    issued_at_ms: i64,
    numbers: String,
}

const COLUMNS: &str = "scope, name, fingerprint, identity, issued_at_ms, numbers";

/// What became of a claim.
pub(super) enum Claimed {
    Mine,
    Replayed(Replay),
    Reused,
}

/// Takes the key of each recording, unless somebody has it; within a transaction. The answers are in the order of
/// the recordings, each of which has a claim.
pub(super) fn claim(
    connection: &mut impl Connection,
    dialect: &Dialect,
    key_ttl_ms: i64,
    recordings: &[&Recording],
) -> Result<Vec<Claimed>, Failure> {
    let mut claims: Vec<(&Recording, &Claim)> = recordings
        .iter()
        .filter_map(|recording| Some((*recording, recording.claim()?)))
        .collect();
    if claims.is_empty() {
        return Ok(Vec::new());
    }
    // In one order in every process, so that no two wait for each other. Stable: of two with one key the first wins.
    claims.sort_by(|(_, a), (_, b)| (&a.scope, &a.key).cmp(&(&b.scope, &b.key)));
    let rows = connection.query(&format!("SELECT {}", dialect.now_ms), &[])?;
    let now_ms = rows
        .into_iter()
        .next()
        .map_or(Ok(0), |row| Columns::of(row).int())?;
    let conflict = dialect.claim.replace("{now}", "?");
    for part in parts(&claims) {
        let places = repeated("(?,?,?,?,?,?,?)", ",", part.len());
        let mut values = Vec::new();
        for (recording, claim) in part {
            values.extend(name(claim));
            values.push(Value::Bytes(claim.fingerprint.as_bytes().to_vec()));
            values.push(Value::Int(recording.identity()));
            values.push(Value::Int(recording.issued_at_ms()));
            values.push(Value::Text(joined(recording.numbers())));
            values.push(Value::Int(now_ms + key_ttl_ms));
        }
        values.extend(std::iter::repeat_n(
            Value::Int(now_ms),
            conflict.matches('?').count(),
        ));
        let sql = format!(
            "INSERT INTO tracking_keys ({COLUMNS}, expires_at_ms) VALUES {places} {conflict}"
        );
        connection.execute(&sql, &values)?;
    }
    // What stands there now is ours or was there before: nobody else can change it until the commit.
    let mut found = Vec::new();
    for part in parts(&claims) {
        let places = repeated("(scope = ? AND name = ?)", " OR ", part.len());
        let sql = format!("SELECT {COLUMNS} FROM tracking_keys WHERE {places}");
        let values: Vec<Value> = part.iter().flat_map(|(_, claim)| name(claim)).collect();
        for row in connection.query(&sql, &values)? {
            found.push(row_of(row)?);
        }
    }
    let found: std::collections::HashMap<_, _> = found
        .into_iter()
        .map(|row| ((row.scope.clone(), row.name.clone()), row))
        .collect();
    let claimed = recordings
        .iter()
        .filter_map(|recording| Some((recording, recording.claim()?)));
    let claimed = claimed.map(|(recording, claim)| {
        let row = found.get(&(
            scope(claim).as_bytes().to_vec(),
            claim.key.as_str().as_bytes().to_vec(),
        ));
        let row =
            row.ok_or_else(|| Failure::Damaged("a key vanished in its transaction".into()))?;
        if row.identity == recording.identity() {
            return Ok(Claimed::Mine);
        }
        Ok(match state(row, claim)? {
            KeyState::Replayed(replay) => Claimed::Replayed(replay),
            _ => Claimed::Reused,
        })
    });
    claimed.collect()
}

/// What is known of a key.
pub(super) fn replay(
    connection: &mut impl Connection,
    dialect: &Dialect,
    claim: &Claim,
) -> Result<KeyState, Failure> {
    let sql = format!(
        "SELECT {COLUMNS} FROM tracking_keys WHERE scope = ? AND name = ? AND expires_at_ms > {}",
        dialect.now_ms
    );
    match connection.query(&sql, &name(claim))?.into_iter().next() {
        Some(row) => state(&row_of(row)?, claim),
        None => Ok(KeyState::New),
    }
}

/// Deletes keys whose time is over.
pub(super) fn sweep(
    connection: &mut impl Connection,
    dialect: &Dialect,
    most: u32,
) -> Result<u64, Failure> {
    let sql = format!(
        "SELECT scope, name FROM tracking_keys WHERE expires_at_ms <= {now} ORDER BY expires_at_ms LIMIT {most}",
        now = dialect.now_ms
    );
    let rows = connection.query(&sql, &[])?;
    let mut deleted = 0;
    for part in parts(&rows) {
        let places = repeated("(scope = ? AND name = ?)", " OR ", part.len());
        // Once more: it may have been taken anew.
        let sql = format!(
            "DELETE FROM tracking_keys WHERE ({places}) AND expires_at_ms <= {}",
            dialect.now_ms
        );
        deleted += connection.execute(&sql, &part.concat())?;
    }
    Ok(deleted)
}

/// A scope that no token's name is.
const OURS: &[u8] = b"\0";

/// Writes a key of nobody's whose time is over, and which is another each time; the next sweep takes it away.
pub(super) fn probe(connection: &mut impl Connection, dialect: &Dialect) -> Result<(), Failure> {
    const EXPIRES_AT_MS: i64 = 0;
    connection.begin()?;
    let conflict = dialect.claim.replace("{now}", "?");
    let mut values = vec![
        Value::Bytes(OURS.into()),
        Value::Bytes(b"probe".into()),
        Value::Bytes(vec![0; 32]),
        Value::Int(random::number().cast_signed()),
        Value::Int(0),
        Value::Text(String::new()),
        Value::Int(EXPIRES_AT_MS),
    ];
    values.extend(std::iter::repeat_n(
        Value::Int(EXPIRES_AT_MS),
        conflict.matches('?').count(),
    ));
    let sql = format!(
        "INSERT INTO tracking_keys ({COLUMNS}, expires_at_ms) VALUES (?,?,?,?,?,?,?) {conflict}"
    );
    connection.execute(&sql, &values)?;
    connection.commit().map_err(Failure::Commit)
}

/// No name of a token is empty.
fn scope(claim: &Claim) -> &str {
    claim.scope.as_ref().map_or("", |scope| scope.as_str())
}

fn name(claim: &Claim) -> [Value; 2] {
    [scope(claim), claim.key.as_str()].map(|text| Value::Bytes(text.into()))
}

fn joined(numbers: &[TrackingNumber]) -> String {
    let numbers: Vec<&str> = numbers.iter().map(TrackingNumber::as_str).collect();
    numbers.join(" ")
}

fn row_of(row: Vec<Value>) -> Result<Row, Failure> {
    let mut columns = Columns::of(row);
    Ok(Row {
        scope: columns.bytes()?,
        name: columns.bytes()?,
        fingerprint: columns.bytes()?,
        identity: columns.int()?,
        issued_at_ms: columns.int()?,
        numbers: columns.text()?,
    })
}

fn state(row: &Row, claim: &Claim) -> Result<KeyState, Failure> {
    if row.fingerprint != claim.fingerprint.as_bytes() {
        return Ok(KeyState::Reused);
    }
    let numbers: Result<_, _> = row.numbers.split(' ').map(str::parse).collect();
    Ok(KeyState::Replayed(Replay {
        numbers: numbers.map_err(|error| Failure::Damaged(format!("a key's numbers: {error}")))?,
        issued_at_ms: row.issued_at_ms,
    }))
}
