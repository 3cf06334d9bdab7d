//! TLS: between dbha and the servers, and between the servers.

use dbha_testkit::{Release, ServerOptions, ServerPair};

use crate::operator::Operator;
use crate::releases::on_releases;
use crate::servers::{assert_all_threads_run, column_of, cross, fill_with_sample, replica_status};
use crate::session::Session;

async fn pair_with_tls(release: Release) -> ServerPair {
    let pair = ServerPair::start(release, &ServerOptions::new().tls())
        .await
        .unwrap();
    fill_with_sample(&pair.primary, 1).await;
    pair
}

on_releases!(scenario_81_where_both_offer_tls_links_use_it_and_the_account_demands_it: mariadb_10_11, mysql_9_7, slow_mariadb_10_5, slow_mariadb_11_8);

async fn scenario_81_where_both_offer_tls_links_use_it_and_the_account_demands_it(release: Release) {
    let pair = pair_with_tls(release).await;
    let operator = Operator::of(&pair);

    operator
        .setup(["--writers", "both"])
        .await
        .exits(0)
        .says("over TLS");

    assert_all_threads_run(&pair).await;
    for server in [&pair.primary, &pair.secondary] {
        let status = replica_status(server).await.unwrap();
        assert_eq!(column_of(&status, "Source_SSL_Allowed"), "Yes", "{status:?}");
        let mut session = Session::open(server).await;
        let demands = "SELECT DISTINCT ssl_type FROM mysql.user WHERE User='dbha_repl'";
        assert_eq!(session.value(demands).await, "ANY");
    }
    cross("Ada", &pair.primary, &pair.secondary).await;
    cross("Grace", &pair.secondary, &pair.primary).await;
}

on_releases!(scenario_81_certificates_are_verified_where_an_authority_is_given: mariadb_10_11, slow_mysql_9_7);

/// The two servers of a pair are copies of one template, so one authority has signed both certificates.
async fn scenario_81_certificates_are_verified_where_an_authority_is_given(release: Release) {
    let pair = pair_with_tls(release).await;
    let operator = Operator::of(&pair);
    let right = pair.primary.ca_certificate().display().to_string();
    operator.run("preflight", ["--ssl-ca", &right]).await.exits(0);

    // A certificate that has signed nothing.
    let wrong = pair
        .primary
        .datadir()
        .join("server-cert.pem")
        .display()
        .to_string();
    operator
        .setup(["--ssl-ca", &wrong])
        .await
        .exits(4)
        .says_one_error_with_a_fix()
        .says("--ssl-ca");
}

on_releases!(scenario_81_tls_that_is_required_and_not_there_is_refused: mariadb_10_11);

async fn scenario_81_tls_that_is_required_and_not_there_is_refused(release: Release) {
    let pair = crate::servers::fresh_pair(release).await;
    let operator = Operator::of(&pair);
    for mode in ["required", "verify-ca", "verify-identity"] {
        operator
            .setup(["--ssl-mode", mode])
            .await
            .exits(4)
            .says_one_error_with_a_fix()
            .says("--ssl-mode");
    }
    operator
        .run("preflight", ["--ssl-mode", "disabled"])
        .await
        .exits(0);
}
