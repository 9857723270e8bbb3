//! A number as a barcode: Code 128 (ISO/IEC 15417), drawn as SVG.

use std::fmt::Write;

use barcoders::sym::code128::Code128;
use maud::{Markup, html};
use tracking_core::TrackingNumber;

/// The white modules on each side, the fewest that ISO/IEC 15417 allows.
const QUIET_ZONE: usize = 10;

/// The width of a module, in micrometres: three dots of a label printer's 203 dpi. A number of 16 characters is
/// 231 modules wide with its quiet zones, 86.6 mm, and fits on a label of 4 inches.
const MODULE_UM: usize = 375;

/// The height of the bars, in millimetres: more than the 5 mm, and than the 15 % of the width, that are the least.
const HEIGHT_MM: usize = 25;

/// The modules of a number, from its start character to its stop pattern: which are dark. None for what has no
/// barcode, as no number has.
fn modules(number: &TrackingNumber) -> Option<Vec<bool>> {
    // In code set B, which has all characters of numbers.
    let code = Code128::new(format!("\u{0181}{}", number.as_str())).ok()?;
    Some(
        code.encode()
            .into_iter()
            .map(|module| module == 1)
            .collect(),
    )
}

/// The number in groups of four.
pub(super) fn grouped(number: &TrackingNumber) -> String {
    let characters: Vec<char> = number.as_str().chars().collect();
    let groups: Vec<String> = characters
        .chunks(4)
        .map(|four| four.iter().collect())
        .collect();
    groups.join(" ")
}

/// The barcode with its quiet zones, and the number in groups below it.
pub(super) fn show(number: &TrackingNumber) -> Markup {
    let bars = modules(number).map(|modules| svg(&modules, number));
    html! {
        div.barcode {
            @if let Some(bars) = bars { (bars) }
            p { (grouped(number)) }
        }
    }
}

fn svg(modules: &[bool], number: &TrackingNumber) -> Markup {
    let width = modules.len() + 2 * QUIET_ZONE;
    let height = HEIGHT_MM * 1_000 / MODULE_UM;
    let mut bars = String::new();
    let mut at = QUIET_ZONE;
    for run in modules.chunk_by(|one, next| one == next) {
        if run[0] {
            // A String takes every write.
            let _ = write!(bars, "M{at} 0h{}v{height}h-{0}z", run.len());
        }
        at += run.len();
    }
    let width_mm = format!("{:.3}mm", (width * MODULE_UM) as f64 / 1e3);
    html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(width_mm) height={ (HEIGHT_MM) "mm" }
            viewBox={ "0 0 " (width) " " (height) } preserveAspectRatio="none" shape-rendering="crispEdges"
            role="img" aria-label={ "Barcode of " (number.as_str()) } {
            path fill="#ffffff" d={ "M0 0h" (width) "v" (height) "H0z" } {}
            path fill="#000000" d=(bars) {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> TrackingNumber {
        text.parse().unwrap()
    }

    /// Start B, check character and stop of ISO/IEC 15417 round what stands between.
    #[test]
    fn a_number_is_framed_as_the_standard_says() {
        let as_text = |text: &str| -> String {
            let modules = modules(&number(text)).unwrap();
            modules
                .iter()
                .map(|dark| if *dark { '1' } else { '0' })
                .collect()
        };
        // START B is 211214, A is 111323, STOP is 2331112; the check of "A" alone is (104 + 33) mod 103 = 34,
        // which is 131123.
        assert_eq!(
            as_text("A"),
            ["11010010000", "10100011000", "10001011000", "1100011101011"].concat()
        );
        assert_eq!(as_text("ABCDEFGH12345678").len(), 11 * 18 + 13);
    }

    #[test]
    fn each_side_has_its_quiet_zone() {
        let text = show(&number("ABCDEFGH12345678")).into_string();
        assert!(text.contains("viewBox=\"0 0 231 66\""), "{text}");
        assert!(
            text.contains("width=\"86.625mm\" height=\"25mm\""),
            "{text}"
        );
        assert!(text.contains("d=\"M10 0h2v66h-2z"), "{text}");
        // The last bar of the stop pattern is two modules wide, and ends ten before the end.
        assert!(text.contains("M219 0h2v66h-2z\""), "{text}");
        assert!(text.contains("<p>ABCD EFGH 1234 5678</p>"), "{text}");
    }

    #[test]
    fn groups_are_of_four() {
        for (text, expected) in [("A", "A"), ("ABCD", "ABCD"), ("ABCDE", "ABCD E")] {
            assert_eq!(grouped(&number(text)), expected);
        }
    }
}
