//! `AsyncFile`: the same program on every file, std's or a user's.

use crate::support::{Steps, block_on, poll};
use aiofile::{Aio, AsyncFile, Error, Operation, Result, async_trait};
use std::io::{Cursor, ErrorKind, Read, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// A file in memory that moves three bytes at a time, and is interrupted before each.
#[derive(Default)]
struct Memory {
    bytes: Mutex<Cursor<Vec<u8>>>,
    calls: AtomicU64,
}

impl Memory {
    fn interrupted(&self, operation: Operation) -> Result<()> {
        match self.calls.fetch_add(1, Ordering::Relaxed) % 2 {
            0 => Err(Error::new(operation, ErrorKind::Interrupted.into())),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl AsyncFile for Memory {
    async fn read(&self, buffer: &mut [u8]) -> Result<usize> {
        self.interrupted(Operation::Read)?;
        let few = buffer.len().min(3);
        self.bytes.lock().unwrap().read(&mut buffer[..few]).map_err(|e| Error::new(Operation::Read, e))
    }
    async fn write(&self, data: &[u8]) -> Result<usize> {
        self.interrupted(Operation::Write)?;
        let few = data.len().min(3);
        self.bytes.lock().unwrap().write(&data[..few]).map_err(|e| Error::new(Operation::Write, e))
    }
    async fn seek(&self, to: SeekFrom) -> Result<u64> {
        self.bytes.lock().unwrap().seek(to).map_err(|e| Error::new(Operation::Seek, e))
    }
    async fn flush(&self) -> Result<()> {
        Ok(())
    }
}

/// Any file, with its bytes counted.
struct Counting<F> {
    file: F,
    read: AtomicU64,
    written: AtomicU64,
}

#[async_trait]
impl<F: AsyncFile> AsyncFile for Counting<F> {
    async fn read(&self, buffer: &mut [u8]) -> Result<usize> {
        let read = self.file.read(buffer).await?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
    async fn write(&self, data: &[u8]) -> Result<usize> {
        let written = self.file.write(data).await?;
        self.written.fetch_add(written as u64, Ordering::Relaxed);
        Ok(written)
    }
    async fn seek(&self, to: SeekFrom) -> Result<u64> {
        self.file.seek(to).await
    }
    async fn flush(&self) -> Result<()> {
        self.file.flush().await
    }
}

/// Every method of the trait, the required and the provided ones.
async fn program(file: &dyn AsyncFile) -> Result<()> {
    file.write_all(b"0123456789").await?;
    assert_eq!(file.write(b"ab").await?, 2);
    file.flush().await?;
    assert_eq!(file.seek(SeekFrom::Start(1)).await?, 1);
    let mut four = [0; 4];
    file.read_exact(&mut four).await?;
    assert_eq!((&four, file.stream_position().await?), (b"1234", 5));
    file.rewind().await?;
    let mut text = String::from(">");
    assert_eq!(file.read_to_string(&mut text).await?, 12);
    assert_eq!(text, ">0123456789ab");
    file.seek(SeekFrom::End(-2)).await?;
    let mut end = vec![b'>'];
    assert_eq!((file.read_to_end(&mut end).await?, end), (2, b">ab".to_vec()));
    assert_eq!(file.read_exact(&mut [0]).await.unwrap_err().kind(), ErrorKind::UnexpectedEof);
    Ok(())
}

#[test]
fn every_file_runs_the_same_program() {
    let std_file = aiofile::File::from_std(tempfile::tempfile().unwrap());
    let cursor = Aio::new(Cursor::new(Vec::new()));
    for file in [&std_file as &dyn AsyncFile, &cursor] {
        block_on(program(file)).unwrap();
    }
}

#[test]
fn a_file_of_ones_own_has_all_methods() {
    block_on(async {
        let memory = Memory::default();
        memory.write_all(b"0123456789ab").await?;
        assert!(memory.calls.load(Ordering::Relaxed) >= 8, "it was interrupted");
        memory.seek(SeekFrom::Start(1)).await?;
        let mut four = [0; 4];
        memory.read_exact(&mut four).await?;
        assert_eq!((&four, memory.stream_position().await?), (b"1234", 5));
        memory.rewind().await?;
        let mut text = String::new();
        assert_eq!(memory.read_to_string(&mut text).await?, 12);
        assert_eq!(text, "0123456789ab");
        assert_eq!(memory.read_to_end(&mut Vec::new()).await?, 0);
        assert_eq!(memory.set_len(0).await.unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(memory.sync_all().await.unwrap_err().operation(), Operation::SyncAll);
        memory.close().await
    })
    .unwrap();
}

/// Boxed, borrowed, shared, and nested in a file that counts.
#[test]
fn whatever_points_to_a_file_is_one() {
    async fn generic(mut file: impl AsyncFile) -> Result<()> {
        program(&file).await?;
        let borrowed: &mut dyn AsyncFile = &mut file;
        borrowed.rewind().await?;
        borrowed.write_all(b"x").await
    }
    let file = || aiofile::File::from_std(tempfile::tempfile().unwrap());
    let counting = Arc::new(Counting { file: file(), read: 0.into(), written: 0.into() });
    block_on(async {
        generic(&mut file()).await?;
        generic(Box::new(file()) as Box<dyn AsyncFile>).await?;
        generic(Arc::new(Aio::new(Cursor::new(Vec::new())))).await?;
        generic(counting.clone()).await
    })
    .unwrap();
    let counts = [&counting.read, &counting.written].map(|count| count.load(Ordering::Relaxed));
    assert_eq!(counts, [4 + 12 + 2, 13]);
}

/// `async_trait`'s own futures do nothing until they are polled; those of the handles are queued when made.
#[test]
fn a_call_through_the_trait_is_queued_when_it_is_made() {
    let (steps, pool) = Steps::new();
    let list = Aio::on(&pool, Cursor::new(Vec::new()));
    let object: Box<dyn AsyncFile> = Box::new(list.clone());
    drop(object.write_all(b"1"));
    drop(list.write_all("2"));
    drop(AsyncFile::write_all(&&object, b"3"));
    drop(object);
    let mut all = list.finish(Cursor::into_inner);
    steps.run_all();
    assert_eq!(poll(&mut all), std::task::Poll::Ready(b"123".to_vec()));
}

/// A read to the end through a box is the file's own: one hop, not one for each chunk.
#[test]
fn a_pointer_keeps_the_methods_of_what_it_points_to() {
    let (steps, pool) = Steps::new();
    let object: Box<dyn AsyncFile> = Box::new(Aio::on(&pool, Cursor::new(vec![7; 1 << 20])));
    let mut bytes = Vec::new();
    let mut read = object.read_to_end(&mut bytes);
    steps.run_one();
    assert!(poll(&mut read).is_ready());
    drop(read);
    assert_eq!((bytes.len(), steps.taken()), (1 << 20, 1));
}

#[test]
fn a_closed_object_says_so() {
    let dir = tempfile::tempdir().unwrap();
    block_on(async {
        let file = aiofile::open(dir.path().join("file"), "w+").await?;
        let objects: [Box<dyn AsyncFile>; 2] = [Box::new(file), Box::new(Aio::new(Cursor::new(Vec::new())))];
        for object in objects {
            object.write_all(b"x").await?;
            object.close().await?;
            assert!(object.write_all(b"y").await.unwrap_err().call_error().unwrap().is_closed());
        }
        Ok(())
    })
    .unwrap_or_else(|error: Error| panic!("{error}"));
}
