//! A large file, written and read from its start to its end in pieces.

use super::pages::{self, Buffer, PAGE};
use super::text;
use crate::measure::Case;
use crate::work::{Bench, Hop, deadpool, pollster, size, thread};
use compio::buf::{IntoInner as _, IoBuf as _};
use compio::io::{AsyncReadAtExt as _, AsyncWriteAtExt as _};
use futures_lite::{AsyncReadExt as _, AsyncWriteExt as _};
use std::fs::File;
use std::io::{Read, Write};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const SIZE: u64 = 1 << 30;

/// Over what was there, in pieces of so many bytes.
pub fn written<const PIECE: usize>(bench: &Bench) -> Case<'_> {
    let path = bench.path("written");
    let pieces = bench.times(SIZE) / PIECE as u64;
    let data: Vec<Arc<[u8]>> = (0..4).map(|kind| pages::content(kind, PIECE).into()).collect();
    let data: &'static [Arc<[u8]>] = data.leak();
    let piece = move |i: u64| &data[i as usize % data.len()];
    let open = move || text::open(path);

    let std = move || {
        let mut file = open();
        (0..pieces).for_each(|i| file.write_all(piece(i)).expect("write"));
        pieces
    };
    let ours_stream = move |_| {
        let mut out = aiofile::File::from_std(open()).writer();
        async move {
            for i in 0..pieces {
                out.write_all(piece(i)).await.expect("write");
            }
            out.flush().await.expect("flush");
            pieces
        }
    };
    let ours = move |_| {
        let file = aiofile::File::from_std(open());
        async move {
            for i in 0..pieces {
                file.write_all(&piece(i)[..]).await.expect("write");
            }
            pieces
        }
    };
    let ours_owned = move |_| {
        let file = aiofile::File::from_std(open());
        async move {
            for i in 0..pieces {
                file.write_all(Arc::clone(piece(i))).await.expect("write");
            }
            pieces
        }
    };
    let tokio = move |_| {
        let mut out = tokio::fs::File::from_std(open());
        async move {
            for i in 0..pieces {
                out.write_all(piece(i)).await.expect("write");
            }
            out.flush().await.expect("flush");
            pieces
        }
    };
    let smol = move |mut out: Box<dyn futures_lite::AsyncWrite + Send + Unpin>| async move {
        for i in 0..pieces {
            out.write_all(piece(i)).await.expect("write");
        }
        out.flush().await.expect("flush");
        pieces
    };
    let per_call = move |hop: Hop| {
        move |_| {
            let file = Arc::new(open());
            async move {
                for i in 0..pieces {
                    let (file, piece) = (Arc::clone(&file), Arc::clone(piece(i)));
                    hop.run(move || write(&file, &piece)).await;
                }
                pieces
            }
        }
    };
    let on_deadpool = move |_| async move {
        let file = deadpool(open()).await;
        for i in 0..pieces {
            let piece = Arc::clone(piece(i));
            file.interact(move |file| write(file, &piece)).await.expect("a call");
        }
        pieces
    };
    let compio = move |_| async move {
        let mut file = compio::fs::OpenOptions::new().write(true).open(path).await.expect("a file");
        for i in 0..pieces {
            let piece: &'static [u8] = piece(i);
            file.write_all_at(piece, i * PIECE as u64).await.0.expect("write");
        }
        pieces
    };
    // The file is there, in full, for all of them.
    std();
    Case::new(
        format!(
            "{} written in pieces of {}, over what was there",
            size(bench.times(SIZE)),
            size(PIECE as u64)
        ),
        pieces,
    )
    .std("std", thread(std))
    .ours("aiofile Writer", bench.tokio(1, ours_stream))
    .ours("aiofile Writer", pollster(ours_stream))
    .ours("aiofile File", bench.tokio(1, ours))
    .ours("aiofile File, owned", bench.tokio(1, ours_owned))
    .peer("tokio::fs", bench.tokio(1, tokio))
    .peer("async-fs", bench.tokio(1, move |_| smol(Box::new(async_fs::File::from(open())))))
    .peer("Unblock", bench.tokio(1, move |_| smol(Box::new(blocking::Unblock::new(open())))))
    .peer("spawn_blocking, owned", bench.tokio(1, per_call(Hop::Tokio)))
    .peer("blocking::unblock, owned", bench.tokio(1, per_call(Hop::Smol)))
    .peer("deadpool-sync, owned", bench.tokio(1, on_deadpool))
    .peer("compio, owned", bench.compio(1, compio))
    .after(move || text::fingerprint(path))
}

fn write(mut file: &File, piece: &[u8]) {
    file.write_all(piece).expect("write");
}

