//! Questions a second, by servers and by seconds.

use std::path::Path;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::prelude::{
    BLUE, ChartBuilder, Color, DrawingArea, GREEN, IntoDrawingArea, IntoLogRange, LineSeries,
    MAGENTA, PathElement, RED, RGBColor, SVGBackend, SeriesLabelPosition, WHITE,
};
use tracking_bench::Failure;

pub(crate) struct Line {
    pub(crate) name: &'static str,
    pub(crate) points: Vec<(f64, f64)>,
}

const SIZE: (u32, u32) = (1_200, 360);
const COLOURS: [RGBColor; 4] = [GREEN, BLUE, MAGENTA, RED];
/// Below it there is no more than a question in a minute and a half.
const LEAST: f64 = 0.01;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// The everyday on the left, by servers; what follows on its right, by seconds.
pub(crate) fn draw(
    path: &Path,
    steady: &[Line],
    herds: &[(&'static str, Vec<Line>)],
) -> Result<(), Failure> {
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let parts = area.split_evenly((1, 1 + herds.len()));
    let most = |lines: &[Line], of: fn(&(f64, f64)) -> f64| {
        let points = lines.iter().flat_map(|line| &line.points);
        points.map(of).fold(10.0, f64::max)
    };
    let servers = (1.0..most(steady, |point| point.0)).log_scale();
    side(
        &parts[0],
        "every day",
        ("servers", servers),
        most(steady, |point| point.1),
        steady,
    )?;
    for (part, (what, lines)) in parts[1..].iter().zip(herds) {
        let seconds = 0.0..most(lines, |point| point.0);
        side(
            part,
            what,
            ("seconds", seconds),
            most(lines, |point| point.1),
            lines,
        )?;
    }
    Ok(area.present()?)
}

fn side<X>(
    area: &Area<'_>,
    what: &str,
    (axis, range): (&str, X),
    top: f64,
    lines: &[Line],
) -> Result<(), Failure>
where
    X: AsRangedCoord<Value = f64>,
    X::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let mut chart = ChartBuilder::on(area)
        .caption(
            format!("reservations asked for a second: {what}"),
            ("sans-serif", 13),
        )
        .margin(12)
        .x_label_area_size(32)
        .y_label_area_size(56)
        .build_cartesian_2d(range, (LEAST..top * 4.0).log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc(axis)
        .draw()?;
    for (line, colour) in lines.iter().zip(COLOURS) {
        let points = line.points.iter().map(|&(x, y)| (x, y.max(LEAST)));
        chart
            .draw_series(LineSeries::new(points, colour))?
            .label(line.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE.filled())
        .draw()?;
    Ok(())
}
