//! What was measured, as Markdown or as JSON.

use crate::measure::{Measured, Row, Side, Unit};
use std::fmt::Display;

/// One case as a table. Ratios are to its first row, and to the fastest peer.
pub fn markdown(case: &str, file_system: &str, measured: &Measured) {
    let base = &measured.rows[0];
    let best = best_peer(measured);
    let place = if file_system.is_empty() { String::new() } else { format!(" on {file_system}") };
    println!("\n### `{case}`{place}: {}\n", measured.title);
    println!(
        "| contender | on | median | min | max | × {0} | × best peer | CPU | CPU × {0} | allocations | switches |",
        base.name
    );
    println!("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for row in &measured.rows {
        let bold = if row.side == Side::Ours { "**" } else { "" };
        let best = best.map_or("–".into(), |best| number(row.ratio(best, |turn| turn.figure)));
        let figure = |value| in_unit(value, measured.unit);
        println!(
            "| {bold}{}{bold} | {} | {} | {} | {} | {} | {best} | {} | {} | {} | {} |",
            row.name,
            row.on,
            figure(row.median(|turn| turn.figure)),
            figure(row.least()),
            figure(row.most()),
            number(row.ratio(base, |turn| turn.figure)),
            in_unit(row.median(|turn| turn.cpu), Unit::Nanoseconds),
            number(row.ratio(base, |turn| turn.cpu)),
            number(row.allocations),
            number(row.median(|turn| turn.switches)),
        );
    }
    let Measured { repeated, disturbed, .. } = measured;
    if repeated + disturbed > 0 {
        println!("\n{repeated} turns taken again, others had the CPUs; {disturbed} count all the same.");
    }
}

/// One case, a line for each row: times in nanoseconds.
pub fn json(case: &str, file_system: &str, measured: &Measured) {
    let base = &measured.rows[0];
    for row in &measured.rows {
        let fields: [(&str, &dyn Display); 10] = [
            ("median", &row.median(|turn| turn.figure)),
            ("min", &row.least()),
            ("max", &row.most()),
            ("ratio", &row.ratio(base, |turn| turn.figure)),
            ("cpu", &row.median(|turn| turn.cpu)),
            ("cpu_ratio", &row.ratio(base, |turn| turn.cpu)),
            ("allocations", &row.allocations),
            ("switches", &row.median(|turn| turn.switches)),
            ("rounds", &row.turns.len()),
            ("disturbed", &row.turns.iter().filter(|turn| turn.disturbed).count()),
        ];
        let fields: String = fields.iter().map(|(name, value)| format!(r#","{name}":{value}"#)).collect();
        let Row { name, on, .. } = row;
        println!(r#"{{"case":"{case}","files":"{file_system}","row":"{name}","on":"{on}"{fields}}}"#);
    }
}

/// The fastest of those that are neither std nor ours.
fn best_peer(measured: &Measured) -> Option<&Row> {
    let median = |row: &&Row| row.median(|turn| turn.figure);
    let peers = measured.rows.iter().filter(|row| row.side == Side::Peer);
    peers.min_by(|a, b| median(a).total_cmp(&median(b)))
}

/// Three digits that mean something.
pub fn number(value: f64) -> String {
    match value {
        _ if !value.is_finite() => "–".into(),
        0.0..0.095 => format!("{value:.3}"),
        0.095..9.95 => format!("{value:.2}"),
        9.95..99.5 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

pub fn in_unit(value: f64, unit: Unit) -> String {
    match (unit, value) {
        _ if !value.is_finite() => number(value),
        _ if value < 0.0 => format!("-{}", in_unit(-value, unit)),
        (Unit::Bytes, _) => format!("{value:.0} B"),
        (Unit::Nanoseconds, 1e6..) => format!("{} ms", number(value / 1e6)),
        (Unit::Nanoseconds, 1e3..) => format!("{} µs", number(value / 1e3)),
        (Unit::Nanoseconds, _) => format!("{} ns", number(value)),
    }
}
