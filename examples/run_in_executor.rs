//! Blocking functions on the pool of the process, and on pools of a size of their own.
//!
//! ```python
//! await loop.run_in_executor(None, cal_task)
//!
//! executor = concurrent.futures.ThreadPoolExecutor(max_workers=5)
//! await loop.run_in_executor(executor, cal_task)
//! ```
//!
//! `cargo run --example run_in_executor`

use aiofile::{Pool, unblock};
use std::error::Error;
use std::thread;
use std::time::{Duration, Instant};

const HALF: Duration = Duration::from_millis(500);

fn main() -> Result<(), Box<dyn Error>> {
    pollster::block_on(async {
        // None: the pool of the process. As many threads as are needed, up to 500.
        let answer = unblock(|| cal_task(6)).await;

        // An executor: at most five at once, the others wait and hold no thread.
        let five = Pool::new(5);
        assert_eq!((answer, five.run(|| cal_task(7)).await), (36, 49));
        println!("default pool: 36, a pool of 5: 49");

        // Three workers need four rounds for twelve calls.
        let at_once = twelve_calls(&Pool::default()).await;
        let on_three = twelve_calls(&Pool::new(3)).await;
        assert!(on_three >= 4 * HALF && at_once < 2 * HALF, "{on_three:?}, all at once {at_once:?}");
        let ratio = on_three.as_secs_f64() / at_once.as_secs_f64();
        println!("twelve calls: {ratio:.0} times as long on 3 workers as all at once");

        // `executor.shutdown()` waits for what runs; what comes later is refused. `checked` gives that as a
        // value; without it, the await would panic.
        let stuck = five.shutdown(Duration::from_secs(10)).await;
        assert!(stuck.is_empty(), "{stuck:?}");
        match five.run(|| cal_task(8)).checked().await {
            Err(error) => println!("after the shutdown: {error}"),
            Ok(_) => return Err("a pool that is shut down has run a call".into()),
        }
        Ok(())
    })
}

/// How long twelve calls take on this pool.
async fn twelve_calls(pool: &Pool) -> Duration {
    let start = Instant::now();
    let calls: Vec<_> = (0..12).map(|n| pool.run(move || cal_task(n))).collect();
    for (n, call) in (0..12).zip(calls) {
        assert_eq!(call.await, n * n);
    }
    start.elapsed()
}

/// Blocks its thread for half a second.
fn cal_task(n: u32) -> u32 {
    thread::sleep(HALF);
    n * n
}
