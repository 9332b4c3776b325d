//! OpenDAL's blocking operator, writer and reader. Every test runs against a folder and against S3.

use crate::s3_server::{self, Server};
use crate::support::{Result, assert_same, data, hold, line};
use aiofile::{Aio, Pool, unblock};
use opendal::blocking::{Operator, Reader, StdReader, StdWriter};
use opendal::layers::RetryLayer;
use opendal::services::{Fs, S3};
use pollster::block_on;
use std::io::{BufRead, ErrorKind, Read, Seek, SeekFrom, Write};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// What OpenDAL runs on. One for all, because its connections are kept for the next test.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// A far side, for as long as it is there.
pub(crate) struct Far {
    pub(crate) store: Operator,
    pub(crate) server: Option<Server>,
    pub(crate) dir: TempDir,
}

impl Far {
    /// A folder. `atomic_write_dir`: a file has its name when it is closed, and not before.
    pub(crate) fn folder() -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let path = |name| dir.path().join(name).to_string_lossy().into_owned();
        let folder = Fs::default().root(&path("objects")).atomic_write_dir(&path("begun"));
        Ok(Far { store: blocking(opendal::Operator::new(folder)?)?, server: None, dir })
    }

    pub(crate) fn s3() -> Result<Self> {
        Far::s3_with(s3_server::SECRET, |store| store)
    }

    pub(crate) fn s3_with_secret(secret: &str) -> Result<Self> {
        Far::s3_with(secret, |store| store)
    }

    pub(crate) fn s3_that_retries() -> Result<Self> {
        let retries = RetryLayer::new().with_min_delay(Duration::from_millis(50)).with_max_times(10);
        Far::s3_with(s3_server::SECRET, |store| store.layer(retries))
    }

    fn s3_with(secret: &str, layered: impl FnOnce(opendal::Operator) -> opendal::Operator) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        std::fs::create_dir(dir.path().join("bucket"))?;
        let server = Server::start(dir.path())?;
        let bucket = S3::default()
            .endpoint(&format!("http://{}", server.address()))
            .region("us-east-1")
            .bucket("bucket")
            .access_key_id(s3_server::KEY)
            .secret_access_key(secret)
            .disable_config_load();
        let store = blocking(layered(opendal::Operator::new(bucket)?))?;
        Ok(Far { store, server: Some(server), dir })
    }

    /// From now on there is no server.
    pub(crate) fn stop(&mut self) -> Option<SocketAddr> {
        self.server.take().map(|server| server.address())
    }

    /// A new object, open to be written.
    pub(crate) async fn create(&self, name: &'static str) -> Result<Aio<StdWriter>> {
        let store = Aio::new(self.store.clone());
        Ok(Aio::new(store.call(Operator::writer, (name,)).await?.into_std_write()))
    }

    /// An object, open to be read.
    pub(crate) async fn open(&self, name: &'static str) -> Result<Aio<StdReader>> {
        let store = Aio::new(self.store.clone());
        Ok(Aio::new(store.with(move |store| store.reader(name)?.into_std_read(..)).await?))
    }

    /// What is in an object, without this crate.
    pub(crate) fn content(&self, name: &str) -> Result<Vec<u8>> {
        Ok(self.store.read(name)?.to_vec())
    }

    fn names(&self) -> Result<Vec<String>> {
        let entries = self.store.list("")?;
        let mut names: Vec<_> = entries.iter().map(|entry| entry.path().to_owned()).collect();
        names.retain(|name| name != "/");
        names.sort();
        Ok(names)
    }
}

fn blocking(store: opendal::Operator) -> Result<Operator> {
    opendal_http_transport_reqwest::install_default();
    let _on = RUNTIME.enter();
    Ok(Operator::new(store)?)
}

