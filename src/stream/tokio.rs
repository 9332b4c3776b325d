//! The traits of tokio: signatures only.

use super::polled;
use super::{Handle, Reader, Writer};
use crate::aio::Aio;
use crate::fs::File;
use std::io::{IoSlice, IoSliceMut, Read, Result, Seek, SeekFrom, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, ReadBuf};
use tokio::task::coop::poll_proceed;

/// For handles, on which nothing is buffered.
macro_rules! exact {
    ([$($T:ident)?] $Handle:ty) => {
        /// One call at a time, and nothing is buffered: `Ready` means done. What is said of the handle's own methods
        /// holds: a wait that is given up loses no byte. *Cost:* one hop a call; a [`Reader`] has fewer.
        impl<$($T: Read + Send + 'static)?> AsyncRead for $Handle {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buffer: &mut ReadBuf<'_>,
            ) -> Poll<Result<()>> {
                let coop = ready!(poll_proceed(cx));
                let wanted = buffer.remaining();
                let read = polled::poll_read(self.get_mut(), cx, wanted, |bytes| buffer.put_slice(bytes));
                ready!(read)?;
                coop.made_progress();
                Poll::Ready(Ok(()))
            }
        }

        /// One call at a time, and nothing is buffered: `Ready` means done. A write whose wait is given up is
        /// written all the same; the same data given again is the same write, and its error comes with the next
        /// call. `poll_shutdown` flushes, as that of `tokio::fs::File`; the handle stays open. *Cost:* one hop a
        /// call; a [`Writer`] has fewer.
        impl<$($T: Write + Send + 'static)?> AsyncWrite for $Handle {
            fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<Result<usize>> {
                self.poll_write_vectored(cx, &[IoSlice::new(data)])
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                data: &[IoSlice<'_>],
            ) -> Poll<Result<usize>> {
                let coop = ready!(poll_proceed(cx));
                let written = ready!(polled::poll_write(self.get_mut(), cx, data))?;
                coop.made_progress();
                Poll::Ready(Ok(written))
            }

            fn is_write_vectored(&self) -> bool {
                true
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
                polled::poll_flush(self.get_mut(), cx).map_err(Into::into)
            }

            fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
                self.poll_flush(cx)
            }
        }

        /// A read whose wait was given up goes back first.
        impl<$($T: Seek + Send + 'static)?> AsyncSeek for $Handle {
            fn start_seek(self: Pin<&mut Self>, to: SeekFrom) -> Result<()> {
                polled::start_seek(self.get_mut(), to);
                Ok(())
            }

            fn poll_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<u64>> {
                polled::poll_sought(self.get_mut(), cx).map_err(Into::into)
            }
        }
    };
}

exact!([] File);
exact!([T] Aio<T>);

impl<H: Handle<Value: Read>> AsyncRead for Reader<H> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let coop = ready!(poll_proceed(cx));
        let into = &mut [IoSliceMut::new(buffer.initialize_unfilled())];
        let read = ready!(Reader::poll_read(self.get_mut(), cx, into))?;
        buffer.advance(read);
        coop.made_progress();
        Poll::Ready(Ok(()))
    }
}

impl<H: Handle<Value: Read>> AsyncBufRead for Reader<H> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<&[u8]>> {
        let coop = ready!(poll_proceed(cx));
        let reader = self.get_mut();
        ready!(reader.poll_fill(cx))?;
        coop.made_progress();
        Poll::Ready(Ok(reader.buffer()))
    }

    fn consume(self: Pin<&mut Self>, bytes: usize) {
        Reader::consume(self.get_mut(), bytes);
    }
}

impl<H: Handle<Value: Read + Seek>> AsyncSeek for Reader<H> {
    fn start_seek(self: Pin<&mut Self>, to: SeekFrom) -> Result<()> {
        Reader::start_seek(self.get_mut(), to);
        Ok(())
    }

    fn poll_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<u64>> {
        self.get_mut().poll_sought(cx).map_err(Into::into)
    }
}

/// `poll_shutdown` is [`Writer::flush`]: the handle stays open.
impl<H: Handle<Value: Write>> AsyncWrite for Writer<H> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(data)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let coop = ready!(poll_proceed(cx));
        let accepted = ready!(Writer::poll_write_vectored(self.get_mut(), cx, data))?;
        coop.made_progress();
        Poll::Ready(Ok(accepted))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Writer::poll_flush(self.get_mut(), cx).map_err(Into::into)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        AsyncWrite::poll_flush(self, cx)
    }
}

impl<H: Handle<Value: Write + Seek>> AsyncSeek for Writer<H> {
    fn start_seek(self: Pin<&mut Self>, to: SeekFrom) -> Result<()> {
        Writer::start_seek(self.get_mut(), to);
        Ok(())
    }

    fn poll_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<u64>> {
        self.get_mut().poll_sought(cx).map_err(Into::into)
    }
}
