//! The buffers of the `bytes` crate, lent to forwarded methods.

use super::{Lend, LendMut};
use bytes::{Bytes, BytesMut};

impl Lend<[u8]> for Bytes {
    fn lend(&self) -> &[u8] {
        self
    }
}

impl Lend<[u8]> for BytesMut {
    fn lend(&self) -> &[u8] {
        self
    }
}

impl LendMut<[u8]> for BytesMut {
    fn lend_mut(&mut self) -> &mut [u8] {
        self
    }
}
