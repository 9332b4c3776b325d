//! The same work by std, by this crate and by its peers, interleaved in one process. See `benches/README.md`.

mod alloc;
mod cases;
mod counters;
mod measure;
mod options;
mod table;
mod targets;
mod work;

use cases::{ALL, Files};
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;
use options::{Options, USAGE};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::thread;
use targets::Verdict;
use tempfile::TempDir;
use work::Bench;

#[global_allocator]
static ALLOCATOR: alloc::Counting = alloc::Counting;

/// The case `no_op` on one CPU, in a process of its own unless this one has no more.
const ONE_CPU: &str = "one_cpu";
const ROUNDS: usize = 5;
/// What a quick run divides the work by.
const QUICK: u64 = 8;

fn main() -> ExitCode {
    let names: Vec<_> = ALL.iter().map(|entry| entry.name).chain([ONE_CPU]).collect();
    let options = match Options::parse(std::env::args().skip(1), &names) {
        Ok(options) => options,
        Err(why) => {
            eprintln!("{why}\n\n{USAGE}\n\ncases: {}", names.join(" "));
            return ExitCode::from(2);
        }
    };
    let cpus = thread::available_parallelism().map_or(1, usize::from);
    let verdicts = run(&options, cpus);
    if !options.json && !verdicts.is_empty() {
        targets::markdown(&verdicts);
    }
    let mut missed = verdicts.iter().any(|verdict| !verdict.met);
    if options.wants(ONE_CPU) && cpus > 1 {
        missed |= !run_on_one_cpu(&options);
    }
    if options.check && missed {
        targets::misses(&verdicts);
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Runs the cases, prints their tables, and holds those on the disk to their targets.
fn run(options: &Options, cpus: usize) -> Vec<Verdict> {
    let program = std::env::current_exe().expect("this program");
    let beside_it = program.parent().expect("its directory");
    let mut places = vec![Place::new(options.dir.as_deref().unwrap_or(beside_it))];
    if options.tmpfs {
        places.push(Place::new(Path::new("/dev/shm")));
    }
    let mut verdicts = Vec::new();
    for entry in &ALL {
        // Other targets hold for a call on one CPU.
        let name = if entry.name == "no_op" && cpus == 1 { ONE_CPU } else { entry.name };
        if !options.wants(name) && !options.wants(entry.name) {
            continue;
        }
        for (i, place) in places.iter().enumerate() {
            if i > 0 && entry.files != Files::Anywhere {
                continue;
            }
            let bench = Bench::new(place.dir.path(), if options.quick { QUICK } else { 1 });
            let _context = bench.tokio.enter(); // deadpool's handles are dropped in it
            let case = (entry.make)(&bench);
            let case = if let Some(only) = &options.only { case.only(only) } else { case };
            let measured = case.measure(options.rounds.unwrap_or(ROUNDS));
            let file_system = if entry.files == Files::None { "" } else { &place.file_system };
            if options.json {
                table::json(name, file_system, &measured);
            } else {
                table::markdown(name, file_system, &measured);
            }
            if i == 0 && options.only.is_none() {
                verdicts.extend(targets::verdicts(name, &measured));
            }
        }
    }
    verdicts
}

/// Runs the case in a process that has CPU 0 alone; says whether that one succeeded.
fn run_on_one_cpu(options: &Options) -> bool {
    let mut program = Command::new(std::env::current_exe().expect("this program"));
    program.args(options.words_for(ONE_CPU));
    // A process has the CPUs of the thread that starts it.
    let pinned = thread::spawn(move || {
        let mut cpu = CpuSet::new();
        cpu.set(0).and_then(|()| sched_setaffinity(Pid::from_raw(0), &cpu)).expect("CPU 0");
        program.status().expect("this program").success()
    });
    pinned.join().expect("a thread")
}

/// A directory for the files of all cases, removed at the end.
struct Place {
    dir: TempDir,
    file_system: String,
}

impl Place {
    fn new(parent: &Path) -> Place {
        let parent = parent.canonicalize().expect("the directory for the files");
        let mounts = std::fs::read_to_string("/proc/self/mounts").expect("/proc/self/mounts");
        let mounts = mounts.lines().filter_map(|line| {
            let mut words = line.split(' ').skip(1);
            words.next().zip(words.next())
        });
        let of_parent = mounts.filter(|(point, _)| parent.starts_with(point));
        // Of the innermost mount, the last one.
        let file_system =
            of_parent.max_by_key(|(point, _)| point.len()).map_or("", |(_, kind)| kind).to_owned();
        Place { dir: TempDir::new_in(&parent).expect("a directory for the files"), file_system }
    }
}
