use super::*;
use crate::number::serial::EPOCH_MS;
use crate::store::allocator::Allocator;
use crate::testing::ManualClock;

const NOW_MS: i64 = EPOCH_MS + 50_000_000;

struct Files {
    folder: tempfile::TempDir,
    clock: Arc<ManualClock>,
}

impl Files {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            clock: Arc::new(ManualClock::at(NOW_MS)),
        }
    }

    fn url(&self, name: &str) -> StoreUrl {
        let path = self.folder.path().join(name);
        format!("file:{}", path.display()).parse().unwrap()
    }

    fn open(&self, name: &str) -> Box<dyn OpenStore> {
        let options = SeriesOptions::default();
        open_store_with_clock(&self.url(name), &options, self.clock.clone()).unwrap()
    }

    fn import(&self, export: &Export, name: &str) -> Result<Imported, ImportError> {
        export.import_with_clock(&self.url(name), self.clock.clone())
    }
}

fn grants(store: &dyn OpenStore) -> Result<(), String> {
    let wanted = NonZeroU32::MIN;
    let patience = std::time::Duration::from_secs(5);
    let answer = crate::store::reserve_patiently(&store, wanted, patience);
    answer.map(drop).map_err(|error| error.to_string())
}

#[test]
fn a_text_that_is_not_whole_or_was_changed_is_no_export() {
    let files = Files::new();
    let store = files.open("a");
    grants(&*store).unwrap();
    let text = Export::take(&*store).unwrap().to_text();
    assert_eq!(Export::parse(&text).unwrap().to_text(), text);
    for length in 0..text.trim_end().len() {
        assert_eq!(
            Export::parse(&text[..length]).err(),
            Some(ParseExportError::Shape)
        );
    }
    // Every digit that stands in it counts.
    let digits = text.char_indices().filter(|(_, c)| c.is_ascii_digit());
    for (at, digit) in digits {
        let mut changed = text.clone();
        let other = if digit == '1' { "2" } else { "1" };
        changed.replace_range(at..=at, other);
        assert!(Export::parse(&changed).is_err(), "{at}: {changed}");
    }
    let newer = text.replace(r#""version":1,"#, r#""version":2,"colour":"red","#);
    let refused = Export::parse(&newer).unwrap_err();
    assert_eq!(refused, ParseExportError::Version { found: 2 });
    let debug = format!("{:?}", Export::parse(&text).unwrap());
    assert!(
        !debug.contains(&store.series().key().expose_hex()),
        "{debug}"
    );
}

#[test]
fn a_series_goes_to_another_file_and_back_and_its_last_place_alone_grants() {
    let files = Files::new();
    let first = files.open("a");
    grants(&*first).unwrap();
    let export = Export::take(&*first).unwrap();
    let moved = format!(
        "{first}: the series was moved away from here at {}, by export {}, and nothing more is granted here; name the store that it was moved to, or import its export there: that can be made here again",
        crate::rfc3339::utc(export.moved().at_ms),
        export.moved().id
    );
    assert_eq!(grants(&*first), Err(moved.clone()));
    let refused = first.reserve(NonZeroU32::MIN).unwrap_err();
    assert_eq!(refused.kind(), "refused");
    // A process that comes later is told the same.
    assert_eq!(grants(&*files.open("a")), Err(moved));
    let known = first.snapshot().unwrap().timeline.unwrap();
    assert_eq!(known.moved(), Some(export.moved()));

    let second = files.import(&export, "b").unwrap();
    assert!(second.arrival.is_none());
    grants(&*second.store).unwrap();
    // An import whose answer was lost is made again.
    let again = files.import(&export, "b").unwrap();
    assert_eq!(again.arrival, Some(Arrival::WasHere));
    let at_home = files.import(&export, "a").unwrap_err().to_string();
    assert!(at_home.contains("the export was made here"), "{at_home}");

    let back = Export::take(&*second.store).unwrap();
    let home = files.import(&back, "a").unwrap();
    assert_eq!(home.arrival, Some(Arrival::CameBack));
    grants(&*home.store).unwrap();
    grants(&*first).unwrap();
    grants(&*second.store).unwrap_err();
    let older = files.import(&export, "b").unwrap_err().to_string();
    assert!(older.contains("import the newest export"), "{older}");
}

#[test]
fn another_series_and_a_copy_that_lives_are_not_written_over() {
    let files = Files::new();
    let first = files.open("a");
    grants(&*first).unwrap();
    std::fs::copy(
        files.folder.path().join("a"),
        files.folder.path().join("copy"),
    )
    .unwrap();
    grants(&*first).unwrap();
    let export = Export::take(&*first).unwrap();
    let other = files.open("other");
    let content = |name: &str| std::fs::read(files.folder.path().join(name)).unwrap();
    for (name, words) in [
        ("other", "exists already, with fingerprint"),
        ("copy", "so it is in two places at once"),
    ] {
        let before = content(name);
        let refused = files.import(&export, name).unwrap_err().to_string();
        assert!(refused.contains(words), "{refused}");
        assert_eq!(content(name), before);
    }
    grants(&*other).unwrap();
}

#[test]
fn one_that_is_reopened_goes_on_and_its_export_is_taken_no_more() {
    let files = Files::new();
    let store = files.open("a");
    grants(&*store).unwrap();
    assert_eq!(reopen(&*store).unwrap(), None);
    let export = Export::take(&*store).unwrap();
    assert_eq!(reopen(&*store).unwrap(), Some(export.moved()));
    grants(&*store).unwrap();
    let next = Export::take(&*store).unwrap();
    assert_ne!(next.moved().id, export.moved().id);
    assert!(files.import(&export, "a").is_err());
}

/// Programs that know no moves refuse the file, and would take the older slot if it were of their version.
#[test]
fn a_file_that_was_moved_away_has_a_version_of_its_own_in_both_slots() {
    let files = Files::new();
    let store = files.open("a");
    grants(&*store).unwrap();
    let text = || std::fs::read_to_string(files.folder.path().join("a")).unwrap();
    assert_eq!(text().matches(r#"{"version":2,"#).count(), 2);
    let export = Export::take(&*store).unwrap();
    assert_eq!(text().matches(r#"{"version":3,"#).count(), 2);
    // So the loss of either slot brings nothing back to life.
    for slot in [0, 4096] {
        let mut bytes = text().into_bytes();
        bytes[slot + 100] ^= 1;
        std::fs::write(files.folder.path().join("damaged"), bytes).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(files.folder.path().join("damaged"), mode).unwrap();
        let damaged = files.open("damaged");
        grants(&*damaged).unwrap_err();
        assert_eq!(Export::take(&*damaged).unwrap().moved(), export.moved());
    }
}

/// An export that was killed between its two writes, or whose second one failed: whoever asks next writes that one.
#[test]
fn a_file_of_which_one_slot_alone_was_moved_away_has_it_in_both_once_somebody_asks() {
    let ask: [fn(&dyn OpenStore); 2] = [
        |store| drop(Export::take(store).unwrap()),
        |store| drop(grants(store).unwrap_err()),
    ];
    for ask in ask {
        let files = Files::new();
        let path = files.folder.path().join("a");
        let read = || std::fs::read(&path).unwrap();
        let store = files.open("a");
        grants(&*store).unwrap();
        let living = read();
        let moved = Export::take(&*store).unwrap().moved();
        // The newer slot was written last.
        for slot in [0..4096, 4096..8192] {
            let mut half = read();
            half[slot.clone()].copy_from_slice(&living[slot]);
            std::fs::write(&path, half).unwrap();
            ask(&*files.open("a"));
            let text = String::from_utf8(read()).unwrap();
            assert_eq!(text.matches(r#"{"version":3,"#).count(), 2);
        }
        assert_eq!(Export::take(&*store).unwrap().moved(), moved);
    }
}
