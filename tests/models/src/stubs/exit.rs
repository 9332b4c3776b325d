//! Stands in for the library's `src/pool/exit.rs`: no model ends a process.

use super::{Inner, Pool};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

/// std's mutex, which is no place for shuttle to switch threads: pools are made where none must be.
static POOLS: Mutex<Vec<Weak<Inner>>> = Mutex::new(Vec::new());

pub(super) fn set_deadline(_: Duration) {}

pub(super) fn watch(pool: &Pool) {
    let mut pools = POOLS.lock().unwrap();
    pools.retain(|pool| pool.strong_count() > 0);
    pools.push(Arc::downgrade(&pool.0));
}

pub(super) fn pools() -> Vec<Pool> {
    POOLS.lock().unwrap().iter().filter_map(Weak::upgrade).map(Pool).collect()
}
