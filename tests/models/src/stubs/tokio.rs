//! Stands in for the library's `src/pool/tokio.rs`: a task is a thread of the model whose label says so.

use super::Job;
use ::tokio::runtime::Handle;
use shuttle::current::{get_label_for_task, me, set_label_for_task};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

type IsTask = Arc<AtomicBool>;

pub(super) fn supply(_: Handle) -> impl Fn(Job) + Send + Sync {
    |job| {
        shuttle::thread::spawn(move || {
            set_label_for_task(me(), IsTask::default()); // it has its parent's
            job.run();
        });
    }
}

pub(super) fn in_place(run: &mut dyn FnMut()) -> bool {
    let here = get_label_for_task::<IsTask>(me()).is_some_and(|is_task| is_task.load(Ordering::Relaxed));
    if here {
        run();
    }
    here
}
