//! Plots of a simulation: SVG 1.1 written by hand, made to stand alone or inside a page.

use std::fmt::Write as _;

use super::markup::escaped;
use crate::wire::stress::{Margin, Timeline};

/// Width and height of a plot.
const SIZE: (f64, f64) = (720.0, 220.0);
/// Left, right, top and bottom margins.
const MARGINS: (f64, f64, f64, f64) = (80.0, 16.0, 28.0, 32.0);

/// File names and texts of all plots.
pub fn plots(timeline: &Timeline) -> Vec<(String, String)> {
    let bin = f64::from(timeline.bin_s);
    let connected: Vec<f64> = timeline
        .connected
        .iter()
        .map(|there| f64::from(*there))
        .collect();
    let all = timeline.pumps.to_string().parse().unwrap_or(0.0);
    let mut out = vec![(
        "connected.svg".to_owned(),
        lines(
            "Pumps in a session",
            "pumps",
            bin,
            &connected,
            Some((all, "all pumps")),
        ),
    )];
    for server in &timeline.servers {
        let arrivals: Vec<f64> = server
            .peak
            .iter()
            .map(|number| f64::from(*number))
            .collect();
        if arrivals.iter().all(|number| *number <= 0.0) {
            continue;
        }
        let title = format!("Requests at {}", server.server);
        let line = Some((server.capacity, "capacity"));
        out.push((
            format!("arrivals-{}.svg", file_name(&server.server)),
            lines(&title, "requests/s", bin, &arrivals, line),
        ));
    }
    for queue in &timeline.queues {
        let title = format!("Queue of the pump of {} that waits longest", queue.group);
        let kib: Vec<f64> = queue.bytes.iter().map(|bytes| bytes / 1_024.0).collect();
        let line = Some((queue.heap / 1_024.0, "memory (assumed)"));
        out.push((
            format!("queue-{}.svg", file_name(&queue.group)),
            lines(&title, "KiB", bin, &kib, line),
        ));
    }
    out.push(("margins.svg".to_owned(), margins(&timeline.margins)));
    out
}

/// A name as part of a file name.
fn file_name(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    name.chars()
        .map(|letter| if plain(letter) { letter } else { '_' })
        .collect()
}

/// The head of a plot of this height.
fn head(title: &str, height: f64) -> String {
    let (width, _) = SIZE;
    let title = escaped(title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\" font-family=\"sans-serif\" \
         font-size=\"11\"><title>{title}</title><rect width=\"100%\" height=\"100%\" \
         fill=\"#ffffff\"/><text x=\"8\" y=\"16\" font-size=\"13\">{title}</text>\n"
    )
}

/// A length as a number.
fn number(length: usize) -> f64 {
    f64::from(u32::try_from(length).unwrap_or(u32::MAX))
}

/// A line over time with a line that limits it.
fn lines(
    title: &str,
    unit: &str,
    bin_s: f64,
    values: &[f64],
    limit: Option<(f64, &str)>,
) -> String {
    let (width, height) = SIZE;
    let (left, right, top, bottom) = MARGINS;
    let highest = values.iter().copied().fold(0.0, f64::max);
    // A limit far above everything would flatten the line: it is then only written.
    let shown = limit.filter(|(limit, _)| *limit <= 4.0 * highest || highest <= 0.0);
    let most = shown
        .map_or(highest, |(limit, _)| highest.max(limit))
        .max(1e-9)
        * 1.05;
    let end = number(values.len()).max(1.0);
    let x = |step: f64| left + (width - left - right) * step / end;
    let y = |value: f64| height - bottom - (height - top - bottom) * value / most;
    let mut out = head(title, height);
    let mut points = String::new();
    for (step, value) in values.iter().enumerate() {
        let _ = write!(points, "{:.1},{:.1} ", x(number(step)), y(*value));
    }
    let base = y(0.0);
    let _ = writeln!(
        out,
        "<path d=\"M{left:.1},{top:.1}V{base:.1}H{:.1}\" fill=\"none\" stroke=\"#555\"/>\
         <polyline points=\"{}\" fill=\"none\" stroke=\"#0a58ca\" stroke-width=\"1.5\"/>",
        width - right,
        points.trim_end()
    );
    if let Some((limit, name)) = limit {
        let at = shown.map_or(top, |(limit, _)| y(limit));
        let name = escaped(name);
        if shown.is_some() {
            let _ = writeln!(
                out,
                "<line x1=\"{left:.1}\" x2=\"{:.1}\" y1=\"{at:.1}\" y2=\"{at:.1}\" \
                 stroke=\"#b00020\" stroke-dasharray=\"5 3\"/>",
                width - right
            );
        }
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#b00020\">{name} {limit:.0}</text>",
            width - right,
            at - 4.0
        );
    }
    let _ = writeln!(
        out,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{:.0}</text>\
         <text x=\"{:.1}\" y=\"{base:.1}\" text-anchor=\"end\">0</text>\
         <text x=\"{left:.1}\" y=\"{:.1}\">0 s</text>\
         <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{:.0} s</text>\
         <text x=\"8\" y=\"{:.1}\">{}</text></svg>",
        left - 4.0,
        y(highest) + 4.0,
        highest,
        left - 4.0,
        height - 12.0,
        width - right,
        height - 12.0,
        bin_s * end,
        height - 12.0,
        escaped(unit)
    );
    out
}

