//! Small writes through a buffer, and a flush at the end.

use super::text::{self, LINE, line};
use crate::measure::Case;
use crate::work::{Bench, pollster, size, thread};
use compio::io::{AsyncWrite as _, AsyncWriteExt as _};
use futures_lite::AsyncWriteExt as _;
use std::io::{BufWriter, Cursor, Write};
use tokio::io::AsyncWriteExt as _;

const SIZE: u64 = 64 << 20;

pub fn writes(bench: &Bench) -> Case<'_> {
    let path = bench.path("buffered");
    let writes = bench.times(SIZE) / LINE as u64;
    let open = move || text::open(path);
    let std = move |room| {
        let mut out = BufWriter::with_capacity(room, open());
        (0..writes).for_each(|i| out.write_all(&line(i)).expect("write"));
        out.flush().expect("flush");
        writes
    };
    let ours = move |_| {
        let mut out = aiofile::File::from_std(open()).writer();
        async move {
            for i in 0..writes {
                out.write_all(&line(i)).await.expect("write");
            }
            out.flush().await.expect("flush");
            writes
        }
    };
    let tokio = move |room| {
        let mut out = tokio::io::BufWriter::with_capacity(room, tokio::fs::File::from_std(open()));
        async move {
            for i in 0..writes {
                out.write_all(&line(i)).await.expect("write");
            }
            out.flush().await.expect("flush");
            writes
        }
    };
    let async_fs = move |_| smol(async_fs::File::from(open()), writes);
    let unblock = move |_| smol(blocking::Unblock::new(open()), writes);
    let compio = move |_| async move {
        let file = compio::fs::OpenOptions::new().write(true).open(path).await.expect("a file");
        let mut out = compio::io::BufWriter::new(Cursor::new(file));
        for i in 0..writes {
            out.write_all(line(i)).await.0.expect("write");
        }
        out.flush().await.expect("flush");
        writes
    };
    drop(open());
    Case::new(format!("100-byte writes through a buffer, {}", size(bench.times(SIZE))), writes)
        .std("std BufWriter 8 KiB", thread(move || std(8 << 10)))
        .std("std BufWriter 256 KiB", thread(move || std(256 << 10)))
        .ours("aiofile Writer", bench.tokio(1, ours))
        .ours("aiofile Writer", pollster(ours))
        .peer("tokio BufWriter 8 KiB", bench.tokio(1, move |_| tokio(8 << 10)))
        .peer("tokio BufWriter 64 KiB", bench.tokio(1, move |_| tokio(64 << 10)))
        .peer("async-fs", bench.tokio(1, async_fs))
        .peer("Unblock", bench.tokio(1, unblock))
        .peer("compio BufWriter 8 KiB", bench.compio(1, compio))
        .after(move || text::fingerprint(path))
}

/// Smol's files have a buffer of their own, of 8 MiB.
async fn smol(mut out: impl futures_lite::AsyncWrite + Unpin, writes: u64) -> u64 {
    for i in 0..writes {
        out.write_all(&line(i)).await.expect("write");
    }
    out.flush().await.expect("flush");
    writes
}
