//! What the tests of this crate share: one test for each release, and a session.

use std::fs;
use std::path::Path;

use dbha_testkit::{Installation, Release};
use mysql_async::{Conn, Opts};

/// Makes a test of each named function for each release: `name::mariadb_10_5` and so on.
macro_rules! on_every_release {
    ($($test:ident),+ $(,)?) => { $(
        mod $test {
            use dbha_testkit::Release;

            #[tokio::test]
            async fn mariadb_10_5() {
                crate::support::run(Release::MariaDb10_5, super::$test).await;
            }

            #[tokio::test]
            async fn mariadb_10_11() {
                crate::support::run(Release::MariaDb10_11, super::$test).await;
            }

            #[tokio::test]
            async fn mariadb_11_8() {
                crate::support::run(Release::MariaDb11_8, super::$test).await;
            }

            #[tokio::test]
            async fn mysql_9_7() {
                crate::support::run(Release::MySql9_7, super::$test).await;
            }
        }
    )+ };
}
pub(crate) use on_every_release;

/// Runs a test on a release; where that is missing it is passed over, and said so.
pub(crate) async fn run(release: Release, test: impl AsyncFnOnce(Release)) {
    match Installation::find(release) {
        Ok(_) => test(release).await,
        Err(missing) => eprintln!("SKIPPED on {release}: {missing}"),
    }
}

/// Opens a session, or fails the test.
pub(crate) async fn connect(url: &str) -> Conn {
    Conn::new(Opts::from_url(url).unwrap()).await.unwrap()
}

/// Fails when a text stands in any file below a directory.
pub(crate) fn assert_absent(directory: &Path, text: &str) {
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            assert_absent(&entry.path(), text);
        } else if kind.is_file() {
            let bytes = fs::read(entry.path()).unwrap();
            assert!(
                !bytes.windows(text.len()).any(|part| part == text.as_bytes()),
                "{}",
                entry.path().display()
            );
        }
    }
}

/// Prepares to run one test of this very binary in a process of its own, which `role` tells apart.
pub(crate) fn another_process(test: &str, role: &str) -> std::process::Command {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture"]).env(ROLE, role);
    command
}

/// Returns what [`another_process`] gave to this process.
pub(crate) fn role() -> Option<String> {
    std::env::var(ROLE).ok()
}

const ROLE: &str = "DBHA_TEST_ROLE";
