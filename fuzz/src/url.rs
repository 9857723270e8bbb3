//! URLs of stores and ledgers.

use tracking_core::StoreUrl;
use tracking_ledger::LedgerUrl;

use crate::order::plain;

/// What is taken is shown in a form that is taken again and shown the same, and that hides a password.
pub fn run(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    match text.parse::<StoreUrl>() {
        Ok(url) => {
            let shown = url.to_string();
            plain(&shown);
            if !url.has_password() && !matches!(url, StoreUrl::File(_)) {
                let again = shown.parse::<StoreUrl>().expect(&shown);
                assert_eq!(again, url, "{shown}");
                assert_eq!(again.to_string(), shown);
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
