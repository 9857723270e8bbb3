//! Where tokens are in force.

use rustix::process::Signal;
use tracking_http::Gate;

use super::{hidden, issued, post_form, program, server};
use crate::support::{Answer, Client, Ledgered, TokenFile};

const LOGIN: &str = "/console/login";

/// Log in: the answer, and the header with the session.
#[track_caller]
fn log_in(client: &mut Client, token: &str, headers: &[&str]) -> (Answer, String) {
    let answer = post_form(client, LOGIN, headers, &format!("token={token}&to="));
    assert_eq!(answer.status, 303, "{answer:?}");
    let cookie = answer.header("set-cookie").unwrap();
    let session = cookie.split(';').next().unwrap();
    let session = format!("Cookie: {session}");
    (answer, session)
}

fn look(client: &mut Client, path: &str, session: &str) -> Answer {
    client.ask_with("GET", path, &[session])
}

const PAGES: [(&str, &str); 6] = [
    ("/console", "ledger"),
    ("/console/numbers.csv", "ledger"),
    ("/console/numbers", "read"),
    ("/console/numbers/AB12", "read"),
    ("/console/labels/AB12", "read"),
    ("/console/status", "metrics"),
];

#[test]
fn a_session_has_its_tokens_scopes_and_no_others() {
    let scopes = ["issue", "read", "metrics", "ledger"];
    let tokens = scopes.map(|scope| (scope, format!("trk_{scope}")));
    let tokens: Vec<_> = tokens
        .iter()
        .map(|(scope, token)| (*scope, token.as_str(), *scope, ""))
        .collect();
    let file = TokenFile::new(&tokens);
    let ledger = Ledgered::new();
    let server = server(Some(&ledger), Gate::with_tokens(file.path()).unwrap());
    let mut client = Client::connect(server.address);
    for (scope, first) in [
        ("issue", "/console/issue"),
        ("read", "/console/numbers"),
        ("metrics", "/console/status"),
        ("ledger", "/console"),
    ] {
        let (answer, session) = log_in(&mut client, &format!("trk_{scope}"), &[]);
        assert_eq!(answer.header("location"), Some(first), "{scope}");
        for (path, needed) in PAGES {
            let answer = look(&mut client, path, &session);
            let is_let_in = answer.status != 403;
            assert_eq!(is_let_in, scope == needed, "{scope} {path}: {answer:?}");
            // As programs ask, too.
            let bearer = format!("Authorization: Bearer trk_{scope}");
            let program = client.ask_with("GET", path, &[&bearer]);
            assert_eq!(program.status, answer.status, "{scope} {path}");
        }
        let form = look(&mut client, "/console/issue", &session);
        assert_eq!(form.status, 200, "{form:?}");
        let form = format!("key={scope}&form_token={}", hidden(&form, "form_token"));
        let answer = post_form(&mut client, "/console/issue", &[&session], &form);
        let expected = if scope == "issue" { 200 } else { 403 };
        assert_eq!(answer.status, expected, "{scope}: {answer:?}");
        // No browser may use the API by itself.
        for path in [
            "/next-tracking-number",
            "/tracking-numbers",
            "/metrics",
            "/tracking-numbers/AB12",
        ] {
            assert_eq!(
                look(&mut client, path, &session).status,
                401,
                "{scope} {path}"
            );
        }
    }
    let recorded = ledger.entries();
    assert_eq!(recorded.len(), 1);
    assert_eq!(recorded[0].token.as_ref().unwrap().as_str(), "issue");
}

