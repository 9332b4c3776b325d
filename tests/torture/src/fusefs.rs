//! A file system of one file, in memory, whose Nth operation of a kind fails: FUSE, so that real files meet it in the kernel.

use crate::child::{self, Role};
use fuser::{
    Config, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation, INodeNo, LockOwner,
    MountOption, OpenFlags, ReplyAttr, ReplyData, ReplyEmpty, ReplyEntry, ReplyOpen, ReplyWrite, Request,
    TimeOrNow, WriteFlags,
};
use std::cell::RefCell;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, ExitCode, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Op {
    Open,
    Read,
    Write,
    Fsync,
    /// What a close(2) waits for.
    Flush,
    SetLen,
}

const OPS: [Op; 6] = [Op::Open, Op::Read, Op::Write, Op::Fsync, Op::Flush, Op::SetLen];

#[derive(Clone, Copy, Debug)]
pub enum Fault {
    Errno(i32),
    /// So many bytes at most.
    Short(usize),
    /// Takes [`SLOW`]. (The name of the file is then kept by the system's cache.)
    Slow,
}

pub const SLOW: Duration = Duration::from_millis(500);

/// The operations of this kind from `first` to `last` fail, counted from 1.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub op: Op,
    pub fault: Fault,
    pub first: u64,
    pub last: u64,
}

impl Plan {
    fn to_text(self) -> String {
        let fault = match self.fault {
            Fault::Errno(number) => i64::from(number),
            Fault::Short(most) => -(most as i64),
            Fault::Slow => 0,
        };
        format!("{} {fault} {} {}", self.op as usize, self.first, self.last)
    }

    fn from_text(text: &str) -> Option<Plan> {
        let mut words = text.split(' ');
        let op = OPS[words.next()?.parse::<usize>().ok()?];
        let fault = match words.next()?.parse::<i64>().ok()? {
            0 => Fault::Slow,
            most if most < 0 => Fault::Short(most.unsigned_abs() as usize),
            number => Fault::Errno(number as i32),
        };
        let (first, last) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Plan { op, fault, first, last })
    }
}

#[derive(Default)]
struct State {
    content: Vec<u8>,
    plan: Option<Plan>,
    /// Operations of the plan's kind.
    count: u64,
    hits: u64,
}

pub const ROLES: &[(&str, Role)] = &[("faulty", serve)];

/// The mounted file system, served by a child: a process that serves files to itself can't end while one of them is open.
pub struct Faulty {
    at: PathBuf,
    server: Child,
    said: RefCell<BufReader<ChildStdout>>,
}

impl Faulty {
    pub fn mount(at: &Path) -> Faulty {
        std::fs::create_dir_all(at).expect("a directory");
        let mut command = child::command("faulty", &[at]);
        let mut server = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a child");
        let said = RefCell::new(BufReader::new(server.stdout.take().expect("it is piped")));
        let faulty = Faulty { at: at.to_owned(), server, said };
        assert_eq!(faulty.hear(), "mounted");
        faulty
    }

    pub fn path(&self) -> PathBuf {
        self.at.join(NAME)
    }

    /// Makes a new plan; the file has this content.
    pub fn begin(&self, content: &[u8], plan: Plan) {
        let content = String::from_utf8_lossy(content).replace('\n', "/");
        self.say(&format!("begin {}\n{content}", plan.to_text()));
        assert_eq!(self.hear(), "begun");
    }

    pub fn hits(&self) -> u64 {
        self.say("hits");
        self.hear().parse().expect("a number")
    }

    pub fn content(&self) -> Vec<u8> {
        self.say("content");
        self.hear().replace('/', "\n").into_bytes()
    }

    fn say(&self, line: &str) {
        writeln!(self.server.stdin.as_ref().expect("it is piped"), "{line}").expect("it listens");
    }

