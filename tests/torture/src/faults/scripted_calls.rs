//! Failing and short reads and writes, through every form of call: step by step what std gives on the same script.

use crate::fault::{Fault, Needs, Run, Wrong};
use crate::scripted::{Op, PANIC, Plan, Scripted};
use crate::support::{Supplies, block_on, caught};
use aiofile::{Aio, AsyncFile, Error};
use std::io::{self, IoSlice, IoSliceMut, Read, Seek, Write};

pub const CALLS: Fault = Fault {
    name: "scripted-calls",
    what: "errors, short counts and panics at the 1st, 2nd, ... operation, once and for ever, in every form of call",
    needs: Needs::Nothing,
    limit: [120, 240],
    run: calls,
};

/// How a call is made.
#[derive(Clone, Copy, Debug)]
enum Form {
    Typed,
    With,
    Call,
    Dyn,
    Checked,
}

const FORMS: [Form; 5] = [Form::Typed, Form::With, Form::Call, Form::Dyn, Form::Checked];

/// What came of a call, wherever it was made.
type Outcome = Result<Result<(u64, Vec<u8>), (Option<i32>, io::ErrorKind)>, String>;

fn outcome<E: Into<io::Error>>(f: impl FnOnce() -> Result<(u64, Vec<u8>), E>) -> Outcome {
    let of_error = |error: E| {
        let error = error.into();
        (error.raw_os_error(), error.kind())
    };
    caught(f).map(|result| result.map_err(of_error))
}

fn calls(run: &mut Run) {
    let supplies = Supplies::new();
    let (mut felt, mut told) = (0, 0);
    for round in 0..run.times(2, 6) {
        let [embedded, tokio] = supplies.pools();
        for (pool, in_task) in [(embedded, false), (tokio, false), (supplies.in_place(), true)] {
            for plan in Plan::all(12) {
                let form = FORMS[run.random.below(FORMS.len())];
                let content = run.random.bytes(40);
                let mut std = Scripted::new(content.clone(), plan);
                let ours = Scripted::new(content, plan);
                let (theirs, log) = (std.log.clone(), ours.log.clone());
                let ours = Aio::on(&pool, ours);
                for step in 0..12 {
                    let op = Op::random(&mut run.random);
                    let expect = outcome(|| op.by_std(&mut std));
                    let got = supplies.act(in_task, {
                        let (op, ours) = (op.clone(), ours.clone());
                        move || outcome(|| by_us(&op, form, &ours))
                    });
                    felt += u64::from(!matches!(expect, Ok(Ok(_))));
                    told += u64::from(!matches!(got, Ok(Ok(_))));
                    if got != expect {
                        let silent = matches!(got, Ok(Ok(_))) && !matches!(expect, Ok(Ok(_)));
                        let wrong = if silent { Wrong::Silent } else { Wrong::Other };
                        let where_ = || format!("{form:?} {op:?}, {plan:?}, step {step} of round {round}");
                        run.wrong(wrong, 1, || format!("{got:?} instead of {expect:?}: {}", where_()));
                    }
                    run.check_bytes(&log.data(), &theirs.data(), || format!("{form:?} {op:?}, {plan:?}"));
                }
                run.injected(log.faults());
                run.check(log.calls() == theirs.calls(), Wrong::Other, || {
                    format!("{} operations instead of {}", log.calls(), theirs.calls())
                });
                // By value, and still there.
                let back = caught(|| block_on(ours.finish(|value| value.log.calls())));
                run.check(back == Ok(log.calls()), Wrong::Other, || format!("the handle is lost: {back:?}"));
            }
        }
    }
    run.control(felt, format!("std on the same script: {felt} errors and panics"));
    run.check(told == felt, Wrong::Silent, || format!("{told} errors and panics instead of {felt}"));
}

fn by_us(op: &Op, form: Form, handle: &Aio<Scripted>) -> io::Result<(u64, Vec<u8>)> {
    match form {
        Form::Typed => typed(op, handle).map_err(as_it_was),
        Form::Dyn => dynamic(op, handle).map_err(as_it_was),
        Form::With => {
            let op = op.clone();
            block_on(handle.with(move |value| op.by_std(value)))
        }
        Form::Call => by_path(op, handle),
        Form::Checked => {
            let op = op.clone();
            let ended = block_on(handle.with(move |value| op.by_std(value)).checked());
            ended.unwrap_or_else(|error| {
                assert!(error.is_panic() && error.to_string().ends_with(PANIC), "{error}");
                std::panic::resume_unwind(error.into_panic().expect("a panic"))
            })
        }
    }
}

