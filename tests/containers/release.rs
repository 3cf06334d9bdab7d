//! One test for each release.

use dbha_testkit::Release;

/// Makes a test of a function for every release; `slow` makes them slow ones: `name::slow_mysql_9_7`.
macro_rules! on_every_release {
    ($test:ident) => {
        crate::release::on_releases!($test: mariadb_10_5, mariadb_10_11, mariadb_11_8, mysql_9_7);
    };
    (slow $test:ident) => {
        crate::release::on_releases!($test: slow_mariadb_10_5, slow_mariadb_10_11, slow_mariadb_11_8, slow_mysql_9_7);
    };
}
pub(crate) use on_every_release;

macro_rules! on_releases {
    ($test:ident: $($release:ident),+) => {
        mod $test {
            $(
                #[tokio::test]
                async fn $release() {
                    super::$test(crate::release::named(stringify!($release))).await;
                }
            )+
        }
    };
}
pub(crate) use on_releases;

/// Finds the release that a test's name stands for.
pub(crate) fn named(name: &str) -> Release {
    let name = name.strip_prefix("slow_").unwrap_or(name);
    let plain = |release: &Release| release.name().replace(['-', '.'], "_");
    Release::ALL
        .into_iter()
        .find(|release| plain(release) == name)
        .unwrap()
}
