//! The same faults below the two things that buffer: what a `Writer` accepts is written exactly once, what a `Reader`
//! gives is what is there, and each error is told.

use crate::fault::{Fault, Needs, Run, Wrong};
use crate::scripted::{Fault as Kind, Log, PANIC, Plan, Scripted};
use crate::support::{Supplies, block_on, caught};
use aiofile::{Aio, Error, Reader, Writer};
use std::sync::Arc;

pub const WRITER: Fault = Fault {
    name: "scripted-writer",
    what: "errors, short counts and panics below a Writer: no Ok while a byte is unwritten, resumed at that byte",
    needs: Needs::Nothing,
    limit: [120, 240],
    run: writer,
};

pub const READER: Fault = Fault {
    name: "scripted-reader",
    what: "errors, short counts and panics below a Reader: every byte once, every error in its place",
    needs: Needs::Nothing,
    limit: [120, 240],
    run: reader,
};

/// A panic, or an error that is the plan's; how often the caller was told of either.
fn told(run: &mut Run, plan: Plan, result: Result<Result<(), Error>, String>, what: &str) -> u64 {
    let (right, text) = match (&result, plan.fault) {
        (Ok(Ok(())), _) => return 0,
        (Ok(Err(error)), Kind::Errno(number)) => (error.raw_os_error() == Some(number), error.to_string()),
        // After the panic itself, which comes once, its trace.
        (Ok(Err(error)), Kind::Panic) => (error.to_string().contains("panicked"), error.to_string()),
        (Err(text), Kind::Panic) => (text == PANIC, text.clone()),
        (result, _) => (false, format!("{result:?}")),
    };
    run.check(right, Wrong::Other, || format!("{what}, {plan:?}: {text}"));
    1
}

fn writer(run: &mut Run) {
    let supplies = Supplies::new();
    for _ in 0..run.times(2, 6) {
        for pool in supplies.pools() {
            for plan in Plan::all(20) {
                let value = Scripted::new(Vec::new(), plan);
                let log = value.log.clone();
                write_lines(run, Aio::on(&pool, value).writer(), &log, plan);
                run.injected(log.faults());
            }
        }
    }
    control_unblock(run);
}

/// Random writes and flushes, then flushes until one is `Ok` or, with a fault for ever, some were not.
fn write_lines(run: &mut Run, mut writer: Writer<Aio<Scripted>>, log: &Arc<Log>, plan: Plan) {
    let mut accepted = Vec::new();
    let mut errors = 0;
    for step in 0..40 {
        let last = step >= 30;
        let flush = last || run.random.one_in(3);
        let count = run.random.below(30);
        let bytes = run.random.bytes(count);
        let before = writer.progress().accepted;
        let result = caught(|| {
            block_on(async {
                match flush {
                    true => writer.flush().await,
                    false => writer.write_all(&bytes).await,
                }
            })
        });
        accepted.extend_from_slice(&bytes[..(writer.progress().accepted - before) as usize]);
        let ok = matches!(result, Ok(Ok(())));
        errors += told(run, plan, result, if flush { "flush" } else { "write" });
        if flush && ok {
            let unwritten = log.data() != accepted || writer.progress().written != accepted.len() as u64;
            run.wrong(Wrong::Silent, u64::from(unwritten), || {
                format!("flush is Ok, unwritten bytes: {plan:?}")
            });
            if last {
                break;
            }
        }
    }
    let data = log.data();
    if plan.for_ever && !matches!(plan.fault, Kind::One | Kind::Half) && log.faults() > 0 {
        run.check_bytes(&data, &accepted[..data.len().min(accepted.len())], || format!("{plan:?}"));
    } else {
        run.check_bytes(&data, &accepted, || format!("in the end, {plan:?}"));
    }
    let failures = log.failures();
    if plan.retried() {
        // std's writers retry as well; but a flush of the value itself shows it.
        run.check(errors <= failures, Wrong::Other, || format!("{errors} of {failures}, {plan:?}"));
    } else {
        let silent = (failures > 0 && errors == 0) || failures > errors + 1;
        run.check(!silent, Wrong::Silent, || format!("told {errors} of {failures}, {plan:?}"));
    }
}

