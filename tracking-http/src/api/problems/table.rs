//! The kinds of problem: a table. A new one is a row here, and is raised where it is met by its name.

use warp::http::StatusCode;
use warp::http::header::{
    ACCEPT_ENCODING, ALLOW, CONNECTION, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE,
};

/// Which answers may be of a kind, so that the document lists it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Met {
    /// Any: what HTTP itself asks of a request is wrong.
    Anywhere,
    /// Where all that a request says counts.
    ReadingAll,
    /// As `ReadingAll`, and no body is read.
    Bodiless,
    /// Where numbers are issued.
    Issuing,
    /// Where numbers are issued that a ledger may record.
    Recording,
    /// Where a scope is needed.
    Scoped,
    /// Where requests are counted for their caller or address.
    Counted,
    /// At the endpoints that name it.
    Named,
    /// For methods that no endpoint has.
    Undocumented,
}

/// A row of the table.
pub(super) struct Row {
    /// The last part of its `type`.
    pub(super) uri: &'static str,
    pub(super) status: StatusCode,
    pub(super) met: Met,
    /// Those that an answer has, unless it says others; and the document's example.
    pub(super) headers: &'static [(HeaderName, &'static str)],
    pub(super) title: &'static str,
    /// As the headers.
    pub(super) detail: &'static str,
    /// When it happens, and what to do: what its page says.
    pub(super) explanation: &'static str,
}

macro_rules! table {
    ($($kind:ident = $name:literal, $status:ident, $met:ident, [$($header:ident: $value:literal),*],
        $title:literal, $detail:literal, $explanation:literal;)*) => {
        /// A kind of problem. Its `type` is the path `/problems/NAME`, which answers with an explanation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Kind {
            $($kind,)*
        }

        impl Kind {
            /// In the order of the rows, so that a kind is an index of it.
            pub(crate) const ALL: [Self; [$($name,)*].len()] = [$(Self::$kind,)*];
        }

        /// The names of the kinds, by their indices.
        pub(crate) const NAMES: [&str; Kind::ALL.len()] = [$($name,)*];

        pub(super) static TABLE: [Row; [$($name,)*].len()] = [$(Row {
            uri: concat!("/problems/", $name),
            status: StatusCode::$status,
            met: Met::$met,
            headers: &[$(($header, $value)),*],
            title: $title,
            detail: $detail,
            explanation: $explanation,
        },)*];
    };
}

