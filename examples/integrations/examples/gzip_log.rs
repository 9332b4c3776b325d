//! A compressed log: lines are written through an encoder, and read back through a decoder.
//!
//! `cargo run --manifest-path examples/integrations/Cargo.toml --example gzip_log`

use aiofile::{Aio, unblock};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};

fn main() -> Result<(), Box<dyn Error>> {
    pollster::block_on(async {
        let dir = unblock(tempfile::tempdir).await?;
        let path = dir.path().join("log.gz");
        let plain: Vec<String> = (0..1000).map(|n| format!("request {n} served\n")).collect();

        // Any blocking value becomes a handle; `File::create` blocks too, so that it goes to the pool.
        let to = path.clone();
        let file = unblock(|| File::create(to)).await?;
        let log = Aio::new(GzEncoder::new(file, Compression::default()));
        for line in &plain {
            log.write_all(line).await?; // a typed method, as for everything that writes
        }
        log.call(Write::flush, ()).await?; // any method, by its path
        let file = log.finish(GzEncoder::finish).await?; // by value: the trailer is written
        Aio::new(file).call(File::sync_all, ()).await?;

        let from = path.clone();
        let file = unblock(|| File::open(from)).await?;
        let log = Aio::new(BufReader::new(GzDecoder::new(file)));
        let (read, first) = log.call(BufRead::read_line, (String::new(),)).await; // `&mut` comes back
        assert_eq!((read?, &first), (plain[0].len(), &plain[0]));
        let rest = log.with(|log| log.lines().collect::<Result<Vec<_>, _>>()).await?; // many steps, one hop
        assert_eq!(rest.join("\n") + "\n", plain[1..].concat());

        let (lines, bytes) = (1 + rest.len(), path.metadata()?.len());
        println!("{lines} lines, {} bytes, in {bytes} compressed bytes", plain.concat().len());
        Ok(unblock(|| dir.close()).await?)
    })
}
