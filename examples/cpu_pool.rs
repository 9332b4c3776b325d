//! Work that keeps processors busy, on a pool of its own, while the async side keeps ticking.
//!
//! ```python
//! executor = concurrent.futures.ProcessPoolExecutor(max_workers=2)
//! await asyncio.gather(
//!     loop.run_in_executor(executor, cal_task),
//!     task1()
//! )
//! ```
//!
//! Threads do what Python needs processes for: no interpreter lock lets only one of them run.
//!
//! `cargo run --example cpu_pool`

use aiofile::Pool;
use std::error::Error;
use std::ops::Range;
use std::pin::pin;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// One async thread: whatever blocked it would be seen as a long tick.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let two = Pool::new(2); // the pool of the process stays free for files
    let start = Instant::now();
    let mut counting = pin!(count_primes(&two));

    let (mut longest, mut last) = (Duration::ZERO, start);
    let primes = loop {
        let counted = tokio::select! {
            counted = &mut counting => Some(counted),
            () = sleep(Duration::from_millis(10)) => None,
        };
        longest = longest.max(last.elapsed());
        last = Instant::now();
        if let Some(primes) = counted {
            break primes?;
        }
    };
    assert_eq!(primes, 148_933);
    assert!(longest < start.elapsed() / 2, "a tick of 10 ms took {longest:?} of {:?}", start.elapsed());
    println!("{primes} primes below 2000000, counted by 2 workers");
    println!("meanwhile, the longest tick of 10 ms: {} ms", longest.as_millis());

    // What a job returns is what its call gives: also its error.
    match two.run(|| primes_in(7..7)).await {
        Err(error) => println!("a job that fails: {error}"),
        Ok(primes) => return Err(format!("{primes} primes in 7..7").into()),
    }
    Ok(())
}

/// Ten jobs, two of which run at a time.
async fn count_primes(pool: &Pool) -> Result<usize, String> {
    let ranges = (0..10).map(|n| n * 200_000..(n + 1) * 200_000);
    let jobs: Vec<_> = ranges.map(|range| pool.run(|| primes_in(range))).collect();
    let mut primes = 0;
    for job in jobs {
        primes += job.await?;
    }
    Ok(primes)
}

fn primes_in(range: Range<u32>) -> Result<usize, String> {
    if range.is_empty() {
        return Err(format!("no number is in {range:?}"));
    }
    let is_prime = |n: &u32| *n > 1 && (2..).take_while(|d| d * d <= *n).all(|d| !n.is_multiple_of(d));
    Ok(range.filter(is_prime).count())
}
