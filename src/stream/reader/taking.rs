//! Reads that take more than one piece.

use super::Reader;
use crate::error::{Result, is_interrupted};
use crate::stream::Handle;
use std::future::poll_fn;
use std::io::{ErrorKind, Read};

/// A read into a caller's buffer. Dropped before it is done, it gives back what it took.
pub(super) struct Taking<'r, 'b, H: Handle<Value: Read>, B: Buffer + ?Sized> {
    reader: &'r mut Reader<H>,
    buffer: &'b mut B,
    /// In a buffer of one size: where what was taken ends. In one that grows: where it begins.
    mark: usize,
    done: bool,
}

/// What bytes can be taken out of again.
pub(super) trait Buffer {
    fn take_out(&mut self, mark: usize) -> Vec<u8>;
}

impl Buffer for [u8] {
    fn take_out(&mut self, mark: usize) -> Vec<u8> {
        self[..mark].to_vec()
    }
}

impl Buffer for Vec<u8> {
    fn take_out(&mut self, mark: usize) -> Vec<u8> {
        self.split_off(mark)
    }
}

impl<'r, 'b, H: Handle<Value: Read>> Taking<'r, 'b, H, [u8]> {
    /// Fills the buffer.
    pub(super) async fn fill(reader: &'r mut Reader<H>, buffer: &'b mut [u8]) -> Result<()> {
        let mut taking = Taking { reader, buffer, mark: 0, done: false };
        let result = taking.take_all().await;
        taking.done = true;
        result
    }

    async fn take_all(&mut self) -> Result<()> {
        while self.mark < self.buffer.len() {
            match self.reader.read(&mut self.buffer[self.mark..]).await {
                Ok(0) => return Err(self.reader.error(ErrorKind::UnexpectedEof.into())),
                Ok(count) => self.mark += count,
                Err(error) if is_interrupted(error.io_error()) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl<'r, 'b, H: Handle<Value: Read>> Taking<'r, 'b, H, Vec<u8>> {
    /// Appends what `take` says of each piece: how many bytes, and whether that is all.
    pub(super) async fn append(
        reader: &'r mut Reader<H>,
        buffer: &'b mut Vec<u8>,
        take: impl Fn(&[u8]) -> (usize, bool),
    ) -> Result<usize> {
        let mark = buffer.len();
        let mut taking = Taking { reader, buffer, mark, done: false };
        let result = taking.take_by(take).await;
        taking.done = true;
        result
    }

    async fn take_by(&mut self, take: impl Fn(&[u8]) -> (usize, bool)) -> Result<usize> {
        loop {
            poll_fn(|cx| self.reader.poll_fill_again(cx)).await?;
            let here = self.reader.buffer();
            let (count, all) = take(here);
            self.buffer.extend_from_slice(&here[..count]);
            self.reader.consume(count);
            if all || count == 0 {
                return Ok(self.buffer.len() - self.mark);
            }
        }
    }
}

impl<H: Handle<Value: Read>, B: Buffer + ?Sized> Drop for Taking<'_, '_, H, B> {
    fn drop(&mut self) {
        if !self.done {
            self.reader.put_back(self.buffer.take_out(self.mark));
        }
    }
}
