//! What stands in the page's place in a program that was built without it.

use std::sync::LazyLock;

use hyper::body::Bytes;

use super::File;

/// Says where the same is, for programs.
pub(super) static PAGE: File = File {
    name: "",
    content_type: "text/plain; charset=utf-8",
    bytes: LazyLock::new(|| Bytes::from_static(TEXT)),
};

const TEXT: &[u8] =
    b"This server was built without the page that shows its API (the feature docs). \
             GET /openapi.json describes all of it.\n";

/// There are none.
pub(super) static FILES: [File; 0] = [];
