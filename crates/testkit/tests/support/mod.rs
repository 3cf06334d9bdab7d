//! What the tests of this crate share: a session, and a run over every release that is here.

use std::fs;
use std::path::Path;

use dbha_testkit::{Installation, Release};
use mysql_async::{Conn, Opts};

/// Runs a test for each release; one that is missing is passed over, and said so.
pub(crate) async fn on_every_release(mut test: impl AsyncFnMut(Release)) {
    for release in Release::ALL {
        match Installation::find(release) {
            Ok(_) => test(release).await,
            Err(missing) => println!("SKIPPED for {release}: {missing}"),
        }
    }
}

/// Opens a session, or fails the test.
pub(crate) async fn connect(url: &str) -> Conn {
    Conn::new(Opts::from_url(url).unwrap()).await.unwrap()
}

/// Fails when a text stands in any file below a directory.
#[allow(dead_code)] // not every test binary looks for it
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
