//! Runs models by their names: half of the schedules at random, half by PCT, which is better at rare orders.

use crate::models::{MODELS, OPEN};
use shuttle::scheduler::{PctScheduler, RandomScheduler, ReplayScheduler};
use shuttle::{Config, Runner};
use std::process::ExitCode;
use std::time::Instant;

/// How many times, at most, a schedule of PCT turns to another thread that could have waited.
const DEPTH: usize = 3;

const USAGE: &str = "\
usage: tests/models/run [all | MODEL...] [--schedules N] [--replay SCHEDULE]
  N: schedules of each model, 2000 unless it is given; the full run has 100000
  SCHEDULE: what shuttle printed when a model failed (SHUTTLE_RANDOM_SEED also repeats a run)";

pub fn main() -> ExitCode {
    let mut names = Vec::new();
    let mut schedules = 2000;
    let mut replay = None;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "all" => {}
            "--schedules" => match args.next().and_then(|n| n.parse().ok()) {
                Some(n) => schedules = n,
                None => return usage(),
            },
            "--replay" => replay = args.next(),
            name if MODELS.iter().chain(OPEN).any(|(known, _)| *known == name) => names.push(arg),
            _ => return usage(),
        }
    }
    let named = |name: &str| names.iter().any(|n| n == name);
    let chosen = MODELS.iter().filter(|(name, _)| names.is_empty() || named(name));
    let chosen = chosen.chain(OPEN.iter().filter(|(name, _)| named(name)));
    let mut ran = 0;
    println!("{:<16}{:>10}{:>8}", "model", "schedules", "s");
    for (name, model) in chosen {
        let start = Instant::now();
        // It panics, and ends the run, where a model fails.
        let times = match &replay {
            Some(schedule) => Runner::new(ReplayScheduler::new_from_encoded(schedule), config()).run(*model),
            None => {
                let random = schedules - schedules / 2;
                Runner::new(RandomScheduler::new(random), config()).run(*model)
                    + Runner::new(PctScheduler::new(DEPTH, schedules / 2), config()).run(*model)
            }
        };
        println!("{name:<16}{times:>10}{:>8.1}", start.elapsed().as_secs_f64());
        ran += times;
    }
    println!("{:<16}{ran:>10}", "all");
    if ran == 0 {
        eprintln!("no schedule was run");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    let names: Vec<_> = MODELS.iter().map(|(name, _)| *name).collect();
    eprintln!("{USAGE}\nmodels: {}", names.join(" "));
    ExitCode::FAILURE
}

fn config() -> Config {
    let mut config = Config::new();
    config.stack_size = 128 << 10;
    config.silence_warnings = true; // that every atomic is taken for sequentially consistent: the README says it
    config
}
