// The table that `wash par inspect` prints, drawn by the crate that wash 0.43 draws it with.
// SPDX-License-Identifier: Apache-2.0

use serde_json::{json, Value};
use term_table::row::Row;
use term_table::table_cell::{Alignment, TableCell};
use term_table::{Table, TableStyle};

use crate::peer::Loaded;

fn line(text: &str, span: usize, alignment: Alignment) -> TableCell {
    TableCell::builder(text.to_string())
        .col_span(span)
        .alignment(alignment)
        .build()
}

/// Every line of the frame is a space, and rows have none between them.
fn frameless() -> Table {
    let mut table = Table::new();
    table.separate_rows = false;
    table.style = TableStyle {
        top_left_corner: ' ',
        top_right_corner: ' ',
        bottom_left_corner: ' ',
        bottom_right_corner: ' ',
        outer_left_vertical: ' ',
        outer_right_vertical: ' ',
        outer_bottom_horizontal: ' ',
        outer_top_horizontal: ' ',
        intersection: ' ',
        vertical: ' ',
        horizontal: ' ',
    };
    table
}

/// A claim as text; wash writes "None" for one that is absent.
fn text(claim: &Value) -> String {
    match claim {
        Value::Null => "None".into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The targets in order of name: wash prints them in the order of a hash map.
pub fn inspected(loaded: &Loaded) -> Value {
    let claims = &loaded.claims;
    let metadata = &claims["wascap"];
    let mut targets: Vec<&str> = loaded.libraries.iter().map(|(name, _)| name.as_str()).collect();
    targets.sort_unstable();
    let mut table = frameless();
    let headline = format!("{} - Capability Provider", text(&metadata["name"]));
    table.add_row(Row::new(vec![line(&headline, 2, Alignment::Center)]));
    for (label, claim) in [
        ("Account", &claims["iss"]),
        ("Service", &claims["sub"]),
        ("Vendor", &metadata["vendor"]),
        ("Version", &metadata["ver"]),
        ("Revision", &metadata["rev"]),
    ] {
        table.add_row(Row::new(vec![
            TableCell::new(label),
            line(&text(claim), 1, Alignment::Right),
        ]));
    }
    table.add_row(Row::new(vec![line("Supported Architecture Targets", 2, Alignment::Center)]));
    table.add_row(Row::new(vec![line(&targets.join("\n"), 2, Alignment::Left)]));
    if !metadata["config_schema"].is_null() {
        let hint = "\nUse the JSON output option to extract the schema";
        table.add_row(Row::new(vec![line("\nLink Definition Schema", 2, Alignment::Center)]));
        table.add_row(Row::new(vec![line(hint, 2, Alignment::Left)]));
    }
    json!({ "text": format!("\n{}\n", table.render()) })
}
