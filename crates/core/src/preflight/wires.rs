//! How well the ways between dbha and the servers, and between the servers, are protected.

use crate::{Both, Finding, FindingCode as Code, Side, Topology};
use dbha_sql::{Address, Facts, Wire};

pub(super) fn findings(facts: &Both<Facts>, topology: &Topology) -> Vec<Finding> {
    let own = Side::BOTH
        .into_iter()
        .filter_map(|side| own_connection(side, facts.of(side)));
    let links = Side::BOTH
        .into_iter()
        .filter_map(|source| link(source, facts, topology));
    own.chain(links).collect()
}

fn own_connection(side: Side, facts: &Facts) -> Option<Finding> {
    let name = &facts.name;
    let (text, fix) = match facts.wire {
        Wire::Clear => (
            format!("dbha's own connection to {name} is in clear, over a network"),
            format!("switch TLS on on {name} (dbha uses it where it is offered), and give --ssl-ca FILE"),
        ),
        Wire::Encrypted => (
            format!("dbha's own connection to {name} is encrypted, and nothing shows that it ends at {name}"),
            format!("give --ssl-ca FILE with the CA that signed the certificate of {name}"),
        ),
        _ => return None,
    };
    Some(Finding::new(Code::UnprotectedConnection, Some(side), text, fix))
}

fn link(source: Side, facts: &Both<Facts>, topology: &Topology) -> Option<Finding> {
    let link = topology.link_from(source);
    let replica = source.peer();
    let (from, to) = (&facts.of(source).name, &facts.of(replica).name);
    if !link.tls {
        let address = Address::Tcp {
            host: link.host.clone(),
            port: link.port,
        };
        return (!address.is_local()).then(|| {
            let text = format!("{from} offers no TLS: the link by which {to} reads from it is in clear");
            let fix = format!("give {from} a certificate (ssl_cert, ssl_key), restart it; dbha setup then moves the link to TLS");
            Finding::new(Code::ClearLink, Some(source), text, fix)
        });
    }
    (facts.of(source).ca_given && link.ca.is_none()).then(|| {
        let text = format!("{to} has no CA of its own (ssl_ca), so its link from {from} is encrypted and not verified");
        let fix = format!(
            "put the CA's file on the machine of {to} and give its path there with --replication-ssl-ca PATH, or as ssl_ca \
             in its option file"
        );
        Finding::new(Code::UnverifiedLink, Some(replica), text, fix)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SetupOptions, built_facts};
    use dbha_sql::Setting;

    fn codes(facts: &Both<Facts>, options: &SetupOptions) -> Vec<Code> {
        let found = findings(facts, &Topology::of_pair(facts, options));
        found.into_iter().map(|finding| finding.code).collect()
    }

    fn pair_with_tls() -> Both<Facts> {
        let mut facts = built_facts::fresh_pair("10.11.19-MariaDB");
        for side in Side::BOTH {
            facts.of_mut(side).offers_tls = true;
        }
        facts
    }

    #[test]
    fn links_are_verified_by_the_replicas_own_ca_where_one_was_given() {
        let mut facts = pair_with_tls();
        facts.primary.ca_given = true;
        let options = SetupOptions::default();
        assert_eq!(codes(&facts, &options), [Code::UnverifiedLink]);
        built_facts::set(&mut facts.secondary, Setting::SslCa, "/etc/mysql/ca.pem");
        assert_eq!(codes(&facts, &options), []);
        let topology = Topology::of_pair(&facts, &options);
        assert_eq!(
            topology.link_from(Side::Primary).ca.as_deref(),
            Some("/etc/mysql/ca.pem")
        );
        // Nobody gave a CA for the secondary.
        assert_eq!(topology.link_from(Side::Secondary).ca, None);
    }

    #[test]
    fn the_operators_path_counts_most_and_an_empty_one_means_none() {
        let mut facts = pair_with_tls();
        built_facts::set(&mut facts.secondary, Setting::SslCa, "own.pem");
        let ca = |path: &str| {
            let options = SetupOptions {
                replication_ssl_ca: Some(path.into()),
                ..SetupOptions::default()
            };
            Topology::of_pair(&facts, &options)
                .link_from(Side::Primary)
                .ca
                .clone()
        };
        assert_eq!(ca("/etc/dbha/ca.pem"), Some("/etc/dbha/ca.pem".into()));
        assert_eq!(ca(""), None);
    }

    #[test]
    fn a_verified_link_stays_verified_without_another_word() {
        let mut facts = pair_with_tls();
        let mut link = built_facts::running_link("host-a", dbha_sql::REPLICATION_USER);
        (link.tls, link.verified, link.ca) = (true, true, "ca.pem".into());
        facts.secondary.links = dbha_sql::Observed::Known(vec![link]);
        let topology = Topology::of_pair(&facts, &SetupOptions::default());
        assert_eq!(topology.link_from(Side::Primary).ca.as_deref(), Some("ca.pem"));
    }

    #[test]
    fn what_crosses_a_network_unprotected_is_named() {
        let mut facts = built_facts::fresh_pair("10.11.19-MariaDB");
        let options = SetupOptions::default();
        assert_eq!(codes(&facts, &options), [Code::ClearLink, Code::ClearLink]);
        facts.primary.wire = Wire::Clear;
        facts.secondary.wire = Wire::Encrypted;
        let all = codes(&facts, &options);
        assert_eq!(
            all.iter()
                .filter(|code| **code == Code::UnprotectedConnection)
                .count(),
            2
        );
    }
}
