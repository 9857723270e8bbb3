//! A page of another site takes no numbers from a server that its visitor reaches.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};

use crate::chromium::{chromium, load};
use crate::support::{Client, Program, Scrape, TokenFile};

const ISSUES: &str = "/next-tracking-number";
const IMAGE: [&str; 3] = [
    "Sec-Fetch-Site: cross-site",
    "Sec-Fetch-Mode: no-cors",
    "Sec-Fetch-Dest: image",
];
const FETCH: [&str; 4] = [
    "Sec-Fetch-Site: cross-site",
    "Sec-Fetch-Mode: cors",
    "Sec-Fetch-Dest: empty",
    "Origin: https://shop.example",
];

fn start(args: &[&str]) -> Program {
    Program::start(&[&["--store", "memory:"], args].concat(), &[])
}

fn issued(program: &Program) -> f64 {
    let scrape = Scrape::with(&mut Client::connect(program.address), &[]);
    scrape.get("tracking_numbers_issued_total").unwrap()
}

fn post(client: &mut Client, headers: &[&str]) -> u16 {
    let pairs = headers.iter().map(|line| line.split_once(": ").unwrap());
    let headers: Vec<_> = pairs
        .chain([("content-type", "application/json")])
        .collect();
    client.post(&headers, r#"{"count": 1}"#).status
}

#[test]
fn it_is_refused_where_it_would_issue() {
    let program = start(&["--address-rate", "1", "--address-burst", "4"]);
    let mut client = Client::connect(program.address);
    for headers in [&IMAGE[..], &FETCH] {
        for target in [
            ISSUES,
            "/api/next-tracking-number/",
            "/next-tracking-number?x",
        ] {
            let answer = client.ask_with("GET", target, headers);
            assert_eq!(answer.status, 403, "{target} {headers:?}");
            assert_eq!(answer.problem()["type"], "/problems/cross-site");
        }
        assert_eq!(post(&mut client, headers), 403);
        assert_eq!(client.ask_with("PUT", ISSUES, headers).status, 405);
    }
    assert_eq!(issued(&program), 0.0);
    // It took nothing of the visitor's own rate, either; and whatever no number is taken from is answered.
    for target in ["/livez", "/", "/readyz"] {
        assert_eq!(
            client.ask_with("GET", target, &IMAGE).status,
            200,
            "{target}"
        );
    }
    // Behind a proxy on the same host, whatever its `Host`, nothing else is asked for.
    assert_eq!(client.ask("GET", ISSUES).status, 200);
}

#[test]
fn whom_somebody_lets_is_let() {
    let click = [
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Mode: navigate",
        "Sec-Fetch-Dest: document",
        "Sec-Fetch-User: ?1",
    ];
    let same_site = ["Sec-Fetch-Site: same-site", "Origin: http://localhost:3000"];
    let program = start(&[]);
    let mut client = Client::connect(program.address);
    for headers in [&click[..], &same_site, &["Sec-Fetch-Site: none"], &[]] {
        assert_eq!(
            client.ask_with("GET", ISSUES, headers).status,
            200,
            "{headers:?}"
        );
    }
    assert_eq!(post(&mut client, &click), 403);

    let named = start(&["--cors-origin", "https://shop.example"]);
    let mut client = Client::connect(named.address);
    assert_eq!(client.ask_with("GET", ISSUES, &FETCH).status, 200);
    assert_eq!(post(&mut client, &FETCH), 200);
    // Of which page it is, an image does not say.
    let refused = client.ask_with("GET", ISSUES, &IMAGE);
    assert_eq!(refused.status, 403);
    let mut other = FETCH;
    other[3] = "Origin: https://evil.example";
    assert_eq!(client.ask_with("GET", ISSUES, &other).status, 403);

    let any = start(&["--cors-origin", "*"]);
    let mut client = Client::connect(any.address);
    for headers in [&IMAGE[..], &FETCH] {
        assert_eq!(client.ask_with("GET", ISSUES, headers).status, 200);
    }

    // A token is nothing that a browser sends by itself.
    let file = TokenFile::new(&[("a", "trk_a", "issue", "")]);
    let path = file.path();
    let tokens = start(&["--tokens", path.to_str().unwrap()]);
    let mut client = Client::connect(tokens.address);
    assert_eq!(client.ask_with("GET", ISSUES, &IMAGE).status, 401);
    let with_token = [&IMAGE[..], &["Authorization: Bearer trk_a"]].concat();
    assert_eq!(client.ask_with("GET", ISSUES, &with_token).status, 200);
}

/// Answers everybody with a page, until the test ends.
fn page(html: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    serve(listener, html);
    address
}

fn serve(listener: TcpListener, html: String) {
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 8 * 1024]);
            let length = html.len();
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{html}"
            );
        }
    });
}

