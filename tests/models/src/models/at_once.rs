//! Of what is done at once, on its caller's thread, and of answers that are there before anybody has waited: those give way to
//! other tasks now and then. (Real files: only of these something is known to be done at once, and that on Linux alone.)

use super::support::{TellsDrop, Told, any, poll, switch, threads};
use aiofile::{File, OpenOptions, Pool};
use shuttle::future::block_on;
use shuttle::sync::atomic::{AtomicBool, Ordering};
use shuttle::thread;
use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

fn content() -> Vec<u8> {
    (0..=u8::MAX).collect()
}

fn program() -> PathBuf {
    std::env::current_exe().unwrap()
}

/// A file beside this program, without a name: nothing is left behind.
fn open(pool: &Pool) -> File {
    static UNNAMED: OnceLock<fs::File> = OnceLock::new();
    let unnamed = UNNAMED.get_or_init(|| {
        let path = program().with_extension(std::process::id().to_string());
        let mut file = fs::File::create_new(&path).unwrap();
        fs::remove_file(&path).unwrap();
        file.write_all(&content()).unwrap();
        file
    });
    let path = format!("/proc/self/fd/{}", unnamed.as_raw_fd());
    block_on(OpenOptions::new().read(true).pool(pool).open(path)).unwrap()
}

/// A read at once comes after what was made before it, and not in the middle of another call; what others make
/// meanwhile is run, and the file is closed when its last handle is gone. *Catches:* a read that overtakes calls whose
/// drain is on its way; a read that leaves over what came while it went on.
pub fn here() {
    let pool = threads();
    let file = open(&pool);
    let content = content();
    let closed = block_on(file.with(|file| Arc::downgrade(file)));
    let other = file.clone();
    let other = thread::spawn(move || {
        let position = |mut file: &fs::File| file.stream_position().unwrap();
        for _ in 0..2 {
            let stands_still = other.with(move |file| {
                let before = position(file);
                switch();
                before == position(file)
            });
            assert!(block_on(stands_still), "read in the middle of a call");
        }
    });
    for at in [100, 7, 50] {
        let sought = file.seek(SeekFrom::Start(at));
        if any(2) == 0 {
            assert_eq!(block_on(sought).unwrap(), at);
        }
        let mut buffer = [0; 2];
        assert_eq!(block_on(file.read(&mut buffer)).unwrap(), 2);
        assert_eq!(buffer, content[at as usize..][..2], "of another position");
    }
    drop(file);
    other.join().unwrap();
    assert!(block_on(pool.shutdown(Duration::MAX)).is_empty());
    assert_eq!(closed.strong_count(), 0);
}

/// What is accepted while another thread reads at once is run, though the pool is shut down before that read is over.
/// *Catches:* a read at once that nobody knows of.
pub fn here_shutdown() {
    let pool = threads();
    let file = open(&pool);
    let other = {
        let (file, pool, ran) = (file.clone(), pool.clone(), Arc::new(AtomicBool::new(false)));
        thread::spawn(move || {
            (0..any(30)).for_each(|_| switch());
            let runs = Arc::clone(&ran);
            drop(file.with(move |_| runs.store(true, Ordering::SeqCst)));
            assert!(block_on(pool.shutdown(Duration::MAX)).is_empty());
            assert!(ran.load(Ordering::SeqCst), "accepted, and not run");
        })
    };
    for _ in 0..3 {
        if let Err(error) = block_on(file.read(&mut [0; 2])) {
            assert!(error.to_string().contains("shut down"), "{error}");
        }
        switch();
    }
    drop(file);
    other.join().unwrap();
}

