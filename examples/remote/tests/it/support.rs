//! What the modules share.

use aiofile::{Aio, Call};
use std::sync::mpsc;

pub(crate) type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Lines that differ, and no two places of which look the same.
pub(crate) fn line(n: usize) -> String {
    format!("line {n}: {}\n", n.wrapping_mul(0x9E37_79B9) % 1_000_003)
}

/// So many bytes of such lines.
pub(crate) fn data(bytes: usize) -> Vec<u8> {
    let mut data = Vec::with_capacity(bytes + 100);
    for n in 0.. {
        if data.len() >= bytes {
            break;
        }
        data.extend_from_slice(line(n).as_bytes());
    }
    data.truncate(bytes);
    data
}

/// Equal, without printing megabytes if not.
#[track_caller]
pub(crate) fn assert_same(left: &[u8], right: &[u8]) {
    if left != right {
        let differ = left.iter().zip(right).position(|(left, right)| left != right);
        panic!("{} and {} bytes, the first to differ: {differ:?}", left.len(), right.len());
    }
}

/// Holds a handle up until the sender is used or dropped.
pub(crate) fn hold<T: Send + 'static>(handle: &Aio<T>) -> (mpsc::Sender<()>, Call<()>) {
    let (resume, wait) = mpsc::channel();
    (resume, handle.with(move |_| _ = wait.recv()))
}
