//! Links whose certificates are verified (scenario 81): it works, drift is mended, and what would fail is found by the
//! probe, before anything is thrown away.

use dbha_testkit::{PrivateServer, Release, ServerOptions, ServerPair};

use crate::contents_of_server::contents;
use crate::operator::Operator;
use crate::papers::Papers;
use crate::releases::on_releases;
use crate::servers::{assert_all_threads_run, column_of, cross, fill_with_sample, replica_status};
use crate::session::Session;

/// Starts servers that peers reach at 127.0.0.2: MariaDB 11.8 verifies nobody at 127.0.0.1.
async fn pair_of(release: Release, options: ServerOptions) -> ServerPair {
    let options = options.set("bind_address", "127.0.0.1,127.0.0.2");
    let pair = ServerPair::start(release, &options).await.unwrap();
    fill_with_sample(&pair.primary, 1).await;
    pair
}

/// The arguments of a set-up whose operator has the CA, as strings.
fn arguments(pair: &ServerPair, papers: &Papers, more: &[&str]) -> Vec<String> {
    let peer = |server: &PrivateServer| format!("127.0.0.2:{}", server.port());
    let mut all: Vec<String> = ["--writers", "both", "--ssl-ca", &papers.ca()]
        .map(str::to_owned)
        .to_vec();
    all.extend(["--primary-address".to_owned(), peer(&pair.primary)]);
    all.extend(["--secondary-address".to_owned(), peer(&pair.secondary)]);
    all.extend(more.iter().map(|one| (*one).to_owned()));
    all
}

async fn assert_verified(pair: &ServerPair, ca: &str, verified: &str) {
    assert_all_threads_run(pair).await;
    for server in [&pair.primary, &pair.secondary] {
        let status = replica_status(server).await.unwrap();
        assert_eq!(column_of(&status, "Source_SSL_Allowed"), "Yes", "{status:?}");
        assert_eq!(column_of(&status, "Source_SSL_CA_File"), ca, "{status:?}");
        assert_eq!(
            column_of(&status, "Source_SSL_Verify_Server_Cert"),
            verified,
            "{status:?}"
        );
    }
}

on_releases!(scenario_81_links_are_verified_by_the_servers_own_ca: mariadb_10_11, mysql_9_7, slow_mariadb_11_8);

async fn scenario_81_links_are_verified_by_the_servers_own_ca(release: Release) {
    let papers = Papers::new();
    let ca = papers.ca();
    let pair = pair_of(release, papers.good().set("ssl_ca", &ca)).await;
    let operator = Operator::of(&pair);
    let wanted = arguments(&pair, &papers, &[]);
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();

    operator
        .setup(wanted.clone())
        .await
        .exits(0)
        .says(&format!("over TLS, verified by {ca}"));
    assert_verified(&pair, &ca, "Yes").await;
    cross("Ada", &pair.primary, &pair.secondary).await;
    cross("Grace", &pair.secondary, &pair.primary).await;

    // A link that no longer verifies is mended, and just that.
    let (stop, drift, start) = match release.is_mysql() {
        true => (
            "STOP REPLICA",
            "CHANGE REPLICATION SOURCE TO SOURCE_SSL_VERIFY_SERVER_CERT=0",
            "START REPLICA",
        ),
        false => (
            "STOP SLAVE",
            "CHANGE MASTER TO MASTER_SSL_VERIFY_SERVER_CERT=0",
            "START SLAVE",
        ),
    };
    let mut session = Session::open(&pair.secondary).await;
    for statement in [stop, drift, start] {
        session.run(statement).await;
    }
    operator.setup(wanted.clone()).await.exits(0);
    assert_verified(&pair, &ca, "Yes").await;

    // The same again, also without a word about the CA: nothing is changed, nothing is weakened.
    let without: Vec<&str> = wanted
        .iter()
        .copied()
        .filter(|one| *one != "--ssl-ca" && *one != ca)
        .collect();
    for arguments in [wanted, without] {
        operator
            .setup(arguments)
            .await
            .exits(0)
            .says("nothing was changed");
    }
    assert_verified(&pair, &ca, "Yes").await;
}

on_releases!(scenario_81_a_wrong_ca_on_a_server_is_found_before_anything_is_thrown_away: mariadb_10_11, mysql_9_7, slow_mariadb_11_8);

async fn scenario_81_a_wrong_ca_on_a_server_is_found_before_anything_is_thrown_away(release: Release) {
    let papers = Papers::new();
    let other = papers.other_ca();
    let pair = pair_of(release, papers.good().set("ssl_ca", &other)).await;
    fill_with_sample(&pair.secondary, 2).await;
    let operator = Operator::of(&pair);
    let name = pair.secondary.address();
    let before = contents(&mut Session::open(&pair.secondary).await).await;
    let wanted = arguments(&pair, &papers, &["--overwrite-secondary", &name]);
    let ran = operator.setup(wanted.iter().map(String::as_str)).await;
    ran.exits(3)
        .says_one_error_with_a_fix()
        .says("2026")
        .says(&other)
        .says("--replication-ssl-ca");
    let mut after = contents(&mut Session::open(&pair.secondary).await).await;
    // What dbha keeps of its own is there already.
    after.retain(|what, _| !what.contains("dbha"));
    assert_eq!(before, after);

    // The right file, by its path on the servers: the same command goes on to the end.
    let right = papers.ca();
    let wanted = arguments(
        &pair,
        &papers,
        &["--overwrite-secondary", &name, "--replication-ssl-ca", &right],
    );
    operator.setup(wanted.iter().map(String::as_str)).await.exits(0);
    assert_verified(&pair, &right, "Yes").await;
}

on_releases!(scenario_81_where_servers_have_no_ca_the_link_is_encrypted_and_said_to_be_unverified: mariadb_10_11);

async fn scenario_81_where_servers_have_no_ca_the_link_is_encrypted_and_said_to_be_unverified(
    release: Release,
) {
    let papers = Papers::new();
    let pair = pair_of(release, papers.good()).await;
    let operator = Operator::of(&pair);
    let wanted = arguments(&pair, &papers, &[]);
    operator
        .setup(wanted.iter().map(String::as_str))
        .await
        .exits(0)
        .says("DBHA-P45")
        .says("encrypted and not verified");
    assert_verified(&pair, "", "No").await;
}
