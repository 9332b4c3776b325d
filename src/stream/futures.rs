//! The traits of futures-io and futures-core: signatures only.

use super::polled;
use super::{Chunks, Handle, Lines, Reader, Split, Writer};
use crate::aio::Aio;
use crate::error::Error;
use crate::fs::{DirEntry, File, ReadDir, Walk};
use futures_core::Stream;
use futures_io::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite};
use std::io::{IoSlice, IoSliceMut, Read, Result, Seek, SeekFrom, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// For handles, on which nothing is buffered.
macro_rules! exact {
    ([$($T:ident)?] $Handle:ty) => {
        /// One call at a time, and nothing is buffered: `Ready` means done. What is said of the handle's own methods
        /// holds: a wait that is given up loses no byte. *Cost:* one hop a call; a [`Reader`] has fewer.
        impl<$($T: Read + Send + 'static)?> AsyncRead for $Handle {
            fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<Result<usize>> {
                let wanted = buffer.len();
                let put = |bytes: &[u8]| buffer[..bytes.len()].copy_from_slice(bytes);
                polled::poll_read(self.get_mut(), cx, wanted, put).map_err(Into::into)
            }
        }

        /// One call at a time, and nothing is buffered: `Ready` means done. A write whose wait is given up is
        /// written all the same; the same data given again is the same write, and its error comes with the next
        /// call. `poll_close` closes the value, for all its handles. *Cost:* one hop a call; a [`Writer`] has fewer.
        impl<$($T: Write + Send + 'static)?> AsyncWrite for $Handle {
            fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<Result<usize>> {
                self.poll_write_vectored(cx, &[IoSlice::new(data)])
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                data: &[IoSlice<'_>],
            ) -> Poll<Result<usize>> {
                polled::poll_write(self.get_mut(), cx, data).map_err(Into::into)
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
                polled::poll_flush(self.get_mut(), cx).map_err(Into::into)
            }

            fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
                polled::poll_close(self.get_mut(), cx).map_err(Into::into)
            }
        }

        /// A read whose wait was given up goes back first.
        impl<$($T: Seek + Send + 'static)?> AsyncSeek for $Handle {
            fn poll_seek(self: Pin<&mut Self>, cx: &mut Context<'_>, to: SeekFrom) -> Poll<Result<u64>> {
                polled::poll_seek(self.get_mut(), cx, to).map_err(Into::into)
            }
        }
    };
}

exact!([] File);
exact!([T] Aio<T>);

impl<H: Handle<Value: Read>> AsyncRead for Reader<H> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<Result<usize>> {
        self.poll_read_vectored(cx, &mut [IoSliceMut::new(buffer)])
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
    ) -> Poll<Result<usize>> {
        self.get_mut().poll_read(cx, buffers).map_err(Into::into)
    }
}

impl<H: Handle<Value: Read>> AsyncBufRead for Reader<H> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<&[u8]>> {
        let reader = self.get_mut();
        ready!(reader.poll_fill(cx))?;
        Poll::Ready(Ok(reader.buffer()))
    }

    fn consume(self: Pin<&mut Self>, bytes: usize) {
        Reader::consume(self.get_mut(), bytes);
    }
}

impl<H: Handle<Value: Read + Seek>> AsyncSeek for Reader<H> {
    fn poll_seek(self: Pin<&mut Self>, cx: &mut Context<'_>, to: SeekFrom) -> Poll<Result<u64>> {
        self.get_mut().poll_seek(cx, to).map_err(Into::into)
    }
}

/// `poll_close` is [`Writer::close`].
impl<H: Handle<Value: Write>> AsyncWrite for Writer<H> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<Result<usize>> {
        Writer::poll_write(self.get_mut(), cx, data).map_err(Into::into)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        Writer::poll_write_vectored(self.get_mut(), cx, data).map_err(Into::into)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Writer::poll_flush(self.get_mut(), cx).map_err(Into::into)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Writer::poll_close(self.get_mut(), cx).map_err(Into::into)
    }
}

impl<H: Handle<Value: Write + Seek>> AsyncSeek for Writer<H> {
    fn poll_seek(self: Pin<&mut Self>, cx: &mut Context<'_>, to: SeekFrom) -> Poll<Result<u64>> {
        Writer::poll_seek(self.get_mut(), cx, to).map_err(Into::into)
    }
}

macro_rules! streams {
    ($([$($generics:tt)*] $Stream:ty: $Item:ty, $poll:ident;)*) => {$(
        impl<$($generics)*> Stream for $Stream {
            type Item = std::result::Result<$Item, Error>;

            fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
                self.get_mut().$poll(cx).map(std::result::Result::transpose)
            }
        }
    )*};
}

streams! {
    [H: Handle<Value: Read>] Lines<H>: String, poll_next_line;
    [H: Handle<Value: Read>] Split<H>: Vec<u8>, poll_next_part;
    [H: Handle<Value: Read>] Chunks<H>: Vec<u8>, poll_next_chunk;
    [] ReadDir: DirEntry, poll_next_entry;
    [] Walk: DirEntry, poll_next_entry;
}
