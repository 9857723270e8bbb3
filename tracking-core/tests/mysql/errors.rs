//! What does not work, and how it is told.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use tracking_core::{OpenStore, Opening};

use crate::common::*;
use crate::support::server::{MySqlServer, free_port};

const START: &str = "unavailable: mysql://root@HOST/DB: HOST";

#[test]
fn nobody_listens() {
    let port = free_port();
    let url = format!("mysql://root@127.0.0.1:{port}/dbx12345678");
    assert_eq!(
        refusal(open(&url, &options(Opening::New)), port),
        "unavailable: mysql://root@HOST/DB: cannot connect to HOST: Connection refused (os error 111)"
    );
    let message = refusal(
        open("mysql://no.such.host.invalid/a", &options(Opening::New)),
        port,
    );
    let start = "unavailable: mysql://no.such.host.invalid:3306/a: cannot connect to no.such.host.invalid:3306: failed to lookup address";
    assert!(message.starts_with(start), "{message}");
    let message = refusal(
        open("mysql+unix:///no/such/socket?db=a", &options(Opening::New)),
        port,
    );
    assert_eq!(
        message,
        "unavailable: mysql+unix:///no/such/socket?db=a: cannot connect to /no/such/socket: No such file or directory (os error 2)"
    );
}

/// It takes the connection, and says nothing at all, or something else.
#[test]
fn something_else_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let url = format!("mysql://root@127.0.0.1:{port}/dbx12345678?connect_ms=100");
    assert_eq!(
        refusal(open(&url, &options(Opening::New)), port),
        "unavailable: mysql://root@HOST/DB: HOST took no connection and no login within 100 ms"
    );
    for words in [
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        "-ERR no\r\n",
        "",
        "\0\0\0\0",
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                std::io::Write::write_all(&mut client.unwrap(), words.as_bytes()).unwrap();
            }
        });
        let url = format!("mysql://root@127.0.0.1:{port}/dbx12345678");
        let message = refusal(open(&url, &options(Opening::New)), port);
        assert!(
            message.starts_with("unavailable: mysql://root@HOST/DB: "),
            "{message}"
        );
    }
}

/// A byte now and then is an answer to each read, and none to the call.
#[test]
fn something_trickles() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            // The head of a long packet, and then its bytes.
            let mut byte = 200;
            while std::io::Write::write_all(&mut client, &[byte]).is_ok() {
                std::thread::sleep(Duration::from_millis(20));
                byte = 0;
            }
        }
    });
    let url = format!("mysql://root@127.0.0.1:{port}/dbx12345678?connect_ms=200");
    let start = Instant::now();
    assert_eq!(
        refusal(open(&url, &options(Opening::New)), port),
        "unavailable: mysql://root@HOST/DB: HOST took no connection and no login within 200 ms"
    );
    assert!(start.elapsed() < Duration::from_millis(1_300));
}

#[test]
fn a_database_that_is_missing() {
    let Some(server) = MySqlServer::shared() else {
        return;
    };
    let url = server.url("dbx00000000");
    assert_eq!(
        refusal(open(&url, &options(Opening::New)), server.port()),
        "refused: mysql://root@HOST/DB: HOST: there is no such database; create it, or name another (1049 Unknown database 'DB')"
    );
}

#[test]
fn a_table_of_somebody_elses() {
    let Some(server) = MySqlServer::shared() else {
        return;
    };
    let url = server.database();
    let (_, database) = url.rsplit_once('/').unwrap();
    server.run(&format!(
        "CREATE TABLE {database}.tracking_series (name TEXT)"
    ));
    let message = refusal(open(&url, &options(Opening::New)), server.port());
    let start = "refused: mysql://root@HOST/DB: HOST: the table `tracking_series` is not as this version of tracking makes it; rename it (1054 ";
    assert!(message.starts_with(start), "{message}");
}

#[test]
fn servers_that_will_not_do() {
    for (argument, expected) in [
        (
            "--version=10.2.44-MariaDB",
            "refused: mysql://root@HOST/DB: HOST runs MariaDB 10.2.44-MariaDB; MariaDB 10.6 or newer is needed, or MySQL 8.0",
        ),
        (
            "--wsrep-on=ON",
            "refused: mysql://root@HOST/DB: HOST is a node of a Galera cluster (wsrep_on), where what two nodes write at once may be lost; name the one node that all write to, and vouch for that with ?galera=one-writer",
        ),
    ] {
        let more = ["--binlog-format=ROW", argument];
        let Some(server) = MySqlServer::start_mariadb(&more) else {
            return;
        };
        let url = server.database();
        let opened = open(&url, &options(Opening::New));
        assert_eq!(refusal(opened, server.port()), expected);
        if argument == "--wsrep-on=ON" {
            create(&format!("{url}?galera=one-writer"));
        }
    }
}

#[test]
fn a_binary_log_of_statements_is_refused() {
    let Some(server) = MySqlServer::start(&["--log-bin=log", "--binlog-format=STATEMENT"]) else {
        return;
    };
    let message = refusal(
        open(&server.database(), &options(Opening::New)),
        server.port(),
    );
    let start = "refused: mysql://root@HOST/DB: HOST: it writes its binary log as statements, which would lose reservations on its replicas; set binlog_format to ROW or MIXED (1665 ";
    assert!(message.starts_with(start), "{message}");
}

#[test]
fn a_server_that_is_read_only() {
    let Some(server) = MySqlServer::start(&[]) else {
        return;
    };
    let url = server.database();
    let allocator = create(&url);
    server.run("SET GLOBAL read_only = ON");
    let expected =
        format!("{START} is read-only, as a replica is; name the server that takes writes");
    // Though it may write in spite of that, as root.
    assert_eq!(failure(&allocator, server.port()), expected);
    let opened = open(&url, &options(Opening::Existing));
    assert_eq!(refusal(opened, server.port()), expected);
    assert!(allocator.snapshot().is_err());
    server.run("SET GLOBAL read_only = OFF");
    reserve(&allocator, 1).unwrap();
}

#[test]
fn a_row_that_somebody_keeps_locked() {
    use mysql::prelude::Queryable;
    let Some(server) = MySqlServer::shared() else {
        return;
    };
    let url = server.database();
    let (_, database) = url.rsplit_once('/').unwrap();
    let allocator = create(&url);
    let mut connection = server.connection().unwrap();
    connection.query_drop("BEGIN").unwrap();
    connection
        .query_drop(format!(
            "UPDATE {database}.tracking_series SET fingerprint = fingerprint, nonce = 'x'"
        ))
        .unwrap();
    let message = failure(&allocator, server.port());
    let start =
        format!("{START}: another connection keeps the series' row or its table locked (1205 ");
    assert!(message.starts_with(&start), "{message}");
    connection.query_drop("ROLLBACK").unwrap();
    reserve(&allocator, 1).unwrap();
}

#[test]
fn what_an_operator_should_know() {
    let Some(server) = MySqlServer::start(&[
        "--log-bin=log",
        "--innodb-flush-log-at-trx-commit=2",
        "--sync-binlog=0",
    ]) else {
        return;
    };
    let allocator = create(&server.database());
    let warnings: Vec<_> = allocator
        .warnings()
        .into_iter()
        .map(|warning| warning.to_string())
        .collect();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].contains("innodb_flush_log_at_trx_commit is 2"));
    assert!(warnings[1].contains("sync_binlog is 0"));
}
