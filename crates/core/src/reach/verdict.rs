//! What an attempt to connect means, with a code and plain advice; decided by the answer alone.

use super::Reach;
use crate::{Finding, FindingCode as Code, Link, Side, advice};
use dbha_sql::{Facts, Setting};

/// Makes a finding of an attempt that did not succeed; `facts` are the source's.
pub(crate) fn finding(source: Side, facts: &Facts, link: &Link, found: &Reach) -> Finding {
    let replica = source.peer();
    let way = format!(
        "the {replica} cannot read from the {source} at {}:{}",
        link.host, link.port
    );
    let (code, text) = match found {
        Reach::Denied { code, text, .. } | Reach::Failed { code, text } => {
            (*code, format!("{way}: error {code}: {text}"))
        }
        Reach::Silent | Reach::Reached => (0, format!("{way}: no answer")),
    };
    let meaning = meaning(code, &text);
    // Of the source's own settings, or of how the replica sees it.
    let side = match meaning {
        Code::BinaryLogOff | Code::TooFewConnections => source,
        _ => replica,
    };
    Finding::new(meaning, Some(side), text, fix(meaning, code, facts, link))
}

/// Tells causes apart by the error's number, and by the operating system's where the number is too coarse.
fn meaning(code: u32, text: &str) -> Code {
    match code {
        0 => Code::PeerSilent,
        2002 | 2003 if timed_out(text) => Code::PeerSilent,
        2005 => Code::PeerNameUnknown,
        1045 | 1129 | 1130 | 1698 | 1597 | 13120 => Code::LoginRefused,
        4151 | 3118 | 1820 | 1862 => Code::LinkAccountLocked,
        2026 | 2061 | 3159 => Code::LinkTls,
        1593 | 13117 => Code::LinkEqualIds,
        1236 | 13114 => Code::BinaryLogOff,
        1040 | 1203 => Code::TooFewConnections,
        _ => Code::PeerClosed,
    }
}

/// `Can't connect to server on '10.0.0.1' (110 "Connection timed out")`; MySQL puts the number in brackets alone.
fn timed_out(text: &str) -> bool {
    ["(110", "(115"].iter().any(|number| text.contains(number))
}

fn fix(meaning: Code, code: u32, facts: &Facts, link: &Link) -> String {
    let source = link.source;
    let address = format!(
        "give --{source}-address HOST:PORT as the {} sees it",
        source.peer()
    );
    match meaning {
        Code::PeerClosed => {
            let bound = facts.setting(Setting::BindAddress);
            let bound = if bound.is_empty() { "*" } else { bound };
            format!(
                "check the firewall between the two, and port and bind_address (now {bound}) of the {source}; or {address}"
            )
        }
        Code::PeerSilent => {
            format!("a firewall drops the packets, or the address leads elsewhere: check both; or {address}")
        }
        Code::PeerNameUnknown => {
            format!(
                "{address}, or mend the name service on the machine of the {}",
                source.peer()
            )
        }
        Code::BinaryLogOff => {
            format!(
                "put the lines of `dbha render my.cnf --server {source}` into its option file and restart it"
            )
        }
        Code::TooFewConnections => {
            format!(
                "raise max_connections on {}, or end connections that are idle",
                facts.name
            )
        }
        Code::LinkTls if code == 2026 => match &link.ca {
            Some(ca) => format!(
                "the {replica} checks the {source}'s certificate with {ca} on its own machine: that file has to hold the CA \
                 that signed it, and the certificate has to name {}; mend either, or give --replication-ssl-ca PATH",
                link.host,
                replica = link.replica
            ),
            None => format!("look at the certificate and the error log of the {source}"),
        },
        Code::LoginRefused if matches!(code, 1045 | 1130 | 1698) => {
            "no account there fits the host that the replica comes from, or its password: run dbha setup again, which \
             gives both sides a new password; or give --replication-host as that host"
                .to_owned()
        }
        _ => advice::for_link(code).unwrap_or(meaning.what_to_do()).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SetupOptions, Topology, built_facts::fresh_pair};

    #[test]
    fn every_answer_of_a_source_has_its_code_and_advice() {
        let failed = |code, text: &str| Reach::Failed {
            code,
            text: text.into(),
        };
        let denied = Reach::Denied {
            from: None,
            code: 1045,
            text: "Access denied".into(),
        };
        let answers = [
            (denied, Code::LoginRefused),
            (failed(4151, "locked"), Code::LinkAccountLocked),
            (failed(3118, "locked"), Code::LinkAccountLocked),
            (failed(1597, "no privilege"), Code::LoginRefused),
            (failed(13120, "no privilege"), Code::LoginRefused),
            (
                failed(
                    2003,
                    "Can't connect to server on 'h' (111 \"Connection refused\")",
                ),
                Code::PeerClosed,
            ),
            (
                failed(
                    2003,
                    "Can't connect to server on 'h' (110 \"Connection timed out\")",
                ),
                Code::PeerSilent,
            ),
            (failed(2013, "Lost connection"), Code::PeerClosed),
            (failed(2005, "Unknown server host"), Code::PeerNameUnknown),
            (Reach::Silent, Code::PeerSilent),
            (failed(1593, "equal ids"), Code::LinkEqualIds),
            (failed(13117, "equal ids"), Code::LinkEqualIds),
            (failed(1236, "Binary log is not open"), Code::BinaryLogOff),
            (failed(2026, "TLS/SSL error"), Code::LinkTls),
            (
                failed(2061, "Authentication requires secure connection"),
                Code::LinkTls,
            ),
            (failed(3159, "require_secure_transport"), Code::LinkTls),
            (failed(1040, "Too many connections"), Code::TooFewConnections),
        ];
        let facts = fresh_pair("9.7.4");
        let topology = Topology::of_pair(&facts, &SetupOptions::default());
        for (answer, code) in answers {
            let found = finding(
                Side::Primary,
                &facts.primary,
                topology.link_from(Side::Primary),
                &answer,
            );
            assert_eq!(found.code, code, "{answer:?}");
            assert!(found.blocks() && !found.fix.is_empty(), "{found:?}");
            assert!(
                found.text.contains("the primary at host-a:3306"),
                "{}",
                found.text
            );
        }
    }
}
