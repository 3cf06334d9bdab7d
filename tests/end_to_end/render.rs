//! `dbha render my.cnf`: an option file that a server starts with.

use dbha_testkit::Release;

use crate::operator::Operator;
use crate::releases::on_releases;
use crate::servers::{fresh_pair, pair_with_sample};

on_releases!(servers_started_with_the_files_of_a_new_site_need_no_further_setting: mariadb_10_11, mysql_9_7, slow_mariadb_10_5);

async fn servers_started_with_the_files_of_a_new_site_need_no_further_setting(release: Release) {
    let mut pair = fresh_pair(release).await;
    let operator = Operator::of(&pair);
    let flavor = if release.is_mysql() { "mysql" } else { "mariadb" };
    for (side, server) in [("primary", &mut pair.primary), ("secondary", &mut pair.secondary)] {
        let arguments = ["render", "my.cnf", "--server", side, "--flavor", flavor];
        let file = operator
            .finish(&mut operator.bare(arguments))
            .await
            .exits(0)
            .stdout;
        server.append_options(&file).unwrap();
        server.restart().await.unwrap();
    }

    let done = operator.setup(["-o", "ndjson"]).await.exits(0).changed_steps();

    assert!(
        !done.iter().any(|step| step.starts_with("configure_")),
        "{done:?}"
    );
    let status = operator.status().await.exits(0).json();
    assert_eq!(status["restart_safe"], true, "{status:#}");
}

on_releases!(every_line_is_an_option_and_none_is_said_twice: mariadb_10_11, mysql_9_7);

async fn every_line_is_an_option_and_none_is_said_twice(release: Release) {
    let pair = pair_with_sample(release, 1).await;
    let operator = Operator::of(&pair);
    for (side, identity) in [("primary", "server_id=1"), ("secondary", "server_id=2")] {
        let ran = operator.run("render my.cnf", ["--server", side]).await.exits(0);
        let lines: Vec<&str> = ran.stdout.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(lines[0], "[mysqld]", "{ran}");
        assert!(lines.contains(&identity), "{ran}");
        assert_eq!(
            lines.iter().any(|line| line.contains("read_only")),
            side == "secondary",
            "{ran}"
        );
        let mut names: Vec<&str> = lines[1..]
            .iter()
            .map(|line| line.split('=').next().unwrap())
            .collect();
        let plain = |name: &&str| name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        assert!(names.iter().all(plain), "{ran}");
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "{ran}");
    }
}
