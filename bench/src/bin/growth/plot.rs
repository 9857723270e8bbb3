//! What was measured, as a table and as a plot.

use std::path::Path;

use plotters::prelude::{
    BLUE, ChartBuilder, Circle, Color, IntoDrawingArea, IntoLogRange, LineSeries, PathElement, RED,
    RGBColor, SVGBackend, SeriesLabelPosition, WHITE,
};
use tracking_bench::Failure;

/// How the cost of something grows.
pub(crate) struct Curve {
    pub(crate) name: &'static str,
    pub(crate) points: Vec<Point>,
}

/// What so many of something cost.
pub(crate) struct Point {
    pub(crate) count: usize,
    pub(crate) time: f64,
    pub(crate) memory_kib: u64,
}

const SIZE: (u32, u32) = (960, 360);
const COLOURS: [RGBColor; 2] = [BLUE, RED];

pub(crate) fn table(what: &str, unit: &str, curves: &[Curve]) {
    for curve in curves {
        println!("{:<48} {:>20} {:>10}", curve.name, unit, "MiB");
        for point in &curve.points {
            let count = format!("{} {what}", point.count);
            let memory = point.memory_kib as f64 / 1024.0;
            println!("  {count:<46} {:>20.2} {memory:>10.1}", point.time);
        }
    }
}

/// Time on the left and memory on the right, each from nothing up: flat is flat.
pub(crate) fn draw(path: &Path, what: &str, unit: &str, curves: &[Curve]) -> Result<(), Failure> {
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let (left, right) = area.split_horizontally(SIZE.0 / 2);
    let values: [fn(&Point) -> f64; 2] =
        [|point| point.time, |point| point.memory_kib as f64 / 1024.0];
    let sides = [(left, unit), (right, "MiB of memory")];
    for ((side, unit), value) in sides.into_iter().zip(values) {
        let points = || curves.iter().flat_map(|curve| &curve.points);
        let first = points().map(|point| point.count).min().unwrap_or(1) as f64;
        let last = points().map(|point| point.count).max().unwrap_or(1) as f64;
        let top = points().map(value).fold(0.0, f64::max) * 1.4;
        let mut chart = ChartBuilder::on(&side)
            .caption(format!("{unit}, by {what}"), ("sans-serif", 16))
            .margin(12)
            .margin_right(32)
            .x_label_area_size(32)
            .y_label_area_size(64)
            .build_cartesian_2d(
                (first..last.max(first * 10.0)).log_scale(),
                0.0..top.max(1.0),
            )?;
        chart
            .configure_mesh()
            .light_line_style(WHITE)
            .x_desc(what)
            .draw()?;
        for (curve, colour) in curves.iter().zip(COLOURS) {
            let line: Vec<_> = curve
                .points
                .iter()
                .map(|point| (point.count as f64, value(point)))
                .collect();
            chart
                .draw_series(LineSeries::new(line.iter().copied(), colour))?
                .label(curve.name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour));
            chart.draw_series(
                line.into_iter()
                    .map(|point| Circle::new(point, 3, colour.filled())),
            )?;
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE)
            .draw()?;
    }
    Ok(area.present()?)
}
