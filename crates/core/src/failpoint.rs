//! Points in a run at which a test can stop the program and do harm meanwhile; debug builds only.
//!
//! `DBHA_FAILPOINT='MOMENT:STEP=FILE'`, such as `applied:copy_data=/tmp/x/held`: when the run gets there it makes the
//! file and waits until it is removed, or until the run is asked to stop. What happens in between (a signal, a cut
//! network, a server that restarts) is the test's business.

use std::{path::Path, time::Duration};
use tokio_util::sync::CancellationToken;

/// Names the point and the file; no other part of the library reads the environment.
const VARIABLE: &str = "DBHA_FAILPOINT";

/// Time between two looks at the file.
const PAUSE: Duration = Duration::from_millis(5);

/// A place in what is done for one step that has something to do, or within a clone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// It was judged to be needed; nothing was sent yet.
    Before,
    /// Everything was sent and answered; nobody has looked yet whether it helped.
    Applied,
    /// It was looked at again and found done.
    After,
    /// Both servers are prepared for a clone, and nothing is cloned yet.
    Prepared,
    /// The clone has come over, and the secondary ends or restarts.
    Cloned,
    /// The secondary answers as a clone; nothing of it was looked at.
    Returned,
    /// The clone is what a copy leaves, and both servers are tidy.
    Settled,
    /// The clone was found equal; nothing says so yet.
    Compared,
}

impl Moment {
    fn word(self) -> &'static str {
        match self {
            Moment::Before => "before",
            Moment::Applied => "applied",
            Moment::After => "after",
            Moment::Prepared => "prepared",
            Moment::Cloned => "cloned",
            Moment::Returned => "returned",
            Moment::Settled => "settled",
            Moment::Compared => "compared",
        }
    }
}

/// Waits here if the environment names this point, and is nothing otherwise.
pub(crate) async fn reached(moment: Moment, step: &str, cancel: &CancellationToken) {
    let Ok(wanted) = std::env::var(VARIABLE) else {
        return;
    };
    if let Some(file) = file_of(&wanted, moment, step) {
        hold(Path::new(file), cancel).await;
    }
}

fn file_of<'a>(wanted: &'a str, moment: Moment, step: &str) -> Option<&'a str> {
    let (point, file) = wanted.split_once('=')?;
    (point.split_once(':')? == (moment.word(), step)).then_some(file)
}

async fn hold(file: &Path, cancel: &CancellationToken) {
    if let Err(error) = std::fs::write(file, "") {
        tracing::error!(file = %file.display(), %error, "a failpoint cannot make its file and does not hold");
        return;
    }
    while file.exists() && !cancel.is_cancelled() {
        tokio::time::sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_one_moment_of_one_step() {
        let wanted = "applied:copy_data=/tmp/a=b";
        assert_eq!(file_of(wanted, Moment::Applied, "copy_data"), Some("/tmp/a=b"));
        assert_eq!(file_of(wanted, Moment::Before, "copy_data"), None);
        assert_eq!(file_of(wanted, Moment::Applied, "catch_up"), None);
        assert_eq!(file_of("copy_data", Moment::Applied, "copy_data"), None);
    }

    #[test]
    fn a_release_build_has_no_failpoints() {
        // The compiler does the rest: what this module is not compiled for cannot call it.
        let library = include_str!("lib.rs");
        assert!(library.contains("#[cfg(debug_assertions)]\nmod failpoint;"));
    }
}
