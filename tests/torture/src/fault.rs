//! A fault, the row that it becomes, and the process that it runs in.

use crate::child;
use crate::support::{self, Hung, Random};
use crate::sys;
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

pub struct Fault {
    pub name: &'static str,
    pub what: &'static str,
    pub needs: Needs,
    /// In seconds, quick and full: then it hangs.
    pub limit: [u64; 2],
    pub run: fn(&mut Run),
}

#[derive(Clone, Copy, PartialEq)]
pub enum Needs {
    Nothing,
    /// Mounts, or other users.
    Root,
    /// Loop devices and mkfs.ext4, as root.
    Disk,
    /// /dev/fuse, as root.
    Fuse,
}

impl Needs {
    /// What is not there of it.
    fn missing(self) -> Option<&'static str> {
        let there = |path: &str| Path::new(path).exists();
        let mkfs =
            || std::process::Command::new("mkfs.ext4").arg("-V").stderr(Stdio::null()).status().is_ok();
        match self {
            Needs::Nothing => None,
            _ if !sys::is_root() => Some("needs root"),
            Needs::Disk if !there("/dev/loop-control") || !mkfs() => Some("needs loop devices and mkfs.ext4"),
            Needs::Fuse if !there("/dev/fuse") => Some("needs /dev/fuse"),
            _ => None,
        }
    }
}

/// What can be wrong with us.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wrong {
    /// Data that is not there, in bytes or records.
    Lost,
    /// Data that is there twice, or that nobody wrote.
    Doubled,
    /// An `Ok` where there was an error.
    Silent,
    /// No answer in time.
    Hung,
    /// An error that says something else than happened, a leak, a limit that was not kept.
    Other,
}

const WRONGS: [Wrong; 5] = [Wrong::Lost, Wrong::Doubled, Wrong::Silent, Wrong::Hung, Wrong::Other];

/// What came of a fault.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    pub injected: u64,
    /// How often the control felt the fault.
    felt: u64,
    control: String,
    wrong: [u64; WRONGS.len()],
    notes: Vec<String>,
    skipped: bool,
}

impl Row {
    pub const HEAD: &'static str = "| fault | injected | control | lost | doubled | silent | hung | other | s |\n\
        |---|--:|---|--:|--:|--:|--:|--:|--:|";

    fn skipped(why: &str) -> Row {
        Row { control: format!("skipped: {why}"), skipped: true, ..Row::default() }
    }

    pub fn is_skipped(&self) -> bool {
        self.skipped
    }

    /// A fault that did not fire proves nothing.
    pub fn passed(&self) -> bool {
        self.skipped || (self.injected > 0 && self.felt > 0 && self.wrong == [0; WRONGS.len()])
    }

    pub fn notes(&self) -> impl Iterator<Item = &str> {
        let void =
            [(self.injected == 0, "was injected 0 times"), (self.felt == 0, "the control felt nothing")];
        let void = void.into_iter().filter(|(void, _)| *void && !self.skipped).map(|(_, text)| text);
        self.notes.iter().map(String::as_str).chain(void)
    }

    pub fn line(&self, name: &str, time: Duration) -> String {
        let wrong: String = self.wrong.iter().map(|count| format!(" {count} |")).collect();
        let mark = if self.passed() { "" } else { " **FAILED**" };
        format!("| {name}{mark} | {} | {} |{wrong} {:.1} |", self.injected, self.control, time.as_secs_f64())
    }

