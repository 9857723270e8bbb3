//! The hash of a series: its record beside its timeline.

use std::collections::BTreeMap;

use redis::Value;

use crate::series::{Series, SeriesName};
use crate::store::timeline::{History, LANE_COUNT, Lanes, Moved, Timeline};

use super::text::text;

/// Which series has which prefix. It shares the hash tag, so that one script may use both.
pub(super) const PREFIXES: &str = "{tracking}:prefixes";
/// The version of what is written; another one is refused, by the scripts too.
const VERSION: &str = "1";
/// That of a series which was moved away: programs that know no moves refuse it.
const MOVED_VERSION: &str = "2";
/// What tells one state of a hash from every other: each reservation changes one of them, each change of lane
/// or history, and each move. A step changes none of the others without one of these.
const TOKEN: [&str; 7] = [
    "version",
    "fingerprint",
    "history",
    "lane",
    "tick",
    "slot",
    "moved",
];

/// The key of a series' hash.
pub(super) fn key_of(name: &SeriesName) -> String {
    format!("{{tracking}}:series:{name}")
}

/// A series and its timeline, as they are stored.
pub(super) struct Stored {
    pub(super) series: Series,
    pub(super) timeline: Option<Timeline>,
    /// The fields that tell this state from others, and what they hold; empty where there is none.
    pub(super) token: Vec<(&'static str, String)>,
}

/// A field that this program cannot have written so.
pub(super) type BadField = &'static str;

/// The hash that `HGETALL` answered; `None` where there is none.
pub(super) fn read(answer: &Value) -> Result<Option<Stored>, BadField> {
    let Value::Array(items) = answer else {
        return Err("version");
    };
    let fields: BTreeMap<&str, &str> = items
        .chunks_exact(2)
        .filter_map(|pair| Some((text(&pair[0])?, text(&pair[1])?)))
        .collect();
    if fields.is_empty() && items.is_empty() {
        return Ok(None);
    }
    let moved = match fields.get("version") {
        // Of a move that was undone something may be left.
        Some(&VERSION) => None,
        Some(&MOVED_VERSION) => Some(read_moved(&fields)?),
        _ => return Err("version"),
    };
    let series = read_series(&fields)?;
    let timeline = match (read_timeline(&fields)?, moved) {
        (None, Some(_)) => return Err("history"),
        (timeline, moved) => timeline.map(|timeline| timeline.with_moved(moved)),
    };
    let held = |field: &str| fields.get(field).copied().unwrap_or_default().to_owned();
    Ok(Some(Stored {
        series,
        timeline,
        token: TOKEN.map(|field| (field, held(field))).to_vec(),
    }))
}

fn read_moved(fields: &BTreeMap<&str, &str>) -> Result<Moved, BadField> {
    let id = fields.get("moved").ok_or("version")?;
    let at_ms = fields.get("moved_at").and_then(|at| whole(at));
    Ok(Moved {
        id: id.parse().map_err(|_| "moved")?,
        at_ms: at_ms
            .and_then(|at_ms| i64::try_from(at_ms).ok())
            .ok_or("moved_at")?,
    })
}

fn read_series(fields: &BTreeMap<&str, &str>) -> Result<Series, BadField> {
    let series = ["name", "prefix", "key", "created_at"]
        .into_iter()
        .map(|name| Some((name, *fields.get(name)?)))
        .collect::<Option<BTreeMap<_, _>>>()
        .and_then(|record| serde_json::to_value(record).ok())
        .and_then(|record| serde_json::from_value::<Series>(record).ok())
        .ok_or("name, prefix, key, created_at")?;
    // What tells a changed prefix or key from the ones that numbers were made with.
    let fingerprint = series.fingerprint().to_string();
    match fields.get("fingerprint") {
        Some(&found) if found == fingerprint => Ok(series),
        _ => Err("fingerprint"),
    }
}

/// The timeline, either all of whose fields are there or none.
fn read_timeline(fields: &BTreeMap<&str, &str>) -> Result<Option<Timeline>, BadField> {
    const FIELDS: [BadField; 5] = ["history", "lane", "tick", "slot", "last"];
    if FIELDS.iter().all(|&field| !fields.contains_key(field)) {
        return Ok(None);
    }
    let field = |name: BadField| fields.get(name).copied().ok_or(name);
    let number = |name: BadField| whole(field(name)?).ok_or(name);
    let history = History::new(field("history")?).ok_or("history")?;
    let lane = u8::try_from(number("lane")?).map_err(|_| "lane")?;
    let slot = u32::try_from(number("slot")?).map_err(|_| "slot")?;
    let mut last: [u64; LANE_COUNT] = field("last")?
        .split(' ')
        .map(whole)
        .collect::<Option<Vec<_>>>()
        .and_then(|last| last.try_into().ok())
        .ok_or("last")?;
    // `last` is written when the lane changes, `tick` at every grant.
    *last.get_mut(usize::from(lane)).ok_or("lane")? = number("tick")?;
    let timeline =
        Timeline::from_parts(history, lane, slot, last).ok_or("lane, tick, slot, last")?;
    let timeline = match (fields.get("used"), fields.get("doubt")) {
        // The first versions wrote neither.
        (None, None) => timeline,
        _ => {
            let used = Lanes::of(field("used")?).ok_or("used")?;
            timeline.with_use(used, number("doubt")?).ok_or("doubt")?
        }
    };
    Ok(Some(timeline))
}

/// A whole number in its shortest decimal form, as the script takes it.
fn whole(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// The fields and values that hold a timeline.
pub(super) fn timeline_fields(timeline: &Timeline) -> Vec<String> {
    let last = timeline.last_ticks().map(|tick| tick.to_string());
    let (version, id, at_ms) = match timeline.moved() {
        Some(Moved { id, at_ms }) => (MOVED_VERSION, id.to_string(), at_ms.to_string()),
        None => (VERSION, String::new(), String::new()),
    };
    let mut fields = vec![
        ("version", version.to_owned()),
        ("history", timeline.history().to_string()),
        ("lane", timeline.lane().to_string()),
        ("tick", timeline.last_tick(timeline.lane()).to_string()),
        ("slot", timeline.slot().to_string()),
        ("last", last.join(" ")),
        ("used", timeline.used_lanes().to_string()),
        ("doubt", timeline.doubt_tick().to_string()),
    ];
    fields.extend([("moved", id), ("moved_at", at_ms)]);
    let pairs = fields.into_iter();
    pairs
        .flat_map(|(field, value)| [field.to_owned(), value])
        .collect()
}

/// The arguments that put a state in the place of one that was read.
pub(super) fn swap(token: &[(&'static str, String)], timeline: &Timeline) -> Vec<String> {
    let mut arguments = vec![token.len().to_string()];
    let read = token.iter();
    arguments.extend(read.flat_map(|(field, value)| [(*field).to_owned(), value.clone()]));
    arguments.extend(timeline_fields(timeline));
    arguments
}

/// The arguments that create a series: prefix, name, fingerprint, then fields and values; with a timeline, of one
/// that goes on here.
pub(super) fn creation(series: &Series, start: Option<&Timeline>) -> Vec<String> {
    let mut arguments = vec![
        series.prefix().as_str().to_owned(),
        series.name().to_string(),
        series.fingerprint().to_string(),
        "version".to_owned(),
        VERSION.to_owned(),
    ];
    // A record is an object of texts; the conversion of one cannot fail.
    if let Ok(serde_json::Value::Object(record)) = serde_json::to_value(series) {
        for (field, value) in record {
            arguments.push(field);
            arguments.push(value.as_str().unwrap_or_default().to_owned());
        }
    }
    arguments.extend(start.map(timeline_fields).unwrap_or_default());
    arguments
}
