//! `Method`: a method's path as a value, with owned arguments, some of them lent or given back.

#[cfg(feature = "bytes")]
mod bytes;
mod lend;

use crate::aio::Aio;
use crate::call::{Call, Plain};
pub use lend::{Inside, InsideMut, Lend, LendMut};

/// A method of `T` that [`Aio::call`] can forward, with arguments of the type `Args`, a tuple.
///
/// Implemented for the path of every function and method whose first parameter is `&T` or `&mut T`, and
/// whose result owns what it holds. Of its other parameters, each may be
///
/// * an owned value: given as it is, also a closure (up to six of these alone);
/// * a reference `&X`: given as an owned value that is lent as `&X` (see [`Lend`]);
/// * a reference `&mut X`: given as an owned value, which comes back with the result (see [`LendMut`]):
///   the output is `(result, argument)`, with one more place for each further one.
///
/// up to four in any mix. Generic methods and trait methods work as they are: `Write::flush`. A parameter of a
/// type `&dyn Trait`, and a lifetime that `self` and an argument share by name, are for [`with`](Aio::with).
///
/// A handle that is an `Arc` or a `Box` also forwards the methods of what it holds. The method of a trait then
/// needs to say whose it is, `<Db as Describe>::describe`: it might be the pointer's.
///
/// ```
/// use aiofile::Aio;
/// use std::io::{Cursor, Read, Seek, SeekFrom, Write};
///
/// # fn main() -> std::io::Result<()> { pollster::block_on(async {
/// let cursor = Aio::new(Cursor::new(Vec::new()));
/// cursor.call(Write::write_all, (vec![1, 2, 3],)).await?;             // lent as &[u8]
/// cursor.call(Seek::seek, (SeekFrom::Start(1),)).await?;              // by value
/// let (read, buffer) = cursor.call(Read::read, ([0; 8],)).await;      // comes back
/// assert_eq!((read?, buffer[..2].to_vec()), (2, vec![2, 3]));
/// assert_eq!(cursor.call(Cursor::position, ()).await, 3);             // &self
/// # Ok(()) }) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be forwarded to an `Aio<{T}>` with the arguments `{Args}`",
    label = "this method does not fit the handle, or its arguments",
    note = "forwarded are methods that take `&self` or `&mut self`, with owned arguments in a tuple: `(8,)` for one",
    note = "an argument that the method takes as `&[u8]`, `&str`, `&Path` is given as a `Vec<u8>`, `String`, `PathBuf`",
    note = "for a method that returns a borrow, or borrows in a way of its own, use `.with(|it| ...)` and return an owned value",
    note = "for a method that takes `self` by value, use `.finish(...)`",
    note = "a trait's method on an `Arc` or a `Box` says whose it is: `<Db as Trait>::method`; a result has to be `Send`",
    note = "the methods of `aiofile::File` are called on it directly; those that are forwarded are `std::fs::File`'s"
)]
pub trait Method<T, Args, Kind>: Send + 'static {
    /// The method's result, with the arguments that it took by `&mut`.
    type Output: Send + 'static;

    /// Calls the method.
    fn apply(self, target: &mut T, args: Args) -> Self::Output;
}

/// A method of `T` that [`Aio::method`] can bind to a handle: its arguments are all given by value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be bound to an `Aio<{T}>`",
    label = "not a method of the handle with arguments by value",
    note = "a method that takes arguments by reference is forwarded by `.call(path, (owned, arguments))`",
    note = "for a method that returns a borrow, use `.with(|it| ...)`; for one that takes `self` by value, `.finish(...)`"
)]
pub trait Bind<T: Send + 'static, Args, Kind>: Send + 'static {
    /// A function of the method's arguments that gives a [`Call`].
    type Bound;

    /// Binds the method to the handle.
    fn bind(self, handle: Aio<T>) -> Self::Bound;
}

/// Kinds of receiver and of argument, that tell the implementations of [`Method`] apart. They never
/// have to be named: the compiler infers them.
pub mod kind {
    use std::marker::PhantomData;

    /// The method takes `&self`.
    #[derive(Debug)]
    pub struct Shared;
    /// The method takes `&mut self`.
    #[derive(Debug)]
    pub struct Exclusive;
    /// The method takes `&self`, and belongs to what the handle's `Arc` or `Box` holds.
    #[derive(Debug)]
    pub struct SharedInside;
    /// The method takes `&mut self`, and belongs to what the handle's `Box` holds.
    #[derive(Debug)]
    pub struct ExclusiveInside;
    /// An argument given by value.
    #[derive(Debug)]
    pub struct Value<A>(PhantomData<A>);
    /// An argument lent as `&X`.
    #[derive(Debug)]
    pub struct Lent<A, X: ?Sized>(PhantomData<A>, PhantomData<X>);
    /// An argument lent as `&mut X`, and given back.
    #[derive(Debug)]
    pub struct LentMut<A, X: ?Sized>(PhantomData<A>, PhantomData<X>);
}
use kind::{Exclusive, ExclusiveInside, Lent, LentMut, Shared, SharedInside, Value};