/// The error of the value itself, which a typed error keeps; it says what was attempted, too.
fn as_it_was(error: Error) -> io::Error {
    assert!(error.to_string().starts_with(error.operation().as_str()), "{error}");
    error.into()
}

fn number(count: usize) -> (u64, Vec<u8>) {
    (count as u64, Vec::new())
}

fn typed(op: &Op, handle: &Aio<Scripted>) -> Result<(u64, Vec<u8>), Error> {
    match op.clone() {
        Op::Read(count) => {
            let mut buffer = vec![0; count];
            block_on(handle.read(&mut buffer)).map(|count| (count as u64, buffer))
        }
        Op::ReadVectored(one, two) => {
            let (mut one, mut two) = (vec![0; one], vec![0; two]);
            let mut slices = [IoSliceMut::new(&mut one), IoSliceMut::new(&mut two)];
            let count = block_on(handle.read_vectored(&mut slices))?;
            Ok((count as u64, [one, two].concat()))
        }
        Op::Write(bytes) => block_on(handle.write(bytes)).map(number),
        Op::WriteAll(bytes) => block_on(handle.write_all(&bytes)).map(|()| number(0)),
        Op::WriteVectored(one, two) => block_on(handle.write_vectored([one, two])).map(number),
        Op::Flush => block_on(handle.flush()).map(|()| number(0)),
        Op::Seek(to) => block_on(handle.seek(to)).map(|to| (to, Vec::new())),
        Op::SeekRelative(by) => block_on(handle.seek_relative(by)).map(|()| number(0)),
        Op::Rewind => block_on(handle.rewind()).map(|()| number(0)),
        Op::Position => block_on(handle.stream_position()).map(|at| (at, Vec::new())),
    }
}

/// As a trait object, where it has the method.
fn dynamic(op: &Op, handle: &Aio<Scripted>) -> Result<(u64, Vec<u8>), Error> {
    let file: &dyn AsyncFile = handle;
    match op {
        Op::Read(count) => {
            let mut buffer = vec![0; *count];
            block_on(file.read(&mut buffer)).map(|count| (count as u64, buffer))
        }
        Op::Write(bytes) => block_on(file.write(bytes)).map(number),
        Op::WriteAll(bytes) => block_on(file.write_all(bytes)).map(|()| number(0)),
        Op::Flush => block_on(file.flush()).map(|()| number(0)),
        Op::Seek(to) => block_on(file.seek(*to)).map(|to| (to, Vec::new())),
        Op::Rewind => block_on(file.rewind()).map(|()| number(0)),
        Op::Position => block_on(file.stream_position()).map(|at| (at, Vec::new())),
        other => typed(other, handle),
    }
}

/// By the paths of std's methods.
fn by_path(op: &Op, handle: &Aio<Scripted>) -> io::Result<(u64, Vec<u8>)> {
    match op.clone() {
        Op::Read(count) => {
            let (result, buffer) = block_on(handle.call(Read::read, (vec![0; count],)));
            result.map(|count| (count as u64, buffer))
        }
        Op::Write(bytes) => block_on(handle.call(Write::write, (bytes,))).map(number),
        Op::WriteAll(bytes) => block_on(handle.call(Write::write_all, (bytes,))).map(|()| number(0)),
        Op::Flush => block_on(handle.method(Scripted::flush)()).map(|()| number(0)),
        Op::Seek(to) => block_on(handle.method(Scripted::seek)(to)).map(|to| (to, Vec::new())),
        Op::SeekRelative(by) => block_on(handle.call(Seek::seek_relative, (by,))).map(|()| number(0)),
        Op::Rewind => block_on(handle.call(Seek::rewind, ())).map(|()| number(0)),
        Op::Position => block_on(handle.call(Seek::stream_position, ())).map(|at| (at, Vec::new())),
        // What borrows in a way of its own is for a closure.
        Op::WriteVectored(one, two) => {
            block_on(handle.with(move |value| {
                value.write_vectored(&[IoSlice::new(&one), IoSlice::new(&two)]).map(number)
            }))
        }
        other @ Op::ReadVectored(..) => block_on(handle.with(move |value| other.by_std(value))),
    }
}
