//! The torture suite: each fault is injected into this crate, and, as the control that proves that it fired, into std
//! or a peer.
//!
//! `cargo run --release --manifest-path tests/torture/Cargo.toml -- all` (or names, or how names begin)
//!
//! * `--list` says what there is; `--quick` does less of it, for CI; `--seed N` repeats a run.
//!
//! Prints one row for each fault: how often it was injected, what the control did, and what of ours was lost, was
//! doubled, was answered with a silent `Ok`, hung, or was wrong in any other way. Ends with 1 if any of these is not 0,
//! if a fault was injected 0 times, or if the control did not feel it. What needs root is skipped without it, and counted.
//!
//! Each fault runs in a process of its own (`child`), which is killed when its time is up, and ends with the
//! descriptors and threads that it began with.

mod child;
mod disk;
mod fault;
mod faults;
mod fusefs;
mod scripted;
mod support;
mod sys;

use fault::{Fault, Row};
use std::process::ExitCode;
use std::time::{Instant, SystemTime};

/// What the command line says.
struct Options {
    names: Vec<String>,
    list: bool,
    quick: bool,
    seed: u64,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Options, String> {
        let seed = SystemTime::UNIX_EPOCH.elapsed().map_or(1, |time| u64::from(time.subsec_nanos()));
        let mut options = Options { names: Vec::new(), list: false, quick: false, seed };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--list" => options.list = true,
                "--quick" => options.quick = true,
                "--seed" => {
                    let seed = arguments.next().and_then(|seed| seed.parse().ok());
                    options.seed = seed.ok_or("--seed needs a number")?;
                }
                flag if flag.starts_with('-') => return Err(format!("no option {flag}")),
                name => options.names.push(name.into()),
            }
        }
        Ok(options)
    }

    /// Those that were asked for.
    fn faults(&self) -> Result<Vec<&'static Fault>, String> {
        let wanted = |fault: &&Fault, name: &String| name == "all" || fault.name.starts_with(name.as_str());
        for name in &self.names {
            if !faults::ALL.iter().any(|fault| wanted(&fault, name)) {
                return Err(format!("no fault {name}: see --list"));
            }
        }
        Ok(faults::ALL.iter().filter(|fault| self.names.iter().any(|name| wanted(fault, name))).collect())
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(role) = child::role(&arguments) {
        return role();
    }
    let options = Options::parse(&arguments);
    match options.and_then(|options| options.faults().map(|faults| (options, faults))) {
        Ok((options, _)) if options.list => {
            faults::ALL.iter().for_each(|fault| println!("{:<22} {}", fault.name, fault.what));
            ExitCode::SUCCESS
        }
        Ok((options, faults)) if !faults.is_empty() => run(&options, &faults),
        Ok(_) => usage("which faults?"),
        Err(error) => usage(&error),
    }
}

fn usage(error: &str) -> ExitCode {
    eprintln!("{error}\ntorture [--quick] [--seed N] all | NAME... | --list");
    ExitCode::from(2)
}

fn run(options: &Options, faults: &[&Fault]) -> ExitCode {
    println!("seed {}{}\n", options.seed, if options.quick { ", quick" } else { "" });
    println!("{}", Row::HEAD);
    let start = Instant::now();
    let rows: Vec<_> = faults
        .iter()
        .map(|fault| {
            let start = Instant::now();
            let row = fault.run_in_child(options.quick, options.seed);
            println!("{}", row.line(fault.name, start.elapsed()));
            (fault, row)
        })
        .collect();
    println!();
    for (fault, row) in &rows {
        row.notes().for_each(|note| println!("* {}: {note}", fault.name));
    }
    let failed = rows.iter().filter(|(_, row)| !row.passed()).count();
    let skipped = rows.iter().filter(|(_, row)| row.is_skipped()).count();
    let injected: u64 = rows.iter().map(|(_, row)| row.injected).sum();
    println!(
        "\n{} faults, injected {injected} times in {} s: {failed} failed, {skipped} skipped",
        rows.len(),
        start.elapsed().as_secs()
    );
    ExitCode::from(u8::from(failed > 0))
}
