//! What the seeds have not: health, and the pages of problems.

use std::collections::HashSet;

use crate::many::announce;
use crate::support::{Client, InProcess, ask};

#[test]
fn health() {
    let server = InProcess::new();
    for (path, body) in [("/livez", "alive\n"), ("/readyz", "ready\n")] {
        let answer = ask(server.address, "GET", path);
        assert_eq!((answer.status, answer.body.as_str()), (200, body));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(ask(server.address, "HEAD", path).status, 200);
        let answer = ask(server.address, "POST", path);
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, Some("GET, HEAD"))
        );
    }
}

#[test]
fn the_type_of_every_problem_is_a_page() {
    let server = InProcess::new();
    let mut client = Client::connect(server.address);
    let problems = [
        client.ask("GET", "/next-tracking-number?weight=0"),
        client.ask("GET", "/nowhere"),
        client.ask("PUT", "/livez"),
        client.ask("GET", "/tracking-numbers/x"),
        client.ask("GET", "/tracking-numbers/X"),
        client.order_many("*/*", "[]"),
        client.order_many("image/png", "{}"),
        announce(server.address, 65_537),
        client.post(&[], "{}"),
    ];
    let mut seen = HashSet::new();
    for problem in problems {
        let problem = problem.problem();
        let path = problem["type"].as_str().unwrap().to_owned();
        let page = client.ask("GET", &path);
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(
            page.header("content-type"),
            Some("text/plain; charset=utf-8")
        );
        assert!(
            page.body.starts_with(problem["title"].as_str().unwrap()),
            "{page:?}"
        );
        assert_eq!(client.ask("HEAD", &path).status, 200);
        assert_eq!(client.ask("POST", &path).header("allow"), Some("GET, HEAD"));
        assert!(seen.insert(path.clone()), "{path} twice");
    }
    assert_eq!(client.ask("GET", "/problems/no-number").status, 200);
    assert_eq!(client.ask("GET", "/problems/nothing").status, 404);
}