    fn hear(&self) -> String {
        let mut line = String::new();
        self.said.borrow_mut().read_line(&mut line).expect("text");
        line.trim_end_matches('\n').into()
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        // The server ends, and with it the file system.
        drop(self.server.stdin.take());
        let _ = child::wait(&mut self.server, Duration::from_secs(5));
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The child of `Faulty`: answers line by line, until there are no more.
fn serve(arguments: &[String]) -> ExitCode {
    let state = Arc::new(Mutex::new(State::default()));
    let mut config = Config::default();
    config.mount_options = vec![MountOption::FSName("faulty".into())];
    let session = fuser::spawn_mount(Files(state.clone()), &arguments[0], &config).expect("FUSE");
    println!("mounted");
    let mut lines = std::io::stdin().lines().map_while(Result::ok);
    while let Some(line) = lines.next() {
        match line.as_str() {
            "hits" => println!("{}", lock(&state).hits),
            "content" => println!("{}", String::from_utf8_lossy(&lock(&state).content).replace('\n', "/")),
            begin => {
                let plan = begin.strip_prefix("begin ").and_then(Plan::from_text);
                let content = lines.next().unwrap_or_default().replace('/', "\n").into_bytes();
                *lock(&state) = State { content, plan, ..State::default() };
                println!("begun");
            }
        }
    }
    crate::disk::unmount(Path::new(&arguments[0]));
    drop(session);
    ExitCode::SUCCESS
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().expect("nobody panics with it")
}

const NAME: &str = "file";
const FILE: INodeNo = INodeNo(2);
/// Nothing is remembered by the kernel.
const NOW: Duration = Duration::ZERO;

struct Files(Arc<Mutex<State>>);

impl Files {
    /// How many bytes an operation may take, or why it may not.
    fn operation(&self, op: Op, wanted: usize) -> Result<usize, Errno> {
        let mut state = lock(&self.0);
        let Some(plan) = state.plan.filter(|plan| plan.op == op) else { return Ok(wanted) };
        state.count += 1;
        if !(plan.first..=plan.last).contains(&state.count) {
            return Ok(wanted);
        }
        state.hits += 1;
        drop(state);
        match plan.fault {
            Fault::Slow => {
                std::thread::sleep(SLOW);
                Ok(wanted)
            }
            Fault::Errno(number) => Err(Errno::from_i32(number)),
            Fault::Short(most) => Ok(wanted.min(most)),
        }
    }

    fn attributes(&self, inode: INodeNo) -> FileAttr {
        let is_file = inode == FILE;
        let now = SystemTime::UNIX_EPOCH;
        FileAttr {
            ino: inode,
            size: if is_file { lock(&self.0).content.len() as u64 } else { 0 },
            blocks: 1,
            atime: now,
            mtime: now,
            ctime: now,
            crtime: now,
            kind: if is_file { FileType::RegularFile } else { FileType::Directory },
            perm: if is_file { 0o644 } else { 0o755 },
            nlink: 1,
            uid: 0,
            gid: 0,
            rdev: 0,
            blksize: 512,
            flags: 0,
        }
    }

    fn empty(&self, op: Op, reply: ReplyEmpty) {
        match self.operation(op, 0) {
            Ok(_) => reply.ok(),
            Err(errno) => reply.error(errno),
        }
    }
}

impl Filesystem for Files {
    fn lookup(&self, _: &Request, _: INodeNo, name: &OsStr, reply: ReplyEntry) {
        match name == NAME {
            true => {
                let slow = lock(&self.0).plan.is_some_and(|plan| matches!(plan.fault, Fault::Slow));
                let valid = if slow { Duration::from_secs(60) } else { NOW };
                reply.entry(&valid, &self.attributes(FILE), Generation(0));
            }
            false => reply.error(Errno::ENOENT),
        }
    }

    fn getattr(&self, _: &Request, inode: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        reply.attr(&NOW, &self.attributes(inode));
    }

    fn setattr(
        &self,
        _: &Request,
        inode: INodeNo,
        _: Option<u32>,
        _: Option<u32>,
        _: Option<u32>,
        size: Option<u64>,
        _: Option<TimeOrNow>,
        _: Option<TimeOrNow>,
        _: Option<SystemTime>,
        _: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<fuser::BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        if let Some(size) = size {
            if let Err(errno) = self.operation(Op::SetLen, 0) {
                return reply.error(errno);
            }
            lock(&self.0).content.resize(size as usize, 0);
        }
        reply.attr(&NOW, &self.attributes(inode));
    }

    fn open(&self, _: &Request, _: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        match self.operation(Op::Open, 0) {
            // Each read and write comes here, as it was made.
            Ok(_) => reply.opened(FileHandle(0), FopenFlags::FOPEN_DIRECT_IO),
            Err(errno) => reply.error(errno),
        }
    }

    fn read(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        match self.operation(Op::Read, size as usize) {
            Ok(most) => {
                let state = lock(&self.0);
                let from = (offset as usize).min(state.content.len());
                reply.data(&state.content[from..][..most.min(state.content.len() - from)]);
            }
            Err(errno) => reply.error(errno),
        }
    }

    fn write(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        match self.operation(Op::Write, data.len()) {
            Ok(count) => {
                let (mut state, offset) = (lock(&self.0), offset as usize);
                let end = (offset + count).max(state.content.len());
                state.content.resize(end, 0);
                state.content[offset..][..count].copy_from_slice(&data[..count]);
                reply.written(count as u32);
            }
            Err(errno) => reply.error(errno),
        }
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        self.empty(Op::Flush, reply);
    }

    fn fsync(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        self.empty(Op::Fsync, reply);
    }
}
