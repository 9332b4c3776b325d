//! Three blocking jobs of 2 s each, at once: all are done after 2 s.
//!
//! ```python
//! def cal_task():
//!     time.sleep(3)
//!
//! await asyncio.gather(
//!     loop.run_in_executor(None, cal_task),
//!     task1()
//! )
//! ```
//!
//! `cargo run --example three_jobs`

use aiofile::{Call, unblock};
use std::error::Error;
use std::num::ParseIntError;
use std::thread;
use std::time::{Duration, Instant};

/// One async thread for all of it; the jobs are on the pool.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let (one, two, three) = tokio::try_join!(job("1"), job("2"), job("3"))?;
    let seconds = start.elapsed().as_secs_f64();

    assert_eq!((one, two, three), (1, 2, 3));
    assert!((2.0..4.0).contains(&seconds), "three jobs of 2 s each took {seconds} s");
    println!("three jobs of 2 s each: {seconds:.1} s");

    // What a job returns is what its call gives: also its error.
    match job("four").await {
        Err(error) => println!("a job that fails: {error}"),
        Ok(number) => return Err(format!("\"four\" was read as {number}").into()),
    }
    Ok(())
}

/// The job runs from when this is called; to await it is to wait for its result.
fn job(text: &'static str) -> Call<Result<u32, ParseIntError>> {
    unblock(|| cal_task(text))
}

/// Blocks its thread, as whatever has no `await` in it does.
fn cal_task(text: &str) -> Result<u32, ParseIntError> {
    let number = text.parse()?;
    thread::sleep(Duration::from_secs(2));
    Ok(number)
}
