//! The command line on a Redis, which hosts share.

use crate::redis_servers::server::RedisServer;
use crate::support::Operator;

#[test]
fn a_shared_series_is_created_when_told_and_shown_with_its_lanes_and_clocks() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    let (operator, other) = (Operator::new(), Operator::new());
    let store = server.url();
    let run =
        |operator: &Operator, words: &[&str]| operator.run([words, &["--store", &store]].concat());
    let missing = format!(
        "error: {store}: there is no series `default`; `tracking series create` makes a new one, `tracking series restore` brings back one that was lost\n"
    );
    run(&operator, &["next"]).assert(3, "", &missing);

    let created = run(&operator, &["series", "create", "--prefix", "RD"]);
    assert_eq!(created.code, 0, "{created:?}");
    assert!(
        created.stderr.contains("warning: Redis persists nothing"),
        "{created:?}"
    );

    // Another host goes on in the same series.
    let mut numbers = Vec::new();
    for operator in [&operator, &other] {
        let ran = run(operator, &["next", "-n", "500"]);
        assert_eq!((ran.code, &*ran.stderr), (0, ""));
        numbers.extend(ran.stdout.lines().map(str::to_owned));
    }
    assert!(numbers.iter().all(|number| number.starts_with("RD")));
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), 1_000);
    run(&other, &["check", &numbers[0]]).assert(0, &format!("{}\tbelongs\t\n", numbers[0]), "");

    let created = run(
        &other,
        &["series", "create", "--series", "a", "--prefix", "AA"],
    );
    assert_eq!(created.code, 0, "{created:?}");
    let listed = run(&other, &["series", "list", "--format", "json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
    let member = |index: usize, member: &str| listed[index][member].as_str().unwrap();
    assert_eq!([member(0, "name"), member(0, "prefix")], ["a", "AA"]);
    assert_eq!([member(1, "name"), member(1, "prefix")], ["default", "RD"]);
    assert_eq!(listed.as_array().map(Vec::len), Some(2));

    let shown = run(&other, &["series", "show", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(json["history"], server.info("run_id"));
    assert_eq!(
        json["lanes_in_use"].as_array().map(Vec::len),
        Some(1),
        "{json}"
    );
    assert!(
        json["clock_ahead_ms"].as_i64().unwrap().abs() < 1_000,
        "{json}"
    );
    assert!(
        json["fences"].is_array() && json.get("key").is_none(),
        "{json}"
    );
    let text = run(&other, &["series", "show"]).stdout;
    for name in ["history", "lanes in use", "fences", "store's clock"] {
        assert!(text.lines().any(|line| line.starts_with(name)), "{text}");
    }

    // Lost, and brought back from the key that was kept.
    let kept = run(&operator, &["series", "show", "--reveal-key"]).stdout;
    std::fs::write(operator.path("kept"), kept).unwrap();
    server.ask::<String>(&["FLUSHALL"]);
    run(&other, &["next"]).assert(3, "", &missing);
    let kept = operator.path("kept");
    let restore = [
        "series",
        "restore",
        "--prefix",
        "RD",
        "--key-file",
        kept.to_str().unwrap(),
    ];
    assert_eq!(run(&operator, &restore).code, 0);
    let after = run(&other, &["next", "-n", "500"]);
    assert_eq!(after.code, 0, "{after:?}");
    numbers.extend(after.stdout.lines().map(str::to_owned));
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), 1_500);
}

#[test]
fn a_password_stands_in_a_variable_and_nowhere_else() {
    let Some(server) = RedisServer::start(&["--requirepass", "swordfish"]) else {
        return;
    };
    let operator = Operator::new();
    let url = format!("redis://127.0.0.1:{}", server.port());
    let with_password = format!("redis://:swordfish@127.0.0.1:{}", server.port());
    operator.run(["next", "--store", &with_password]).assert(
        2,
        "",
        "error: the store's URL holds a password, and every user of this host can read a command line; put it in the variable TRACKING_STORE instead\n",
    );
    for (variable, value, store) in [
        ("TRACKING_STORE", &*with_password, None),
        ("TRACKING_REDIS_PASSWORD", "swordfish", Some(&*url)),
    ] {
        let words = [
            "series",
            "create",
            "--series",
            if store.is_none() { "a" } else { "b" },
        ];
        let store = store.map(|store| ["--store", store]);
        let words = words.into_iter().chain(store.into_iter().flatten());
        let output = operator
            .command(words)
            .env(variable, value)
            .output()
            .unwrap();
        let (out, err) = (
            String::from_utf8(output.stdout),
            String::from_utf8(output.stderr),
        );
        let (out, err) = (out.unwrap(), err.unwrap());
        assert_eq!(output.status.code(), Some(0), "{err}");
        assert!(
            !out.contains("swordfish") && !err.contains("swordfish"),
            "{out}{err}"
        );
    }
    let without = operator.run(["next", "--store", &url]);
    assert_eq!(without.code, 3);
    assert!(
        without.stderr.contains("TRACKING_REDIS_PASSWORD"),
        "{without:?}"
    );
}
