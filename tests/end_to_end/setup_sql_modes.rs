//! Scenario 5: servers whose `sql_mode` changes what quotes, backslashes and bars mean.

use dbha_testkit::Release;

use crate::operator::Operator;
use crate::releases::on_releases;
use crate::servers::{assert_all_threads_run, assert_same_contents, pair_with_sample};
use crate::session::Session;

on_releases!(scenario_5_a_set_up_works_under_any_sql_mode: mariadb_10_11, slow_mysql_9_7);

async fn scenario_5_a_set_up_works_under_any_sql_mode(release: Release) {
    let mut modes =
        vec!["ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,IGNORE_SPACE,PAD_CHAR_TO_FULL_LENGTH"];
    if release.is_mysql() {
        modes = vec!["ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,IGNORE_SPACE,HIGH_NOT_PRECEDENCE"];
    } else {
        modes.push("ORACLE");
    }
    for mode in modes {
        let pair = pair_with_sample(release, 3).await;
        let mut sessions = [
            Session::open(&pair.primary).await,
            Session::open(&pair.secondary).await,
        ];
        let mut usual = Vec::new();
        for session in &mut sessions {
            usual.push(session.value("SELECT @@GLOBAL.sql_mode").await);
            session.run(&format!("SET GLOBAL sql_mode='{mode}'")).await;
        }
        let operator = Operator::of(&pair);
        operator.setup(["--writers", "both"]).await.exits(0);
        operator.status().await.exits(0);
        for (session, usual) in sessions.iter_mut().zip(&usual) {
            assert_ne!(
                session.value("SELECT @@GLOBAL.sql_mode").await,
                *usual,
                "dbha left it alone"
            );
            session.run(&format!("SET GLOBAL sql_mode='{usual}'")).await;
        }
        assert_all_threads_run(&pair).await;
        assert_same_contents(&pair).await;
    }
}