/// Every way that a page has to ask another server without anybody's doing.
fn burns(server: SocketAddr) -> String {
    let url = format!("http://{server}{ISSUES}");
    let post = format!("http://{server}/tracking-numbers");
    format!(
        "<!DOCTYPE html><title>evil</title><img src='{url}'><script src='{url}'></script>\
         <link rel=stylesheet href='{url}'><iframe src='{url}'></iframe><iframe name=f></iframe>\
         <object data='{url}'></object>\
         <form id=form target=f method=post enctype='text/plain' action='{post}'><input name='{{\"count\":1,\"x' value='\":1}}'></form>\
         <script>fetch('{url}', {{mode: 'no-cors'}}); fetch('{url}').catch(() => 0);\
         navigator.sendBeacon('{post}', '{{\"count\":1}}'); form.submit();\
         setTimeout(() => location = '{url}', 3000);</script>"
    )
}

#[test]
fn a_real_browsers_page_of_another_site_takes_none() {
    let Some(chromium) = chromium() else { return };
    let program = start(&[]);
    let evil = page(burns(program.address));
    let folder = tempfile::tempdir().unwrap();
    // The same host by another name is another site.
    let origin = format!("http://localhost:{}", evil.port());
    load(chromium, &origin, "/", folder.path());
    let scrape = Scrape::with(&mut Client::connect(program.address), &[]);
    let refused = scrape.get("tracking_http_problems_total{kind=\"cross-site\"}");
    assert!(refused.unwrap() >= 8.0, "{refused:?}");
    assert_eq!(issued(&program), 0.0);

    // Somebody types the address, or has another program on the same host.
    let server = format!("http://{}", program.address);
    let folder = tempfile::tempdir().unwrap();
    let seen = load(chromium, &server, ISSUES, folder.path());
    assert!(seen.dom.contains("\"tracking_number\""), "{}", seen.dom);
    assert_eq!(issued(&program), 1.0);
    let near = page(format!(
        "<!DOCTYPE html><title>near</title><img src='{server}{ISSUES}'>"
    ));
    let folder = tempfile::tempdir().unwrap();
    load(chromium, &format!("http://{near}"), "/", folder.path());
    assert_eq!(issued(&program), 2.0);
}

#[test]
fn a_real_browsers_page_that_is_let_takes_what_it_asks_for() {
    let Some(chromium) = chromium() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let shop = format!("http://localhost:{port}");
    let program = start(&["--cors-origin", &shop]);
    let html = format!(
        "<!DOCTYPE html><title>shop</title><script>fetch('http://{}{ISSUES}').then(answer => answer.text())\
         .then(text => document.body.append(text))</script><body></body>",
        program.address
    );
    serve(listener, html);
    let folder = tempfile::tempdir().unwrap();
    let seen = load(chromium, &shop, "/", folder.path());
    assert!(
        seen.dom.contains("\"tracking_number\""),
        "{} {}",
        seen.dom,
        seen.console
    );
    assert_eq!(issued(&program), 1.0);
}
