//! `proxy!`: a declared mirror of a blocking type.

/// Declares the methods of a blocking type that are to be awaited like methods of the handle itself: the
/// nicest call site, and an object-safe one.
///
/// Each line is a method's signature as it stands in the blocking type, without its body. It is checked
/// against the type when this is compiled.
///
/// ```
/// use aiofile::{Aio, proxy};
/// use std::collections::BTreeMap;
///
/// pub struct Store(BTreeMap<String, Vec<u8>>);
/// impl Store {
///     pub fn put(&mut self, key: &str, value: &[u8]) -> bool {
///         self.0.insert(key.to_owned(), value.to_owned()).is_none()
///     }
///     pub fn get(&self, key: &str) -> Option<Vec<u8>> { self.0.get(key).cloned() }
/// }
///
/// proxy! {
///     /// A store whose every method can be awaited.
///     pub trait AsyncStore for Aio<Store> {
///         /// Says whether the key is new.
///         fn put(&mut self, key: &str, value: &[u8]) -> bool;
///         fn get(&self, key: &str) -> Option<Vec<u8>>;
///     }
/// }
///
/// # pollster::block_on(async {
/// let store = Aio::new(Store(BTreeMap::new()));
/// assert!(store.put("key", b"value").await);
/// assert_eq!(store.get("key").await.unwrap(), b"value");
///
/// let object: Box<dyn AsyncStore> = Box::new(store); // and whoever else implements the trait
/// assert!(object.get("other").await.is_none());
/// # })
/// ```
///
/// # What is mirrored
///
/// * `&self` and `&mut self`, both as `&self`: the queue of the handle gives exclusive access. Methods of
///   traits are mirrored too, if their trait is in scope.
/// * Arguments by value, as they are. `&str`, `&[u8]`, `&Path` and any other `&X` with `X: ToOwned` are
///   taken as references and copied once, by the caller's own call; `&'static X` is not copied.
/// * `-> R` becomes `-> Call<R>`. `R` owns what it holds.
/// * Doc comments, attributes and visibility.
///
/// For a method that takes `self`, is generic, returns a borrow or fills a `&mut` buffer, use
/// [`finish`](crate::Aio::finish), [`call`](crate::Aio::call) or [`with`](crate::Aio::with); a line with one of
/// these says so when it is compiled. *Ordering*, *abandonment* and *panics* are those of
/// [`Call`](crate::Call). *Cost:* that of `with`, and the copies.
///
/// # Generics
///
/// A mirror may have type parameters, with bounds after `where`. A trait's methods are so mirrored for all
/// that implement it:
///
/// ```
/// use aiofile::{Aio, proxy};
///
/// pub trait Shelf { fn shelve(&mut self, book: &str) -> usize; }
/// impl Shelf for Vec<String> {
///     fn shelve(&mut self, book: &str) -> usize { self.push(book.to_owned()); self.len() }
/// }
///
/// proxy! {
///     pub trait AsyncShelf<S> for Aio<S> where S: Shelf + Send + 'static {
///         fn shelve(&mut self, book: &str) -> usize;
///     }
/// }
///
/// # pollster::block_on(async {
/// assert_eq!(Aio::new(Vec::new()).shelve("Moby Dick").await, 1);
/// # })
/// ```
///
/// # A type of its own
///
/// With `struct` the methods are the new type's own: nothing to import, and no name is taken. (A trait
/// cannot mirror what [`Aio`](crate::Aio) itself is called by: `with`, `call`, `method`, `finish`, `close`, ...)
/// It is made by `from` a value or an `Aio`, and gives its handle by `as_aio` and `into_aio`.
///
/// ```
/// use aiofile::{Aio, proxy};
///
/// proxy! {
///     /// A list of numbers.
///     pub struct Numbers for Aio<Vec<u64>> {
///         fn push(&mut self, number: u64);
///         fn len(&self) -> usize;
///     }
/// }
///
/// # pollster::block_on(async {
/// let numbers = Numbers::from(vec![1, 2]);
/// numbers.push(3).await;
/// assert_eq!(numbers.len().await, 3);
/// assert_eq!(numbers.into_aio().finish(|numbers| numbers).await, [1, 2, 3]);
/// # })
/// ```
#[macro_export]
macro_rules! proxy {
    ($(#[$attr:meta])* $vis:vis trait $Name:ident $(<$($G:ident),+ $(,)?>)? for Aio<$T:ty> $($rest:tt)+) => {
        $crate::__proxy!(@where [] [$($rest)+]
            { trait [$(#[$attr])* $vis] $Name [$($($G),+)?] [$T] });
    };
    ($(#[$attr:meta])* $vis:vis struct $Name:ident $(<$($G:ident),+ $(,)?>)? for Aio<$T:ty> $($rest:tt)+) => {
        $crate::__proxy!(@where [] [$($rest)+]
            { struct [$(#[$attr])* $vis] $Name [$($($G),+)?] [$T] });
    };
    ($($other:tt)*) => {
        ::core::compile_error!(
            "proxy! takes `pub trait Name for Aio<Type> { fn method(&self, ...) -> R; ... }`, or the same with \
             `struct`; type parameters stand behind the name, their bounds behind `Aio<...>` after `where`"
        );
    };
}

/// The steps of `proxy!`. `@where` finds the end of the bounds, `@methods` takes one method at a time,
/// `@arguments` one argument at a time; `@trait` and `@struct` put together what these have gathered.
#[doc(hidden)]
#[macro_export]
macro_rules! __proxy {
    // ---- the bounds: everything up to the braces
    (@where [$($where:tt)*] [{ $($methods:tt)* }] $head:tt) => {
        $crate::__proxy!(@methods [] [$($methods)*] [$($where)*] $head);
    };
    (@where [$($where:tt)*] [$next:tt $($rest:tt)+] $head:tt) => {
        $crate::__proxy!(@where [$($where)* $next] [$($rest)+] $head);
    };
    (@where $where:tt $rest:tt $head:tt) => {
        ::core::compile_error!("proxy!: the methods stand in braces, at the end");
    };

    // ---- the methods: each becomes a row { attributes name (signature) (copies) (passed) result }
    (@methods [$($done:tt)*] [] $where:tt { $flavour:ident $attrs:tt $Name:ident $generics:tt $T:tt }) => {
        $crate::__proxy!(@$flavour $attrs $Name $generics $T $where $($done)*);
    };
    (@methods $done:tt [$(#[$attr:meta])* fn $name:ident(&mut self $($args:tt)*) $($rest:tt)*] $where:tt $head:tt) => {
        $crate::__proxy!(@receiver $done [$(#[$attr])*] $name [$($args)*] [$($rest)*] $where $head);
    };
    (@methods $done:tt [$(#[$attr:meta])* fn $name:ident(&self $($args:tt)*) $($rest:tt)*] $where:tt $head:tt) => {
        $crate::__proxy!(@receiver $done [$(#[$attr])*] $name [$($args)*] [$($rest)*] $where $head);
    };
    (@methods $done:tt [$(#[$attr:meta])* fn $name:ident(self $($args:tt)*) $($rest:tt)*] $where:tt $head:tt) => {
        ::core::compile_error!(::core::concat!(
            "proxy!: `", ::core::stringify!($name), "` takes `self` by value: use `handle.finish(Type::",
            ::core::stringify!($name), ")`"
        ));
    };
    (@methods $done:tt [$(#[$attr:meta])* fn $name:ident(mut self $($args:tt)*) $($rest:tt)*] $where:tt $head:tt) => {
        $crate::__proxy!(@methods $done [fn $name(self)] $where $head);
    };
    (@methods $done:tt [$(#[$attr:meta])* fn $name:ident<$($rest:tt)*] $where:tt $head:tt) => {
        ::core::compile_error!(::core::concat!(
            "proxy!: `", ::core::stringify!($name), "` has parameters of its own: use `handle.call(Type::",
            ::core::stringify!($name), ", (...,))`, or put them on the mirror"
        ));
    };
    (@methods $done:tt [$(#[$attr:meta])* fn $name:ident($($args:tt)*) $($rest:tt)*] $where:tt $head:tt) => {
        ::core::compile_error!(::core::concat!(
            "proxy!: `", ::core::stringify!($name), "` has no `&self` or `&mut self`: a function that needs no \
             handle is run by `aiofile::unblock`"
        ));
    };
    (@methods $done:tt [$(#[$attr:meta])* $word:ident $($rest:tt)*] $where:tt $head:tt) => {
        ::core::compile_error!(::core::concat!(
            "proxy!: a method is a plain `fn name(&self, ...) -> R;`, without `", ::core::stringify!($word),
            "` (the blocking type is not async, and the mirror has the visibility of its trait)"
        ));
    };
    (@methods $done:tt $rest:tt $where:tt $head:tt) => {
        ::core::compile_error!("proxy!: a method is `fn name(&self, ...) -> R;`, with a semicolon at its end");
    };

    // ---- what comes after the receiver: arguments, then the result
    (@receiver $done:tt $attrs:tt $name:ident [$(, $($args:tt)*)?] [-> & $($rest:tt)*] $where:tt $head:tt) => {
        ::core::compile_error!(::core::concat!(
            "proxy!: `", ::core::stringify!($name), "` returns a borrow, which cannot leave the pool thread: return \
             an owned value, or use `handle.with(|it| ...)`"
        ));
    };
    (@receiver $done:tt $attrs:tt $name:ident [$(, $($args:tt)*)?] [-> $R:ty; $($rest:tt)*] $where:tt $head:tt) => {
        $crate::__proxy!(@arguments $done $attrs $name [] [$($($args)*)?] [$R] [$($rest)*] $where $head);
    };
    (@receiver $done:tt $attrs:tt $name:ident [$(, $($args:tt)*)?] [; $($rest:tt)*] $where:tt $head:tt) => {
        $crate::__proxy!(@arguments $done $attrs $name [] [$($($args)*)?] [()] [$($rest)*] $where $head);
    };
    (@receiver $done:tt $attrs:tt $name:ident $args:tt [{ $($body:tt)* } $($rest:tt)*] $where:tt $head:tt) => {
        ::core::compile_error!(::core::concat!(
            "proxy!: `", ::core::stringify!($name), "` has a body: the blocking type has it already, write `;`"
        ));
    };
    (@receiver $done:tt $attrs:tt $name:ident $args:tt $rest:tt $where:tt $head:tt) => {
        ::core::compile_error!(::core::concat!(
            "proxy!: the line of `", ::core::stringify!($name), "` does not end: `fn name(&self, ...) -> R;`"
        ));
    };

    // ---- the arguments: { name (type as declared) (its copy) (as passed) }
    (@arguments [$($done:tt)*] $attrs:tt $name:ident $args:tt [] $R:tt $rest:tt $where:tt $head:tt) => {
        $crate::__proxy!(@methods [$($done)* { $attrs $name $args $R }] $rest $where $head);
    };
    (@arguments $done:tt $attrs:tt $name:ident $args:tt [$arg:ident : &mut $X:ty $(, $($more:tt)*)?] $R:tt $rest:tt $where:tt $head:tt) => {
        ::core::compile_error!(::core::concat!(
            "proxy!: `", ::core::stringify!($name), "` fills `", ::core::stringify!($arg), "`: use `handle.call(Type::",
            ::core::stringify!($name), ", (buffer,))`, which gives the buffer back"
        ));
    };
    (@arguments $done:tt $attrs:tt $name:ident [$($args:tt)*] [$arg:ident : &'static $X:ty $(, $($more:tt)*)?] $R:tt $rest:tt $where:tt $head:tt) => {
        $crate::__proxy!(@arguments $done $attrs $name [$($args)* { $arg (&'static $X) ($arg) ($arg) }]
            [$($($more)*)?] $R $rest $where $head);
    };
    (@arguments $done:tt $attrs:tt $name:ident [$($args:tt)*] [$arg:ident : &$X:ty $(, $($more:tt)*)?] $R:tt $rest:tt $where:tt $head:tt) => {
        $crate::__proxy!(@arguments $done $attrs $name
            [$($args)* { $arg (&$X)
                (<$X as $crate::__private::ToOwned>::to_owned($arg))
                (<<$X as $crate::__private::ToOwned>::Owned as $crate::__private::Borrow<$X>>::borrow(&$arg)) }]
            [$($($more)*)?] $R $rest $where $head);
    };
    (@arguments $done:tt $attrs:tt $name:ident [$($args:tt)*] [$arg:ident : $A:ty $(, $($more:tt)*)?] $R:tt $rest:tt $where:tt $head:tt) => {
        $crate::__proxy!(@arguments $done $attrs $name [$($args)* { $arg ($A) ($arg) ($arg) }]
            [$($($more)*)?] $R $rest $where $head);
    };
    (@arguments $done:tt $attrs:tt $name:ident $args:tt $wrong:tt $R:tt $rest:tt $where:tt $head:tt) => {
        ::core::compile_error!(::core::concat!(
            "proxy!: the arguments of `", ::core::stringify!($name), "` are `name: Type`, with commas between them"
        ));
    };

    // ---- the trait
    (@trait [$($attrs:tt)*] $Name:ident [$($G:ident),*] [$T:ty] [$($where:tt)*]
        $({ [$(#[$attr:meta])*] $name:ident [$({ $arg:ident ($($A:tt)*) ($($copy:tt)*) ($($pass:tt)*) })*] [$R:ty] })*
    ) => {
        $($attrs)* trait $Name<$($G),*> $($where)* {
            $(
                $(#[$attr])*
                fn $name(&self, $($arg: $($A)*),*) -> $crate::Call<$R>;
            )*
        }

        impl<$($G),*> $Name<$($G),*> for $crate::Aio<$T> $($where)* {
            $(
                fn $name(&self, $($arg: $($A)*),*) -> $crate::Call<$R> {
                    $crate::__proxy!(@reserved $name);
                    $(let $arg = $($copy)*;)*
                    $crate::Aio::with(self, move |it| <$T>::$name(it, $($($pass)*),*))
                }
            )*
        }
    };

    // A trait's method of such a name could not be called: Aio's own comes first.
    (@reserved with) => { $crate::__proxy!(@taken with) };
    (@reserved call) => { $crate::__proxy!(@taken call) };
    (@reserved method) => { $crate::__proxy!(@taken method) };
    (@reserved finish) => { $crate::__proxy!(@taken finish) };
    (@reserved close) => { $crate::__proxy!(@taken close) };
    (@reserved is_closed) => { $crate::__proxy!(@taken is_closed) };
    (@reserved pool) => { $crate::__proxy!(@taken pool) };
    (@reserved $other:ident) => {};
    (@taken $name:ident) => {
        ::core::compile_error!(::core::concat!(
            "proxy!: `Aio` has a `", ::core::stringify!($name), "` of its own, which would hide this one: mirror it in \
             a type of its own, `pub struct Name for Aio<Type> { ... }`"
        ));
    };

    // ---- the newtype
    (@struct [$($attrs:tt)*] $Name:ident [$($G:ident),*] [$T:ty] [$($where:tt)*]
        $({ [$(#[$attr:meta])*] $name:ident [$({ $arg:ident ($($A:tt)*) ($($copy:tt)*) ($($pass:tt)*) })*] [$R:ty] })*
    ) => {
        // The bounds of a tuple struct stand behind its fields.
        $($attrs)* struct $Name<$($G),*>($crate::Aio<$T>) $($where)*;

        #[allow(dead_code, clippy::len_without_is_empty)]
        impl<$($G),*> $Name<$($G),*> $($where)* {
            /// The handle itself.
            pub fn as_aio(&self) -> &$crate::Aio<$T> {
                &self.0
            }

            /// The handle itself, for what takes it by value: `close`, `finish`.
            pub fn into_aio(self) -> $crate::Aio<$T> {
                self.0
            }

            $(
                $(#[$attr])*
                pub fn $name(&self, $($arg: $($A)*),*) -> $crate::Call<$R> {
                    $(let $arg = $($copy)*;)*
                    $crate::Aio::with(&self.0, move |it| <$T>::$name(it, $($($pass)*),*))
                }
            )*
        }

        impl<$($G),*> ::core::clone::Clone for $Name<$($G),*> $($where)* {
            fn clone(&self) -> Self {
                $Name(::core::clone::Clone::clone(&self.0))
            }
        }

        impl<$($G),*> ::core::fmt::Debug for $Name<$($G),*> $($where)* {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_tuple(::core::stringify!($Name)).field(&self.0).finish()
            }
        }

        impl<$($G),*> ::core::convert::From<$crate::Aio<$T>> for $Name<$($G),*> $($where)* {
            fn from(aio: $crate::Aio<$T>) -> Self {
                $Name(aio)
            }
        }

        impl<$($G),*> ::core::convert::From<$T> for $Name<$($G),*> $($where)* {
            fn from(value: $T) -> Self {
                $Name($crate::Aio::new(value))
            }
        }
    };
}
