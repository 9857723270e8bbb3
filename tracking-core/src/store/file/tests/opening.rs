use super::*;

fn options(opening: Opening) -> SeriesOptions {
    SeriesOptions {
        opening,
        ..SeriesOptions::default()
    }
}

#[test]
fn a_missing_series_is_made_with_its_folders() {
    let mut bench = Bench::new();
    let top = bench.folder.path().to_owned();
    let folder = top.join("x/y");
    let url = FileUrl::new(folder.join("a.series"));
    let clock = bench.clock.clone();
    let first = FileAllocator::open_with_clock(&url, &SeriesOptions::default(), clock).unwrap();
    assert_eq!(first.series().created_at_ms(), START_MS);
    assert_eq!(first.series().prefix().as_str().len(), 3);
    for (path, mode) in [
        (top.join("x"), 0o40700),
        (folder.clone(), 0o40700),
        (folder.join("a.series"), 0o100600),
    ] {
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode(), mode);
    }
    let names: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["a.series"], "nothing temporary is left");
    assert_eq!(std::fs::metadata(url.path()).unwrap().len(), 8192);

    let second = FileAllocator::open(&url, &options(Opening::Existing)).unwrap();
    let prints = [&first, &second].map(|it| it.series().fingerprint());
    assert_eq!(prints[0], prints[1]);
    bench.folder = tempfile::tempdir().unwrap();
    let other = bench.open().series().fingerprint();
    assert_ne!(other, prints[0]);
}

#[test]
fn shows_its_url_and_no_key() {
    let bench = Bench::new();
    let allocator = bench.open();
    assert_eq!(
        allocator.to_string(),
        format!("file:{}", bench.path().display())
    );
    let debug = format!("{allocator:?}");
    let key = allocator.series().key().expose_hex();
    assert!(
        debug.contains("redacted") && !debug.contains(&key),
        "{debug}"
    );
    assert!(
        std::fs::read_to_string(bench.path())
            .unwrap()
            .contains(&key)
    );
}

#[test]
fn opens_what_was_asked_for_or_says_what_is_there() {
    let bench = Bench::new();
    let open = |options: &SeriesOptions| bench.open_with(options).map_err(|e| e.to_string());
    let store = format!("file:{}", bench.path().display());

    let missing = open(&options(Opening::Existing)).unwrap_err();
    assert!(
        missing.starts_with(&format!("{store}: there is no series `default`;")),
        "{missing}"
    );
    let mut keyed = options(Opening::OrCreate);
    keyed.key = Some(Key::from_bytes([7; 16]));
    let local = open(&keyed).unwrap_err();
    assert!(local.contains("a local store makes its own key"), "{local}");
    assert!(!bench.path().exists(), "an error wrote something");

    let mut restored = keyed.clone();
    restored.opening = Opening::New;
    restored.prefix = Some("QX".parse().unwrap());
    let made = open(&restored).unwrap();
    assert_eq!(made.series().key(), &Key::from_bytes([7; 16]));
    assert_eq!(made.series().created_at_ms(), EPOCH_MS);
    let there = open(&restored).unwrap_err();
    let print = made.series().fingerprint();
    assert_eq!(
        there,
        format!("{store}: the series `default` exists already, with fingerprint {print}")
    );

    open(&keyed).unwrap();
    let mut other = keyed.clone();
    other.key = Some(Key::from_bytes([8; 16]));
    let error = open(&other).unwrap_err();
    assert!(error.contains(&format!("found {print}")), "{error}");
    let mut other = options(Opening::OrCreate);
    other.prefix = Some("QY".parse().unwrap());
    assert!(
        open(&other)
            .unwrap_err()
            .contains(r#"expected the prefix "QY", found "QX""#)
    );
    let other = SeriesOptions::named("shop".parse().unwrap());
    assert!(
        open(&other)
            .unwrap_err()
            .contains("expected the series `shop`, found `default`")
    );
}

#[test]
fn of_racing_first_runs_one_wins() {
    const RACERS: usize = 8;
    for (opening, expected) in [(Opening::OrCreate, RACERS), (Opening::New, 1)] {
        for _ in 0..10 {
            let bench = Bench::new();
            let start = std::sync::Barrier::new(RACERS);
            let prints: Vec<_> = std::thread::scope(|scope| {
                let race = || {
                    start.wait();
                    let opened = bench.open_with(&options(opening)).ok()?;
                    Some(opened.series().fingerprint())
                };
                let racers: Vec<_> = (0..RACERS).map(|_| scope.spawn(race)).collect();
                racers
                    .into_iter()
                    .filter_map(|r| r.join().unwrap())
                    .collect()
            });
            assert_eq!(prints.len(), expected);
            let there = bench.open().series().fingerprint();
            assert!(prints.iter().all(|&print| print == there), "{prints:?}");
        }
    }
}

#[test]
fn a_clock_outside_the_years_creates_nothing() {
    let bench = Bench::new();
    bench.clock.now_ms.store(0, Ordering::SeqCst);
    let error = bench.open_with(&SeriesOptions::default()).unwrap_err();
    assert!(
        matches!(error, OpenError::Store(AllocateError::Clock { .. })),
        "{error}"
    );
    assert!(!bench.path().exists());
}

/// As a version of this program left it that did not note which lanes were used.
#[test]
fn a_file_of_version_1_is_read_and_goes_on_in_version_2() {
    let bench = Bench::new();
    let old = include_bytes!("../../../../tests/data/state_v1.series");
    std::fs::write(bench.path(), old).unwrap();
    std::fs::set_permissions(bench.path(), PermissionsExt::from_mode(0o600)).unwrap();
    let allocator = bench.open();
    assert_eq!(allocator.series().prefix().as_str(), "21R");
    assert_eq!(
        allocator.series().fingerprint().to_string(),
        "46c3e751c12c10b1"
    );
    let before = allocator.snapshot().unwrap().timeline.unwrap();
    let last = before.last_tick(before.lane());
    for lane in 0..crate::number::serial::LANES {
        assert!(before.may_have_used(lane, last), "lane {lane}");
    }
    let now_ms = crate::number::serial::tick_start_ms(last) + 3_600_000;
    bench.clock.now_ms.store(now_ms, Ordering::SeqCst);
    // The inode is no part of its history yet, so that this is a new one.
    assert_eq!(failure(&bench, &allocator).0, "not-yet");
    let block = grant(&allocator, 1);
    assert!(block.start().tick() > last);
    assert_ne!(block.start().lane(), before.lane());
    let text = std::fs::read_to_string(bench.path()).unwrap();
    assert_eq!(text.matches(r#""version":2,"#).count(), 2, "{text}");
    assert_eq!(std::fs::metadata(bench.path()).unwrap().len(), 8192);
}
