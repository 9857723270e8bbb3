//! A path, the last part of which may vary: `/tracking-numbers/{number}`.

/// A path of an endpoint.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Path {
    text: &'static str,
    /// How many bytes of it never vary.
    fixed: usize,
    takes: fn(&str) -> bool,
}

impl Path {
    pub(super) const fn new(text: &'static str) -> Self {
        Self::taking(text, |_| true)
    }

    /// One that leads anywhere only with some values of what varies.
    pub(super) const fn taking(text: &'static str, takes: fn(&str) -> bool) -> Self {
        let bytes = text.as_bytes();
        let mut fixed = 0;
        while fixed < bytes.len() && bytes[fixed] != b'{' {
            fixed += 1;
        }
        Self { text, fixed, takes }
    }

    pub(crate) const fn text(&self) -> &'static str {
        self.text
    }

    /// What never varies.
    pub(crate) fn fixed(&self) -> &'static str {
        &self.text[..self.fixed]
    }

    /// Whether something varies.
    pub(crate) fn varies(&self) -> bool {
        self.fixed < self.text.len()
    }

    /// Whether this may stand in the place that varies.
    pub(crate) fn takes(&self, parameter: &str) -> bool {
        (self.takes)(parameter)
    }

    /// Whether a path is this one: with a slash at its end, or without.
    pub(super) fn matches(&self, path: &str) -> bool {
        let fixed = self.fixed();
        if !self.varies() {
            return !path.is_empty() && without_slash(path) == without_slash(fixed);
        }
        let parameter = path.strip_prefix(fixed).map(without_slash);
        parameter.is_some_and(|parameter| {
            !parameter.is_empty() && !parameter.contains('/') && self.takes(parameter)
        })
    }
}

fn without_slash(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_is_as_good_as_none() {
        for (pattern, path, is_same) in [
            ("/", "/", true),
            ("/", "", false),
            ("/", "//", false),
            ("/livez", "/livez", true),
            ("/livez", "/livez/", true),
            ("/livez", "/livez//", false),
            ("/livez", "/live", false),
            ("/api/x/", "/api/x", true),
            ("/api/x/", "/api/x/", true),
            ("/a/{b}", "/a/1", true),
            ("/a/{b}", "/a/1/", true),
            ("/a/{b}", "/a/", false),
            ("/a/{b}", "/a//", false),
            ("/a/{b}", "/a/1/2", false),
            ("/a/{b}", "/a", false),
            ("/a/{b}", "/b/1", false),
        ] {
            assert_eq!(Path::new(pattern).matches(path), is_same, "{path}");
        }
        let some = Path::taking("/a/{b}", |value| value == "1");
        assert!(some.matches("/a/1") && !some.matches("/a/2"));
    }
}
