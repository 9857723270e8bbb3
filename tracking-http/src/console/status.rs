//! How the server is: what an operator looks at first.

use std::time::Duration;

use maud::{Markup, html};
use tracking_core::generator::Status;
use tracking_core::store::Snapshot;
use tracking_core::{Serial, Series};
use tracking_ledger::RecorderStatus;
use tracking_programs::years_left;

use super::hour::Sample;
use super::layout::{Place, Visitor, page};
use super::{plot, time};

/// How things are now: the numbers of `/metrics`.
#[derive(Debug)]
pub(crate) struct Health<'a> {
    pub(crate) series: &'a Series,
    pub(crate) status: Status,
    /// Milliseconds since 1970, by this host's clock.
    pub(crate) now_ms: i64,
    pub(crate) store: Store<'a>,
    /// Where there is a ledger.
    pub(crate) ledger: Option<RecorderStatus>,
    /// Where tokens are asked for.
    pub(crate) tokens_in_force: Option<usize>,
    pub(crate) samples: &'a [Sample],
}

/// What is known of the store.
#[derive(Debug)]
pub(crate) enum Store<'a> {
    /// It is none that can be looked at.
    Opaque,
    Unreachable,
    Seen {
        snapshot: &'a Snapshot,
        clock_ahead_ms: i64,
    },
}

/// The page.
pub(crate) fn show(visitor: &Visitor, health: &Health<'_>) -> Markup {
    page(
        "How it is",
        Some(Place::Status),
        visitor,
        html! {
            p.dim { "At " (time::utc(health.now_ms)) ". " a href="/console/status" { "Look again" } }
            div.plots {
                (plot::show("Numbers issued a second", "a second", &plot::rates(health.samples)))
                (plot::show("Runway", "numbers", &plot::runways(health.samples)))
            }
            h2 { "Series" } (of_series(health))
            h2 { "Reservations" } (of_reservations(&health.status))
            h2 { "Store" } (of_store(&health.store))
            h2 { "Ledger" } (of_ledger(health.ledger.as_ref()))
        },
    )
}

fn of_series(health: &Health<'_>) -> Markup {
    let series = health.series;
    html! {
        dl.facts {
            dt { "Name" } dd { (series.name()) }
            dt { "Prefix" } dd { code { (series.prefix().as_str()) } }
            dt { "Fingerprint" } dd { code { (series.fingerprint()) } }
            dt { "Created" } dd { (time::utc(series.created_at_ms())) }
            dt { "Years left" } dd { (format!("{:.1}", years_left(health.now_ms))) }
            @if let Some(count) = health.tokens_in_force {
                dt { "Tokens in force" } dd { (count) }
            }
        }
    }
}

fn of_reservations(status: &Status) -> Markup {
    html! {
        dl.facts {
            dt { "Runway" }
            dd {
                (status.runway) " numbers"
                @if let Some(seconds) = status.runway.checked_div(status.rate) {
                    ", for " (seconds) " s at " (status.rate) " a second"
                }
            }
            dt { "Reservations" } dd { (status.reservations) }
            dt { "Failed" } dd { (status.failures) }
            dt { "The last one" }
            @match &status.error {
                None => { dd.good { "went well" } }
                // Why is in the log: it names the store.
                Some(error) => { dd.bad { "failed: " (error.kind()) ", as the log tells" } }
            }
        }
    }
}

fn of_store(store: &Store<'_>) -> Markup {
    let (snapshot, clock_ahead_ms) = match store {
        Store::Opaque => return html! { p { "It is none that can be looked at." } },
        Store::Unreachable => return html! { p.bad { "It did not answer in time." } },
        Store::Seen {
            snapshot,
            clock_ahead_ms,
        } => (snapshot, clock_ahead_ms),
    };
    html! {
        dl.facts {
            dt { "State" }
            @match &snapshot.timeline {
                None => { dd.bad { "missing: the next reservation makes it, with all lanes fenced" } }
                Some(_) => { dd.good { "there" } }
            }
            dt { "Its clock" } dd { (format!("{clock_ahead_ms:+} ms")) " against this host's" }
            @if let Some(timeline) = &snapshot.timeline {
                @let used: Vec<String> = timeline.used_lanes().iter().map(|lane| lane.to_string()).collect();
                @let fenced: Vec<String> = fences(snapshot);
                dt { "Present lane" } dd { (timeline.lane()) }
                dt { "Lanes in use" } dd { (used.len()) " of " (Serial::LANES) ": " (used.join(", ")) }
                dt { "Fenced" } dd { @if fenced.is_empty() { "none" } @else { (fenced.join(", ")) } }
                @if let Some(at_ms) = timeline.last_reserved_at_ms() {
                    dt { "Last reservation" } dd { (time::utc(at_ms)) }
                }
            }
        }
    }
}

/// The lanes from which nothing is granted yet.
fn fences(snapshot: &Snapshot) -> Vec<String> {
    let Some(timeline) = &snapshot.timeline else {
        return Vec::new();
    };
    let is_fenced = |lane: &u8| timeline.fence_ms(*lane, snapshot.now_ms).is_some();
    let fenced = (0..Serial::LANES).filter(is_fenced);
    fenced.map(|lane| lane.to_string()).collect()
}

fn of_ledger(ledger: Option<&RecorderStatus>) -> Markup {
    let Some(ledger) = ledger else {
        return html! { p { "There is none: its operator may give this server one with " code { "--ledger" } "." } };
    };
    html! {
        dl.facts {
            dt { "The last batch" }
            @if ledger.is_well { dd.good { "was recorded, or none was tried" } }
            @else { dd.bad { "failed" @if let Some(ago) = ledger.since_failure { ", " (seconds(ago)) " ago" } } }
            dt { "Lag" } dd { (ledger.queued) " numbers wait to be recorded" }
            @if let Some(ago) = ledger.since_commit { dt { "Last commit" } dd { (seconds(ago)) " ago" } }
            dt { "Recorded" } dd { (ledger.recorded) " numbers in " (ledger.commits) " commits" }
            dt { "Replayed" } dd { (ledger.replayed) }
            dt { "Failed batches" } dd { (ledger.failures) }
            dt { "Collisions" }
            @if ledger.collided == 0 { dd { "0" } } @else { dd.bad { (ledger.collided) } }
        }
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use tracking_core::{Allocator, MemoryAllocator};

    use super::*;

    fn shown(store: Store<'_>, ledger: Option<RecorderStatus>) -> String {
        let allocator = MemoryAllocator::new();
        let status = tracking_core::Generator::new(MemoryAllocator::new()).status();
        let health = Health {
            series: allocator.series(),
            status,
            now_ms: 1_735_689_600_123,
            store,
            ledger,
            tokens_in_force: Some(2),
            samples: &[],
        };
        show(&Visitor::default(), &health).into_string()
    }

    #[test]
    fn what_is_not_well_is_told() {
        let snapshot = Snapshot::new(None, 0);
        for (store, told) in [
            (Store::Opaque, "none that can be looked at"),
            (Store::Unreachable, "did not answer in time"),
            (
                Store::Seen {
                    snapshot: &snapshot,
                    clock_ahead_ms: -12,
                },
                "<dd>-12 ms against this host's</dd>",
            ),
        ] {
            let text = shown(store, None);
            for part in [
                told,
                "Years left</dt><dd>87.1<",
                "Tokens in force</dt><dd>2<",
            ] {
                assert!(text.contains(part), "{part}: {text}");
            }
            assert!(text.contains("Runway"), "{text}");
        }
        let text = shown(Store::Unreachable, None);
        assert!(text.contains("--ledger"), "{text}");
    }
}
