//! The kinds of problem, and what their pages say.

use warp::http::StatusCode;

/// A kind of problem. Its `type` is the path `/problems/NAME`, which answers with an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    WrongParameters,
    MalformedBody,
    MalformedNumber,
    NotFound,
    NotOfThisSeries,
    MethodNotAllowed,
    NotAcceptable,
    BodyTooLarge,
    UnsupportedMediaType,
    UnsupportedContentCoding,
    UnsupportedTransferCoding,
    UnexpectedBody,
    FragmentInTarget,
    CrossSite,
    NoNumber,
    TargetTooLong,
    HeadersTooLarge,
    BrokenBody,
    TooManyInFlight,
    Ending,
    Unauthorized,
    Forbidden,
    TooManyRequests,
    BatchBeyondBurst,
    WrongHost,
    Undecided,
    TooManyBatches,
}

const _: () = assert!(Kind::TooManyBatches as usize + 1 == Kind::ALL.len());

/// Where the pages are.
const FOLDER: &str = "/problems/";

impl Kind {
    /// In the order of the variants, so that a kind is an index of it.
    pub(crate) const ALL: [Self; 27] = [
        Self::WrongParameters,
        Self::MalformedBody,
        Self::MalformedNumber,
        Self::NotFound,
        Self::NotOfThisSeries,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::BodyTooLarge,
        Self::UnsupportedMediaType,
        Self::UnsupportedContentCoding,
        Self::UnsupportedTransferCoding,
        Self::UnexpectedBody,
        Self::FragmentInTarget,
        Self::CrossSite,
        Self::NoNumber,
        Self::TargetTooLong,
        Self::HeadersTooLarge,
        Self::BrokenBody,
        Self::TooManyInFlight,
        Self::Ending,
        Self::Unauthorized,
        Self::Forbidden,
        Self::TooManyRequests,
        Self::BatchBeyondBurst,
        Self::WrongHost,
        Self::Undecided,
        Self::TooManyBatches,
    ];

    /// The kind that has its page at this path.
    pub(crate) fn of_page(path: &str) -> Option<Self> {
        // Nearly every path is another one.
        path.starts_with(FOLDER)
            .then(|| Self::ALL.into_iter().find(|kind| kind.uri() == path))
            .flatten()
    }

