//! The lines of a text that contain a pattern, read ahead on the pool; compared with what std finds.
//!
//! ```text
//! cargo run --example grep                    # "perpetual" in the license of this crate
//! cargo run --example grep -- PATTERN FILE
//! ```

use std::error::Error;
use std::fs::File;
use std::io::{self, BufRead, BufReader};

/// The numbers of the lines, and the lines.
type Found = Vec<(usize, String)>;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (pattern, path) = match args.as_slice() {
        [] => ("perpetual", concat!(env!("CARGO_MANIFEST_DIR"), "/LICENSE-APACHE")),
        [pattern, path] => (pattern.as_str(), path.as_str()),
        _ => return Err("usage: grep [PATTERN FILE]".into()),
    };
    let found = pollster::block_on(grep(pattern, path))?;
    for (number, line) in &found {
        println!("{number}: {}", line.trim());
    }
    assert_eq!(found, grep_by_std(pattern, path)?);
    println!("{} lines contain {pattern:?}; std finds the same", found.len());

    match pollster::block_on(grep(pattern, "no/such/file")) {
        Err(error) => println!("{error}"),
        Ok(_) => return Err("a file was searched that is not there".into()),
    }
    Ok(())
}

async fn grep(pattern: &str, path: &str) -> aiofile::Result<Found> {
    let mut lines = aiofile::open(path, "r").await?.reader().lines();
    let mut found = Vec::new();
    let mut number = 0;
    while let Some(line) = lines.next_line().await? {
        number += 1;
        if line.contains(pattern) {
            found.push((number, line));
        }
    }
    Ok(found)
}

fn grep_by_std(pattern: &str, path: &str) -> io::Result<Found> {
    let mut found = Vec::new();
    for (n, line) in BufReader::new(File::open(path)?).lines().enumerate() {
        let line = line?;
        if line.contains(pattern) {
            found.push((n + 1, line));
        }
    }
    Ok(found)
}
