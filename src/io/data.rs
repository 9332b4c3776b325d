//! What the typed methods write: owned data travels to the pool as it is, borrowed data is copied once.

use std::borrow::Cow;
use std::io::IoSlice;
use std::sync::Arc;

/// Bytes that can be written: owned (`Vec<u8>`, `String`, `Box<[u8]>`, `Arc<[u8]>`, `[u8; N]`), which
/// moves without a copy, or borrowed (`&[u8]`, `&str`, `&Vec<u8>`, ...), which is copied once, because
/// the write goes on even if its caller does not.
///
/// Implement it for a buffer type of your own:
///
/// ```
/// struct Page([u8; 4096]);
/// impl AsRef<[u8]> for Page {
///     fn as_ref(&self) -> &[u8] { &self.0 }
/// }
/// impl aiofile::Data for Page {
///     type Owned = Page;
///     fn into_owned(self) -> Page { self }
/// }
///
/// # pollster::block_on(async {
/// let sink = aiofile::Aio::new(Vec::new());
/// sink.write_all(Page([7; 4096])).await?;
/// assert_eq!(sink.with(|sink| sink.len()).await, 4096);
/// # aiofile::Result::Ok(()) }).unwrap()
/// ```
pub trait Data {
    /// The bytes as they travel.
    type Owned: AsRef<[u8]> + Send + 'static;

    /// Makes the bytes independent of their owner.
    fn into_owned(self) -> Self::Owned;
}

/// What travels as it is.
macro_rules! moved {
    ($($owned:ty $(, const $N:ident)?;)*) => {$(
        impl $(<const $N: usize>)? Data for $owned {
            type Owned = $owned;

            fn into_owned(self) -> $owned {
                self
            }
        }
    )*};
}

/// What is copied once.
macro_rules! copied {
    ($($borrowed:ty $(, const $N:ident)?;)*) => {$(
        impl $(<const $N: usize>)? Data for $borrowed {
            type Owned = Vec<u8>;

            fn into_owned(self) -> Vec<u8> {
                let bytes: &[u8] = self.as_ref();
                bytes.to_vec()
            }
        }
    )*};
}

moved! {
    Vec<u8>;
    String;
    Box<[u8]>;
    Arc<[u8]>;
    [u8; N], const N;
}

copied! {
    &[u8];
    &str;
    &Vec<u8>;
    &String;
    &Box<[u8]>;
    &Arc<[u8]>;
    &[u8; N], const N;
    &mut [u8];
    &mut Vec<u8>;
    IoSlice<'_>;
    &IoSlice<'_>;
}

impl Data for Cow<'_, [u8]> {
    type Owned = Vec<u8>;

    fn into_owned(self) -> Vec<u8> {
        Cow::into_owned(self)
    }
}

impl Data for Cow<'_, str> {
    type Owned = String;

    fn into_owned(self) -> String {
        Cow::into_owned(self)
    }
}
