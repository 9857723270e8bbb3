//! Logins, and the rights that a user in Redis needs.

use tracking_core::Opening;

use crate::common::*;
use crate::support::server::RedisServer;

/// The rights that the documentation names.
const RIGHTS: &[&str] = &[
    "~{tracking}:*",
    "+evalsha",
    "+script|load",
    "+hgetall",
    "+hmget",
    "+hset",
    "+info",
    "+time",
];

fn user(server: &RedisServer, name: &str, rights: &[&str]) -> String {
    let mut words = vec!["ACL", "SETUSER", name, "reset", "on", ">secret"];
    words.extend(rights);
    server.ask::<String>(&words);
    let socket = server.socket();
    format!("redis+unix://{name}:secret@{}", socket.display())
}

#[test]
fn a_user_with_just_the_rights_that_are_named_will_do() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    let url = user(&server, "exact", RIGHTS);
    let allocator = create(&url);
    server.ask::<String>(&["SCRIPT", "FLUSH"]);
    reserve(&allocator, 1).unwrap();
    server.ask::<String>(&["FLUSHALL"]);
    reserve(&allocator, 1).unwrap();
    let more: Vec<&str> = RIGHTS.iter().copied().chain(["+select", "+wait"]).collect();
    let url = user(&server, "more", &more);
    create(&format!("{url}?db=2"));
}

#[test]
fn a_right_that_is_missing_is_told_of() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    create(&server.url());
    for missing in RIGHTS {
        let rights: Vec<&str> = RIGHTS
            .iter()
            .copied()
            .filter(|right| right != missing)
            .collect();
        let url = user(&server, "less", &rights);
        server.ask::<String>(&["SCRIPT", "FLUSH"]);
        let message = match open(&url, &options(Opening::Existing)) {
            Ok(allocator) => failure(&allocator, &server),
            refused => refusal(refused, &server),
        };
        let start = "refused: redis+unix://less@SOCKET: SOCKET: the user lacks a right; it needs ~{tracking}:* +evalsha";
        assert!(message.starts_with(start), "{missing}: {message}");
    }
    // A right that is taken away while a process runs.
    let url = user(&server, "was", RIGHTS);
    let allocator = open(&url, &options(Opening::Existing)).unwrap();
    reserve(&allocator, 1).unwrap();
    server.ask::<String>(&["ACL", "SETUSER", "was", "-info"]);
    let message = failure(&allocator, &server);
    assert!(
        message.contains("the user lacks a right; it needs"),
        "{message}"
    );
    assert!(message.contains("+info"), "{message}");
}

#[test]
fn logins() {
    let Some(server) = RedisServer::start(&["--requirepass", "secret"]) else {
        return;
    };
    let socket = server.socket();
    let socket = socket.display();
    let open = |login: &str| open(&format!("redis+unix://{login}{socket}"), &given(1, "AB"));
    assert_eq!(
        refusal(open(""), &server),
        "refused: redis+unix://SOCKET: SOCKET: it asks for a password (NOAUTH Authentication required.)"
    );
    let wrong = "user or password are wrong (WRONGPASS invalid username-password pair or user is disabled.)";
    for login in [":wrong@", "nobody:secret@", "default:wrong@"] {
        let message = refusal(open(login), &server);
        assert!(message.ends_with(wrong), "{message}");
        assert!(!message.contains("secret"), "{message}");
    }
    open(":secret@").unwrap();
    open("default:secret@").unwrap();
    let from_elsewhere = url(&format!("redis+unix://{socket}")).with_password("secret");
    tracking_core::RedisAllocator::open(&from_elsewhere, &given(1, "AB")).unwrap();

    let Some(free) = RedisServer::start(&[]) else {
        return;
    };
    let login = format!("redis+unix://:secret@{}", free.socket().display());
    let message = refusal(crate::common::open(&login, &given(1, "AB")), &free);
    assert!(
        message.starts_with("refused: redis+unix://SOCKET: SOCKET: user or password are wrong (ERR AUTH <password> called without any password configured"),
        "{message}"
    );
}
