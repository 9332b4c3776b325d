//! What owned arguments are lent as, while their call runs; and what a handle holds that is a pointer.

use std::borrow::Cow;
use std::ffi::{CStr, CString, OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An owned argument that a forwarded method takes as `&X`: a `Vec<u8>` as `&[u8]`, a `String` as `&str`,
/// any value as a reference to itself.
///
/// Implement it for a buffer of your own, to forward methods that take what it borrows as.
///
/// ```
/// use aiofile::{Aio, Lend};
/// use std::io::Write;
///
/// struct Page([u8; 4096]);
/// impl Lend<[u8]> for Page {
///     fn lend(&self) -> &[u8] { &self.0 }
/// }
///
/// let sink = Aio::new(Vec::new());
/// pollster::block_on(async {
///     sink.call(Write::write_all, (Page([7; 4096]),)).await.unwrap();
///     assert_eq!(sink.call(Vec::len, ()).await, 4096);
/// });
/// ```
pub trait Lend<X: ?Sized>: Send + 'static {
    /// The argument as the method takes it.
    fn lend(&self) -> &X;
}

/// An owned argument that a forwarded method takes as `&mut X`, and that comes back with the result: a
/// `Vec<u8>` as `&mut [u8]` or `&mut Vec<u8>`, a `[u8; N]` as `&mut [u8]`, any value as itself.
///
/// A `Vec` is lent as the bytes that it has, and not as those that it has room for: `Vec::with_capacity(4096)`
/// is lent to `Read::read` as nothing at all, which reads nothing. Give it `vec![0; 4096]`.
pub trait LendMut<X: ?Sized>: Send + 'static {
    /// The argument as the method takes it.
    fn lend_mut(&mut self) -> &mut X;
}

impl<A: Send + 'static> Lend<A> for A {
    fn lend(&self) -> &A {
        self
    }
}

impl<A: Send + 'static> LendMut<A> for A {
    fn lend_mut(&mut self) -> &mut A {
        self
    }
}

/// `b"..."`, whose length the method does not ask for.
impl<A: Sync + 'static, const N: usize> Lend<[A]> for &'static [A; N] {
    fn lend(&self) -> &[A] {
        *self
    }
}

/// Owned types that are lent as what they dereference to. A `&'static str` or `&'static [u8]` is not among
/// them: it fits by value, and two ways would be one too many.
macro_rules! lend_as {
    ($($owned:ty => $borrowed:ty $(, for $A:ident $(const $N:ident)?)?;)*) => {$(
        impl<$($A: Send + Sync + 'static, $(const $N: usize)?)?> Lend<$borrowed> for $owned {
            fn lend(&self) -> &$borrowed {
                self
            }
        }
    )*};
}

macro_rules! lend_mut_as {
    ($($owned:ty => $borrowed:ty $(, for $A:ident $(const $N:ident)?)?;)*) => {$(
        impl<$($A: Send + 'static, $(const $N: usize)?)?> LendMut<$borrowed> for $owned {
            fn lend_mut(&mut self) -> &mut $borrowed {
                self
            }
        }
    )*};
}

/// Owned types that are also lent as what they can be read as.
macro_rules! lend_as_ref {
    ($($owned:ty => $($borrowed:ty),+;)*) => {$($(
        impl Lend<$borrowed> for $owned {
            fn lend(&self) -> &$borrowed {
                (**self).as_ref()
            }
        }
    )+)*};
}

lend_as_ref! {
    String => [u8], OsStr, Path;
    &'static str => [u8], OsStr, Path;
    OsString => Path;
    PathBuf => OsStr;
    Cow<'static, str> => str, OsStr, Path;
    Cow<'static, [u8]> => [u8];
}

lend_as! {
    Vec<A> => [A], for A;
    Box<[A]> => [A], for A;
    Arc<[A]> => [A], for A;
    [A; N] => [A], for A const N;
    String => str;
    Box<str> => str;
    Arc<str> => str;
    PathBuf => Path;
    Box<Path> => Path;
    Arc<Path> => Path;
    OsString => OsStr;
    CString => CStr;
}

lend_mut_as! {
    Vec<A> => [A], for A;
    Box<[A]> => [A], for A;
    [A; N] => [A], for A const N;
    String => str;
}

/// A pointer whose methods a handle on it forwards as its own: `Aio<Arc<Db>>`, `Aio<Box<Db>>`. Not `Box<dyn
/// Trait>`: with a trait of std it has the methods itself; implement one of your own for the box, or use
/// [`with`](crate::Aio::with).
pub trait Inside {
    /// What it points to.
    type Inside: ?Sized;

    /// What it points to.
    fn inside(&self) -> &Self::Inside;
}

/// An [`Inside`] that is the only pointer to it.
pub trait InsideMut: Inside {
    /// What it points to.
    fn inside_mut(&mut self) -> &mut Self::Inside;
}

impl<U: ?Sized> Inside for Arc<U> {
    type Inside = U;

    fn inside(&self) -> &U {
        self
    }
}

impl<U> Inside for Box<U> {
    type Inside = U;

    fn inside(&self) -> &U {
        self
    }
}

impl<U> InsideMut for Box<U> {
    fn inside_mut(&mut self) -> &mut U {
        self
    }
}