/// The same tests, against each far side.
macro_rules! on_each {
    ($($test:ident)*) => {
        mod folder {
            $(#[test] fn $test() -> super::Result { super::$test(super::Far::folder()?) })*
        }
        mod s3 {
            $(#[test] fn $test() -> super::Result { super::$test(super::Far::s3()?) })*
        }
    };
}

on_each! {
    typed_methods_write_and_read_the_whole
    paths_are_forwarded
    lines_are_streamed
    a_local_file_is_copied_there_and_back
    what_is_missing_is_said_to_be
    an_object_is_there_when_it_is_closed_and_not_before
    what_is_dropped_is_not_there
    it_closes_once
    a_dropped_wait_drops_no_write
    a_timeout_ends_the_wait_and_not_the_write
    a_cancelled_write_is_not_done
    calls_run_in_the_order_made
    tasks_share_a_writer
    nothing_is_dropped_on_the_async_thread
}

/// More than one part of an upload, on S3.
const PARTS: usize = 12 << 20;

fn typed_methods_write_and_read_the_whole(far: Far) -> Result {
    block_on(async {
        let data = data(PARTS);
        let writer = far.create("whole").await?;
        writer.write_all(data.clone()).await?;
        writer.flush().await?;
        writer.call(StdWriter::close, ()).await?;
        assert_same(&far.content("whole")?, &data);

        let reader = far.open("whole").await?;
        let mut read = Vec::new();
        assert_eq!(reader.read_to_end(&mut read).await?, PARTS);
        assert_same(&read, &data);

        let mut some = [0; 1000];
        assert_eq!(reader.seek(SeekFrom::Start(7 << 20)).await?, 7 << 20);
        reader.read_exact(&mut some).await?;
        assert_same(&some, &data[7 << 20..][..1000]);
        assert_eq!(reader.stream_position().await?, (7 << 20) + 1000);
        assert_eq!(reader.seek(SeekFrom::End(-10)).await?, PARTS as u64 - 10);
        let mut end = String::new();
        reader.read_to_string(&mut end).await?;
        assert_same(end.as_bytes(), &data[PARTS - 10..]);
        Ok(())
    })
}

/// Of the operator, the reader and the writer; and by value.
fn paths_are_forwarded(far: Far) -> Result {
    block_on(async {
        let data = data(300_000);
        let store = Aio::new(far.store.clone());
        assert!(!store.call(Operator::exists, ("a",)).await?);
        store.call(Operator::write, ("a", data.clone())).await?;
        assert_eq!(
            store.call(Operator::stat, ("a",)).await?.content_length(),
            far.store.stat("a")?.content_length()
        );
        assert_same(&store.call(Operator::read, ("a",)).await?.to_vec(), &data);

        let writer = Aio::new(store.call(Operator::writer, ("b",)).await?);
        writer.call(opendal::blocking::Writer::write, (data.clone(),)).await?;
        let metadata = writer.call(opendal::blocking::Writer::close, ()).await?;
        assert_eq!(metadata.content_length(), data.len() as u64);

        let reader: Aio<Reader> = Aio::new(store.call(Operator::reader, ("b",)).await?);
        assert_same(&reader.call(Reader::read, (10..20,)).await?.to_vec(), &data[10..20]);
        let reader = Aio::new(reader.finish(|reader| reader.into_std_read(100..)).await?);
        let (read, first) = reader.call(BufRead::read_line, (String::new(),)).await;
        assert_eq!(first.len(), read?);
        assert_eq!(reader.call(Seek::stream_position, ()).await?, first.len() as u64);
        let (read, rest) = reader.call(Read::read_to_end, (Vec::new(),)).await;
        assert_eq!(read?, data.len() - 100 - first.len());
        assert_same(&[first.into_bytes(), rest].concat(), &data[100..]);

        let writer = far.create("c").await?;
        writer.call(Write::write_all, (data.clone(),)).await?;
        writer.finish(|mut writer| writer.close()).await?;
        assert_same(&far.content("c")?, &data);

        assert_eq!(far.names()?, ["a", "b", "c"]);
        store.call(Operator::delete, ("b",)).await?;
        assert_eq!(far.names()?, ["a", "c"]);
        Ok(())
    })
}

fn lines_are_streamed(far: Far) -> Result {
    const LINES: usize = 400_000;
    block_on(async {
        let mut writer = far.create("lines").await?.writer();
        for n in 0..LINES {
            writer.write_all(line(n).as_bytes()).await?;
        }
        let progress = writer.progress();
        let writer = writer.into_inner().await?;
        writer.call(StdWriter::close, ()).await?;
        let content = far.content("lines")?;
        assert_eq!(progress.accepted, content.len() as u64);
        assert_same(&content, (0..LINES).map(line).collect::<String>().as_bytes());

        let mut lines = far.open("lines").await?.reader().lines();
        let mut n = 0;
        while let Some(read) = lines.next_line().await? {
            assert_eq!(read + "\n", line(n));
            n += 1;
        }
        assert_eq!(n, LINES);
        Ok(())
    })
}

fn a_local_file_is_copied_there_and_back(far: Far) -> Result {
    block_on(async {
        let data = data(PARTS);
        let (from, to) = (far.dir.path().join("from"), far.dir.path().join("to"));
        std::fs::write(&from, &data)?;

        let mut reader = aiofile::open(&from, "r").await?.reader();
        let mut writer = far.create("copy").await?.writer();
        assert_eq!(aiofile::copy(&mut reader, &mut writer).await?, PARTS as u64);
        assert_eq!(writer.progress().written, PARTS as u64);
        let writer = writer.into_inner().await?;
        writer.call(StdWriter::close, ()).await?;
        assert_same(&far.content("copy")?, &data);

        let mut reader = far.open("copy").await?.reader();
        let mut writer = aiofile::open(&to, "w").await?.writer();
        aiofile::copy(&mut reader, &mut writer).await?;
        writer.close().await?;
        assert_same(&std::fs::read(&to)?, &data);
        Ok(())
    })
}

/// The kind, and OpenDAL's own error: by path, by a typed method, by a stream.
fn what_is_missing_is_said_to_be(far: Far) -> Result {
    block_on(async {
        let store = Aio::new(far.store.clone());
        let error = store.call(Operator::stat, ("nothing",)).await.unwrap_err();
        assert_eq!(error.kind(), opendal::ErrorKind::NotFound);

        let reader = far.open("nothing").await?;
        let error = reader.read(&mut [0; 10]).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::NotFound, aiofile::Operation::Read));
        let whole = error.io_error().get_ref().and_then(|error| error.downcast_ref::<opendal::Error>());
        assert_eq!(whole.ok_or("another error")?.kind(), opendal::ErrorKind::NotFound);
        assert!(error.to_string().starts_with("read: NotFound"), "{error}");

        let mut lines = far.open("nothing").await?.reader().lines();
        assert_eq!(lines.next_line().await.unwrap_err().kind(), ErrorKind::NotFound);
        Ok(())
    })
}

