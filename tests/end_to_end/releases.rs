//! One test for each release; where a release is missing, its test is passed over, and says so.

use dbha_testkit::{Installation, Release};

/// Makes tests of a function for the named releases: `on_releases!(name: mariadb_10_11, slow_mysql_9_7)`.
macro_rules! on_releases {
    ($test:ident: $($release:ident),+ $(,)?) => {
        mod $test {
            $(
                #[tokio::test]
                async fn $release() {
                    let release = crate::releases::named(stringify!($release));
                    crate::releases::run(&[release], || super::$test(release)).await;
                }
            )+
        }
    };
}
pub(crate) use on_releases;

/// Makes a test of a function for every release: `name::mariadb_10_5` and so on.
macro_rules! on_every_release {
    ($test:ident) => {
        crate::releases::on_releases!($test: mariadb_10_5, mariadb_10_11, mariadb_11_8, mysql_9_7);
    };
}
pub(crate) use on_every_release;

/// Finds the release that a test's name stands for.
pub(crate) fn named(name: &str) -> Release {
    let name = name.strip_prefix("slow_").unwrap_or(name);
    let plain = |release: &Release| release.name().replace(['-', '.'], "_");
    Release::ALL
        .into_iter()
        .find(|release| plain(release) == name)
        .unwrap()
}

/// Runs a test that needs these releases, or says that it cannot.
pub(crate) async fn run(needed: &[Release], test: impl AsyncFnOnce()) {
    for release in needed {
        if let Err(missing) = Installation::find(*release) {
            eprintln!("SKIPPED on {release}: {missing}");
            return;
        }
    }
    test().await;
}
