//! What the machine says of a run: memory, time of all threads.

use std::io;
use std::time::{Duration, Instant};

/// Wall and processor time since it was started.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    wall: Instant,
    processor: Option<f64>,
}

/// What a watch read.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    /// Wall time.
    pub wall: Duration,
    /// Seconds of all threads in the program itself and in the kernel for it; absent where the system does not say.
    pub processor_s: Option<f64>,
}

impl Watch {
    /// Starts one.
    pub fn start() -> Watch {
        Watch { wall: Instant::now(), processor: processor_s() }
    }

    /// What was spent since.
    pub fn read(&self) -> Spent {
        let spent = self.wall.elapsed();
        let processor = processor_s().zip(self.processor).map(|(now, then)| now - then);
        Spent { wall: spent, processor_s: processor }
    }
}

/// Starts the kernel's peak counter anew, so that what follows has its own figure.
///
/// # Errors
///
/// Where the kernel does not allow it; the figure is then the peak since the process began.
pub fn forget_peak_memory() -> io::Result<()> {
    std::fs::write("/proc/self/clear_refs", "5")
}

/// Peak resident memory in MiB; absent where the kernel does not say.
pub fn peak_memory_mib() -> Option<u64> {
    peak_memory_mib_of(std::process::id())
}

/// The same of another process.
pub fn peak_memory_mib_of(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib / 1024)
}

/// Seconds that the calling thread has been on a processor, from an arbitrary beginning: differences count, and those of a busy
/// machine are right. Where the kernel does not say it is wall time.
pub fn thread_seconds() -> f64 {
    static BEGIN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = stat.and_then(|stat| stat.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| BEGIN.get_or_init(Instant::now).elapsed().as_secs_f64(), |nanoseconds| nanoseconds / 1e9)
}

/// User and system time of the process. The kernel counts in hundredths of a second on every Linux we build for.
fn processor_s() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program, in parentheses, may hold blanks.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / 100.0)
}
