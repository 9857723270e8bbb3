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

/// A password that stands in the text once stands nowhere in what is shown of it.
fn hides(text: &str, url: &StoreUrl) {
    let password = match url {
        StoreUrl::Redis(redis) => redis.expose_password(),
        StoreUrl::MySql(mysql) => mysql.expose_password(),
        _ => None,
    };
    // A short one may stand there by chance, as a part of what is written beside it.
    let Some(password) = password.filter(|password| password.len() >= 12) else {
        return;
    };
    if text.matches(password).count() == 1 {
        assert!(!url.to_string().contains(password), "{url}");
        assert!(!format!("{url:?}").contains(password), "{url}");
    }
}