/// The bands of the watchdog margins: from the low end to the median, and the line of tripping.
fn margins(bands: &[Margin]) -> String {
    let (width, _) = SIZE;
    let row = 18.0;
    let height = 48.0 + row * number(bands.len());
    let (left, right) = (330.0, 16.0);
    let x = |margin: f64| left + (width - left - right) * (margin.clamp(-1.0, 1.0) + 1.0) / 2.0;
    let mut out = head(
        "Watchdog margin: low end to median; left of 0 trips",
        height,
    );
    for (step, band) in bands.iter().enumerate() {
        let y = 34.0 + row * number(step);
        let low = band.low.map_or(-1.0, |low| low.max(-1.0));
        let median = band.median.map_or(-1.0, |median| median.max(-1.0));
        let color = if low < 0.0 { "#b00020" } else { "#0a58ca" };
        let _ = writeln!(
            out,
            "<text x=\"8\" y=\"{:.1}\">{}</text><rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" \
             height=\"8\" fill=\"{color}\"/>",
            y + 8.0,
            escaped(&band.name),
            x(low),
            y,
            (x(median) - x(low)).max(2.0)
        );
    }
    let zero = x(0.0);
    let _ = writeln!(
        out,
        "<line x1=\"{zero:.1}\" x2=\"{zero:.1}\" y1=\"26\" y2=\"{:.1}\" stroke=\"#555\"/></svg>",
        height - 10.0
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plots_escape_names_and_close_their_marks() {
        let margin = Margin {
            name: "<icu> & \"x\"".to_owned(),
            low: None,
            median: Some(0.4),
        };
        let svg = margins(&[margin]);
        assert!(svg.contains("&lt;icu&gt; &amp; &quot;x&quot;"));
        assert!(svg.trim_end().ends_with("</svg>"));
        let svg = lines("a", "b", 1.0, &[0.0, 2.0, 1.0], Some((1.5, "capacity")));
        assert!(svg.contains("stroke-dasharray") && svg.trim_end().ends_with("</svg>"));
        assert_eq!(file_name("../a b"), "___a_b");
    }

    /// Checks that every tag of a text is closed in its order.
    fn assert_well_formed(svg: &str) {
        let mut open: Vec<&str> = Vec::new();
        for tag in svg.split('<').skip(1) {
            let (tag, _) = tag.split_once('>').expect("a tag ends");
            assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
            let name = tag.split([' ', '/']).find(|name| !name.is_empty()).unwrap();
            if tag.starts_with('/') {
                assert_eq!(open.pop(), Some(name), "{svg}");
            } else if !tag.ends_with('/') && !tag.starts_with(['?', '!']) {
                open.push(name);
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }

    #[test]
    fn every_plot_is_well_formed_and_shows_capacity_limit_and_band() {
        let margin = |name: &str, low, median| Margin {
            name: name.to_owned(),
            low,
            median,
        };
        let timeline = Timeline {
            bin_s: 1,
            pumps: 3,
            connected: vec![3, 0, 3],
            servers: vec![crate::wire::stress::Arrivals {
                server: "gateway <1>".to_owned(),
                capacity: 2.0,
                peak: vec![0, 9, 1],
                queue_max: 3,
                dropped: 0,
                wasted: 0,
            }],
            queues: vec![crate::wire::stress::Queue {
                group: "icu & wards".to_owned(),
                bytes: vec![0.0, 512.0, 0.0],
                heap: 1_024.0,
            }],
            margins: vec![
                margin("icu blocking-call lwip", Some(-0.5), Some(0.2)),
                margin("icu blocking-call linux", None, None),
            ],
        };
        let plots = plots(&timeline);
        assert!(plots.len() >= 4, "{plots:?}");
        for (name, svg) in &plots {
            assert!(svg.starts_with("<svg"), "{name}");
            assert_well_formed(svg);
        }
        let of = |part: &str| {
            let found = plots.iter().find(|(name, _)| name.contains(part));
            found.map_or("", |(_, svg)| svg)
        };
        assert!(of("gateway").contains("capacity") && of("gateway").contains("dasharray"));
        assert!(of("icu").contains("dasharray"));
        // The band reaches from the margin that nine of ten draws exceed to the median.
        assert!(of("margin").contains("<rect"), "{}", of("margin"));
    }
}
