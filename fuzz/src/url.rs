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
            hides(&shown, &url);
        }
        Err(error) => plain(&error.to_string()),
    }
    match text.parse::<LedgerUrl>() {
        Ok(url) => plain(&url.to_string()),
        Err(error) => plain(&error.to_string()),
    }
}

fn hides(shown: &str, url: &StoreUrl) {
    let password = match url {
        StoreUrl::Redis(redis) => redis.expose_password(),
        StoreUrl::MySql(mysql) => mysql.expose_password(),
        _ => None,
    };
    // A short one may stand there by chance.
    if let Some(password) = password.filter(|password| password.len() >= 12) {
        let elsewhere = shown.replace("***", "");
        let public = format!("{:?}", url).contains(password);
        assert!(!public || elsewhere.contains(password) == false, "{shown}");
    }
}
