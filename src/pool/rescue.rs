//! A work that its pool accepted and could not run.

use super::{Pool, Refusal, Stuck, Work};
use std::sync::Arc;

/// The work as one of the embedded threads', which tells its own pool when it has ended.
pub(super) fn rescued(pool: &Pool, key: usize, work: Arc<dyn Work>) -> Arc<dyn Work> {
    Arc::new(Rescued { pool: pool.clone(), key, work })
}

struct Rescued {
    pool: Pool,
    key: usize,
    work: Arc<dyn Work>,
}

impl Work for Rescued {
    fn id(&self) -> usize {
        self.work.id()
    }

    fn run(self: Arc<Self>) {
        Arc::clone(&self.work).run();
        self.pool.remove(self.key);
    }

    fn refuse(self: Arc<Self>, why: Refusal) {
        Arc::clone(&self.work).refuse(why);
        self.pool.remove(self.key);
    }

    fn holds_exit(&self) -> bool {
        self.work.holds_exit()
    }

    fn stuck(&self) -> Option<Stuck> {
        self.work.stuck()
    }

    fn has_started(&self) -> bool {
        self.work.has_started()
    }
}
