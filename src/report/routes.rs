//! Route tables as text.

use std::io;

use super::Style;
use super::layout::{Page, Tone};
use crate::wire::trace::{RouteRow, Routes};

/// Writes one table for each device and VRF, in the order of the rows.
pub fn render_routes(routes: &Routes, style: Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page::new(style);
    let same = |one: &RouteRow, next: &RouteRow| one.device == next.device && one.vrf == next.vrf;
    for table in routes.routes.chunk_by(same) {
        if let Some(first) = table.first() {
            page.heading(&format!("{} vrf {}", first.device, first.vrf));
        }
        let rows: Vec<Vec<String>> = table.iter().map(cells).collect();
        let header = ["prefix", "protocol", "dist/metric", "next hop", "interface"];
        page.table(&header, &rows);
    }
    if !routes.incomplete.is_empty() {
        page.heading("Not computed");
        for text in &routes.incomplete {
            page.labeled(2, 2, "-", Tone::Doubt, text);
        }
    }
    let count = routes.routes.len();
    page.blank();
    let noun = if count == 1 { "route" } else { "routes" };
    page.final_line(&format!("{count} {noun}"), Tone::Strong, "");
    out.write_all(page.finish().as_bytes())
}

/// One route's row.
fn cells(row: &RouteRow) -> Vec<String> {
    vec![
        row.prefix.clone(),
        row.protocol.clone(),
        format!("{}/{}", row.distance, row.metric),
        row.next_hop.clone().unwrap_or_else(|| "-".to_owned()),
        row.interface.clone().unwrap_or_else(|| "-".to_owned()),
    ]
}
