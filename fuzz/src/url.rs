//! URLs of stores and ledgers.

use tracking_core::StoreUrl;
use tracking_ledger::LedgerUrl;

use crate::order::plain;

/// What is taken is shown without its options and password, in a form that is taken again and shown the same.
pub fn run(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    match text.parse::<StoreUrl>() {
        Ok(url) => {
            let shown = url.to_string();
            plain(&shown);
            // A name is shown as it is meant, not as it is written; so only plain ones come back.
            let is_plain =
                user(&url).is_none_or(|user| user.bytes().all(|c| c.is_ascii_alphanumeric()));
            if is_plain && !matches!(url, StoreUrl::File(_)) {
                let again = shown.parse::<StoreUrl>().expect(&shown);
                assert_eq!(again.to_string(), shown);
                assert_eq!(again.is_local(), url.is_local());
                assert!(!again.has_password(), "{shown}");
            }
            hides(text, &url);
        }
        Err(error) => plain(&error.to_string()),
    }
    match text.parse::<LedgerUrl>() {
        Ok(url) => plain(&url.to_string()),
        Err(error) => plain(&error.to_string()),
    }
}

fn user(url: &StoreUrl) -> Option<&str> {
    match url {
        StoreUrl::Redis(redis) => redis.user(),
        StoreUrl::MySql(mysql) => mysql.user(),
        _ => None,
    }
}

/// What is shown says nothing of the password: with another one it is the same, and no part holds it.
fn hides(text: &str, url: &StoreUrl) {
    let (password, other) = match url {
        StoreUrl::Redis(redis) => (
            redis.expose_password(),
            StoreUrl::Redis(redis.clone().with_password(OTHER)),
        ),
        StoreUrl::MySql(mysql) => (
            mysql.expose_password(),
            StoreUrl::MySql(mysql.clone().with_password(OTHER)),
        ),
        _ => return,
    };
    let Some(password) = password else {
        return;
    };
    assert_eq!(url.to_string(), other.to_string());
    assert_eq!(format!("{url:?}"), format!("{other:?}"));
    // A short one may stand in the user's name by chance, and an encoded name may be anything.
    if password.len() >= 12 && !text.contains('%') && text.matches(password).count() == 1 {
        assert!(
            !user(url).is_some_and(|user| user.contains(password)),
            "{url}"
        );
    }
}

/// A password that is not the URL's.
const OTHER: &str = "correct horse battery staple";