#[test]
fn who_has_no_session_is_led_to_the_form() {
    let file = TokenFile::new(&[("shop", "trk_shop", "read issue metrics ledger", "")]);
    let server = server(None, Gate::with_tokens(file.path()).unwrap());
    let mut client = Client::connect(server.address);
    for (path, _) in PAGES.into_iter().chain([("/console/issue", "")]) {
        for session in [
            "X: y",
            "Cookie: tracking-console=trk_shop",
            "Cookie: tracking-console=",
        ] {
            let answer = look(&mut client, path, session);
            let to = percent_encoding_of(path);
            let to = format!("/console/login?to={to}");
            assert_eq!(
                (answer.status, answer.header("location")),
                (303, Some(&*to)),
                "{path}"
            );
            assert_eq!(answer.body, "", "{path}");
        }
    }
    let answer = post_form(&mut client, "/console/issue", &[], "key=a");
    assert_eq!(answer.status, 401, "{answer:?}");
    let login = client.ask("GET", "/console/login?to=%2Fconsole%2Fstatus");
    assert_eq!(login.status, 200);
    assert_eq!(login.header("referrer-policy"), Some("same-origin"));
    assert_eq!(hidden(&login, "to"), "/console/status");
    for (to, location) in [
        ("/console/status", "/console/status"),
        ("//evil.example", "/console"),
        ("https://evil.example/console", "/console"),
    ] {
        let answer = post_form(&mut client, LOGIN, &[], &format!("token=trk_shop&to={to}"));
        assert_eq!(answer.header("location"), Some(location), "{to}");
    }
}

fn percent_encoding_of(path: &str) -> String {
    path.replace('/', "%2F").replace('.', "%2E")
}

#[test]
fn the_cookie_is_for_this_server_and_no_script() {
    let file = TokenFile::new(&[("shop", "trk_shop", "read", "")]);
    let path = file.path();
    let flags = [
        "--tokens",
        path.to_str().unwrap(),
        "--trusted-proxy",
        "127.0.0.1",
    ];
    let program = program(&flags, &[]);
    let mut client = Client::connect(program.address);
    for (headers, is_secure) in [
        (&[][..], false),
        (&["X-Forwarded-Proto: http"], false),
        (&["X-Forwarded-Proto: https"], true),
    ] {
        let (answer, _) = log_in(&mut client, "trk_shop", headers);
        let cookie = answer.header("set-cookie").unwrap();
        let (id, attributes) = cookie.split_once("; ").unwrap();
        let secure = if is_secure { "; Secure" } else { "" };
        let expected = format!("Path=/console; Max-Age=28800; HttpOnly; SameSite=Strict{secure}");
        assert_eq!(attributes, expected);
        assert!(!id.contains("trk_shop") && id.len() > 40, "{id}");
    }
}

#[test]
fn a_session_ends_with_its_token() {
    let all = "read issue metrics ledger";
    let file = TokenFile::new(&[
        ("a", "trk_a", all, ""),
        ("b", "trk_b", all, ""),
        ("c", "trk_c", all, ""),
    ]);
    let path = file.path();
    let flags = ["--tokens", path.to_str().unwrap()];
    let mut program = program(&flags, &[("RUST_LOG", "debug")]);
    let mut client = Client::connect(program.address);
    let sessions = ["trk_a", "trk_b", "trk_c"].map(|token| log_in(&mut client, token, &[]).1);
    // One goes, one expires, one may less.
    file.write(&[
        ("b", "trk_b", all, "expires = 2026-01-01T00:00:00Z"),
        ("c", "trk_c", "metrics", ""),
    ]);
    program.signal(Signal::HUP);
    program.wait_for("read the tokens again");
    let statuses = sessions
        .each_ref()
        .map(|session| look(&mut client, "/console/status", session).status);
    assert_eq!(statuses, [303, 303, 200]);
    assert_eq!(
        look(&mut client, "/console/issue", &sessions[2]).status,
        200
    );
    let form = look(&mut client, "/console/issue", &sessions[2]);
    let form = format!("key=a&form_token={}", hidden(&form, "form_token"));
    assert_eq!(
        post_form(&mut client, "/console/issue", &[&sessions[2]], &form).status,
        403
    );
    let expired = post_form(&mut client, LOGIN, &[], "token=trk_b");
    assert_eq!(expired.status, 401);
    assert!(expired.body.contains("has expired"), "{expired:?}");
    program.signal(Signal::TERM);
    let (_, said) = program.wait();
    let session = sessions[2].split('=').next_back().unwrap();
    for secret in ["trk_a", "trk_b", "trk_c", session] {
        assert!(!said.contains(secret), "{said}");
    }
    assert!(said.contains("token=\"c\""), "{said}");
}

