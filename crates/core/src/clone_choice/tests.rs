use super::*;
use crate::built_facts::{account, fresh_pair, running_link, set};
use dbha_sql::{Engine, HostFacts, Observed};

const MYSQL: &str = "9.7.4";

fn pair() -> Both<Facts> {
    let mut facts = fresh_pair(MYSQL);
    facts.primary.offers_tls = true;
    facts
}

fn host(supervised: bool, restart: RestartMeans) -> Observed<HostFacts> {
    Observed::Known(HostFacts {
        reach: "local".into(),
        files: vec![],
        drop_in: None,
        options: Default::default(),
        restart,
        supervised,
    })
}

fn found(facts: &Both<Facts>) -> Vec<String> {
    let topology = Topology::of_pair(facts, &SetupOptions::default());
    let all = obstacles(facts, &topology);
    all.into_iter().map(|obstacle| obstacle.text).collect()
}

fn chosen(facts: &Both<Facts>, change: impl Fn(&mut SetupOptions, &mut Topology)) -> bool {
    let mut options = SetupOptions::default();
    let mut topology = Topology::of_pair(facts, &options);
    topology.same_login = true;
    change(&mut options, &mut topology);
    is_chosen(facts, &topology, &options)
}

fn clone(facts: &mut Facts) -> &mut CloneFacts {
    match &mut facts.clone {
        Observed::Known(clone) => clone,
        _ => unreachable!("it knows clones"),
    }
}

#[test]
fn two_like_servers_of_mysql_have_nothing_against_a_clone() {
    assert_eq!(found(&pair()), [""; 0]);
}

#[test]
fn whatever_keeps_a_clone_from_being_made_is_named() {
    type Change = fn(&mut Both<Facts>);
    let cases: [(&str, Change); 13] = [
        ("from 8.0.17 on", |f| {
            f.secondary.dialect = fresh_pair("8.0.16").primary.dialect
        }),
        ("from 8.0.17 on", |f| {
            f.primary.dialect = fresh_pair("10.11.1-MariaDB").primary.dialect
        }),
        ("one version on both", |f| {
            f.secondary.dialect = fresh_pair("9.8.0").primary.dialect
        }),
        ("MyISAM", |f| {
            f.primary.engines = Observed::Known(vec![Engine {
                name: "MyISAM".into(),
                tables: 2,
                example: "shop.old".into(),
            }]);
        }),
        ("platforms differ", |f| {
            clone(&mut f.secondary).platform = "Linux aarch64".into()
        }),
        ("innodb_data_file_path", |f| {
            clone(&mut f.primary).data_file_path = "ibdata1:1G".into()
        }),
        ("outside of its data directory", |f| {
            clone(&mut f.primary).outside_files = Some(2)
        }),
        ("cannot be seen (PROCESS)", |f| {
            clone(&mut f.primary).outside_files = None
        }),
        ("not active there: audit", |f| {
            clone(&mut f.primary).plugins.extend(["audit".to_owned()])
        }),
        ("max_allowed_packet", |f| {
            set(&mut f.primary, Setting::MaxAllowedPacket, "1048576")
        }),
        ("offers no TLS", |f| f.primary.offers_tls = false),
        ("lacks CLONE_ADMIN", |f| {
            f.secondary.privileges = Observed::Known(["INSERT".to_owned()].into())
        }),
        ("cannot be named as a donor", |f| {
            f.primary.tcp = Some(("fd00::1".into(), 3306))
        }),
    ];
    for (words, change) in cases {
        let mut facts = pair();
        change(&mut facts);
        let found = found(&facts);
        assert!(
            found.iter().any(|text| text.contains(words)),
            "{words}: {found:?}"
        );
    }
}

#[test]
fn patches_may_differ_from_8_0_37_on() {
    let takes = |recipient: &str, donor: &str| {
        let dialect = |version: &str| fresh_pair(version).primary.dialect;
        dialect(recipient).can_be_cloned_from(&dialect(donor))
    };
    assert!(takes("8.0.36", "8.0.36"));
    assert!(!takes("8.0.37", "8.0.36"));
    assert!(takes("8.0.40", "8.0.37"));
    assert!(takes("8.4.1", "8.4.5"));
    assert!(!takes("8.4.1", "8.0.40"));
    assert!(!takes("8.0.16", "8.0.16"));
    assert!(!takes("10.11.1-MariaDB", "10.11.1-MariaDB"));
}

#[test]
fn links_that_nothing_holds_keep_an_old_server_from_being_cloned() {
    for (version, named) in [("8.0.20", true), ("8.0.26", false)] {
        let mut facts = fresh_pair(version);
        facts.primary.offers_tls = true;
        facts.primary.links = Observed::Known(vec![running_link("x", "y")]);
        let found = found(&facts);
        assert_eq!(
            found.iter().any(|text| text.contains("follows a server")),
            named,
            "{found:?}"
        );
    }
}

#[test]
fn dbha_must_be_able_to_log_in_to_the_clone() {
    let mut facts = pair();
    // Seen from elsewhere, by an account of one host.
    clone(&mut facts.secondary).seen_from = "10.0.0.7".into();
    assert!(
        found(&facts)[0].contains("may not log in from there"),
        "{:?}",
        found(&facts)
    );
    facts.primary.own_account = "admin@10.0.%".into();
    assert_eq!(found(&facts), [""; 0]);
    // One that would be matched first may have another password.
    facts.primary.accounts = Observed::Known(vec![account("admin", "10.0.%"), account("admin", "10.0.0.7")]);
    assert_eq!(found(&facts).len(), 1);
}

#[test]
fn a_clone_is_verified_where_links_are() {
    let mut facts = pair();
    let options = SetupOptions {
        replication_ssl_ca: Some("/etc/ca.pem".into()),
        ..SetupOptions::default()
    };
    let texts = |facts: &Both<Facts>| -> Vec<String> {
        let topology = Topology::of_pair(facts, &options);
        let all = obstacles(facts, &topology);
        all.into_iter().map(|obstacle| obstacle.text).collect()
    };
    assert!(
        texts(&facts)[0].contains("clone_ssl_ca = '/etc/ca.pem'"),
        "{:?}",
        texts(&facts)
    );
    clone(&mut facts.secondary).ssl_ca = "/etc/ca.pem".into();
    assert_eq!(texts(&facts), [""; 0]);
}

#[test]
fn auto_clones_only_what_comes_back() {
    let mut facts = pair();
    assert!(!chosen(&facts, |_, _| {}), "nobody looked");
    facts.secondary.host = host(true, RestartMeans::Process);
    assert!(chosen(&facts, |_, _| {}));
    assert!(!chosen(&facts, |_, topology| topology.same_login = false));
    assert!(!chosen(&facts, |options, _| options.copy = CopyMethod::Stream));
    facts.secondary.host = host(false, RestartMeans::Process);
    assert!(!chosen(&facts, |_, _| {}));
    assert!(chosen(&facts, |options, _| options.restart = Restart::Allowed));
    facts.secondary.host = host(false, RestartMeans::None("other user".into()));
    assert!(!chosen(&facts, |options, _| options.restart = Restart::Allowed));
    assert!(chosen(&facts, |options, _| options.copy = CopyMethod::ClonePlugin));
}
