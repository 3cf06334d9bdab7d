//! What processes use, as the kernel counts it.

use std::{
    fs,
    process::{Child, ExitStatus},
    time::{Duration, Instant},
};

/// Of this many in a second the kernel counts CPU time towards programs, on every machine this runs on.
const TICKS_PER_SECOND: f64 = 100.0;
const LOOK_AGAIN: Duration = Duration::from_millis(5);
/// No tool may take longer.
const LIMIT: Duration = Duration::from_secs(3600);

/// What one tool, or several that work together, took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    pub(crate) seconds: f64,
    /// CPU time of all threads, in seconds.
    pub(crate) cpu: f64,
    /// The most resident memory, summed over the tools.
    pub(crate) peak_mib: f64,
}

/// Returns the CPU time that a process has used, with those of its threads that have ended.
pub(crate) fn cpu_of(pid: u32) -> f64 {
    stat_of(pid).map_or(0.0, |stat| stat.cpu)
}

struct Stat {
    ended: bool,
    cpu: f64,
}

/// Reads a process's line in `/proc`, which stays until it is waited for.
fn stat_of(pid: u32) -> Option<Stat> {
    let line = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before it may hold blanks and brackets.
    let fields: Vec<&str> = line.rsplit_once(") ")?.1.split(' ').collect();
    let ticks = |index: usize| -> Option<f64> { fields.get(index)?.parse().ok() };
    Some(Stat {
        ended: fields[0] == "Z",
        cpu: (ticks(11)? + ticks(12)?) / TICKS_PER_SECOND,
    })
}

fn peak_mib_of(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}

struct Watched {
    name: &'static str,
    child: Child,
    cpu: f64,
    peak_mib: f64,
    ended: Option<ExitStatus>,
}

impl Watched {
    /// Looks at the process, and reaps it if it has ended.
    fn look(&mut self) {
        if self.ended.is_some() {
            return;
        }
        let pid = self.child.id();
        self.peak_mib = self.peak_mib.max(peak_mib_of(pid));
        let stat = stat_of(pid).unwrap();
        self.cpu = stat.cpu;
        if stat.ended {
            self.ended = Some(self.child.wait().unwrap());
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if self.ended.is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Waits for tools that work together, which began at the same time; names those that failed.
pub(crate) async fn watch(began: Instant, tools: Vec<(&'static str, Child)>) -> Result<Usage, String> {
    let watched = |(name, child)| Watched {
        name,
        child,
        cpu: 0.0,
        peak_mib: 0.0,
        ended: None,
    };
    let mut tools: Vec<Watched> = tools.into_iter().map(watched).collect();
    while tools.iter().any(|tool| tool.ended.is_none()) {
        tools.iter_mut().for_each(Watched::look);
        if began.elapsed() > LIMIT {
            return Err(format!("took more than {} s", LIMIT.as_secs()));
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    let seconds = began.elapsed().as_secs_f64();
    for tool in &tools {
        if let Some(status) = tool.ended.filter(|status| !status.success()) {
            return Err(format!("{} ended with {status}", tool.name));
        }
    }
    Ok(Usage {
        seconds,
        cpu: tools.iter().map(|tool| tool.cpu).sum(),
        peak_mib: tools.iter().map(|tool| tool.peak_mib).sum(),
    })
}