fn an_object_is_there_when_it_is_closed_and_not_before(far: Far) -> Result {
    block_on(async {
        let old = data(1000);
        far.store.write("object", old.clone())?;
        let mut writer = far.create("object").await?.writer();
        writer.write_all(&data(PARTS)).await?;
        writer.flush().await?;
        assert_eq!(writer.progress().written, PARTS as u64);
        assert_same(&far.content("object")?, &old);
        let writer = writer.into_inner().await?;
        assert_same(&far.content("object")?, &old);
        writer.call(StdWriter::close, ()).await?;
        assert_same(&far.content("object")?, &data(PARTS));
        Ok(())
    })
}

/// By the last handle, by `Aio::close` and by `Writer::close`: none of them is OpenDAL's own close.
fn what_is_dropped_is_not_there(far: Far) -> Result {
    block_on(async {
        for bytes in [1000, PARTS] {
            let writer = far.create("dropped").await?;
            writer.write_all(data(bytes)).await?;
            drop(writer);
            let writer = far.create("closed").await?;
            writer.write_all(data(bytes)).await?;
            writer.close().await;
            let mut writer = far.create("stream").await?.writer();
            writer.write_all(&data(bytes)).await?;
            writer.close().await?;
        }
        assert_eq!(far.names()?, [""; 0]);
        Ok(())
    })
}

fn it_closes_once(far: Far) -> Result {
    block_on(async {
        let writer = far.create("once").await?;
        writer.write_all("once").await?;
        writer.call(StdWriter::close, ()).await?;
        writer.call(StdWriter::close, ()).await.unwrap_err();
        assert_same(&far.content("once")?, b"once");

        let clone = writer.clone();
        writer.close().await;
        let error = clone.write_all("more").await.unwrap_err();
        assert!(error.call_error().is_some_and(|error| error.is_closed()), "{error}");
        assert_same(&far.content("once")?, b"once");
        Ok(())
    })
}

fn a_dropped_wait_drops_no_write(far: Far) -> Result {
    block_on(async {
        let writer = far.create("abandoned").await?;
        let data = data(PARTS);
        for piece in data.chunks(100_000) {
            drop(writer.write_all(piece));
        }
        drop(writer.call(StdWriter::close, ()));
        writer.close().await; // after all of that
        assert_same(&far.content("abandoned")?, &data);
        Ok(())
    })
}

