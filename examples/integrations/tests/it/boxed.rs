//! Trait objects: the handle need not know what it holds.

use crate::support::{Result, text};
use aiofile::Aio;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use pollster::block_on;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Cursor, Read, Seek, Write};
use std::sync::{Arc, Mutex};

type Writer = Box<dyn Write + Send>;
type Reader = Box<dyn Read + Send>;

/// A writer whose bytes are seen from outside.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<u8>>>);

impl Write for Seen {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn writers() -> Result {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("file");
    let (plain, packed) = (Seen::default(), Seen::default());
    block_on(async {
        let writers: Vec<Writer> = vec![
            Box::new(plain.clone()),
            Box::new(GzEncoder::new(packed.clone(), Compression::fast())),
            Box::new(File::create(&path)?),
        ];
        for writer in writers.into_iter().map(Aio::new) {
            writer.call(Write::write_all, (text().into_bytes(),)).await?;
            writer.write_all("typed").await?;
            writer.with(|writer| write!(writer, ", formatted {}", 7)).await?;
            writer.call(Write::flush, ()).await?;
            writer.finish(drop).await;
        }
        let mut sync = GzEncoder::new(Vec::new(), Compression::fast());
        sync.write_all(text().as_bytes())?;
        sync.write_all(b"typed, formatted 7")?;
        let text = text() + "typed, formatted 7";
        assert_eq!(*plain.0.lock().unwrap(), text.as_bytes());
        assert_eq!(std::fs::read(path)?, text.as_bytes());
        let mut unpacked = String::new();
        GzDecoder::new(&packed.0.lock().unwrap()[..]).read_to_string(&mut unpacked)?;
        assert_eq!(unpacked, text);
        Ok(())
    })
}

#[test]
fn readers() -> Result {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("file");
    std::fs::write(&path, text())?;
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(text().as_bytes())?;
    let packed = packed.finish()?;
    block_on(async {
        let readers: Vec<Reader> = vec![
            Box::new(Cursor::new(text())),
            Box::new(GzDecoder::new(Cursor::new(packed))),
            Box::new(File::open(&path)?),
        ];
        for reader in readers.into_iter().map(Aio::new) {
            let (read, head) = reader.call(Read::read_exact, ([0; 5],)).await;
            read?;
            let mut next = [0; 5];
            reader.read_exact(&mut next).await?;
            // By value: what is left, cut to a length, as a reader of its own.
            let rest = Aio::new(reader.finish(|reader| reader.take(1_000_000)).await);
            let (read, rest) = rest.call(Read::read_to_end, (Vec::new(),)).await;
            read?;
            assert_eq!([&head, &next, &rest[..]].concat(), text().as_bytes());
        }
        Ok(())
    })
}

#[test]
fn what_reads_writes_and_seeks() -> Result {
    trait Storage: Read + Write + Seek + Send {}
    impl<T: Read + Write + Seek + Send> Storage for T {}

    block_on(async {
        let storages: [Box<dyn Storage>; 2] =
            [Box::new(tempfile::tempfile()?), Box::new(Cursor::new(vec![]))];
        for storage in storages.map(Aio::new) {
            storage.write_all("a storage").await?;
            storage.seek(std::io::SeekFrom::Start(2)).await?;
            let mut text = String::new();
            storage.read_to_string(&mut text).await?;
            assert_eq!(text, "storage");
            storage.with(|storage| storage.rewind()).await?;
            assert_eq!(storage.stream_position().await?, 0);
        }
        Ok(())
    })
}

#[test]
fn a_trait_of_ones_own() -> Result {
    trait Store: Send {
        fn put(&mut self, key: &str, value: u32) -> Option<u32>;
        fn get(&self, key: &str) -> Option<u32>;
        fn close(self: Box<Self>) -> usize;
    }
    impl Store for BTreeMap<String, u32> {
        fn put(&mut self, key: &str, value: u32) -> Option<u32> {
            self.insert(key.to_owned(), value)
        }

        fn get(&self, key: &str) -> Option<u32> {
            BTreeMap::get(self, key).copied()
        }

        fn close(self: Box<Self>) -> usize {
            self.len()
        }
    }

    block_on(async {
        let mut sync: Box<dyn Store> = Box::new(BTreeMap::new());
        let store: Aio<Box<dyn Store>> = Aio::new(Box::new(BTreeMap::new()));
        // `Box<dyn Store>` is no `Store`, so that `Store::put` is no method of what the handle holds.
        assert_eq!(store.with(|store| store.put("a", 1)).await, sync.put("a", 1));
        assert_eq!(store.with(|store| store.put("a", 2)).await, sync.put("a", 2));
        assert_eq!(store.with(|store| store.get("a")).await, sync.get("a"));
        assert_eq!(store.finish(Store::close).await, sync.close());
        Ok(())
    })
}

#[test]
fn functions() -> Result {
    block_on(async {
        let mut sum = 0;
        let count: Aio<Box<dyn FnMut(u32) -> u32 + Send>> = Aio::new(Box::new(move |n| {
            sum += n;
            sum
        }));
        assert_eq!(count.with(|count| count(2)).await, 2);
        assert_eq!(count.with(|count| count(3)).await, 5);
        assert_eq!(count.finish(|mut count| count(5)).await, 10);
        Ok(())
    })
}
