//! What the system says of a piece of work: the CPU time and the context switches of this process, and whether somebody
//! else had the machine in the meantime.

use nix::sys::resource::{UsageWho, getrusage};
use nix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};

/// A tick of /proc/stat (USER_HZ).
const TICK: Duration = Duration::from_millis(10);

/// The counters at one moment.
pub struct Start {
    at: Instant,
    quiet: bool,
    own: Own,
    machine: Machine,
}

/// What a piece of work took.
pub struct Taken {
    pub time: Duration,
    pub cpu: Duration,
    pub switches: u64,
    /// Why it does not count: somebody else had the CPUs.
    pub disturbed: bool,
}

/// All threads of this process, those that have ended included.
struct Own {
    cpu: Duration,
    /// The part of it outside the kernel.
    user: Duration,
    switches: u64,
}

/// All CPUs.
struct Machine {
    /// Time outside the kernel, of all processes: work that the kernel does for us in threads of its own (writing pages
    /// back) is no disturbance.
    user: Duration,
    /// Time that the host gave to another guest.
    steal: Duration,
}

/// Starts when nobody else wants a CPU, or when that has not been so for a while.
pub fn start() -> Start {
    let quiet = (0..50).any(|_| {
        // What the last piece of work left behind on its threads comes to its end, too.
        std::thread::sleep(Duration::from_millis(2));
        is_quiet()
    });
    Start { quiet, machine: Machine::now(), own: Own::now(), at: Instant::now() }
}

/// Whether this thread is the only one in the run queues. (/proc/loadavg: `averages... running/all last`.)
fn is_quiet() -> bool {
    let load = std::fs::read_to_string("/proc/loadavg").expect("/proc/loadavg");
    let running = load.split([' ', '/']).nth(3).and_then(|running| running.parse().ok());
    running.is_some_and(|running: u32| running <= 1)
}

impl Start {
    pub fn taken(&self) -> Taken {
        let time = self.at.elapsed();
        let (own, machine) = (Own::now(), Machine::now());
        let steal = machine.steal.saturating_sub(self.machine.steal);
        let all = machine.user.saturating_sub(self.machine.user);
        let others = all.saturating_sub(own.user.saturating_sub(self.own.user));
        // /proc/stat counts in ticks: below a few of them, it says nothing.
        let disturbed = !self.quiet || steal > TICK.max(time / 50) || others > (3 * TICK).max(time / 5);
        Taken {
            time,
            cpu: own.cpu.saturating_sub(self.own.cpu),
            switches: own.switches - self.own.switches,
            disturbed,
        }
    }
}

impl Own {
    fn now() -> Own {
        let usage = getrusage(UsageWho::RUSAGE_SELF).expect("getrusage");
        let cpu = clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).expect("the clock of the process");
        let user = Duration::from_micros(usage.user_time().tv_sec() as u64 * 1_000_000)
            + Duration::from_micros(usage.user_time().tv_usec() as u64);
        let switches = usage.voluntary_context_switches() + usage.involuntary_context_switches();
        Own { cpu: cpu.into(), user, switches: switches as u64 }
    }
}

impl Machine {
    /// The first line of /proc/stat: `cpu user nice system idle iowait irq softirq steal ...`, in ticks.
    fn now() -> Machine {
        let stat = std::fs::read_to_string("/proc/stat").expect("/proc/stat");
        let line = stat.lines().next().expect("a line for all CPUs");
        let ticks: Vec<u32> = line.split_whitespace().skip(1).map_while(|ticks| ticks.parse().ok()).collect();
        Machine { user: TICK * (ticks[0] + ticks[1]), steal: TICK * ticks[7] }
    }
}
