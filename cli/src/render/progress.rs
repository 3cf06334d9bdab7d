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
    began: Instant,
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
            began: Instant::now(),
            last: Instant::now(),
        }
    }

    /// Takes the newest counts; returns a line to print where there is no bar and it is time for one.
    pub fn update(&mut self, counts: &CopyCounts) -> Option<String> {
        let text = self.text(counts);
        match &self.bar {
            Some(bar) => {
                // The estimate of the whole is rough: the bar never stands at its end before the copy does.
                bar.set_length(counts.bytes.max(counts.bytes_done).max(1));
                bar.set_position(counts.bytes_done);
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

    fn text(&self, counts: &CopyCounts) -> String {
        let seconds = self.began.elapsed().as_secs_f64().max(0.001);
        let rate = counts.bytes_done as f64 / seconds;
        let left = match counts.bytes.checked_sub(counts.bytes_done) {
            // A rate needs a second of history to mean anything.
            Some(left) if rate > 0.0 && seconds > 1.0 && left > 0 => {
                format!(
                    ", about {} left",
                    HumanDuration(Duration::from_secs_f64(left as f64 / rate))
                )
            }
            _ => String::new(),
        };
        format!(
            "{} rows, {} of {}, {}/s, {} of {} tables{left}",
            grouped(counts.rows_done),
            HumanBytes(counts.bytes_done),
            HumanBytes(counts.bytes.max(counts.bytes_done)),
            HumanBytes(rate as u64),
            counts.tables_done,
            counts.tables,
        )
    }
}
