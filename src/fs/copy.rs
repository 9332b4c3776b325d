//! Copying a file, in one hop.

use super::functions::change_to;
use super::is_one_file;
use crate::call::Call;
use crate::error::{Operation, Result};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Between two calls of a progress function: in bytes.
const STEP: u64 = 8 << 20;

/// Copies a file with its permissions, and gives the number of bytes: [`std::fs::copy`], which has the system
/// do it (copy_file_range(2)) where it can. That both are one file is an error, not the end of its content.
pub fn copy(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Call<Result<u64>> {
    change_to(Operation::Copy, from, to, |from, to| {
        refuse_one_file(from, to)?;
        fs::copy(from, to)
    })
}

/// Std would make the file empty, and then copy nothing.
fn refuse_one_file(from: &Path, to: &Path) -> io::Result<()> {
    match (fs::metadata(from), fs::metadata(to)) {
        (Ok(from), Ok(to)) if is_one_file(&from, &to) => {
            Err(io::Error::new(io::ErrorKind::InvalidInput, "they are one file"))
        }
        _ => Ok(()),
    }
}

/// Copies a file as [`copy`] does, and tells how far it is: `progress` gets the bytes that are copied and those
/// that there are, at least every 8 MiB and at the end. It runs on the pool thread.
///
/// ```
/// use aiofile::fs;
/// use std::sync::mpsc;
///
/// # pollster::block_on(async {
/// # let dir = tempfile::tempdir().unwrap();
/// # let (from, to) = (dir.path().join("a"), dir.path().join("b"));
/// fs::write(&from, vec![7; 20 << 20]).await?;
/// let (tell, told) = mpsc::channel();
/// fs::copy_with(&from, &to, move |done, all| tell.send((done >> 20, all >> 20)).unwrap()).await?;
/// assert_eq!(told.iter().collect::<Vec<_>>(), [(8, 20), (16, 20), (20, 20)]);
/// # aiofile::Result::Ok(()) }).unwrap()
/// ```
pub fn copy_with(
    from: impl AsRef<Path>,
    to: impl AsRef<Path>,
    progress: impl FnMut(u64, u64) + Send + 'static,
) -> Call<Result<u64>> {
    change_to(Operation::Copy, from, to, |from, to| {
        refuse_one_file(from, to)?;
        copy_in_steps(from, to, progress)
    })
}

fn copy_in_steps(from: &Path, to: &Path, mut progress: impl FnMut(u64, u64)) -> io::Result<u64> {
    let from = File::open(from)?;
    let metadata = from.metadata()?;
    if !metadata.is_file() {
        // As std: a directory, say, is not copied.
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the source is not a regular file"));
    }
    let to = make(to, &metadata)?;
    let mut done = 0;
    loop {
        // std has the system copy between two files, also when one of them is limited.
        let step = io::copy(&mut (&from).take(STEP), &mut &to)?;
        done += step;
        if step > 0 || done == 0 {
            progress(done, metadata.len().max(done));
        }
        if step < STEP {
            break;
        }
    }
    Ok(done)
}

/// The destination, with the permissions of the source before there is anything in it; those of a device or a pipe are not
/// changed. As std makes it.
fn make(to: &Path, metadata: &fs::Metadata) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    permit(&mut options, metadata);
    let to = options.open(to)?;
    if to.metadata()?.is_file() {
        to.set_permissions(metadata.permissions())?;
    }
    Ok(to)
}

#[cfg(unix)]
fn permit(options: &mut fs::OpenOptions, metadata: &fs::Metadata) {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    options.mode(metadata.permissions().mode());
}

#[cfg(not(unix))]
fn permit(_: &mut fs::OpenOptions, _: &fs::Metadata) {}