    fn wrong(&mut self, wrong: Wrong, count: u64, note: String) {
        const NOTES_OF_A_KIND: usize = 4;
        self.wrong[wrong as usize] += count;
        let kind = format!("{wrong:?} ");
        let note = format!("{kind}{count}: {note}");
        let of_this_kind = self.notes.iter().filter(|note| note.starts_with(&kind)).count();
        if of_this_kind < NOTES_OF_A_KIND && !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Between processes: a line each.
    fn to_text(&self) -> String {
        let mut text = format!("{} {} {}\n{}\n", self.injected, self.felt, self.skipped, self.control);
        writeln!(text, "{}", self.wrong.map(|count| count.to_string()).join(" ")).expect("a string");
        self.notes.iter().for_each(|note| writeln!(text, "{}", note.replace('\n', " / ")).expect("a string"));
        text
    }

    fn from_text(text: &str) -> Option<Row> {
        let mut lines = text.lines();
        let mut head = lines.next()?.split(' ');
        let (injected, felt) = (head.next()?.parse().ok()?, head.next()?.parse().ok()?);
        let skipped = head.next()?.parse().ok()?;
        let control = lines.next()?.into();
        let wrong: Vec<u64> = lines.next()?.split(' ').map_while(|count| count.parse().ok()).collect();
        let notes = lines.map(String::from).collect();
        Some(Row { injected, felt, control, wrong: wrong.try_into().ok()?, notes, skipped })
    }
}

/// A fault at work.
pub struct Run {
    pub quick: bool,
    pub random: Random,
    dir: PathBuf,
    /// Shared with the watchdog.
    row: Arc<Mutex<Row>>,
}

impl Run {
    /// How often to do something.
    pub fn times(&self, quick: u64, full: u64) -> u64 {
        if self.quick { quick } else { full }
    }

    /// A directory of its own.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub fn injected(&mut self, times: u64) {
        self.row().injected += times;
    }

    /// Whether a control whose fault is a matter of luck goes on: so many times, and, where the machine has been so quick that
    /// nothing was felt, until something is, or up to 20 times as often.
    pub fn goes_on(&self, done: u64, felt: u64, times: u64) -> bool {
        done < times || (felt == 0 && done < 20 * times)
    }

    /// What the same fault did to something else: how often that felt it, in words.
    pub fn control(&mut self, felt: u64, text: impl Into<String>) {
        let mut row = self.row();
        row.felt += felt;
        let gap = if row.control.is_empty() { "" } else { "; " };
        row.control = format!("{}{gap}{}", row.control, text.into());
    }

    pub fn wrong(&mut self, wrong: Wrong, count: u64, note: impl FnOnce() -> String) {
        if count > 0 {
            self.row().wrong(wrong, count, note());
        }
    }

    /// What must be.
    pub fn check(&mut self, holds: bool, wrong: Wrong, note: impl FnOnce() -> String) {
        self.wrong(wrong, u64::from(!holds), note);
    }

    /// Bytes that must be these and no others.
    pub fn check_bytes(&mut self, got: &[u8], expect: &[u8], note: impl FnOnce() -> String) {
        if got == expect {
            return;
        }
        let same = got.iter().zip(expect).take_while(|(got, expect)| got == expect).count();
        let note = format!("{} bytes instead of {}, differ at {same}: {}", got.len(), expect.len(), note());
        let wrong = if got.len() > expect.len() { Wrong::Doubled } else { Wrong::Lost };
        self.wrong(wrong, got.len().abs_diff(expect.len()).max(1) as u64, || note);
    }

    fn row(&self) -> std::sync::MutexGuard<'_, Row> {
        self.row.lock().expect("nobody panics with it")
    }
}

impl Fault {
    fn limit(&self, quick: bool) -> Duration {
        Duration::from_secs(self.limit[usize::from(!quick)])
    }

    /// Its row, from a process of its own.
    pub fn run_in_child(&self, quick: bool, seed: u64) -> Row {
        if let Some(missing) = self.needs.missing() {
            return Row::skipped(missing);
        }
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("row");
        let mut command = child::command("fault", &[self.name, &quick.to_string(), &seed.to_string()]);
        command.arg(&path);
        // Its children's temporary files, too: what is killed removes nothing.
        command.env("TMPDIR", dir.path());
        let mut child = child::Group::spawn(&mut command);
        // The child has a watchdog itself; this is for one that fails.
        let ended = child.wait(self.limit(quick) + Duration::from_secs(30));
        let row = std::fs::read_to_string(&path).ok().and_then(|text| Row::from_text(&text));
        row.unwrap_or_else(|| {
            let mut row = Row::default();
            let wrong = if ended.is_some() { Wrong::Other } else { Wrong::Hung };
            row.wrong(wrong, 1, format!("no row: {ended:?}"));
            row
        })
    }
}

