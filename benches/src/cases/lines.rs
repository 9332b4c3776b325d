//! Text, line by line, from the page cache.

use super::text::{self, LINE, line};
use crate::measure::Case;
use crate::work::{Bench, pollster, size, thread};
use compio::io::AsyncBufRead as _;
use futures_lite::{AsyncBufReadExt as _, StreamExt};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Cursor, Write};
use tokio::io::AsyncBufReadExt as _;

const SIZE: u64 = 64 << 20;

pub fn lines(bench: &Bench) -> Case<'_> {
    let path = bench.path("lines");
    let count = bench.times(SIZE) / LINE as u64;
    let mut text = BufWriter::new(text::open(path));
    (0..count).for_each(|i| text.write_all(&line(i)).expect("write"));
    text.flush().expect("flush");
    let open = move || File::open(path).expect("the text");

    let std = move |room| {
        let lines = BufReader::with_capacity(room, open()).lines();
        lines.fold(0, |all, line| add(all, &line.expect("a line")))
    };
    let ours = move |_| {
        let mut lines = aiofile::File::open(path).wait().expect("the file").reader().lines();
        async move {
            let mut all = 0;
            while let Some(line) = lines.next_line().await.expect("a line") {
                all = add(all, &line);
            }
            all
        }
    };
    let tokio = move |room| {
        let file = tokio::fs::File::from_std(open());
        let mut lines = tokio::io::BufReader::with_capacity(room, file).lines();
        async move {
            let mut all = 0;
            while let Some(line) = lines.next_line().await.expect("a line") {
                all = add(all, &line);
            }
            all
        }
    };
    let async_fs = move |_| smol(async_fs::File::from(open()));
    let unblock = move |_| smol(blocking::Unblock::new(open()));
    let compio = move |_| async move {
        let file = compio::fs::File::open(path).await.expect("the text");
        let mut text = compio::io::BufReader::new(Cursor::new(file));
        let (mut all, mut start) = (0, Vec::new());
        loop {
            let here = text.fill_buf().await.expect("text");
            if here.is_empty() {
                return all;
            }
            let end = memchr::memchr(b'\n', here);
            start.extend_from_slice(&here[..end.unwrap_or(here.len())]);
            let consumed = end.map_or(here.len(), |end| end + 1);
            text.consume(consumed);
            if end.is_some() {
                all = add(all, &String::from_utf8(std::mem::take(&mut start)).expect("a line"));
            }
        }
    };
    Case::new(format!("lines of 100 bytes from a cached file, {}", size(bench.times(SIZE))), count)
        .std("std BufReader 8 KiB", thread(move || std(8 << 10)))
        .std("std BufReader 64 KiB", thread(move || std(64 << 10)))
        .ours("aiofile Reader", bench.tokio(1, ours))
        .ours("aiofile Reader", pollster(ours))
        .peer("tokio BufReader 8 KiB", bench.tokio(1, move |_| tokio(8 << 10)))
        .peer("tokio BufReader 64 KiB", bench.tokio(1, move |_| tokio(64 << 10)))
        .peer("async-fs BufReader 8 KiB", bench.tokio(1, async_fs))
        .peer("Unblock BufReader 8 KiB", bench.tokio(1, unblock))
        // It has no lines: a loop of our own.
        .peer("compio BufReader 8 KiB", bench.compio(1, compio))
}

async fn smol(file: impl futures_lite::AsyncRead + Unpin) -> u64 {
    let mut lines = futures_lite::io::BufReader::new(file).lines();
    let mut all = 0;
    while let Some(line) = lines.next().await {
        all = add(all, &line.expect("a line"));
    }
    all
}

/// Adds a line, at its place, to what was made of those before.
fn add(all: u64, line: &str) -> u64 {
    let digits = line.as_bytes()[..4].iter().fold(0, |all, digit| all << 8 | u64::from(*digit));
    all.wrapping_mul(31).wrapping_add(digits + line.len() as u64)
}
