use super::*;
use crate::url::LedgerUrl;

#[test]
fn a_password_is_decoded_and_never_shown() {
    let url: LedgerUrl =
        "mysql://shop%40x:s%3Ae%2F%3Fcret@db.internal:3307/parcels?ca=/etc/ca.pem&timeout_ms=500"
            .parse()
            .unwrap();
    for shown in [format!("{url}"), format!("{url:?}")] {
        assert!(!shown.contains("cret"), "{shown}");
    }
    let LedgerUrl::MySql(url) = url else { panic!() };
    assert_eq!(url.user(), "shop@x");
    assert_eq!(url.expose_password(), Some("s:e/?cret"));
    assert_eq!(
        (url.host(), url.port(), url.database()),
        ("db.internal", 3307, "parcels")
    );
    assert!(url.tls() && !url.is_local());
    assert_eq!(url.ca(), Some(Path::new("/etc/ca.pem")));
    assert_eq!(url.timeout(), Duration::from_millis(500));
    assert_eq!(
        url.to_string(),
        "mysql://shop@x:***@db.internal:3307/parcels?ca=/etc/ca.pem"
    );
}

#[test]
fn this_host_is_known() {
    for (host, is_local) in [
        ("127.0.0.1", true),
        ("localhost", true),
        ("[::1]", true),
        ("10.0.0.1", false),
    ] {
        let LedgerUrl::MySql(url) = format!("mysql://u@{host}/d").parse().unwrap() else {
            panic!()
        };
        assert_eq!(url.is_local(), is_local);
        assert_eq!(url.to_string(), format!("mysql://u@{host}:3306/d"));
    }
}

#[test]
fn what_is_wrong_is_named_without_the_password() {
    for (text, wrong) in [
        ("mysql:u:secret@h/d", "found another beginning"),
        ("mysql://h/d", "found another user"),
        ("mysql://:secret@h/d", "found another user"),
        ("mysql://u:sec?ret@h/d", "found another user"),
        ("mysql://u:secret@/d", "found another host"),
        ("mysql://u:secret@h:0/d", "found another host"),
        ("mysql://u:secret@h:+1/d", "found another host"),
        ("mysql://u:secret@h", "found another database"),
        ("mysql://u:secret@h/", "found another database"),
        ("mysql://u:secret@h/a/b", "found another database"),
        ("mysql://u:sec/ret@h/d/d", "found another database"),
        ("mysql://u:%ff@h/d", "found another password"),
        ("mysql://u:secret@h/d?tls=secret", r#"found "tls""#),
        ("mysql://u:secret@h/d?timeout_ms=1", r#"found "timeout_ms""#),
        ("mysql://u:secret@h/d?tls=on&tls=on", r#"found "tls""#),
        ("mysql://u:secret@h/d?charset=secret", r#"found "charset""#),
    ] {
        let error = text.parse::<LedgerUrl>().unwrap_err().to_string();
        assert!(error.contains(wrong), "{text}: {error}");
        assert!(
            !error.contains("secret") && !error.contains("ret@"),
            "{text}: {error}"
        );
    }
}
