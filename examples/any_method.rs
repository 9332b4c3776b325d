//! Any method of any type: std's, and your own.
//!
//! ```python
//! class AIOWrapper:
//!     def __getattribute__(self, name: str) -> Any:
//!         blocked_attr = super().__getattribute__('_blocked_file_io')
//!         return AsyncFunWrapper(getattr(blocked_attr, name))
//! ```
//!
//! `cargo run --example any_method`

use aiofile::{Aio, proxy, unblock};
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::sync::mpsc::{Receiver, channel};

/// A type of your own, which blocks.
struct Scale(Vec<f64>);

impl Scale {
    fn weigh(&mut self, grams: f64) -> usize {
        self.0.push(grams);
        self.0.len()
    }

    fn total(&self) -> f64 {
        self.0.iter().sum()
    }
}

proxy! {
    /// Its methods, declared once, to be called by name.
    trait AsyncScale for Aio<Scale> {
        fn weigh(&mut self, grams: f64) -> usize;
        fn total(&self) -> f64;
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    pollster::block_on(async {
        let file = unblock(tempfile::tempfile).await?;
        let out = Aio::new(BufWriter::new(file));
        out.call(Write::write_all, (b"by path, ",)).await?; // a trait's method
        out.with(|out| write!(out, "by closure, {} bytes", out.capacity())).await?; // many steps
        let file = Aio::new(out.finish(BufWriter::into_inner).await?); // one that takes `self`
        let len = file.call(File::metadata, ()).await?.len(); // an inherent one
        assert_eq!(len, 31);
        println!("a BufWriter: {len} bytes written");

        let (sender, receiver) = channel();
        let receiver = Aio::new(receiver);
        let next = receiver.method(Receiver::recv); // one as a value
        sender.send("awaited")?;
        println!("a channel of std: {}", next().await?);
        drop(sender);
        match next().await {
            Err(error) => println!("its error: {error}"), // the method's own
            Ok(text) => return Err(format!("{text:?} was never sent").into()),
        }

        let scale = Aio::new(Scale(Vec::new()));
        scale.weigh(1.5).await;
        let weighings = scale.weigh(2.0).await;
        let total = scale.total().await;
        assert_eq!((weighings, total), (2, 3.5));
        println!("a type of one's own: {weighings} weighings, {total} g");
        Ok(())
    })
}