// NAME, STATUS, where it is met, [headers], then title, detail and explanation.
table! {
    WrongParameters = "wrong-parameters", BAD_REQUEST, ReadingAll, [],
        "Wrong parameters",
        "A parameter is wrong. Nothing was issued.",
        "A parameter of the query, or a member of the body, is missing, misspelt, given twice or \
         has a wrong value.\nThe member `errors` lists each with a stable code. Nothing was \
         issued: correct them and ask again.";

    MalformedBody = "malformed-body", BAD_REQUEST, Named, [],
        "The body is not a JSON object",
        "The body is not a JSON object: reading it fails at line 1, column 7. Nothing was issued.",
        "The body could not be read as one JSON object (RFC 8259).\nThe member `detail` says \
         where that fails. Nothing was issued.";

    MalformedNumber = "malformed-number", BAD_REQUEST, Named, [],
        "Not a tracking number",
        "The series did not issue this number: expected 1 to 16 characters of A-Z and 0-9.",
        "The last part of the path is not 1 to 16 characters of A-Z and 0-9, so it is nobody's \
         tracking number.";

    NotFound = "not-found", NOT_FOUND, Named, [],
        "Nothing is here",
        "This server answers GET /next-tracking-number, GET /api/next-tracking-number/, POST \
         /tracking-numbers and GET /tracking-numbers/{number}.",
        "No resource of this server has this path.";

    NotOfThisSeries = "not-of-this-series", NOT_FOUND, Named, [],
        "Not a number of this series",
        "The series did not issue this number: its check character is wrong.",
        "The series of this server never issued the number: that is certain.\nThe member `code` \
         says why: prefix, length, check-character, not-of-this-series or in-the-future.";

    MethodNotAllowed = "method-not-allowed", METHOD_NOT_ALLOWED, Undocumented, [ALLOW: "GET"],
        "Method not allowed",
        "Only GET is answered here. Nothing was issued.",
        "The path exists, and is not for this method.\nThe header `Allow` lists the methods. \
         Nothing was issued.";

    NotAcceptable = "not-acceptable", NOT_ACCEPTABLE, Named, [],
        "No such form of the answer",
        "The header `Accept` allows none of application/json, application/x-ndjson and \
         text/plain. Nothing was issued.",
        "The header `Accept` allows none of the forms that this answer has: application/json, \
         application/x-ndjson and text/plain.\nNothing was issued.";

    BodyTooLarge = "body-too-large", PAYLOAD_TOO_LARGE, Anywhere, [CONNECTION: "close"],
        "The body is too large",
        "A body of at most 65536 bytes is read. Nothing was issued.",
        "The body of a request may have 64 KiB (65,536 bytes). Nothing was issued.";

    UnsupportedMediaType = "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, Named, [],
        "The body must be application/json",
        "Expected the header `Content-Type: application/json`, once, and no charset but utf-8. \
         Nothing was issued.",
        "The header `Content-Type` must say application/json, once; a charset there must be \
         utf-8. Nothing was issued.";

    UnsupportedContentCoding = "unsupported-content-coding", UNSUPPORTED_MEDIA_TYPE, Named, [ACCEPT_ENCODING: "identity"],
        "The body is compressed",
        "A body is read as it is: expected no header `Content-Encoding`. Nothing was issued.",
        "The header `Content-Encoding` names a coding such as gzip, and a body is read as it \
         is.\nSend it uncompressed. Nothing was issued.";

    UnsupportedTransferCoding = "unsupported-transfer-coding", NOT_IMPLEMENTED, Anywhere, [CONNECTION: "close"],
        "The body comes in an unknown coding",
        "Expected no `Transfer-Encoding` but `chunked`. Nothing was issued.",
        "The header `Transfer-Encoding` names something else than `chunked`, so that nobody here \
         knows the body (RFC 9112, section 6.1).\nThe connection ends. Nothing was issued.";

    UnexpectedBody = "unexpected-body", BAD_REQUEST, Bodiless, [],
        "A body that nobody reads",
        "No body is read here: expected what it says in the path and the query. Nothing was \
         issued.",
        "The request has a body where none is read, so that what it says would vanish.\nSay it in \
         the query, or POST it to /tracking-numbers. Nothing was issued.";

    FragmentInTarget = "fragment-in-target", BAD_REQUEST, Anywhere, [CONNECTION: "close"],
        "The target has a #",
        "The target of the request has a `#`, behind which nothing is read: write %23 where it \
         belongs to a value. Nothing was issued.",
        "The target of a request has no `#` (RFC 9112, section 3.2): what stands behind it is for \
         the client alone, and never reaches a server.\nWrite %23 where it belongs to a value, as \
         in customer_name=Shop%20%235. Nothing was issued.";

    CrossSite = "cross-site", FORBIDDEN, Issuing, [],
        "A page of another site asks",
        "A browser says that a page of another site asks (Sec-Fetch-Site: cross-site). Nothing \
         was issued. The operator of this server may allow the page's origin with --cors-origin.",
        "A browser says, by the header `Sec-Fetch-Site: cross-site`, that a page of another site \
         asks. Any page could take numbers like this from a server that only its visitor reaches, \
         without their knowing.\nA page whose origin the operator names with --cors-origin may; \
         so may everybody where tokens are asked for. An address that somebody types, or a link \
         that somebody clicks, works, too. Nothing was issued.";

    NoNumber = "no-number", SERVICE_UNAVAILABLE, Issuing, [RETRY_AFTER: "2"],
        "No number can be issued now",
        "The store of the series cannot be used now, and no reserved numbers are left. Nothing \
         was issued; ask again later.",
        "The store of the series cannot be used now, and no reserved numbers are left.\nNothing \
         was issued. Ask again after the seconds that the header `Retry-After` names.";

    TargetTooLong = "target-too-long", URI_TOO_LONG, Anywhere, [],
        "The target is too long",
        "A path and query of at most 8192 bytes is read. Nothing was issued.",
        "The path and query of a request may have 8 KiB (8,192 bytes). Nothing was issued.";

    HeadersTooLarge = "headers-too-large", REQUEST_HEADER_FIELDS_TOO_LARGE, Anywhere, [],
        "The headers are too large",
        "At most 64 headers of 16384 bytes together are read. Nothing was issued.",
        "A request may have 64 headers, of 16 KiB (16,384 bytes) together. Nothing was issued.";

    BrokenBody = "broken-body", BAD_REQUEST, Anywhere, [CONNECTION: "close"],
        "The body is broken",
        "The body does not end as its headers say. Nothing was issued.",
        "The body ended before, or otherwise than, its headers said. Nothing was issued.";

    TooManyInFlight = "too-many-in-flight", SERVICE_UNAVAILABLE, Issuing, [RETRY_AFTER: "1"],
        "Too many requests wait already",
        "As many requests wait here as may. Nothing was issued; ask again later.",
        "As many requests wait in this server as may.\nNothing was issued. Ask again after the \
         seconds that the header `Retry-After` names.";

    Ending = "ending", SERVICE_UNAVAILABLE, Named, [],
        "This server is ending",
        "It answers what is still sent to it, and takes no new connections soon.",
        "This server ends soon, and takes no new connections then. Ask another one.";

    Unauthorized = "unauthorized", UNAUTHORIZED, Scoped, [WWW_AUTHENTICATE: r#"Bearer realm="tracking", error="invalid_token""#],
        "A token is needed",
        "The token is none of this server's. Nothing was issued.",
        "The request shows no token, or one that is not, or no longer, good here.\nSend the \
         header `Authorization: Bearer TOKEN` once, with a token of the operator of this server. \
         The header `WWW-Authenticate` says `invalid_token` if one was sent. Nothing was issued.";

    Forbidden = "forbidden", FORBIDDEN, Scoped, [WWW_AUTHENTICATE: r#"Bearer realm="tracking", error="insufficient_scope", scope="issue""#],
        "The token is for something else",
        "The token is not of the scope `issue`. Nothing was issued.",
        "The token is good, and not for this. The header `WWW-Authenticate` names the scope that \
         is needed: issue (take numbers), read (ask about a number), ledger (see what was recorded) \
         or metrics.\nAsk the operator \
         of this server for a token of that scope. Nothing was issued.";

    TooManyRequests = "too-many-requests", TOO_MANY_REQUESTS, Counted, [RETRY_AFTER: "1"],
        "Too many numbers are asked for",
        "More numbers are asked for than the rate allows now. Nothing was issued; ask again after \
         1 s.",
        "The holder of the token, or the address, has taken as many numbers as its rate allows \
         now. Each number counts. A request for numbers that gets none costs nothing; any other \
         one counts as one.\nNothing was issued. Ask again after the seconds that the header \
         `Retry-After` names. The headers `RateLimit` and `RateLimit-Policy` say what is left, \
         and of how much.";

    BatchBeyondBurst = "batch-beyond-burst", BAD_REQUEST, Named, [],
        "A batch beyond the burst",
        "At most 1000 numbers can be taken at once here, at any time. Nothing was issued; ask for \
         fewer.",
        "The batch has more numbers than the rate of its caller ever allows at once: the member \
         `detail`, and `q` in the header `RateLimit-Policy`, say how many that are.\nNothing was \
         issued. Ask for fewer at once; waiting does not help.";

    WrongHost = "wrong-host", BAD_REQUEST, Anywhere, [],
        "Not one right header Host",
        "Expected exactly one header `Host`, with a host and perhaps a port. Nothing was issued.",
        "A request of HTTP/1.1 has exactly one header `Host`, with a host and perhaps a port (RFC \
         9112, section 3.2). Nothing was issued.";

    Undecided = "undecided", SERVICE_UNAVAILABLE, Named, [RETRY_AFTER: "2"],
        "It cannot be decided now",
        "Whether the series issued this number only its store can tell, which cannot be asked \
         now. Ask again later.",
        "Whether the series issued the number only its store can tell, which cannot be asked now. \
         That is so for numbers that mean a lane or a time which this server has not seen in \
         use.\nAsk again after the seconds that the header `Retry-After` names.";

    TooManyBatches = "too-many-batches", SERVICE_UNAVAILABLE, Named, [RETRY_AFTER: "1"],
        "Too many batches are on their way",
        "As many large batches are on their way as may be. Nothing was issued; ask again later, \
         or for fewer numbers.",
        "As many batches of more than some 4,000 numbers are on their way to their clients as may \
         be.\nNothing was issued. Ask again after the seconds that the header `Retry-After` \
         names, or for fewer numbers at once.";

    LedgerUnavailable = "ledger-unavailable", SERVICE_UNAVAILABLE, Recording, [RETRY_AFTER: "2"],
        "The ledger cannot be used now",
        "The ledger, in which each number is recorded before anybody sees it, cannot be used now. \
         Nothing was issued; ask again later.",
        "This server records each number before anybody sees it, and its ledger cannot be used \
         now.\nNothing was issued. Ask again after the seconds that the header `Retry-After` \
         names, with the same `Idempotency-Key` if there was one: whatever became of this request, \
         that is answered with one number.";

    NoLedger = "no-ledger", BAD_REQUEST, Recording, [],
        "This server has no ledger",
        "This server records nothing, and so knows no `Idempotency-Key`. Nothing was issued. Its \
         operator may give it a ledger with --ledger.",
        "The request has the header `Idempotency-Key`, by which it could be sent again and get \
         the same number, and this server has no ledger to remember it in.\nLeave the header out, \
         or ask the operator for a ledger (--ledger). Nothing was issued.\nWho asks for the \
         ledger itself gets this with status 501 Not Implemented.";

    WrongIdempotencyKey = "wrong-idempotency-key", BAD_REQUEST, Recording, [],
        "Not one right Idempotency-Key",
        "Expected the header `Idempotency-Key` once, with 1 to 255 characters of printable ASCII, \
         bare or as \"…\". Nothing was issued.",
        "The header `Idempotency-Key` stands there once, with 1 to 255 characters of printable \
         ASCII: bare, or as a string of RFC 8941. A new UUID for each new request is a good one. \
         Nothing was issued.";

    KeyedBatchTooLarge = "keyed-batch-too-large", BAD_REQUEST, Named, [],
        "Too many numbers for one Idempotency-Key",
        "At most 1000 numbers can be asked for with an `Idempotency-Key`. Nothing was issued.",
        "A request with an `Idempotency-Key` may ask for 1,000 numbers, which are recorded with \
         the key at once or not at all.\nAsk for fewer, with a key each, or without one. Nothing \
         was issued.";

    IdempotencyKeyUnderWay = "idempotency-key-under-way", CONFLICT, Recording, [RETRY_AFTER: "2"],
        "Another request with the Idempotency-Key is under way",
        "Another request with the `Idempotency-Key` is still under way. Nothing was issued for this \
         one; ask again later with the same key.",
        "Of two requests with one `Idempotency-Key` the second waits for the first, and is answered \
         the same. This one waited for as long as it may.\nAsk again with the same key after the \
         seconds that the header `Retry-After` names: whatever becomes of the first request, that is \
         answered with one number.";

    IdempotencyKeyReused = "idempotency-key-reused", UNPROCESSABLE_ENTITY, Recording, [],
        "The Idempotency-Key was used for another request",
        "The `Idempotency-Key` was used for another order, endpoint or count. Nothing was issued; \
         take a new key for a new request.",
        "A key stands for one request: sent again with the same order, at the same endpoint and \
         for as many numbers, it is answered the same.\nThis request is another. Take a new key \
         for it. Nothing was issued.";
}
