//! Requests whose length is in doubt: what one reader takes for a body, another takes for the next
//! request (RFC 9112, section 6.3).

use crate::support::{Client, InProcess};

/// A request that must never be answered: it hides in the body of another.
const HIDDEN: &str = "GET /next-tracking-number HTTP/1.1\r\nHost: test\r\n\r\n";

/// The first answer to these bytes, if there is one; the connection must end behind it.
fn only_answer(server: &InProcess, bytes: &str) -> Option<(u16, String)> {
    let mut client = Client::connect(server.address);
    client.send(bytes);
    let answer = client.try_receive("POST")?;
    assert_eq!(client.rest(), "", "{bytes:?}");
    Some((answer.status, answer.body))
}

#[test]
fn lengths_that_differ_are_refused() {
    let server = InProcess::new();
    for lengths in [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 6\r\n",
        "Content-Length: 0\r\nContent-Length: 50\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 5 5\r\n",
        "Content-Length: \r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Content-Length : 5\r\n",
        "Transfer-Encoding: \r\n",
    ] {
        let request = format!("POST /livez HTTP/1.1\r\nHost: test\r\n{lengths}\r\nhello{HIDDEN}");
        if let Some((status, body)) = only_answer(&server, &request) {
            assert_eq!(status, 400, "{lengths:?}: {body}");
        }
    }
}

/// Where chunked is not the last of them, the parser refuses by itself, without a word (RFC 9112, section 6.1).
#[test]
fn transfer_codings_but_chunked_are_not_implemented() {
    let server = InProcess::new();
    for codings in [
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "transfer-encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: gzip\r\n",
    ] {
        for target in ["/tracking-numbers", "/livez"] {
            let request = format!(
                "POST {target} HTTP/1.1\r\nHost: test\r\n{codings}\r\n5\r\nhello\r\n0\r\n\r\n{HIDDEN}"
            );
            let mut client = Client::connect(server.address);
            // An answer before it is an answer still.
            client.send("GET /livez HTTP/1.1\r\nHost: test\r\n\r\n");
            client.send(&request);
            assert_eq!(client.receive("GET").status, 200);
            let answer = client.receive("POST");
            assert_eq!(answer.status, 501, "{codings:?}");
            let problem = answer.problem();
            assert_eq!(problem["type"], "/problems/unsupported-transfer-coding");
            assert_eq!(answer.header("connection"), Some("close"));
            assert_eq!(client.rest(), "", "{codings:?}");
        }
    }
    // What the parser refuses for something else keeps its own answer.
    let answer = only_answer(&server, "GET /livez HTTP/1.1\r\nHost : test\r\n\r\n");
    assert_eq!(answer, Some((400, String::new())));
}

#[test]
fn nul_is_refused_wherever_it_stands() {
    let server = InProcess::new();
    for request in [
        "GET /livez\0 HTTP/1.1\r\nHost: test\r\n\r\n",
        "GET /livez HTTP/1.1\r\nHost: te\0st\r\n\r\n",
        "GET /livez HTTP/1.1\r\nHost: test\r\nX-\0: 1\r\n\r\n",
        "G\0T /livez HTTP/1.1\r\nHost: test\r\n\r\n",
        "\0GET /livez HTTP/1.1\r\nHost: test\r\n\r\n",
    ] {
        let answer = only_answer(&server, &format!("{request}{HIDDEN}"));
        assert_eq!(answer.map(|(status, _)| status), Some(400), "{request:?}");
    }
}

/// RFC 9112, section 6.3: the transfer coding overrides the length, and the connection is closed.
#[test]
fn a_transfer_coding_wins_over_a_length_and_ends_the_connection() {
    let server = InProcess::new();
    let chunked = "5\r\nhello\r\n0\r\n\r\n";
    for headers in [
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 15\r\n",
        "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
    ] {
        let request =
            format!("POST /livez HTTP/1.1\r\nHost: test\r\n{headers}\r\n{chunked}{HIDDEN}");
        let answer = only_answer(&server, &request);
        // The body was read as chunks, and what is hidden behind it is answered by nobody.
        assert_eq!(answer.map(|(status, _)| status), Some(405), "{headers:?}");
    }
}

#[test]
fn lengths_that_agree_are_one_length() {
    let server = InProcess::new();
    let mut client = Client::connect(server.address);
    client.send(
        "POST /livez HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    );
    assert_eq!(client.receive("POST").status, 405);
    assert_eq!(client.ask("GET", "/livez").status, 200);
}
