//! A small plot of the last hour, as SVG.

use std::fmt::Write;

use maud::{Markup, html};

use super::hour::Sample;

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 90.0;
/// Left free above the highest point, and below the base.
const MARGIN: f64 = 6.0;

/// What is plotted: a time in milliseconds, and a value.
type Point = (i64, f64);

/// Numbers issued a second, between each two samples.
pub(super) fn rates(samples: &[Sample]) -> Vec<Point> {
    samples
        .windows(2)
        .filter(|two| two[1].at_ms > two[0].at_ms)
        .map(|two| {
            let numbers = two[1].issued.saturating_sub(two[0].issued) as f64;
            (
                two[1].at_ms,
                numbers * 1e3 / (two[1].at_ms - two[0].at_ms) as f64,
            )
        })
        .collect()
}

pub(super) fn runways(samples: &[Sample]) -> Vec<Point> {
    let points = samples
        .iter()
        .map(|sample| (sample.at_ms, sample.runway as f64));
    points.collect()
}

/// A line from the left, the first time, to the right, the last. What it shows is told in words, too.
pub(super) fn show(title: &str, unit: &str, points: &[Point]) -> Markup {
    // One alone is no line.
    let [first, .., last] = points else {
        return html! {
            figure {
                figcaption { (title) }
                p.dim { "Nothing was measured yet: there is something in half a minute." }
            }
        };
    };
    let most = points.iter().map(|point| point.1).fold(0.0, f64::max);
    let span_ms = (last.0 - first.0).max(1) as f64;
    let mut line = String::new();
    for (at_ms, value) in points {
        let x = (at_ms - first.0) as f64 / span_ms * WIDTH;
        // All of nothing is the base.
        let y = HEIGHT - MARGIN - value / most.max(f64::MIN_POSITIVE) * (HEIGHT - 2.0 * MARGIN);
        // A String takes every write.
        let _ = write!(line, "{x:.1},{y:.1} ");
    }
    let seconds = (last.0 - first.0) / 1_000;
    let span = match seconds < 120 {
        true => format!("{seconds} s"),
        false => format!("{} min", seconds / 60),
    };
    let words = format!(
        "{} {unit} now, {} {unit} at most in the last {span}",
        rounded(last.1),
        rounded(most)
    );
    html! {
        figure {
            figcaption { (title) }
            svg.plot viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(words) {
                path.base d={ "M0 " (HEIGHT - MARGIN) "H" (WIDTH) } {}
                polyline.line points=(line.trim_end()) {}
            }
            p.dim { (words) "." }
        }
    }
}

/// To a tenth where that says something.
fn rounded(value: f64) -> String {
    match value < 10.0 && value.fract() != 0.0 {
        true => format!("{value:.1}"),
        false => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(counts: &[(i64, u64)]) -> Vec<Sample> {
        let sample = |&(at_s, issued): &(i64, u64)| Sample {
            at_ms: at_s * 1_000,
            issued,
            runway: 100 - issued,
        };
        counts.iter().map(sample).collect()
    }

    #[test]
    fn rates_are_between_samples() {
        let samples = samples(&[(0, 0), (15, 30), (15, 30), (30, 30), (45, 37)]);
        let rates: Vec<f64> = rates(&samples).iter().map(|rate| rate.1).collect();
        assert_eq!(rates, [2.0, 0.0, 7.0 / 15.0]);
    }

    #[test]
    fn a_line_goes_from_side_to_side() {
        let samples = samples(&[(0, 0), (60, 50), (120, 100)]);
        let text = show("Runway", "numbers", &runways(&samples)).into_string();
        assert!(
            text.contains("points=\"0.0,6.0 240.0,45.0 480.0,84.0\""),
            "{text}"
        );
        let words = "0 numbers now, 100 numbers at most in the last 2 min";
        assert!(text.contains(words), "{text}");
    }

    #[test]
    fn nothing_and_zeros_are_shown_too() {
        for points in [&[][..], &[(0, 7.0)]] {
            let text = show("Issued", "a second", points).into_string();
            assert!(text.contains("Nothing was measured yet"), "{text}");
        }
        for points in [&[(0, 0.0), (1, 0.0)][..], &[(0, 0.0), (1, 0.0), (2, 0.0)]] {
            let text = show("Issued", "a second", points).into_string();
            assert!(
                text.contains("0 a second now") && !text.contains("NaN"),
                "{text}"
            );
        }
    }
}
