//! A `Reader` or a `Writer` on the file, for a while.

use crate::case::{ReaderOp, ReaderStep, WriterEnd, WriterStep};
use crate::pair::{Pair, same};
use aiofile::{File, Reader, Writer};
use std::io::{self, Read, Seek, SeekFrom, Write};

impl Pair {
    /// What it has read ahead goes back at its end: std reads what was had, and no more.
    pub fn reader(&mut self, steps: &[ReaderStep]) {
        let mut reader = self.ours.clone().reader();
        for step in steps {
            self.read_step(&mut reader, step);
        }
        drop(reader);
        self.unread = true;
    }

    fn read_step(&mut self, reader: &mut Reader<File>, step: &ReaderStep) {
        let how = step.how;
        match &step.op {
            ReaderOp::Read(size) => {
                let mut buffer = vec![0; size.get().max(1)];
                if let Some(result) = self.get_or_drop(how, reader.read(&mut buffer)) {
                    self.same_some(result.map(|count| &buffer[..count]));
                }
            }
            ReaderOp::Consume(size) => {
                let Some(result) = self.get_or_drop(how, reader.fill_buf()) else { return };
                let count =
                    self.same_some(result.map(|buffer| &buffer[..buffer.len().min(size.get().max(1))]));
                reader.consume(count);
            }
            ReaderOp::Exact(size) => {
                let (mut buffer, mut expect) = (vec![0; size.get()], vec![0; size.get()]);
                if let Some(result) = self.get_or_drop(how, reader.read_exact(&mut buffer))
                    && same(result, self.std.read_exact(&mut expect))
                {
                    assert!(buffer == expect, "other bytes");
                }
            }
            ReaderOp::Until(delimiter) => {
                let mut buffer = vec![b'>'];
                if let Some(result) = self.get_or_drop(how, reader.read_until(*delimiter, &mut buffer)) {
                    let mut expect = vec![b'>'];
                    same(result, read_until(&mut self.std, *delimiter, &mut expect));
                    assert!(buffer == expect, "other bytes");
                }
            }
            ReaderOp::ToEnd => {
                let (mut buffer, mut expect) = (vec![b'>'], vec![b'>']);
                if let Some(result) = self.get_or_drop(how, reader.read_to_end(&mut buffer)) {
                    same(result, self.std.read_to_end(&mut expect));
                    assert!(buffer == expect, "other bytes");
                }
            }
            // One that has begun is done.
            ReaderOp::Seek(to) => drop(same(self.get(reader.seek(to.get())), self.std.seek(to.get()))),
        }
    }

    /// The next bytes, as many as there are: std reads as many.
    fn same_some(&mut self, ours: aiofile::Result<&[u8]>) -> usize {
        let mut expect = vec![0; ours.as_ref().map_or(1, |bytes| bytes.len().max(1))];
        let std = self.std.read(&mut expect).map(|count| &expect[..count]);
        let count = ours.as_ref().map_or(0, |bytes| bytes.len());
        same(ours, std);
        count
    }

    /// What it accepts goes in between what was made before and what is made later.
    pub fn writer(&mut self, steps: &[WriterStep], end: WriterEnd) {
        let mut writer = self.ours.clone().writer();
        // Accepted, and not known to be written.
        let mut pending = Vec::new();
        for step in steps {
            self.write_step(&mut writer, &mut pending, step);
        }
        match end {
            WriterEnd::Drop => drop(writer),
            WriterEnd::Flush => return self.flushed(&mut pending, self.get(writer.flush())),
            WriterEnd::IntoInner => {
                let inner = self.get(writer.into_inner());
                return self.flushed(&mut pending, inner.map(drop).map_err(|failed| failed.into_error()));
            }
        }
        // Written all the same, where it can be.
        let _ = self.std.write_all(&pending);
        self.unsettled = true;
    }

    fn write_step(&mut self, writer: &mut Writer<File>, pending: &mut Vec<u8>, step: &WriterStep) {
        match step {
            WriterStep::Write(bytes) => match self.get(writer.write(&bytes.get())) {
                Ok(count) => pending.extend_from_slice(&bytes.get()[..count]),
                Err(error) => self.flushed(pending, Err(error)),
            },
            WriterStep::WriteAll(bytes) => {
                let before = writer.progress().accepted;
                let result = self.get(writer.write_all(&bytes.get()));
                let accepted = writer.progress().accepted - before;
                pending.extend_from_slice(&bytes.get()[..accepted as usize]);
                match result {
                    Ok(()) => assert_eq!(accepted as usize, bytes.get().len()),
                    Err(error) => self.flushed(pending, Err(error)),
                }
            }
            WriterStep::Unpolled(bytes) => drop(writer.write_all(&bytes.get())),
            WriterStep::Flush(how) => {
                if let Some(result) = self.get_or_drop(*how, writer.flush()) {
                    self.flushed(pending, result);
                }
            }
            WriterStep::Seek(to) => {
                let result = self.get(writer.seek(to.get()));
                match self.std.write_all(pending) {
                    Ok(()) => {
                        pending.clear();
                        same(result, self.std.seek(to.get()));
                    }
                    Err(error) => drop(same(result, Err(error))),
                }
            }
        }
    }

    /// All that was accepted is written, or cannot be.
    fn flushed(&mut self, pending: &mut Vec<u8>, result: aiofile::Result<()>) {
        if same(result, self.std.write_all(pending)) {
            pending.clear();
        }
    }
}

/// As `BufRead::read_until`, but what comes behind is not read.
fn read_until(std: &mut std::fs::File, delimiter: u8, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let start = std.stream_position()?;
    let mut rest = Vec::new();
    std.read_to_end(&mut rest)?;
    let count = rest.iter().position(|byte| *byte == delimiter).map_or(rest.len(), |at| at + 1);
    buffer.extend_from_slice(&rest[..count]);
    std.seek(SeekFrom::Start(start + count as u64))?;
    Ok(count)
}
