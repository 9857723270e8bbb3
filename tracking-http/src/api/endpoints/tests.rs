use super::*;

#[test]
fn every_endpoint_has_paths_of_its_own() {
    for (index, endpoint) in ENDPOINTS.iter().enumerate() {
        assert_eq!(LABELS[index], endpoint.label());
        for path in endpoint.paths().filter(|path| !path.varies()) {
            assert_eq!(Target::of(path.text()).index, index, "{}", path.text());
        }
    }
    assert_eq!(Target::of("/nowhere").label(), "other");
    assert!(Target::of("").endpoint.is_none());
}

#[test]
fn a_number_is_taken_by_nothing_but_what_waits_and_costs() {
    for endpoint in &ENDPOINTS {
        for method in endpoint.allowed.split(", ") {
            // Who issues waits in a place; and so does who reads a body.
            assert!(
                endpoint.waits_by(method) || !endpoint.has_body_of(method),
                "{}",
                endpoint.label()
            );
        }
        let head_burns_none = !endpoint.issues_by("HEAD") || !endpoint.allows(&Method::HEAD);
        assert!(head_burns_none, "{}", endpoint.label());
    }
}