/// Implements `Method` for every combination of argument kinds of one arity.
///
/// It takes the letters of the arguments from the left, and for each of them goes on three times: by
/// value, lent, lent mutably. What a choice means is kept as a row `[generics] [parameter] [expression]
/// [type] [kind] [bound] [given back]`. When no letters are left, the rows make one impl for each receiver.
macro_rules! methods {
    ([] $($rows:tt)*) => {
        methods!(@implement Shared [] [&T] [it => it], $($rows)*);
        methods!(@implement Exclusive [] [&mut T] [it => it], $($rows)*);
        methods!(@implement SharedInside [T: Inside,] [&T::Inside] [it => it.inside()], $($rows)*);
        methods!(@implement ExclusiveInside [T: InsideMut,] [&mut T::Inside] [it => it.inside_mut()], $($rows)*);
    };
    ([$A:ident $X:ident $a:ident $(, $($rest:tt)*)?] $($rows:tt)*) => {
        methods!([$($($rest)*)?] $($rows)*
            { [$A] [$A] [$a] [$A] [Value<$A>] [$A: Send + 'static] [] });
        methods!([$($($rest)*)?] $($rows)*
            { [$A, $X: ?Sized] [&$X] [$a.lend()] [$A] [Lent<$A, $X>] [$A: Lend<$X>] [] });
        methods!([$($($rest)*)?] $($rows)*
            { [$A, $X: ?Sized] [&mut $X] [$a.lend_mut()] [$A] [LentMut<$A, $X>] [$A: LendMut<$X>] [$a $A] });
    };
    // By value alone, for more arguments than there can be kinds of.
    (@values $($A:ident $a:ident),*) => {
        methods!([] $({ [$A] [$A] [$a] [$A] [Value<$A>] [$A: Send + 'static] [] })*);
    };
    (@implement $receiver:ident [$($where:tt)*] [$target:ty] [$it:ident => $reach:expr],
        $({ [$($generics:tt)*] [$parameter:ty] [$a:ident $($lend:tt)*] [$A:ident] [$kind:ty] [$($bound:tt)*]
            [$($back:ident $Back:ident)?] })*
    ) => {
        impl<F, T, R, $($($generics)*,)*> Method<T, ($($A,)*), ($receiver, $($kind,)*)> for F
        where
            F: FnOnce($target, $($parameter),*) -> R + Send + 'static,
            R: Send + 'static,
            $($where)*
            $($($bound)*,)*
        {
            type Output = methods!(@output R $($($Back)?)*);

            #[allow(unused_mut)]
            fn apply(self, $it: &mut T, ($(mut $a,)*): ($($A,)*)) -> Self::Output {
                let result = self($reach, $($a $($lend)*),*);
                methods!(@output result $($($back)?)*)
            }
        }
    };
    // The result alone, or with what comes back; the same tokens serve as type and as value.
    (@output $result:ident) => { $result };
    (@output $result:ident $($back:ident)+) => { ($result, $($back),+) };
}

methods!([]);
methods!([A X a]);
methods!([A X a, B Y b]);
methods!([A X a, B Y b, C Z c]);
methods!([A X a, B Y b, C Z c, D W d]);
methods!(@values A a, B b, C c, D d, E e);
methods!(@values A a, B b, C c, D d, E e, G g);

/// Implements `Bind` for one arity, for each receiver.
macro_rules! binds {
    ($($A:ident $a:ident),*) => {
        binds!(@implement Shared [] [&T] [it => it], $($A $a),*);
        binds!(@implement Exclusive [] [&mut T] [it => it], $($A $a),*);
        binds!(@implement SharedInside [T: Inside,] [&T::Inside] [it => it.inside()], $($A $a),*);
        binds!(@implement ExclusiveInside [T: InsideMut,] [&mut T::Inside] [it => it.inside_mut()], $($A $a),*);
    };
    (@implement $receiver:ident [$($where:tt)*] [$target:ty] [$it:ident => $reach:expr], $($A:ident $a:ident),*) => {
        impl<F, T, R, $($A),*> Bind<T, ($($A,)*), ($receiver, $(Value<$A>,)*)> for F
        where
            F: Fn($target, $($A),*) -> R + Clone + Send + Sync + 'static,
            T: Send + 'static,
            R: Send + 'static,
            $($where)*
            $($A: Send + 'static,)*
        {
            type Bound = Box<dyn Fn($($A),*) -> Call<R> + Send + Sync>;

            fn bind(self, handle: Aio<T>) -> Self::Bound {
                Box::new(move |$($a),*| {
                    let method = self.clone();
                    handle.queue(Plain::of::<F>(), move |seat| {
                        let $it = seat.as_mut()?.value();
                        Some(method($reach, $($a),*))
                    })
                })
            }
        }
    };
}

binds!();
binds!(A a);
binds!(A a, B b);
binds!(A a, B b, C c);
binds!(A a, B b, C c, D d);
binds!(A a, B b, C c, D d, E e);
binds!(A a, B b, C c, D d, E e, G g);
