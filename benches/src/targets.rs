//! What the crate has to reach: the table of targets, and who missed.

use crate::measure::{Measured, Row, Unit};
use crate::table::{in_unit, number};

/// What a row of a case is held to. Of rows with one name, the first, which is on tokio.
struct Target {
    case: &'static str,
    row: &'static str,
    limit: Limit,
}

enum Limit {
    /// Its figure, against another row's in the same rounds.
    Figure(f64, &'static str),
    /// Its CPU time, against the base's.
    Cpu(f64),
    /// Its CPU time for each operation, in nanoseconds above another row's.
    CpuAbove(f64, &'static str),
    /// Its figure itself.
    Bytes(f64),
}

/// Issue 6. Each of the figures holds the CPU time to twice the base's as well.
const FIGURES: [(&str, &str, f64, &str); 15] = [
    ("no_op", "aiofile", 0.05, "spawn_blocking"),
    ("one_cpu", "aiofile", 1.0, "spawn_blocking"),
    ("burst", "aiofile", 0.12, "spawn_blocking"),
    ("exact_writes", "aiofile", 3.5, "std"),
    ("exact_writes", "aiofile, tokio_in_place", 1.25, "std"),
    ("small_writes", "aiofile Writer", 0.6, "std BufWriter 8 KiB"),
    ("lines", "aiofile Reader", 0.85, "std BufReader 8 KiB"),
    ("write_64k", "aiofile Writer", 1.25, "std"),
    ("read_64k", "aiofile File", 1.05, "std"),
    ("random_1", "aiofile", 0.95, "std"),
    ("random_16", "aiofile", 0.7, "std"),
    ("small_files_1", "aiofile", 1.2, "std"),
    ("small_files_64", "aiofile", 0.8, "std"),
    ("cold_16", "aiofile", 1.1, "spawn_blocking"),
    ("list", "aiofile", 1.5, "std"),
];

const CPU: f64 = 2.0;

const OTHERS: [Target; 3] = [
    Target { case: "idle", row: "aiofile File", limit: Limit::Bytes(200.0) },
    Target { case: "slow", row: "aiofile", limit: Limit::CpuAbove(15_000.0, "spawn_blocking") },
    Target { case: "timer", row: "aiofile", limit: Limit::Figure(1.0, "tokio::fs") },
];

/// How a target came out.
pub struct Verdict {
    pub met: bool,
    case: &'static str,
    row: &'static str,
    target: String,
    measured: String,
}

/// Holds a case to its targets.
pub fn verdicts(case: &str, measured: &Measured) -> Vec<Verdict> {
    let figures = FIGURES.iter().flat_map(|&(case, row, times, of)| {
        [Limit::Figure(times, of), Limit::Cpu(CPU)].map(|limit| Target { case, row, limit })
    });
    let targets = figures.chain(OTHERS);
    targets.filter(|target| target.case == case).map(|target| target.verdict(measured)).collect()
}

/// Prints the verdicts.
pub fn markdown(verdicts: &[Verdict]) {
    println!("\n### Targets\n\n| case | row | target | measured | |\n|---|---|---|--:|---|");
    for Verdict { met, case, row, target, measured } in verdicts {
        let mark = if *met { "met" } else { "**missed**" };
        println!("| `{case}` | {row} | {target} | {measured} | {mark} |");
    }
}

/// Prints those that were missed.
pub fn misses(verdicts: &[Verdict]) {
    for Verdict { case, row, target, measured, .. } in verdicts.iter().filter(|verdict| !verdict.met) {
        eprintln!("missed: {case}, {row}: {measured}, and the target is {target}");
    }
}

impl Target {
    fn verdict(&self, measured: &Measured) -> Verdict {
        let named = |name: &str| measured.rows.iter().find(|row| row.name == name);
        let other = |name: &str| named(name).expect("what a target is measured by");
        let (row, base) = (named(self.row), &measured.rows[0]);
        let cpu = |row: &Row| row.median(|turn| turn.cpu);
        let (value, limit, target, show): (_, _, _, fn(f64) -> String) = match self.limit {
            Limit::Figure(times, of) => {
                let ratio = row.map(|row| row.ratio(other(of), |turn| turn.figure));
                (ratio, times, format!("≤ {times} × {of}"), number)
            }
            Limit::Cpu(times) => {
                let ratio = row.map(|row| row.ratio(base, |turn| turn.cpu));
                (ratio, times, format!("CPU ≤ {times} × {}", base.name), number)
            }
            Limit::CpuAbove(most, of) => {
                let above = row.map(|row| cpu(row) - cpu(other(of)));
                (above, most, format!("CPU ≤ {} above {of}", nanoseconds(most)), nanoseconds)
            }
            Limit::Bytes(most) => {
                let bytes = row.map(|row| row.median(|turn| turn.figure));
                (bytes, most, format!("≤ {most} B"), |bytes| in_unit(bytes, Unit::Bytes))
            }
        };
        Verdict {
            met: value.is_some_and(|value| value <= limit),
            case: self.case,
            row: self.row,
            target,
            measured: value.map_or("no such row".into(), show),
        }
    }
}

fn nanoseconds(value: f64) -> String {
    in_unit(value, Unit::Nanoseconds)
}
