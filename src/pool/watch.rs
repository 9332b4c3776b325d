//! A supply of threads that is full, of threads that wait for it: what they wait for is run elsewhere.
//!
//! How full a supply is, only the supply knows: tokio's limit, say. So a work that a pool thread waits for
//! gets a while to start, and is then given to the embedded threads.

use super::{Otherwise, Pool, Work};
use crate::lock::lock;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How long a supply may take to start what a pool thread waits for.
const PATIENCE: Duration = Duration::from_millis(50);

static WATCHED: Mutex<Watched> = Mutex::new(Watched { watcher: false, works: Vec::new() });

struct Watched {
    /// There is a thread that looks after them.
    watcher: bool,
    /// In the order in which their time runs out.
    works: Vec<(Instant, Arc<dyn Work>)>,
}

pub(super) fn watch(work: Arc<dyn Work>) {
    let mut watched = lock(&WATCHED);
    if watched.works.iter().any(|(_, other)| other.id() == work.id()) {
        return;
    }
    watched.works.push((Instant::now() + PATIENCE, work));
    if !watched.watcher {
        watched.watcher = true;
        drop(watched);
        drop(Pool::embedded().run(look_after));
    }
}

fn look_after() {
    while let Some(due) = next_due() {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        for work in take_due() {
            if !work.has_started() {
                Pool::embedded().take(work, Otherwise::Keep);
            }
        }
    }
}

/// When the next one is due; after the last one, nobody watches.
fn next_due() -> Option<Instant> {
    let mut watched = lock(&WATCHED);
    let due = watched.works.first().map(|(due, _)| *due);
    watched.watcher = due.is_some();
    due
}

fn take_due() -> Vec<Arc<dyn Work>> {
    let mut watched = lock(&WATCHED);
    let now = Instant::now();
    let later = watched.works.partition_point(|(due, _)| *due <= now);
    watched.works.drain(..later).map(|(_, work)| work).collect()
}
