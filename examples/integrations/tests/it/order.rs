//! The order in which calls are made is the order in which they run, whatever form they have.

use crate::support::Result;
use aiofile::{Aio, Pool};
use futures_lite::future;
use pollster::block_on;
use std::fs::File;
use std::future::Future;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::pin::Pin;
use std::sync::mpsc;

/// Writes down what is done with it.
#[derive(Debug, Default, PartialEq)]
struct Diary(Vec<String>);

impl Diary {
    fn note(&mut self, n: u32) {
        self.0.push(format!("note {n}"));
    }

    fn entries(&self) -> usize {
        self.0.len()
    }
}

impl Write for Diary {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.push(format!("write {}", String::from_utf8_lossy(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.push("flush".into());
        Ok(())
    }
}

impl Read for Diary {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.push(format!("read {}", buffer.len()));
        Ok(0)
    }
}

impl Seek for Diary {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.push(format!("{to:?}"));
        Ok(0)
    }
}

type Step<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Forgets what a call gives: its entry in the diary tells.
fn step<'a>(call: impl Future + 'a) -> Step<'a> {
    Box::pin(async { drop(call.await) })
}

/// Makes a call of every form. None is awaited here.
fn make<'a>(diary: &Aio<Diary>, buffer: &'a mut [u8]) -> Vec<Step<'a>> {
    let note = diary.method(Diary::note);
    vec![
        step(diary.call(Diary::note, (1,))),
        step(diary.with(|diary| diary.note(2))),
        step(diary.write_all("typed")),
        step(note(3)),
        step(diary.call(Write::write_all, (b"path",))),
        step(diary.read(buffer)),
        step(diary.clone().seek(SeekFrom::Start(6))),
        step(diary.call(Read::read, ([0; 9],))),
        step(diary.clone().with(|diary| diary.note(4))),
        step(note(5)),
        step(diary.flush()),
        step(diary.call(Diary::note, (6,))),
    ]
}

/// The same, synchronously.
fn sync() -> Result<Diary> {
    let mut diary = Diary::default();
    diary.note(1);
    diary.note(2);
    diary.write_all(b"typed")?;
    diary.note(3);
    diary.write_all(b"path")?;
    assert_eq!(diary.read(&mut [0; 4])?, 0);
    diary.seek(SeekFrom::Start(6))?;
    assert_eq!(diary.read(&mut [0; 9])?, 0);
    diary.note(4);
    diary.note(5);
    diary.flush()?;
    diary.note(6);
    Ok(diary)
}

#[test]
fn is_that_of_making_when_awaited_backwards() -> Result {
    block_on(async {
        let diary = Aio::new(Diary::default());
        for step in make(&diary, &mut [0; 4]).into_iter().rev() {
            step.await;
        }
        assert_eq!(diary.call(Diary::entries, ()).await, 12);
        assert_eq!(diary.finish(|diary| diary).await, sync()?);
        Ok(())
    })
}

#[test]
fn is_that_of_making_when_all_wait_for_a_thread() -> Result {
    block_on(async {
        let one = Pool::new(1);
        let (resume, wait) = mpsc::channel::<()>();
        let busy = one.run(move || wait.recv());
        let diary = Aio::on(&one, Diary::default());
        let mut buffer = [0; 4];
        let steps = make(&diary, &mut buffer);
        let end = diary.finish(|diary| diary);
        resume.send(())?;
        busy.await?;
        for step in steps {
            step.await;
        }
        assert_eq!(end.await, sync()?);
        Ok(())
    })
}

#[test]
fn is_that_of_making_when_nobody_waits() -> Result {
    block_on(async {
        let diary = Aio::new(Diary::default());
        // Abandoned calls run; a typed read that nobody waits for may be left out.
        drop(make(&diary, &mut [0; 4]));
        let (mut own, mut sync) = (diary.finish(|diary| diary).await, sync()?);
        for diary in [&mut own, &mut sync] {
            diary.0.retain(|entry| entry != "read 4");
        }
        assert_eq!(own, sync);
        Ok(())
    })
}

#[test]
fn of_a_real_file_too() -> Result {
    let dir = tempfile::tempdir()?;
    let (sync_path, own_path) = (dir.path().join("sync"), dir.path().join("own"));
    let mut sync = File::create(&sync_path)?;
    sync.write_all(b"one two")?;
    sync.write_all(b" three")?;
    sync.set_len(3)?;
    sync.seek(SeekFrom::End(0))?;
    write!(sync, ", {}", 4)?;
    sync.set_len(6)?;
    sync.write_all(b"!")?;

    block_on(async {
        let file = aiofile::File::create(&own_path).await?;
        let set_len = file.method(File::set_len);
        let calls = (
            file.call(Write::write_all, (b"one two",)),
            file.write_all(" three"),
            set_len(3),
            file.seek(SeekFrom::End(0)),
            file.with(|file| write!(file, ", {}", 4)),
            file.clone().set_len(6),
        );
        file.write_all("!").await?;
        assert_eq!(std::fs::read(own_path)?, std::fs::read(sync_path)?);
        assert_eq!(calls.3.await?, 3);
        Ok(())
    })
}

#[test]
fn finish_is_behind_what_was_made_and_before_what_is_made_later() -> Result {
    block_on(async {
        let diary = Aio::new(Diary::default());
        let other = diary.clone();
        let first = other.call(Diary::note, (1,));
        let second = other.with(|diary| diary.note(2));
        let taken = diary.finish(|diary| diary.0);
        let late = other.call(Diary::note, (3,));
        let late_typed = other.write_all("4");
        assert_eq!(taken.await, ["note 1", "note 2"]);
        future::zip(first, second).await;
        assert!(late.checked().await.unwrap_err().is_closed());
        assert!(late_typed.await.unwrap_err().call_error().unwrap().is_closed());
        Ok(())
    })
}