#[test]
fn wrong_tokens_are_slow() {
    let file = TokenFile::new(&[("shop", "trk_shop", "read", "")]);
    let server = server(None, Gate::with_tokens(file.path()).unwrap());
    let mut client = Client::connect(server.address);
    // Right ones cost nothing.
    for _ in 0..20 {
        log_in(&mut client, "trk_shop", &[]);
    }
    let answers: Vec<Answer> = (0..12)
        .map(|count| post_form(&mut client, LOGIN, &[], &format!("token=trk_{count}")))
        .collect();
    let wrong = answers
        .iter()
        .take_while(|answer| answer.status == 401)
        .count();
    // One comes back a second.
    assert!((5..10).contains(&wrong), "{wrong}");
    assert!(
        answers[0].body.contains("none that this server knows"),
        "{:?}",
        answers[0]
    );
    let refused = &answers[wrong];
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (429, Some("1")),
        "{refused:?}"
    );
    // So are right ones among them, but not those of others.
    let mut other = Client::connect_from([127, 0, 0, 2].into(), server.address);
    log_in(&mut other, "trk_shop", &[]);
}

#[test]
fn a_form_shows_that_it_is_of_its_session() {
    let file = TokenFile::new(&[("shop", "trk_shop", "issue ledger", "")]);
    let ledger = Ledgered::new();
    let server = server(Some(&ledger), Gate::with_tokens(file.path()).unwrap());
    let mut client = Client::connect(server.address);
    let (_, session) = log_in(&mut client, "trk_shop", &[]);
    let (_, other) = log_in(&mut client, "trk_shop", &[]);
    let token_of = |client: &mut Client, session: &str| {
        let page = look(client, "/console/issue", session);
        hidden(&page, "form_token").to_owned()
    };
    let (own, others) = (
        token_of(&mut client, &session),
        token_of(&mut client, &other),
    );
    assert_ne!(own, others);
    for (token, headers, status) in [
        ("", &[][..], 403),
        (others.as_str(), &[], 403),
        (&own[1..], &[], 403),
        (&own, &["Sec-Fetch-Site: cross-site"], 403),
        (&own, &["Origin: http://evil.example"], 403),
        ("", &["Origin: null"], 403),
        // A page that tells its origin to nobody.
        (&own, &["Origin: null"], 200),
    ] {
        for path in ["/console/issue", "/console/logout"] {
            if path == "/console/logout" && status == 200 {
                continue;
            }
            let headers: Vec<&str> = headers.iter().copied().chain([session.as_str()]).collect();
            let form = format!("key=a&form_token={token}");
            let answer = post_form(&mut client, path, &headers, &form);
            assert_eq!(
                answer.status, status,
                "{path} {headers:?} {token}: {answer:?}"
            );
        }
    }
    assert_eq!(ledger.entries().len(), 1);
    assert_eq!(look(&mut client, "/console", &session).status, 200);
    let left = post_form(
        &mut client,
        "/console/logout",
        &[&session],
        &format!("form_token={own}"),
    );
    assert_eq!((left.status, left.header("location")), (303, Some(LOGIN)));
    assert!(
        left.header("set-cookie").unwrap().contains("Max-Age=0"),
        "{left:?}"
    );
    assert_eq!(look(&mut client, "/console", &session).status, 303);
    assert_eq!(look(&mut client, "/console", &other).status, 200);
    // One who logs in again has one session.
    let (_, newer) = log_in(&mut client, "trk_shop", &[&other]);
    assert_eq!(look(&mut client, "/console", &other).status, 303);
    assert_eq!(look(&mut client, "/console", &newer).status, 200);
    let form = format!("key=b&form_token={}", token_of(&mut client, &newer));
    issued(&post_form(&mut client, "/console/issue", &[&newer], &form));
}