/// The child of `run_in_child`.
pub fn run_here(arguments: &[String]) -> ExitCode {
    let [name, quick, seed, path] = arguments else { panic!("name, quick, seed, path") };
    let fault = crate::faults::ALL.iter().find(|fault| fault.name == name).expect("a fault of this name");
    if fault.needs != Needs::Nothing {
        sys::own_mounts();
    }
    support::record_panics();
    let (quick, path) = (quick == "true", PathBuf::from(path));
    let dir = path.with_file_name("work");
    std::fs::create_dir(&dir).expect("a directory");
    let seed = seed.parse::<u64>().expect("a number");
    let row = Arc::new(Mutex::new(Row::default()));
    watch(fault.limit(quick), row.clone(), path.clone());
    // A seed of its own, so that one fault can be repeated without the others.
    let random =
        Random::new(seed ^ fault.name.bytes().fold(0, |hash, byte| (hash << 5) + hash + u64::from(byte)));
    let mut run = Run { quick, random, dir, row: row.clone() };
    let before = sys::Holdings::now();
    let result = catch_unwind(AssertUnwindSafe(|| (fault.run)(&mut run)));
    if let Err(payload) = result {
        let wrong = if payload.is::<Hung>() { Wrong::Hung } else { Wrong::Other };
        run.wrong(wrong, 1, support::last_panic);
    }
    // What is idle leaves in a second or two.
    let left_over = before.left_over(Duration::from_secs(8));
    run.wrong(Wrong::Other, left_over.len() as u64, || format!("left over: {}", left_over.join(", ")));
    write_row(&path, &row);
    // What hangs in this process must not hold its end up.
    sys::exit_at_once(0)
}

fn write_row(path: &Path, row: &Mutex<Row>) {
    let text = row.lock().expect("nobody panics with it").to_text();
    std::fs::write(path, text).expect("the row is written");
}

/// Ends this process when its time is up.
fn watch(limit: Duration, row: Arc<Mutex<Row>>, path: PathBuf) {
    let start = Instant::now();
    thread::spawn(move || {
        while start.elapsed() < limit {
            thread::sleep(Duration::from_millis(100));
        }
        row.lock().expect("nobody panics with it").wrong(Wrong::Hung, 1, format!("not done in {limit:?}"));
        write_row(&path, &row);
        sys::exit_at_once(1)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_survives_its_way_between_processes() {
        let mut row = Row { injected: 7, felt: 3, control: "std: 3 of 7".into(), ..Row::default() };
        row.wrong(Wrong::Silent, 2, "two\nlines".into());
        let back = Row::from_text(&row.to_text()).expect("a row");
        assert_eq!((back.injected, back.felt, back.wrong), (7, 3, [0, 0, 2, 0, 0]));
        assert_eq!(back.notes, ["Silent 2: two / lines"]);
        assert!(!back.passed());
    }

    #[test]
    fn what_did_not_fire_has_not_passed() {
        let fired = Row { injected: 1, felt: 1, ..Row::default() };
        assert!(fired.passed());
        assert!(!Row { injected: 0, ..fired.clone() }.passed());
        assert!(!Row { felt: 0, ..fired.clone() }.passed());
        assert!(Row::skipped("needs root").passed());
        for wrong in WRONGS {
            let mut row = fired.clone();
            row.wrong(wrong, 1, String::new());
            assert!(!row.passed(), "{wrong:?}");
        }
    }
}
