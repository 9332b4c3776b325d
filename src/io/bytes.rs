//! The buffers of the `bytes` crate, written by the typed methods.

use super::Data;
use bytes::{Bytes, BytesMut};

impl Data for Bytes {
    type Owned = Bytes;

    fn into_owned(self) -> Bytes {
        self
    }
}

impl Data for BytesMut {
    type Owned = BytesMut;

    fn into_owned(self) -> BytesMut {
        self
    }
}

/// Shared, not copied.
impl Data for &Bytes {
    type Owned = Bytes;

    fn into_owned(self) -> Bytes {
        self.clone()
    }
}
