//! The rooms of the server, and that they name each other in one direction alone.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// Each room, and what it may name of others.
const ROOMS: [(&str, &[&str]); 6] = [
    ("program", &["serve", "call", "watch"]),
    ("serve", &["call::handler", "watch"]),
    ("call", &["api", "console", "watch"]),
    ("api", &["console", "watch"]),
    ("console", &[]),
    ("watch", &[]),
];

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => files(&path),
            false => vec![path],
        })
        .collect()
}

/// What a file names that does not stand to the right of its room.
fn wrong_names(room: &str, allowed: &[&str], text: &str) -> Vec<String> {
    let name = Regex::new(r"(?-u:\b)crate::(\{|[a-z_]+(?:::[a-z_]+)*)").unwrap();
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let code: Vec<&str> = code.collect();
    name.captures_iter(&code.join("\n"))
        .map(|found| found[1].to_owned())
        .filter(|found| {
            let is = |allowed: &str| {
                let rest = found.strip_prefix(allowed);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
            };
            !is(room) && !allowed.iter().any(|allowed| is(allowed))
        })
        .collect()
}

#[test]
fn arrows_run_one_way() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = 0;
    for (room, allowed) in ROOMS {
        let mut all = files(&source.join(room));
        all.push(source.join(room).with_extension("rs"));
        for file in all
            .iter()
            .filter(|file| file.extension() == Some("rs".as_ref()))
        {
            let text = fs::read_to_string(file).unwrap();
            let wrong = wrong_names(room, allowed, &text);
            assert!(wrong.is_empty(), "{}: {wrong:?}", file.display());
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen}");
    // Nothing else has code, but for the two roots.
    let roots = fs::read_dir(&source).unwrap().filter(|entry| {
        let path = entry.as_ref().unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        !ROOMS.iter().any(|(room, _)| *room == name)
    });
    let mut roots: Vec<_> = roots.map(|entry| entry.unwrap().file_name()).collect();
    roots.sort();
    assert_eq!(roots, ["lib.rs", "main.rs"]);
}

#[test]
fn a_wrong_arrow_is_seen() {
    let (_, serve) = ROOMS[1];
    let text = "use crate::call::handler::Handler;\nuse crate::serve::stream::Socket;\n";
    assert!(wrong_names("serve", serve, text).is_empty());
    for wrong in [
        "use crate::call::gate::Gate;",
        "fn f() { crate::api::answer::text(\"\") }",
        "use crate::call::{App, handler::Handler};",
        "use crate::{api, serve};",
    ] {
        assert!(!wrong_names("serve", serve, wrong).is_empty(), "{wrong}");
    }
}
