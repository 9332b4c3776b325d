//! `AIOWrapper` itself: a blocking file goes in, any method of it can be awaited.
//!
//! ```python
//! async def open_async(*args):
//!     return AIOWrapper(await loop.run_in_executor(None, open, *args))
//!
//! f = await open_async("data.txt", "w")
//! await f.write("aio file")
//! await f.close()
//! ```
//!
//! `cargo run --example file_wrapper`

use aiofile::{Aio, fs, unblock};
use std::error::Error;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    pollster::block_on(write_file(&dir.path().join("data.txt")))?;
    Ok(dir.close()?)
}

/// The wrapper around what is opened on the pool.
async fn open_async(path: PathBuf) -> io::Result<Aio<File>> {
    let file = unblock(|| File::create(path)).await?;
    Ok(Aio::new(file))
}

async fn write_file(path: &Path) -> Result<(), Box<dyn Error>> {
    let f = open_async(path.to_owned()).await?;

    // `getattr(f, name)(*args)`: the method by its path, its arguments in a tuple.
    f.call(Write::write_all, (b"aio file, and more",)).await?;
    let len = f.call(File::metadata, ()).await?.len();

    // `AsyncFunWrapper`: the method as a value, to be called later.
    let set_len = f.method(File::set_len);
    set_len(8).await?;

    // An error is the method's own. What it took by `&mut` comes back beside it.
    let (read, text) = f.call(Read::read_to_string, (String::new(),)).await;
    match read {
        Err(error) => println!("read from a file opened to be written: {error}"),
        Ok(_) => return Err(format!("{text:?} was read from it").into()),
    }
    f.close().await;

    let text = fs::read_to_string(path).await?;
    assert_eq!((len, text.as_str()), (18, "aio file"));
    println!("data.txt: {len} bytes, then {}: {text}", text.len());
    Ok(())
}
