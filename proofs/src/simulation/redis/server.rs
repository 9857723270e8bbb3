//! A simulated Redis: hashes, a clock, an identity, and the real scripts in a real Lua.

use std::cell::RefCell;
use std::collections::BTreeMap;

use mlua::{Function, Lua, MultiValue, Table, Value};
use sha1::{Digest, Sha1};

/// What it holds: the fields of hashes, by their names.
pub(super) type Hashes = BTreeMap<String, BTreeMap<String, String>>;

#[derive(Debug, Default, Clone)]
pub(in super::super) struct Redis {
    pub(super) hashes: Hashes,
    /// Another one with each start.
    pub(super) run_id: String,
    pub(super) scripts: BTreeMap<String, String>,
    /// What its clock differs from the true time by.
    pub(super) offset_ms: i64,
}

/// What it answers.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reply {
    Text(String),
    Number(i64),
    Nothing,
    Error(String),
    All(Vec<Reply>),
}

impl Reply {
    /// As it goes over the wire.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => {
                out.extend(format!("${}\r\n{text}\r\n", text.len()).into_bytes());
            }
            Self::Number(number) => out.extend(format!(":{number}\r\n").into_bytes()),
            Self::Nothing => out.extend(b"$-1\r\n"),
            Self::Error(text) => out.extend(format!("-{text}\r\n").into_bytes()),
            Self::All(replies) => {
                out.extend(format!("*{}\r\n", replies.len()).into_bytes());
                replies.iter().for_each(|reply| reply.write(out));
            }
        }
    }
}

fn text(text: &str) -> Reply {
    Reply::Text(text.to_owned())
}

impl Redis {
    /// Execute a command at a moment of its own clock, in milliseconds since the Unix epoch.
    pub(super) fn execute(&mut self, words: &[String], now_ms: i64) -> Reply {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words[..] {
            ["INFO", "replication"] => text("role:master\r\nconnected_slaves:1\r\n"),
            ["INFO", _] => Reply::Text(format!(
                "# Server\r\nredis_version:7.0.0\r\nrun_id:{}\r\naof_enabled:1\r\n",
                self.run_id
            )),
            ["CONFIG", ..] => Reply::All(vec![text("save"), text("")]),
            ["TIME"] => Reply::All(vec![
                Reply::Text((now_ms / 1_000).to_string()),
                Reply::Text((now_ms % 1_000 * 1_000).to_string()),
            ]),
            ["HGETALL", key] => {
                let fields = self.hashes.get(key).into_iter().flatten();
                Reply::All(
                    fields
                        .flat_map(|(name, value)| [text(name), text(value)])
                        .collect(),
                )
            }
            ["HMGET", key, ref names @ ..] => {
                let hash = self.hashes.get(key);
                let value = |name: &&str| hash.and_then(|hash| hash.get(*name));
                let values = names
                    .iter()
                    .map(|name| value(name).map_or(Reply::Nothing, |v| text(v)));
                Reply::All(values.collect())
            }
            ["HSET", key, ref fields @ ..] => {
                let hash = self.hashes.entry(key.to_owned()).or_default();
                for field in fields.chunks_exact(2) {
                    hash.insert(field[0].to_owned(), field[1].to_owned());
                }
                Reply::Number(fields.len() as i64 / 2)
            }
            ["SCRIPT", "LOAD", script] => {
                let sha = hex(&Sha1::digest(script.as_bytes()));
                self.scripts.insert(sha.clone(), script.to_owned());
                Reply::Text(sha)
            }
            ["EVALSHA", sha, keys, ref rest @ ..] => match self.scripts.get(sha) {
                None => Reply::Error("NOSCRIPT No matching script.".to_owned()),
                Some(script) => {
                    let script = script.clone();
                    let count = keys.parse::<usize>().unwrap_or(0).min(rest.len());
                    self.run(&script, &rest[..count], &rest[count..], now_ms)
                }
            },
            _ => Reply::Error(format!("ERR the simulation knows no {words:?}")),
        }
    }

