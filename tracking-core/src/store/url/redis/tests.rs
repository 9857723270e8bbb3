//! What is parsed, shown and refused, with the exact messages.

use super::*;
use crate::store::url::StoreUrl;

fn parsed(text: &str) -> RedisUrl {
    match text.parse() {
        Ok(StoreUrl::Redis(url)) => url,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn parses_and_shows() {
    for (text, shown) in [
        ("redis://localhost", "redis://localhost:6379"),
        ("redis://h:1/7", "redis://h:1/7"),
        ("redis://h/", "redis://h:6379"),
        ("redis://u@h", "redis://u@h:6379"),
        ("redis://u:secret@h", "redis://u@h:6379"),
        ("redis://:secret@[::1]:7", "redis://[::1]:7"),
        ("rediss://h?ca=/etc/ca.pem", "rediss://h:6379"),
        (
            "redis+unix:///run/redis.sock",
            "redis+unix:///run/redis.sock",
        ),
        ("redis+unix://u:secret@/a?db=3", "redis+unix://u@/a?db=3"),
        (
            "redis+sentinel://a,b:1,c/main/2",
            "redis+sentinel://a:26379,b:1,c:26379/main/2",
        ),
        ("redis+cluster://a,b:1", "redis+cluster://a:6379,b:1"),
    ] {
        assert_eq!(parsed(text).to_string(), shown);
        let shared = StoreUrl::Redis(parsed(text));
        assert_eq!(shared.to_string(), shown);
        assert!(!shared.is_local());
        assert_eq!(shared.has_password(), text.contains("secret"));
        assert!(!format!("{shared:?}").contains("secret"));
    }
}

#[test]
fn takes_login_and_options() {
    let url = parsed("redis://a%40b:p%3A%2f%C3%A9@h/3?wait_replicas=2&wait_ms=700&timeout_ms=900");
    assert_eq!(url.user(), Some("a@b"));
    assert_eq!(url.expose_password(), Some("p:/é"));
    assert_eq!(url.database(), 3);
    let wait = url.wait().unwrap();
    assert_eq!(wait.replicas.get(), 2);
    assert_eq!(wait.patience, Duration::from_millis(700));
    assert_eq!(url.timeout(), Duration::from_millis(900));
    assert_eq!(url.connect_timeout(), Duration::from_millis(900));

    let plain = parsed("redis://h");
    assert_eq!((plain.user(), plain.expose_password()), (None, None));
    assert_eq!(plain.wait(), None);
    assert_eq!(plain.timeout(), Duration::from_secs(2));
    assert_eq!(plain.connect_timeout(), Duration::from_secs(1));
    let given = plain.with_password("secret");
    assert_eq!(given.expose_password(), Some("secret"));
    assert!(!format!("{given:?} {given}").contains("secret"));
}

#[test]
fn refuses_and_says_what_was_expected() {
    const SERVER: &str = "expected redis://[USER[:PASSWORD]@]HOST[:PORT][/DB], found the";
    const SOCKET: &str = "expected redis+unix://[USER[:PASSWORD]@]/PATH[?db=N], found the";
    const SENTINEL: &str = "expected redis+sentinel://[USER[:PASSWORD]@]HOST[:PORT],HOST[:PORT]/MASTER[/DB], found the";
    const CLUSTER: &str =
        "expected redis+cluster://[USER[:PASSWORD]@]HOST[:PORT],HOST[:PORT], found the";
    for (text, message) in [
        ("redis:h", format!(r#"{SERVER} beginning "h""#)),
        ("redis://", format!(r#"{SERVER} host """#)),
        ("redis://a,b", format!(r#"{SERVER} host "a,b""#)),
        ("redis://h:0", format!(r#"{SERVER} host "h:0""#)),
        ("redis://h:65536", format!(r#"{SERVER} host "h:65536""#)),
        ("redis://h:+6379", format!(r#"{SERVER} host "h:+6379""#)),
        ("redis://h:", format!(r#"{SERVER} host "h:""#)),
        ("redis://[::1]:+1", format!(r#"{SERVER} host "[::1]:+1""#)),
        ("redis://u:%+5@h", format!(r#"{SERVER} user "(hidden; is it percent-encoded?)""#)),
        ("redis://u:%5@h", format!(r#"{SERVER} user "(hidden; is it percent-encoded?)""#)),
        ("redis://::1", format!(r#"{SERVER} host "::1""#)),
        ("redis://[h]", format!(r#"{SERVER} host "[h]""#)),
        ("redis://u:%zz@h", format!(r#"{SERVER} user "(hidden; is it percent-encoded?)""#)),
        ("redis://h/x", format!(r#"{SERVER} database "x""#)),
        ("redis://h/+1", format!(r#"{SERVER} database "+1""#)),
        ("redis://u:p/x@h", format!(r#"{SERVER} user "(hidden; is it percent-encoded?)""#)),
        ("redis://u:p?x@h", format!(r#"{SERVER} user "(hidden; is it percent-encoded?)""#)),
        ("redis:u:p?x@h", format!(r#"{SERVER} beginning "h""#)),
        ("redis+unix://h/a", format!(r#"{SOCKET} path "h/a""#)),
        ("redis+unix:///", format!(r#"{SOCKET} path "/""#)),
        ("redis+sentinel://h", format!(r#"{SENTINEL} master """#)),
        ("redis+sentinel://h/a b", format!(r#"{SENTINEL} master "a b""#)),
        ("redis+sentinel://h,/a", format!(r#"{SENTINEL} host """#)),
        ("redis+cluster://h/1", format!(r#"{CLUSTER} path "/1""#)),
        (
            "redis://h?password=secret",
            "expected the option wait_replicas=N, wait_ms=N, connect_ms=N or timeout_ms=N, found \"password\"".to_owned(),
        ),
        (
            "redis://h?ca=x",
            "expected the option wait_replicas=N, wait_ms=N, connect_ms=N or timeout_ms=N, found \"ca\"".to_owned(),
        ),
        (
            "rediss://h?x",
            "expected the option ca=FILE, wait_replicas=N, wait_ms=N, connect_ms=N or timeout_ms=N, found \"x\"".to_owned(),
        ),
        (
            "redis+unix:///a?db=x",
            r#"expected db from 0 to 65535, found "x""#.to_owned(),
        ),
        (
            "redis://h?wait_replicas=33",
            r#"expected wait_replicas from 0 to 32, found "33""#.to_owned(),
        ),
        (
            "redis://h?timeout_ms=0",
            r#"expected timeout_ms from 10 to 60000, found "0""#.to_owned(),
        ),
        (
            "redis://h?connect_ms=3000",
            r#"expected connect_ms up to timeout_ms, which is 2000, found "3000""#.to_owned(),
        ),
        (
            "redis://h?wait_replicas=1&wait_ms=300&timeout_ms=200",
            r#"expected wait_ms up to timeout_ms, which is 200, found "300""#.to_owned(),
        ),
    ] {
        assert_eq!(text.parse::<StoreUrl>().unwrap_err().to_string(), message, "{text}");
    }
}

#[cfg(not(feature = "redis"))]
#[test]
fn a_build_without_redis_says_so() {
    let url: StoreUrl = "redis://u:secret@h".parse().unwrap();
    let opened = crate::store::open_store(&url, &crate::series::opening::SeriesOptions::default());
    assert_eq!(
        opened.map(|_| ()).unwrap_err().to_string(),
        "redis://u@h:6379: this program was built without the feature `redis`; build it with `--features redis`, or name another store"
    );
}

#[test]
fn a_redis_url_is_one_by_itself_too() {
    for text in ["redis://a:1", "redis+cluster://a,b"] {
        let url: RedisUrl = text.parse().unwrap();
        let store: StoreUrl = text.parse().unwrap();
        assert_eq!(StoreUrl::Redis(url), store);
    }
    for (text, found) in [
        (
            "file:/a",
            "expected the URL of a Redis such as redis://HOST, found \"file:/a\"",
        ),
        (
            "x:",
            "expected a store URL such as file:PATH, memory:, redis://HOST or mysql://HOST/DB, found \"x\"",
        ),
    ] {
        assert_eq!(text.parse::<RedisUrl>().unwrap_err().to_string(), found);
    }
}
