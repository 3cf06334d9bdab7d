//! The copy's progress: a bar on a terminal, a line now and then elsewhere.

use super::proof::grouped;
use dbha_core::CopyCounts;
use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::{Duration, Instant};

/// Time between two plain lines.
const PLAIN_EVERY: Duration = Duration::from_secs(2);

/// Shows how far a copy has come.
pub struct CopyProgress {
    bar: Option<ProgressBar>,
    last: Instant,
}

impl CopyProgress {
    /// Begins; `terminal` decides between bar and lines.
    pub fn new(terminal: bool) -> Self {
        let bar = terminal.then(|| {
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(10));
            let style = ProgressStyle::with_template("    {bar:24} {percent:>3}%  {wide_msg}");
            bar.set_style(
                style
                    .unwrap_or_else(|_| ProgressStyle::default_bar())
                    .progress_chars("━╸ "),
            );
            bar
        });
        Self {
            bar,
            last: Instant::now(),
        }
    }

    /// Takes the newest counts; returns a line to print where there is no bar and it is time for one.
    pub fn update(&mut self, counts: &CopyCounts) -> Option<String> {
        let text = Self::text(counts);
        match &self.bar {
            Some(bar) => {
                bar.set_length(1_000);
                bar.set_position((counts.share_done * 1e3) as u64);
                bar.set_message(text);
                None
            }
            None => (self.last.elapsed() >= PLAIN_EVERY).then(|| {
                self.last = Instant::now();
                format!("    {text}")
            }),
        }
    }

    /// Takes the bar away.
    pub fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn text(counts: &CopyCounts) -> String {
        let left = match counts.seconds_left {
            Some(seconds) if seconds > 0 => {
                format!(", about {} left", HumanDuration(Duration::from_secs(seconds)))
            }
            _ => String::new(),
        };
        if counts.tables == 0 && counts.bytes == 0 {
            return format!("{} …", counts.phase);
        }
        if counts.tables == 0 && counts.rows_done == 0 {
            // Files come over, and nobody counts what is in them.
            return format!(
                "{} of {}, {}/s{left}",
                HumanBytes(counts.bytes_done),
                HumanBytes(counts.bytes.max(counts.bytes_done)),
                HumanBytes(counts.bytes_per_second),
            );
        }
        format!(
            "{} rows, {} of {}, {}/s, {} of {} tables{left}",
            grouped(counts.rows_done),
            HumanBytes(counts.bytes_done),
            HumanBytes(counts.bytes),
            HumanBytes(counts.bytes_per_second),
            counts.tables_done,
            counts.tables,
        )
    }
}