fn a_timeout_ends_the_wait_and_not_the_write(far: Far) -> Result {
    RUNTIME.block_on(async {
        let writer = far.create("late").await?;
        let (resume, held) = hold(&writer);
        let write = tokio::time::timeout(Duration::from_millis(20), writer.write_all("written all the same"));
        write.await.unwrap_err();
        drop(resume);
        held.await;
        writer.call(StdWriter::close, ()).await?;
        let store = Aio::new(far.store.clone());
        assert_same(&store.call(Operator::read, ("late",)).await?.to_vec(), b"written all the same");
        Ok(())
    })
}

fn a_cancelled_write_is_not_done(far: Far) -> Result {
    block_on(async {
        let writer = far.create("cancelled").await?;
        let (resume, held) = hold(&writer);
        let first = writer.write_all("first, ");
        let mut second = writer.write_all("second, ");
        let third = writer.write_all("third");
        assert!(second.cancel());
        drop(resume);
        held.await;
        first.await?;
        let error = second.await.unwrap_err();
        assert!(error.call_error().is_some_and(|error| error.is_cancelled()), "{error}");
        third.await?;
        writer.call(StdWriter::close, ()).await?;
        assert_same(&far.content("cancelled")?, b"first, third");
        Ok(())
    })
}

/// In all forms, awaited backwards.
fn calls_run_in_the_order_made(far: Far) -> Result {
    block_on(async {
        let writer = far.create("ordered").await?;
        let mut calls = Vec::new();
        for n in 0..300 {
            let line = line(n);
            calls.push(match n % 3 {
                0 => writer.write_all(line).map(|result| Ok(result?)),
                1 => writer.call(Write::write_all, (line.into_bytes(),)).map(|result| Ok(result?)),
                _ => writer.with(move |writer| Ok(writer.write_all(line.as_bytes())?)),
            });
        }
        let close = writer.call(StdWriter::close, ());
        close.await?;
        for call in calls.into_iter().rev() {
            let result: Result = call.await;
            result?;
        }
        assert_same(&far.content("ordered")?, (0..300).map(line).collect::<String>().as_bytes());
        Ok(())
    })
}

fn tasks_share_a_writer(far: Far) -> Result {
    RUNTIME.block_on(async {
        let writer = far.create("shared").await?;
        let tasks: Vec<_> = (0..8)
            .map(|task| {
                let writer = writer.clone();
                tokio::spawn(async move {
                    for n in 0..500 {
                        writer.write_all(format!("{task} {n}\n")).await?;
                    }
                    aiofile::Result::Ok(())
                })
            })
            .collect();
        for task in tasks {
            task.await??;
        }
        writer.call(StdWriter::close, ()).await?;
        let mut text = String::new();
        far.open("shared").await?.read_to_string(&mut text).await?;
        let mut next = [0; 8];
        for line in text.lines() {
            let (task, n) = line.split_once(' ').ok_or("a torn line")?;
            let next = &mut next[task.parse::<usize>()?];
            assert_eq!(n.parse::<usize>()?, *next);
            *next += 1;
        }
        assert_eq!(next, [500; 8]);
        Ok(())
    })
}

/// To drop OpenDAL's types blocks on their runtime, which panics on a thread of a runtime. Also on the runtime's own
/// blocking threads.
fn nothing_is_dropped_on_the_async_thread(far: Far) -> Result {
    RUNTIME.block_on(async {
        let store = far.store.clone();
        let bare = unblock(move || store.writer("bare")).await?;
        assert!(catch_unwind(AssertUnwindSafe(|| drop(bare))).is_err());

        let data = data(PARTS);
        for pool in [Pool::default(), Pool::tokio(RUNTIME.handle().clone())] {
            let store = Aio::on(&pool, far.store.clone());
            let writer = store.call(Operator::writer, ("here",)).await?.into_std_write();
            let writer = Aio::on(&pool, writer);
            writer.write_all(data.clone()).await?;
            writer.call(StdWriter::close, ()).await?;
            drop(writer);
            drop(Aio::on(&pool, store.call(Operator::writer, ("gone",)).await?));
            drop(store.with(|store| store.reader("here")?.into_std_read(..)));

            let reader = Aio::on(&pool, store.with(|store| store.reader("here")?.into_std_read(..)).await?);
            let mut begin = [0; 1000];
            reader.read_exact(&mut begin).await?;
            assert_same(&begin, &data[..1000]);
            drop(reader); // in the middle of it
        }
        Ok(())
    })
}
