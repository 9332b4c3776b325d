//! Small writes that are in the file when they are `Ok`, one after the other: a system call each.

use super::text::{self, line};
use crate::measure::Case;
use crate::work::{Bench, Hop, deadpool, pollster, thread};
use compio::io::AsyncWriteAtExt;
use futures_lite::AsyncWriteExt as _;
use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use tokio::io::AsyncWriteExt as _;

pub fn writes(bench: &Bench) -> Case<'_> {
    let path = bench.path("exact");
    let writes = bench.times(20_000);
    let open = move || text::open(path);
    let ours = move |_| {
        let file = aiofile::File::from_std(open());
        async move {
            for i in 0..writes {
                file.write_all(line(i).as_slice()).await.expect("write");
            }
            writes
        }
    };
    let in_place = aiofile::Pool::tokio_in_place(bench.tokio.handle().clone());
    let ours_in_place = move |_| {
        let pool = in_place.clone();
        async move {
            let file = aiofile::File::options().write(true).pool(&pool).open(path).await.expect("a file");
            for i in 0..writes {
                file.write_all(line(i).as_slice()).await.expect("write");
            }
            writes
        }
    };
    let ours_owned = move |_| {
        let file = aiofile::File::from_std(open());
        async move {
            for i in 0..writes {
                file.write_all(line(i)).await.expect("write");
            }
            writes
        }
    };
    let std = move || {
        let mut file = open();
        (0..writes).for_each(|i| file.write_all(&line(i)).expect("write"));
        writes
    };
    let tokio = move |flush: bool| {
        let mut file = tokio::fs::File::from_std(open());
        async move {
            for i in 0..writes {
                file.write_all(&line(i)).await.expect("write");
                if flush {
                    file.flush().await.expect("flush");
                }
            }
            file.flush().await.expect("flush");
            writes
        }
    };
    let async_fs = move |_| {
        let mut file = async_fs::File::from(open());
        async move {
            for i in 0..writes {
                file.write_all(&line(i)).await.expect("write");
                file.flush().await.expect("flush");
            }
            writes
        }
    };
    let unblock = move |_| {
        let mut file = blocking::Unblock::new(open());
        async move {
            for i in 0..writes {
                file.write_all(&line(i)).await.expect("write");
                file.flush().await.expect("flush");
            }
            writes
        }
    };
    // As little as a call on the async thread can cost.
    let in_place_by_hand = move |_| {
        let mut file = open();
        async move {
            for i in 0..writes {
                let line = line(i);
                tokio::task::block_in_place(|| file.write_all(&line).expect("write"));
            }
            writes
        }
    };
    let per_call = move |hop: Hop| {
        move |_| {
            let file = Arc::new(open());
            async move {
                for i in 0..writes {
                    let (file, line) = (Arc::clone(&file), line(i));
                    hop.run(move || write(&file, &line)).await;
                }
                writes
            }
        }
    };
    let deadpool = move |_| async move {
        let file = deadpool(open()).await;
        for i in 0..writes {
            let line = line(i);
            file.interact(move |file| write(file, &line)).await.expect("a call");
        }
        writes
    };
    let compio = move |_| async move {
        let mut file = compio::fs::OpenOptions::new().write(true).open(path).await.expect("a file");
        for i in 0..writes {
            file.write_all_at(line(i), i * text::LINE as u64).await.0.expect("write");
        }
        writes
    };
    // The file is there for all of them, compio included.
    drop(open());
    Case::new("100-byte writes, each of them in the file before the next one is made", writes)
        .std("std", thread(std))
        .ours("aiofile", bench.tokio(1, ours))
        .ours("aiofile", pollster(ours))
        .ours("aiofile, owned", bench.tokio(1, ours_owned))
        .ours("aiofile, tokio_in_place", bench.tokio(1, ours_in_place))
        .peer("tokio::fs", bench.tokio(1, move |_| tokio(true)))
        .peer("tokio::fs, not flushed", bench.tokio(1, move |_| tokio(false)))
        .peer("async-fs", bench.tokio(1, async_fs))
        .peer("Unblock", bench.tokio(1, unblock))
        .peer("spawn_blocking", bench.tokio(1, per_call(Hop::Tokio)))
        .peer("block_in_place", bench.tokio(1, in_place_by_hand))
        .peer("blocking::unblock", bench.tokio(1, per_call(Hop::Smol)))
        .peer("deadpool-sync", bench.tokio(1, deadpool))
        .peer("compio", bench.compio(1, compio))
        .after(move || text::fingerprint(path))
}

fn write(mut file: &File, line: &[u8]) {
    file.write_all(line).expect("write");
}