/// Reads of several tasks, at once or on the pool, get each byte once; what is abandoned, in any order, is there for the next
/// ones. *Catches:* a read at once that does not look for what has come back.
pub fn here_reads() {
    let pool = threads();
    let file = open(&pool);
    let awaited = [0, 1].map(|_| {
        let file = file.clone();
        thread::spawn(move || {
            let mut buffer = [0; 3];
            assert_eq!(block_on(file.read(&mut buffer)).unwrap(), 3);
            buffer
        })
    });
    let mut got = awaited.map(|reader| reader.join().unwrap());
    got.sort();
    assert_eq!(got.as_flattened(), [0, 1, 2, 3, 4, 5]);

    let abandoners = [0, 1].map(|_| {
        let file = file.clone();
        thread::spawn(move || {
            let mut buffers = [[0; 2]; 2];
            let [first, second] = buffers.each_mut().map(|buffer| file.read(buffer));
            switch();
            if any(2) == 0 {
                drop(first);
                switch();
                drop(second);
            } else {
                drop(second);
                switch();
                drop(first);
            }
        })
    });
    abandoners.into_iter().for_each(|abandoner| abandoner.join().unwrap());
    let mut next = 6;
    while next < 20 {
        let mut buffer = [0; 4];
        let count = block_on(file.read(&mut buffer)).unwrap();
        assert!(count > 0 && buffer[..count].iter().copied().eq(next..next + count as u8), "{buffer:?}");
        next += count as u8;
    }
}

/// Reads until one gives way, but so many at most; says how many did not.
fn use_up(file: &File, at_most: usize) -> usize {
    (0..at_most).find(|_| poll(&mut file.read_at(&mut [0], 0)).is_pending()).unwrap_or(at_most)
}

/// The threads of a model are one thread of the system, which has one budget, whichever model was run before: it is made
/// to be nearly used up.
fn give_way_soon(file: &File) {
    static READS: OnceLock<usize> = OnceLock::new();
    let give_way = || {
        // Who gives way a second time has more than who comes after another task.
        let other = Waker::from(Arc::new(Other));
        let _ = Pin::new(&mut file.read_at(&mut [0], 0)).poll(&mut Context::from_waker(&other));
        assert!(use_up(file, MANY) < MANY, "nothing is read at once, or nothing gives way");
    };
    let reads = *READS.get_or_init(|| {
        give_way();
        use_up(file, MANY)
    });
    give_way();
    let reads = reads - any(4);
    assert_eq!(use_up(file, reads), reads);
}

struct Other;

impl Wake for Other {
    fn wake(self: Arc<Self>) {}
}

/// More than are read at once without giving way.
const MANY: usize = 1000;

/// Who gives way may go on, or be dropped: the bytes of a read are there for the next one, and what else was given is dropped on
/// the pool, or had. *Catches:* an answer that is taken before its call gives way; bytes that count as given before that;
/// who gives way and is not woken.
pub fn gives_way() {
    let pool = threads();
    let file = open(&pool);
    give_way_soon(&file);
    let dropped = Told::new();
    let (mut next, mut made, mut had) = (0_u8, 0, 0);
    for _ in 0..4 {
        if any(2) == 0 {
            // The read behind it is not done at once.
            drop(file.with(|_| switch()));
        }
        match any(3) {
            0 => {
                let mut buffer = [0; 2];
                if let Some(count) = try_to_have(file.read(&mut buffer)) {
                    assert_eq!(count.unwrap(), 2);
                    assert_eq!(buffer, [next, next + 1]);
                    next += 2;
                }
            }
            1 => {
                let tells = TellsDrop(dropped.clone());
                made += 1;
                had += usize::from(try_to_have(file.with(|_| tells)).is_some());
            }
            _ => {
                let opened = OpenOptions::new().read(true).pool(&pool).open(program());
                assert!(try_to_have(opened).is_none_or(|opened| opened.is_ok()));
            }
        }
    }
    let mut buffer = [0; 2];
    assert_eq!(block_on(file.read(&mut buffer)).unwrap(), 2);
    assert_eq!(buffer, [next, next + 1]);
    drop(file);
    let main = thread::current().id();
    assert_eq!(dropped.wait_for(made).iter().filter(|(_, by)| *by == main).count(), had);
    assert!(block_on(pool.shutdown(Duration::MAX)).is_empty());
    assert_eq!(opened(), 0, "open for ever");
}

/// Waits, a while after it was made; or polls once, and goes on, or gives up.
fn try_to_have<F: Future + Unpin>(mut future: F) -> Option<F::Output> {
    (0..any(4)).for_each(|_| switch());
    if any(3) == 0 {
        return Some(block_on(future));
    }
    match poll(&mut future) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => (any(2) == 0).then(|| block_on(future)),
    }
}

/// How many descriptors of this program there are.
fn opened() -> usize {
    let links =
        fs::read_dir("/proc/self/fd").unwrap().flatten().filter_map(|fd| fs::read_link(fd.path()).ok());
    links.filter(|path| *path == program()).count()
}
