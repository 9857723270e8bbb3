//! The command line on a MariaDB, which hosts share.

use crate::mysql_servers::server::MySqlServer;
use crate::support::Operator;

#[test]
fn a_shared_series_is_created_when_told_by_a_user_whose_password_stands_in_a_variable() {
    let Some(server) = MySqlServer::start(&[]) else {
        return;
    };
    let operator = Operator::new();
    server.run("CREATE DATABASE shop");
    server.run("CREATE USER tracking@'127.0.0.1' IDENTIFIED BY 'swordfish'");
    server.run(
        "GRANT SELECT, INSERT, UPDATE, CREATE ON shop.tracking_series TO tracking@'127.0.0.1'",
    );
    let store = server.url("shop").replace("root", "tracking");
    let without = operator.run(["next", "--store", &store]);
    assert_eq!(without.code, 3);
    let means = "; set TRACKING_MYSQL_PASSWORD\n";
    assert!(without.stderr.ends_with(means), "{without:?}");

    let run = |words: &[&str]| {
        let mut command = operator.command([words, &["--store", &store]].concat());
        let output = command.env("TRACKING_MYSQL_PASSWORD", "swordfish").output();
        let output = output.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
        )
    };
    let (code, _, told) = run(&["next"]);
    assert_eq!(code, Some(3));
    assert_eq!(
        told,
        format!(
            "error: {store}: there is no series `default`; `tracking series create` makes a new one, `tracking series restore` brings back one that was lost\n"
        )
    );
    let (code, shown, told) = run(&["series", "create", "--prefix", "MY"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(!shown.contains("swordfish") && !told.contains("swordfish"));
    let mut numbers = Vec::new();
    for _ in 0..2 {
        let (code, issued, told) = run(&["next", "-n", "500"]);
        assert_eq!((code, &*told), (Some(0), ""));
        numbers.extend(issued.lines().map(str::to_owned));
    }
    assert!(numbers.iter().all(|number| number.starts_with("MY")));
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), 1_000);
    let (code, judged, _) = run(&["check", &numbers[0]]);
    assert_eq!(
        (code, judged),
        (Some(0), format!("{}\tbelongs\t\n", numbers[0]))
    );
    let (_, listed, _) = run(&["series", "list"]);
    assert!(listed.contains("default  MY "), "{listed}");
}