/// From the page cache, each piece filled.
pub fn read<const PIECE: usize>(bench: &Bench) -> Case<'_> {
    let length = bench.times(SIZE);
    let path = pages::file(bench, length);
    let pieces = length / PIECE as u64;
    let open = move || File::open(path).expect("the file");

    let std = move || {
        let (mut file, mut buffer) = (open(), Buffer::new(PIECE));
        (0..pieces).fold(0, |all, _| {
            file.read_exact(&mut buffer).expect("read");
            add(all, &buffer)
        })
    };
    let ours = move |_| {
        let (file, mut buffer) = (aiofile::File::open(path).wait().expect("the file"), Buffer::new(PIECE));
        async move {
            let mut all = 0;
            for _ in 0..pieces {
                file.read_exact(&mut buffer).await.expect("read");
                all = add(all, &buffer);
            }
            all
        }
    };
    let ours_owned = move |_| {
        let (file, mut buffer) = (aiofile::File::open(path).wait().expect("the file"), Buffer::new(PIECE));
        async move {
            let mut all = 0;
            for _ in 0..pieces {
                buffer = file.with(move |file| fill(file, buffer)).await;
                all = add(all, &buffer);
            }
            all
        }
    };
    let ours_stream = move |_| {
        let (mut file, mut buffer) =
            (aiofile::File::open(path).wait().expect("the file").reader(), Buffer::new(PIECE));
        async move {
            let mut all = 0;
            for _ in 0..pieces {
                file.read_exact(&mut buffer).await.expect("read");
                all = add(all, &buffer);
            }
            all
        }
    };
    let tokio = move |_| {
        let (mut file, mut buffer) = (tokio::fs::File::from_std(open()), Buffer::new(PIECE));
        async move {
            let mut all = 0;
            for _ in 0..pieces {
                file.read_exact(&mut buffer).await.expect("read");
                all = add(all, &buffer);
            }
            all
        }
    };
    let smol = move |mut file: Box<dyn futures_lite::AsyncRead + Send + Unpin>| async move {
        let (mut all, mut buffer) = (0, Buffer::new(PIECE));
        for _ in 0..pieces {
            file.read_exact(&mut buffer).await.expect("read");
            all = add(all, &buffer);
        }
        all
    };
    let per_call = move |hop: Hop| {
        move |_| {
            let (file, mut buffer) = (Arc::new(open()), Buffer::new(PIECE));
            async move {
                let mut all = 0;
                for _ in 0..pieces {
                    let file = Arc::clone(&file);
                    buffer = hop.run(move || fill(&file, buffer)).await;
                    all = add(all, &buffer);
                }
                all
            }
        }
    };
    let on_deadpool = move |_| async move {
        let (file, mut buffer) = (deadpool(open()).await, Buffer::new(PIECE));
        let mut all = 0;
        for _ in 0..pieces {
            buffer = file.interact(move |file| fill(file, buffer)).await.expect("a call");
            all = add(all, &buffer);
        }
        all
    };
    let compio = move |_| async move {
        let file = compio::fs::File::open(path).await.expect("the file");
        let (mut all, mut buffer) = (0, Buffer::new(PIECE));
        for i in 0..pieces {
            let fill = async |bytes: Vec<u8>, here| {
                let (result, filled) = file.read_exact_at(bytes.slice(here), i * PIECE as u64).await.into();
                result.expect("read");
                filled.into_inner()
            };
            buffer.fill_by(fill).await;
            all = add(all, &buffer);
        }
        all
    };
    Case::new(
        format!("{} read from the page cache in pieces of {}", size(length), size(PIECE as u64)),
        pieces,
    )
    .std("std", thread(std))
    .ours("aiofile File", bench.tokio(1, ours))
    .ours("aiofile File", pollster(ours))
    .ours("aiofile File, owned", bench.tokio(1, ours_owned))
    .ours("aiofile Reader", bench.tokio(1, ours_stream))
    .peer("tokio::fs", bench.tokio(1, tokio))
    .peer("async-fs", bench.tokio(1, move |_| smol(Box::new(async_fs::File::from(open())))))
    .peer("Unblock", bench.tokio(1, move |_| smol(Box::new(blocking::Unblock::new(open())))))
    .peer("spawn_blocking", bench.tokio(1, per_call(Hop::Tokio)))
    .peer("blocking::unblock", bench.tokio(1, per_call(Hop::Smol)))
    .peer("deadpool-sync", bench.tokio(1, on_deadpool))
    .peer("compio", bench.compio(1, compio))
}

fn fill(mut file: &File, mut buffer: Buffer) -> Buffer {
    file.read_exact(&mut buffer).expect("read");
    buffer
}

/// Adds a piece, at its place, to what was made of those before.
fn add(all: u64, piece: &[u8]) -> u64 {
    let (first, last) = (pages::stamp(piece), pages::stamp(&piece[piece.len() - PAGE..]));
    all.wrapping_mul(31).wrapping_add(first ^ last.rotate_left(32))
}