    fn run(&mut self, script: &str, keys: &[&str], arguments: &[&str], now_ms: i64) -> Reply {
        RUNNING.set(Some((std::mem::take(self), now_ms)));
        let answer = LUA.with(|lua| call(lua, script, keys, arguments));
        if let Some((server, _)) = RUNNING.take() {
            *self = server;
        }
        answer
            .unwrap_or_else(|error| Reply::Error(format!("ERR {error}").replace(['\r', '\n'], " ")))
    }
}

thread_local! {
    /// The server that a script runs in, and the time there.
    static RUNNING: RefCell<Option<(Redis, i64)>> = const { RefCell::new(None) };
    static LUA: Lua = {
        let lua = Lua::new();
        if let Err(error) = prepare(&lua) {
            eprintln!("cannot prepare Lua: {error}");
        }
        lua
    };
}

/// What scripts find in a Redis.
fn prepare(lua: &Lua) -> mlua::Result<()> {
    let redis = lua.create_table()?;
    let pcall = lua.create_function(|lua, words: MultiValue| {
        let words: Vec<String> = words
            .iter()
            .map(|word| word.to_string())
            .collect::<Result<_, _>>()?;
        let reply = RUNNING.with_borrow_mut(|running| {
            running
                .as_mut()
                .map(|(server, now_ms)| server.execute(&words, *now_ms))
        });
        to_lua(lua, &reply.unwrap_or(Reply::Nothing))
    })?;
    redis.set("pcall", pcall)?;
    let digest =
        lua.create_function(|_, text: mlua::LuaString| Ok(hex(&Sha1::digest(&*text.as_bytes()))))?;
    redis.set("sha1hex", digest)?;
    let error = lua.create_function(|lua, text: String| {
        let table = lua.create_table()?;
        table.set("err", text)?;
        Ok(table)
    })?;
    redis.set("error_reply", error)?;
    lua.globals().set("redis", redis)?;
    lua.globals().set("compiled", lua.create_table()?)
}

fn call(lua: &Lua, script: &str, keys: &[&str], arguments: &[&str]) -> mlua::Result<Reply> {
    let globals = lua.globals();
    globals.set("KEYS", keys)?;
    globals.set("ARGV", arguments)?;
    let compiled: Table = globals.get("compiled")?;
    let function = match compiled.get::<Option<Function>>(script)? {
        Some(function) => function,
        None => {
            let function = lua.load(script).into_function()?;
            compiled.set(script, &function)?;
            function
        }
    };
    from_lua(&function.call::<Value>(())?)
}

fn to_lua(lua: &Lua, reply: &Reply) -> mlua::Result<Value> {
    Ok(match reply {
        Reply::Text(text) => Value::String(lua.create_string(text)?),
        Reply::Number(number) => Value::Number(*number as f64),
        Reply::Nothing => Value::Boolean(false),
        Reply::Error(text) => {
            let table = lua.create_table()?;
            table.set("err", text.as_str())?;
            Value::Table(table)
        }
        Reply::All(replies) => {
            let table = lua.create_table()?;
            for reply in replies {
                table.push(to_lua(lua, reply)?)?;
            }
            Value::Table(table)
        }
    })
}

/// As a Redis does: numbers lose what is behind the point, and a list ends before its first nil.
fn from_lua(value: &Value) -> mlua::Result<Reply> {
    Ok(match value {
        Value::String(text) => Reply::Text(text.to_string_lossy()),
        Value::Integer(number) => Reply::Number(*number),
        Value::Number(number) => Reply::Number(*number as i64),
        Value::Table(table) => match table.get::<Option<String>>("err")? {
            Some(text) => Reply::Error(text),
            None => {
                let items = table.sequence_values::<Value>();
                let replies = items.map(|item| from_lua(&item?));
                Reply::All(replies.collect::<mlua::Result<_>>()?)
            }
        },
        _ => Reply::Nothing,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
