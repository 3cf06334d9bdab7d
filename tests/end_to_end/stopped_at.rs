//! Runs that a test holds at a point of a step, by the failpoints of debug builds.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::eventually::LIMIT;
use crate::operator::Operator;
use crate::processes::{end_of, send};
use crate::ran::Ran;

/// A run that waits at `MOMENT:STEP` (`before:copy_data`).
pub(crate) struct StoppedAt {
    child: Child,
    file: PathBuf,
}

impl StoppedAt {
    /// Starts a prepared run and waits until it has come to the point.
    pub(crate) async fn reach(operator: &Operator, command: &mut Command, point: &str) -> Self {
        let file = operator.home().join(point.replace(':', "-"));
        command.env("DBHA_FAILPOINT", format!("{point}={}", file.display()));
        let mut child = command.spawn().unwrap();
        let end = Instant::now() + 2 * LIMIT;
        while !file.exists() {
            if child.try_wait().unwrap().is_some() {
                let ran = operator.ran(point.to_owned(), &child.wait_with_output().await.unwrap());
                panic!("the run never came to {point}\n{ran}");
            }
            assert!(Instant::now() < end, "the run does not come to {point}");
            sleep(Duration::from_millis(10)).await;
        }
        Self { child, file }
    }

    /// Lets the run go on, to its end.
    pub(crate) async fn go_on(self, operator: &Operator) -> Ran {
        std::fs::remove_file(&self.file).unwrap();
        let output = timeout(2 * LIMIT, self.child.wait_with_output()).await;
        operator.ran("the run that was stopped".to_owned(), &output.unwrap().unwrap())
    }

    /// Kills the run where it waits.
    pub(crate) async fn kill(mut self) {
        send(&self.child, Signal::SIGKILL);
        assert_eq!(end_of(&mut self.child).await, None, "it was killed");
        let _ = std::fs::remove_file(&self.file);
    }
}
