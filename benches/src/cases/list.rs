//! A directory with many entries, and what each of them is.

use crate::measure::Case;
use crate::work::{Bench, Hop, pollster, thread};
use futures_lite::StreamExt;
use std::ffi::OsStr;
use std::fs::{self, FileType};

const ENTRIES: u64 = 5000;

pub fn with_types(bench: &Bench) -> Case<'_> {
    let dir = bench.path("listed");
    fs::create_dir_all(dir).expect("a directory");
    (0..ENTRIES).for_each(|i| fs::write(dir.join(format!("file {i}")), "").expect("a file"));
    let listings = bench.times(8);

    let std = move || {
        let entries = fs::read_dir(dir).expect("a listing");
        let seen = entries.map(|entry| {
            let entry = entry.expect("an entry");
            seen(entry.file_type().expect("a type"), &entry.file_name())
        });
        seen.sum::<u64>()
    };
    let ours = move |_| async move {
        let mut sum = 0;
        for _ in 0..listings {
            let mut entries = aiofile::fs::read_dir(dir).await.expect("a listing");
            while let Some(entry) = entries.next_entry().await.expect("an entry") {
                sum += seen(entry.file_type().expect("a type"), &entry.file_name());
            }
        }
        sum
    };
    let tokio = move |_| async move {
        let mut sum = 0;
        for _ in 0..listings {
            let mut entries = tokio::fs::read_dir(dir).await.expect("a listing");
            while let Some(entry) = entries.next_entry().await.expect("an entry") {
                sum += seen(entry.file_type().await.expect("a type"), &entry.file_name());
            }
        }
        sum
    };
    let async_fs = move |_| async move {
        let mut sum = 0;
        for _ in 0..listings {
            let mut entries = async_fs::read_dir(dir).await.expect("a listing");
            while let Some(entry) = entries.next().await {
                let entry = entry.expect("an entry");
                sum += seen(entry.file_type().await.expect("a type"), &entry.file_name());
            }
        }
        sum
    };
    let per_call = move |hop: Hop| {
        move |_| async move {
            let mut sum = 0;
            for _ in 0..listings {
                sum += hop.run(std).await;
            }
            sum
        }
    };
    Case::new("a directory of 5,000 entries listed with their types (per entry)", listings * ENTRIES)
        .std("std", thread(move || (0..listings).map(|_| std()).sum()))
        .ours("aiofile", bench.tokio(1, ours))
        .ours("aiofile", pollster(ours))
        .peer("tokio::fs", bench.tokio(1, tokio))
        .peer("async-fs", bench.tokio(1, async_fs))
        .peer("spawn_blocking, all at once", bench.tokio(1, per_call(Hop::Tokio)))
        .peer("blocking::unblock, all at once", bench.tokio(1, per_call(Hop::Smol)))
}

/// What is used of an entry.
fn seen(file_type: FileType, name: &OsStr) -> u64 {
    u64::from(file_type.is_file()) * name.as_encoded_bytes().iter().map(|byte| u64::from(*byte)).sum::<u64>()
}
