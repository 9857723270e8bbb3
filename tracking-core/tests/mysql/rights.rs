//! Logins, and the rights that a user in MySQL needs.

use tracking_core::{AllocateError, OpenError, Opening, Remedy, StoreKind};

use crate::common::*;
use crate::support::server::MySqlServer;

/// A user with these rights on the table of a database, and the URL by that user. A right to a table that is
/// yet to be made can be given only along with that to make it: so without that it is one to all tables.
fn user(server: &MySqlServer, url: &str, rights: &str) -> String {
    let (_, database) = url.rsplit_once('/').unwrap();
    let name = format!("u{:08x}", rand::random::<u32>());
    server.run(&format!(
        "CREATE USER {name}@'127.0.0.1' IDENTIFIED BY 'secret'"
    ));
    let tables = match rights.contains("CREATE") {
        true => "tracking_series",
        false => "*",
    };
    server.run(&format!(
        "GRANT {rights} ON {database}.{tables} TO {name}@'127.0.0.1'"
    ));
    url.replace("root@", &format!("{name}:secret@"))
}

#[test]
fn a_user_with_just_the_rights_that_are_named_will_do() {
    let Some(server) = MySqlServer::shared() else {
        return;
    };
    let root = server.database();
    let url = user(&server, &root, "SELECT, INSERT, UPDATE, CREATE");
    let allocator = create(&url);
    let (_, database) = root.rsplit_once('/').unwrap();
    for loss in ["DELETE FROM", "DROP TABLE"] {
        server.run(&format!("{loss} {database}.tracking_series"));
        reserve(&allocator, 1).unwrap();
    }
    // Once the series is there, two of them are enough.
    let url = user(&server, &root, "SELECT, UPDATE");
    let allocator = open(&url, &options(Opening::Existing)).unwrap();
    reserve(&allocator, 1).unwrap();
}

#[test]
fn a_right_that_is_missing_is_told_of() {
    let Some(server) = MySqlServer::shared() else {
        return;
    };
    let root = server.database();
    let message = |rights: &str, opening| {
        let url = user(&server, &root, rights);
        match open(&url, &options(opening)) {
            Ok(allocator) => failure(&allocator, server.port()),
            refused => refusal(refused, server.port()),
        }
    };
    let expected = "HOST: the user lacks a right; it needs GRANT SELECT, INSERT, UPDATE, CREATE ON `DB`.tracking_series TO it (1142 ";
    for (rights, opening) in [
        ("SELECT, INSERT, UPDATE, DROP", Opening::New),
        ("CREATE, SELECT, UPDATE", Opening::New),
    ] {
        let message = message(rights, opening);
        assert!(message.starts_with("refused: mysql://u"), "{message}");
        assert!(message.contains(expected), "{rights}: {message}");
    }
    create(&root);
    for rights in ["INSERT, UPDATE, CREATE", "SELECT, INSERT, CREATE"] {
        let message = message(rights, Opening::Existing);
        assert!(message.contains(expected), "{rights}: {message}");
    }
}

#[test]
fn logins() {
    let Some(server) = MySqlServer::shared() else {
        return;
    };
    let root = server.database();
    let url = user(&server, &root, "ALL");
    create(&url);
    let (name, _) = url[8..].split_once(':').unwrap();
    let opened = |login: &str| {
        let url = root.replace("root", login);
        open(&url, &options(Opening::Existing))
    };
    for (login, means) in [
        (
            name.to_owned(),
            "it asks for another user, or for a password",
        ),
        (format!("{name}:wrong"), "user or password are wrong"),
        ("nobody:secret".to_owned(), "user or password are wrong"),
    ] {
        let error = opened(&login).unwrap_err();
        let remedy = error.remedy();
        assert_eq!(
            remedy,
            Some(Remedy::GivePassword(StoreKind::MySql)),
            "{error}"
        );
        assert!(matches!(
            error,
            OpenError::Store(AllocateError::Refused { .. })
        ));
        let message = error.to_string();
        // Who is asked for it is chosen anew with each start of a server.
        let is_decoy = login.starts_with("nobody")
            && message
                .contains(": it asks for a login that is not known here: the user is unknown, ");
        let means = format!(": {means}, unless it takes logins by TLS alone (mysqls://) (1045 ");
        assert!(is_decoy || message.contains(&means), "{message}");
        assert!(!message.contains("secret"), "{message}");
    }
    if server.program().is_mysql() {
        server
            .run("CREATE USER IF NOT EXISTS plain@'%' IDENTIFIED WITH sha256_password BY 'secret'");
        let error = opened("plain:secret").unwrap_err();
        let told = "or is to be one IDENTIFIED WITH caching_sha2_password (sha256_password)";
        assert!(error.to_string().contains(told), "{error}");
        assert_eq!(error.remedy(), Some(Remedy::GivePassword(StoreKind::MySql)));
    }
    let without = crate::common::url(&root.replace("root", name));
    let given = without.with_password("secret");
    tracking_core::MySqlAllocator::open(&given, &options(Opening::Existing)).unwrap();
}