    /// The last part of its `type`.
    pub(crate) fn name(self) -> &'static str {
        self.uri().trim_start_matches(FOLDER)
    }

    pub(crate) fn uri(self) -> &'static str {
        match self {
            Self::WrongParameters => "/problems/wrong-parameters",
            Self::MalformedBody => "/problems/malformed-body",
            Self::MalformedNumber => "/problems/malformed-number",
            Self::NotFound => "/problems/not-found",
            Self::NotOfThisSeries => "/problems/not-of-this-series",
            Self::MethodNotAllowed => "/problems/method-not-allowed",
            Self::NotAcceptable => "/problems/not-acceptable",
            Self::BodyTooLarge => "/problems/body-too-large",
            Self::UnsupportedMediaType => "/problems/unsupported-media-type",
            Self::UnsupportedContentCoding => "/problems/unsupported-content-coding",
            Self::UnsupportedTransferCoding => "/problems/unsupported-transfer-coding",
            Self::UnexpectedBody => "/problems/unexpected-body",
            Self::FragmentInTarget => "/problems/fragment-in-target",
            Self::CrossSite => "/problems/cross-site",
            Self::NoNumber => "/problems/no-number",
            Self::TargetTooLong => "/problems/target-too-long",
            Self::HeadersTooLarge => "/problems/headers-too-large",
            Self::BrokenBody => "/problems/broken-body",
            Self::TooManyInFlight => "/problems/too-many-in-flight",
            Self::Ending => "/problems/ending",
            Self::Unauthorized => "/problems/unauthorized",
            Self::Forbidden => "/problems/forbidden",
            Self::TooManyRequests => "/problems/too-many-requests",
            Self::BatchBeyondBurst => "/problems/batch-beyond-burst",
            Self::WrongHost => "/problems/wrong-host",
            Self::Undecided => "/problems/undecided",
            Self::TooManyBatches => "/problems/too-many-batches",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::WrongParameters => "Wrong parameters",
            Self::MalformedBody => "The body is not a JSON object",
            Self::MalformedNumber => "Not a tracking number",
            Self::NotFound => "Nothing is here",
            Self::NotOfThisSeries => "Not a number of this series",
            Self::MethodNotAllowed => "Method not allowed",
            Self::NotAcceptable => "No such form of the answer",
            Self::BodyTooLarge => "The body is too large",
            Self::UnsupportedMediaType => "The body must be application/json",
            Self::UnsupportedContentCoding => "The body is compressed",
            Self::UnsupportedTransferCoding => "The body comes in an unknown coding",
            Self::UnexpectedBody => "A body that nobody reads",
            Self::FragmentInTarget => "The target has a #",
            Self::CrossSite => "A page of another site asks",
            Self::NoNumber => "No number can be issued now",
            Self::TargetTooLong => "The target is too long",
            Self::HeadersTooLarge => "The headers are too large",
            Self::BrokenBody => "The body is broken",
            Self::TooManyInFlight => "Too many requests wait already",
            Self::Ending => "This server is ending",
            Self::Unauthorized => "A token is needed",
            Self::Forbidden => "The token is for something else",
            Self::TooManyRequests => "Too many numbers are asked for",
            Self::BatchBeyondBurst => "A batch beyond the burst",
            Self::WrongHost => "Not one right header Host",
            Self::Undecided => "It cannot be decided now",
            Self::TooManyBatches => "Too many batches are on their way",
        }
    }

    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::WrongParameters
            | Self::MalformedBody
            | Self::MalformedNumber
            | Self::BrokenBody
            | Self::UnexpectedBody
            | Self::FragmentInTarget
            | Self::BatchBeyondBurst
            | Self::WrongHost => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::CrossSite => StatusCode::FORBIDDEN,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::NotFound | Self::NotOfThisSeries => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType | Self::UnsupportedContentCoding => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
            Self::UnsupportedTransferCoding => StatusCode::NOT_IMPLEMENTED,
            Self::NoNumber
            | Self::TooManyInFlight
            | Self::TooManyBatches
            | Self::Ending
            | Self::Undecided => StatusCode::SERVICE_UNAVAILABLE,
            Self::TargetTooLong => StatusCode::URI_TOO_LONG,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        }
    }

    /// What its page says.
    pub(crate) fn page(self) -> String {
        let (title, status) = (self.title(), self.status());
        format!("{title}\nStatus {status}\n\n{}\n", self.explanation())
    }

    /// When it happens, and what to do.
    pub(crate) fn explanation(self) -> &'static str {
        match self {
            Self::WrongParameters => {
                "A parameter of the query, or a member of the body, is missing, misspelt, given twice or has a \
                 wrong value.\nThe member `errors` lists each with a stable code. Nothing was issued: correct \
                 them and ask again."
            }
            Self::MalformedBody => {
                "The body could not be read as one JSON object (RFC 8259).\nThe member `detail` says where that \
                 fails. Nothing was issued."
            }
            Self::MalformedNumber => {
                "The last part of the path is not 1 to 16 characters of A-Z and 0-9, so it is nobody's tracking \
                 number."
            }
            Self::NotFound => "No resource of this server has this path.",
            Self::NotOfThisSeries => {
                "The series of this server never issued the number: that is certain.\nThe member `code` says \
                 why: prefix, length, check-character, not-of-this-series or in-the-future."
            }
            Self::MethodNotAllowed => {
                "The path exists, and is not for this method.\nThe header `Allow` lists the methods. Nothing \
                 was issued."
            }
            Self::NotAcceptable => {
                "The header `Accept` allows none of the forms that this answer has: application/json, \
                 application/x-ndjson and text/plain.\nNothing was issued."
            }
            Self::BodyTooLarge => {
                "The body of a request may have 64 KiB (65,536 bytes). Nothing was issued."
            }
            Self::UnsupportedMediaType => {
                "The header `Content-Type` must say application/json, once; a charset there must be utf-8. Nothing \
                 was issued."
            }
            Self::UnsupportedContentCoding => {
                "The header `Content-Encoding` names a coding such as gzip, and a body is read as it is.\nSend it \
                 uncompressed. Nothing was issued."
            }
            Self::UnsupportedTransferCoding => {
                "The header `Transfer-Encoding` names something else than `chunked`, so that nobody here knows the \
                 body (RFC 9112, section 6.1).\nThe connection ends. Nothing was issued."
            }
            Self::UnexpectedBody => {
                "The request has a body where none is read, so that what it says would vanish.\nSay it in the \
                 query, or POST it to /tracking-numbers. Nothing was issued."
            }
            Self::FragmentInTarget => {
                "The target of a request has no `#` (RFC 9112, section 3.2): what stands behind it is for the \
                 client alone, and never reaches a server.\nWrite %23 where it belongs to a value, as in \
                 customer_name=Shop%20%235. Nothing was issued."
            }
            Self::CrossSite => {
                "A browser says, by the header `Sec-Fetch-Site: cross-site`, that a page of another site asks. Any \
                 page could take numbers like this from a server that only its visitor reaches, without their \
                 knowing.\nA page whose origin the operator names with --cors-origin may; so may everybody where \
                 tokens are asked for. An address that somebody types, or a link that somebody clicks, works, \
                 too. Nothing was issued."
            }
            Self::NoNumber => {
                "The store of the series cannot be used now, and no reserved numbers are left.\nNothing was \
                 issued. Ask again after the seconds that the header `Retry-After` names."
            }
            Self::TargetTooLong => {
                "The path and query of a request may have 8 KiB (8,192 bytes). Nothing was issued."
            }
            Self::HeadersTooLarge => {
                "A request may have 64 headers, of 16 KiB (16,384 bytes) together. Nothing was issued."
            }
            Self::BrokenBody => {
                "The body ended before, or otherwise than, its headers said. Nothing was issued."
            }
            Self::TooManyInFlight => {
                "As many requests wait in this server as may.\nNothing was issued. Ask again after the seconds \
                 that the header `Retry-After` names."
            }
            Self::Ending => {
                "This server ends soon, and takes no new connections then. Ask another one."
            }
            Self::Unauthorized => {
                "The request shows no token, or one that is not, or no longer, good here.\nSend the header \
                 `Authorization: Bearer TOKEN` once, with a token of the operator of this server. The header \
                 `WWW-Authenticate` says `invalid_token` if one was sent. Nothing was issued."
            }
            Self::Forbidden => {
                "The token is good, and not for this. The header `WWW-Authenticate` names the scope that is \
                 needed: issue (take numbers), read (ask about a number) or metrics.\nAsk the operator of \
                 this server for a token of that scope. Nothing was issued."
            }
            Self::TooManyRequests => {
                "The holder of the token, or the address, has taken as many numbers as its rate allows now. Each \
                 number counts. A request for numbers that gets none costs nothing; any other one counts as \
                 one.\nNothing was issued. Ask again \
                 after the seconds that the header `Retry-After` names. The headers `RateLimit` and \
                 `RateLimit-Policy` say what is left, and of how much."
            }
            Self::BatchBeyondBurst => {
                "The batch has more numbers than the rate of its caller ever allows at once: the member `detail`, \
                 and `q` in the header `RateLimit-Policy`, say how many that are.\nNothing was issued. Ask for \
                 fewer at once; waiting does not help."
            }
            Self::WrongHost => {
                "A request of HTTP/1.1 has exactly one header `Host`, with a host and perhaps a port (RFC 9112, section \
                 3.2). Nothing was issued."
            }
            Self::Undecided => {
                "Whether the series issued the number only its store can tell, which cannot be asked now. That is so \
                 for numbers that mean a lane or a time which this server has not seen in use.\nAsk again after the \
                 seconds that the header `Retry-After` names."
            }
            Self::TooManyBatches => {
                "As many batches of more than some 4,000 numbers are on their way to their clients as may be.\n\
                 Nothing was issued. Ask again after the seconds that the header `Retry-After` names, or for \
                 fewer numbers at once."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_an_index_and_has_a_name() {
        for (index, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, index);
            assert_eq!(format!("/problems/{}", kind.name()), kind.uri());
        }
    }

    #[test]
    fn each_kind_has_a_page_of_its_own() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of_page(kind.uri()), Some(kind));
            assert!(kind.page().contains(kind.status().as_str()));
        }
        for path in ["/problems/", "/problems/nothing", "/problems", "/livez"] {
            assert_eq!(Kind::of_page(path), None);
        }
    }
}