/// The same script below `Unblock`: how often everything was Ok, and bytes are missing.
fn control_unblock(run: &mut Run) {
    use futures_lite::AsyncWriteExt;
    const ROUNDS: u64 = 100;
    let mut silent = 0;
    for _ in 0..ROUNDS {
        let plan = Plan { fault: Kind::Errno(libc::ENOSPC), at: 1, for_ever: false };
        let value = Scripted::new(Vec::new(), plan);
        let log = value.log.clone();
        let mut unblock = blocking::Unblock::new(value);
        silent += u64::from(block_on(async {
            let ok = unblock.write_all(b"accepted").await.is_ok();
            unblock.with_mut(|_| ()).await; // a sync, say
            ok && unblock.flush().await.is_ok() && unblock.close().await.is_ok() && log.data().is_empty()
        }));
    }
    run.control(silent, format!("Unblock: write, flush, close Ok, and nothing written {silent} of {ROUNDS}"));
}

fn reader(run: &mut Run) {
    let supplies = Supplies::new();
    let mut felt = 0;
    for _ in 0..run.times(2, 6) {
        for pool in supplies.pools() {
            for plan in Plan::all(12) {
                let size = 1 + run.random.below(3000);
                let content = run.random.bytes(size);
                let value = Scripted::new(content.clone(), plan);
                let log = value.log.clone();
                // One byte at a time, or a fault: else all of it comes at once.
                let handle = Aio::on(&pool, Few(value));
                read_all(run, handle.reader(), &log, &content, plan);
                run.injected(log.faults());
                felt += std_feels(content, plan);
            }
        }
    }
    run.control(felt, format!("std's BufReader on the same script: {felt} errors and panics"));
}

/// What is read comes in small pieces.
#[derive(Debug)]
struct Few(Scripted);

impl std::io::Read for Few {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let few = buffer.len().min(150);
        self.0.read(&mut buffer[..few])
    }
}

fn std_feels(content: Vec<u8>, plan: Plan) -> u64 {
    let mut reader = std::io::BufReader::new(Few(Scripted::new(content, plan)));
    let mut felt = 0;
    for _ in 0..3 {
        let read = caught(|| std::io::Read::read_to_end(&mut reader, &mut Vec::new()));
        felt += u64::from(!matches!(read, Ok(Ok(_))));
    }
    felt
}

/// Reads in every way until the end; goes on after errors, as long as they end.
fn read_all(run: &mut Run, mut reader: Reader<Aio<Few>>, log: &Log, content: &[u8], plan: Plan) {
    let (mut all, mut errors) = (Vec::new(), 0);
    for _ in 0..10_000 {
        let way = run.random.below(5);
        let mut buffer = vec![0; 1 + run.random.below(200)];
        let start = all.len();
        let result = caught(|| {
            block_on(async {
                match way {
                    0 => {
                        let count = reader.read(&mut buffer).await?;
                        all.extend_from_slice(&buffer[..count]);
                        Ok(count)
                    }
                    1 => {
                        let here = reader.fill_buf().await?;
                        let count = here.len().min(buffer.len());
                        all.extend_from_slice(&here[..count]);
                        reader.consume(count);
                        Ok(count)
                    }
                    2 => reader.read_until(buffer.len() as u8, &mut all).await,
                    3 => reader.read_to_end(&mut all).await,
                    _ => match reader.read_exact(&mut buffer).await {
                        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(0),
                        read => read.map(|()| buffer.len()),
                    },
                }
            })
        });
        if way == 4 && result.is_ok() {
            // Also of an error, what it had read is in the buffer; no byte of the content is 0.
            let count = buffer.iter().take_while(|byte| **byte != 0).count();
            all.extend_from_slice(&buffer[..count]);
        }
        let ended = matches!(result, Ok(Ok(0)));
        let is_loop = way >= 2;
        let interrupted =
            matches!(&result, Ok(Err(error)) if error.kind() == std::io::ErrorKind::Interrupted);
        run.wrong(Wrong::Other, u64::from(is_loop && interrupted), || {
            format!("a loop that std's BufReader goes on with is interrupted, way {way}, {plan:?}")
        });
        let told = told(run, plan, result.map(|result| result.map(drop)), "read");
        errors += told;
        if ended || (plan.for_ever && errors > 3) {
            break;
        }
        if told > 0 && all.len() == start && errors > 20 {
            run.wrong(Wrong::Other, 1, || format!("an error that came once comes for ever, {plan:?}"));
            break;
        }
    }
    if plan.for_ever && errors > 0 {
        run.check_bytes(&all, &content[..all.len().min(content.len())], || format!("{plan:?}"));
    } else {
        run.check_bytes(&all, content, || format!("{plan:?}"));
        let failures = log.failures();
        let right = if plan.retried() { errors <= failures } else { errors == failures };
        run.check(right, Wrong::Silent, || format!("told {errors} of {failures}, {plan:?}"));
    }
}
