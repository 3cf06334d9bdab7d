//! TLS: between dbha and the servers, and between the servers.

use dbha_testkit::{Release, ServerOptions, ServerPair};

use crate::operator::Operator;
use crate::papers::Papers;
use crate::refusal::refused;
use crate::releases::on_releases;
use crate::servers::{assert_all_threads_run, column_of, cross, fill_with_sample, replica_status};
use crate::session::Session;
use crate::stripping_proxy::without_tls;

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

on_releases!(scenario_81_a_certificate_that_does_not_hold_is_refused_and_nothing_is_changed: mariadb_10_11, mysql_9_7);

async fn scenario_81_a_certificate_that_does_not_hold_is_refused_and_nothing_is_changed(release: Release) {
    let papers = Papers::new();
    let ca = papers.ca();
    for (words, bad) in papers.bad() {
        let pair = ServerPair::start_each((release, &papers.good()), (release, &bad))
            .await
            .unwrap();
        let operator = Operator::of(&pair);
        let ran = refused(&pair, &operator, ["--ssl-ca", &ca], 4).await;
        ran.says(words).says(&pair.secondary.address());
        // Who signed it is all that verify-ca asks.
        let by_ca = ["--ssl-ca", &ca, "--ssl-mode", "verify-ca"];
        let code = if words == "for another name" { 0 } else { 4 };
        operator.run("preflight", by_ca).await.exits(code);
        // Without a CA the certificate is not looked at.
        operator
            .run("preflight", ["--ssl-mode", "required"])
            .await
            .exits(0);
    }
}

on_releases!(scenario_81_tls_that_was_stripped_on_the_way_is_refused: mariadb_10_11, mysql_9_7);

async fn scenario_81_tls_that_was_stripped_on_the_way_is_refused(release: Release) {
    let papers = Papers::new();
    let ca = papers.ca();
    let pair = ServerPair::start(release, &papers.good()).await.unwrap();
    let mut operator = Operator::of(&pair);
    let port = without_tls(pair.secondary.address()).await;
    operator.secondary = format!("127.0.0.1:{port}");
    for arguments in [
        vec!["--ssl-ca", &ca],
        vec!["--ssl-ca", &ca, "--ssl-mode", "verify-ca"],
        vec!["--ssl-mode", "required"],
    ] {
        refused(&pair, &operator, arguments, 4)
            .await
            .says("the server offers no TLS");
    }
    // On this machine nobody is in between, unless somebody says otherwise.
    operator.run("preflight", []).await.exits(0);
    // By an address that is not known to be this machine.
    operator.secondary = format!("0.0.0.0:{port}");
    let reached = [
        "--primary-address",
        &pair.primary.address().replace("127.0.0.1", "0.0.0.0"),
    ];
    let preferred = operator.run("preflight", reached).await;
    if release.is_mysql() {
        preferred
            .exits(4)
            .says_one_error_with_a_fix()
            .says("could hand the password to anybody on the way");
    } else {
        let preferred = preferred.exits(0);
        assert!(preferred.stdout.contains("DBHA-P44"), "{preferred}");
    }
    let disabled = operator
        .run("preflight", ["--ssl-mode", "disabled"].into_iter().chain(reached))
        .await
        .exits(0);
    assert!(disabled.stdout.contains("in clear, over a network"), "{disabled}");
}

on_releases!(scenario_81_a_server_of_the_config_file_has_a_tls_mode_of_its_own: mariadb_10_11);

async fn scenario_81_a_server_of_the_config_file_has_a_tls_mode_of_its_own(release: Release) {
    let papers = Papers::new();
    let (plain, good) = (ServerOptions::new(), papers.good());
    let pair = ServerPair::start_each((release, &good), (release, &plain))
        .await
        .unwrap();
    let mut operator = Operator::of(&pair);
    let config = |mode: &str| {
        let text = format!(
            "[server.a]\naddress = \"{}\"\nssl-ca = \"{}\"\n[server.b]\naddress = \"{}\"\nssl-mode = \"{mode}\"\n",
            pair.primary.address(),
            papers.ca(),
            pair.secondary.address(),
        );
        std::fs::write(operator.home().join("dbha.toml"), text).unwrap();
    };
    config("required");
    (operator.primary, operator.secondary) = ("a".into(), "b".into());
    let ran = operator.run("preflight", []).await.exits(4);
    ran.says("cannot connect to b").says("offers no TLS");
    std::fs::write(
        operator.home().join("dbha.toml"),
        std::fs::read_to_string(operator.home().join("dbha.toml"))
            .unwrap()
            .replace("\"required\"", "\"preferred\""),
    )
    .unwrap();
    operator.run("preflight", []).await.exits(0);
}

#[tokio::test]
async fn scenario_81_a_ca_file_without_a_certificate_is_a_mistake_of_the_caller() {
    let operator = Operator::without_servers();
    let file = operator.home().join("empty.pem");
    std::fs::write(&file, "nothing\n").unwrap();
    let file = file.display().to_string();
    let arguments = [
        "preflight",
        "--primary",
        "a",
        "--secondary",
        "b",
        "--ssl-ca",
        &file,
    ];
    operator
        .finish(&mut operator.bare(arguments))
        .await
        .exits(2)
        .says_one_error_with_a_fix()
        .says("holds no certificate");
}
