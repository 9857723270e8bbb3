//! What is parsed, shown and refused, with the exact messages.

use super::*;
use crate::store::url::StoreUrl;

fn parsed(text: &str) -> MySqlUrl {
    match text.parse() {
        Ok(StoreUrl::MySql(url)) => url,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn parses_and_shows() {
    for (text, shown) in [
        ("mysql://localhost/shop", "mysql://localhost:3306/shop"),
        ("mysql://h:1/a-b_1$", "mysql://h:1/a-b_1$"),
        ("mysql://h/%C3%A9", "mysql://h:3306/é"),
        ("mysql://u@h/a", "mysql://u@h:3306/a"),
        ("mysql://u:secret@h/a", "mysql://u@h:3306/a"),
        ("mysql://:secret@[::1]:7/a", "mysql://[::1]:7/a"),
        ("mysqls://h/a?ca=/etc/ca.pem", "mysqls://h:3306/a"),
        (
            "mysql+unix:///run/my.sock?db=a",
            "mysql+unix:///run/my.sock?db=a",
        ),
        (
            "mysql+unix://u:secret@/a?timeout_ms=90&db=b",
            "mysql+unix://u@/a?db=b",
        ),
    ] {
        assert_eq!(parsed(text).to_string(), shown);
        let shared = StoreUrl::MySql(parsed(text));
        assert_eq!(shared.to_string(), shown);
        assert!(!shared.is_local());
        assert_eq!(shared.has_password(), text.contains("secret"));
        assert!(!format!("{shared:?}").contains("secret"));
    }
}

#[test]
fn takes_login_and_options() {
    let url = parsed("mysql://a%40b:p%3A%2f%C3%A9@h/shop?timeout_ms=900&galera=one-writer");
    assert_eq!(url.user(), Some("a@b"));
    assert_eq!(url.expose_password(), Some("p:/é"));
    assert_eq!(url.database(), "shop");
    assert!(url.has_one_writer());
    assert_eq!(url.timeout(), Duration::from_millis(900));
    assert_eq!(url.connect_timeout(), Duration::from_millis(900));

    let plain = parsed("mysql://h/shop");
    assert_eq!((plain.user(), plain.expose_password()), (None, None));
    assert!(!plain.has_one_writer());
    assert_eq!(plain.timeout(), Duration::from_secs(2));
    assert_eq!(plain.connect_timeout(), Duration::from_secs(1));
    let given = plain.with_password("secret");
    assert_eq!(given.expose_password(), Some("secret"));
    assert!(!format!("{given:?} {given}").contains("secret"));
}

#[cfg(feature = "mysql")]
#[test]
fn what_leaves_the_host_in_the_clear_is_exposed() {
    for (text, exposed) in [
        ("mysql://db.example/a", true),
        ("mysql://10.0.0.1/a", true),
        ("mysql://[fe80::1]/a", true),
        ("mysql://localhost/a", false),
        ("mysql://127.0.0.2/a", false),
        ("mysql://[::1]/a", false),
        ("mysqls://db.example/a", false),
        ("mysql+unix:///a?db=a", false),
    ] {
        assert_eq!(parsed(text).is_exposed(), exposed, "{text}");
    }
}

#[test]
fn refuses_and_says_what_was_expected() {
    const SERVER: &str = "expected mysql://[USER[:PASSWORD]@]HOST[:PORT]/DB, found the";
    const TLS: &str = "expected mysqls://[USER[:PASSWORD]@]HOST[:PORT]/DB, found the";
    const BY_TLS: &str = "expected mysqls://HOST/DB for TLS, with ?ca=FILE to trust an authority of your own, found the option";
    const SOCKET: &str = "expected mysql+unix://[USER[:PASSWORD]@]/PATH?db=DB, found the";
    for (text, message) in [
        ("mysql:h", format!(r#"{SERVER} beginning "h""#)),
        ("mysql:///a", format!(r#"{SERVER} host """#)),
        ("mysql://a,b/a", format!(r#"{SERVER} host "a,b""#)),
        ("mysql://h:0/a", format!(r#"{SERVER} host "h:0""#)),
        ("mysql://::1/a", format!(r#"{SERVER} host "::1""#)),
        ("mysql://h", format!(r#"{SERVER} database """#)),
        ("mysql://h/", format!(r#"{SERVER} database """#)),
        ("mysql://h/a/b", format!(r#"{SERVER} database "a/b""#)),
        ("mysql://h/a`b", format!(r#"{SERVER} database "a`b""#)),
        ("mysqls://h/a%2", format!(r#"{TLS} database "a%2""#)),
        (
            "mysql://u:%zz@h/a",
            format!(r#"{SERVER} user "(hidden; is it percent-encoded?)""#),
        ),
        (
            "mysql://u:p/x@h/a",
            format!(r#"{SERVER} user "(hidden; is it percent-encoded?)""#),
        ),
        ("mysql:u:p?x@h", format!(r#"{SERVER} beginning "h""#)),
        ("mysql+unix://h/a?db=a", format!(r#"{SOCKET} path "h/a""#)),
        ("mysql+unix:///?db=a", format!(r#"{SOCKET} path "/""#)),
        ("mysql+unix:///a", format!(r#"{SOCKET} database """#)),
        ("mysql+unix:///a?db=", format!(r#"{SOCKET} database """#)),
        (
            "mysql://h/a?password=secret",
            "expected the option connect_ms=N, timeout_ms=N or galera=one-writer, found \"password\"".to_owned(),
        ),
        (
            "mysql://h/a?ca=x",
            format!(r#"{BY_TLS} "ca" behind mysql://"#),
        ),
        (
            "mysql://h/a?tls=secret",
            format!(r#"{BY_TLS} "tls" behind mysql://"#),
        ),
        (
            "mysqls://h/a?tls=on",
            format!(r#"{BY_TLS} "tls" behind mysqls://"#),
        ),
        (
            "mysql://h/a?timeout_ms=900&timeout_ms=900",
            "expected the option timeout_ms once, found it twice".to_owned(),
        ),
        (
            "mysql+unix:///a?db=a&ca=x",
            "expected the option db=DB, connect_ms=N, timeout_ms=N or galera=one-writer, found \"ca\"".to_owned(),
        ),
        (
            "mysqls://h/a?galera=yes",
            "expected the option ca=FILE, connect_ms=N, timeout_ms=N or galera=one-writer, found \"galera\"".to_owned(),
        ),
        (
            "mysql://h/a?timeout_ms=0",
            r#"expected timeout_ms from 10 to 60000, found "0""#.to_owned(),
        ),
        (
            "mysql://h/a?connect_ms=3000",
            r#"expected connect_ms up to timeout_ms, which is 2000, found "3000""#.to_owned(),
        ),
    ] {
        assert_eq!(text.parse::<StoreUrl>().unwrap_err().to_string(), message, "{text}");
    }
}

#[cfg(not(feature = "mysql"))]
#[test]
fn a_build_without_mysql_says_so() {
    let url: StoreUrl = "mysql://u:secret@h/a".parse().unwrap();
    let opened = crate::store::open_store(&url, &crate::series::opening::SeriesOptions::default());
    assert_eq!(
        opened.map(|_| ()).unwrap_err().to_string(),
        "mysql://u@h:3306/a: this program was built without the feature `mysql`; build it with `--features mysql`, or name another store"
    );
}

#[test]
fn a_mysql_url_is_one_by_itself_too() {
    let url: MySqlUrl = "mysql://h/a".parse().unwrap();
    assert_eq!(StoreUrl::MySql(url), "mysql://h/a".parse().unwrap());
    let refused = "redis://h".parse::<MySqlUrl>().unwrap_err().to_string();
    assert_eq!(
        refused,
        "expected the URL of a MySQL such as mysql://HOST/DB, found \"redis://h:6379\""
    );
}
