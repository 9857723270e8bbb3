//! A file of tokens.

use std::path::PathBuf;

use tempfile::TempDir;
use tracking_programs::tokens::{TokenDigest, TokenEntry};

/// A file of its own, for `--tokens`.
pub(crate) struct TokenFile {
    folder: TempDir,
}

impl TokenFile {
    /// With tokens of (name, token, scopes, more lines).
    pub(crate) fn new(tokens: &[(&str, &str, &str, &str)]) -> Self {
        let file = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        file.write(tokens);
        file
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("tokens.toml")
    }

    pub(crate) fn write(&self, tokens: &[(&str, &str, &str, &str)]) {
        let text = tokens.iter().map(|(name, token, scopes, more)| {
            let scopes = scopes.split(' ').map(|scope| scope.parse().unwrap());
            let digest = TokenDigest::of(token.as_bytes());
            let entry = TokenEntry::new(name.parse().unwrap(), digest, scopes.collect());
            format!("{entry}{more}\n")
        });
        self.write_text(&text.collect::<String>());
    }

    pub(crate) fn write_text(&self, text: &str) {
        std::fs::write(self.path(), text).unwrap();
    }
}
