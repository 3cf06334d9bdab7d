//! Dumps: whether one can be used, for this primary, for this server.

use super::data::{hidden, holds_data_beside};
use crate::{Finding, FindingCode as Code, Side, archive::source_of, error_chain};
use dbha_copy::{Archive, ArchiveError, ArchiveSource};
use dbha_sql::{Account, ClaimState, Facts, GtidSet, Setting};

/// The directory holds no dump that can be trusted, by the name of the file.
pub(crate) fn unusable(error: &ArchiveError) -> Finding {
    Finding::new(Code::DumpUnusable, None, error_chain(error), error.fix())
}

/// What speaks against filling the secondary of this primary from a dump.
pub(crate) fn for_setup(primary: &Facts, archive: &Archive, logs_are_kept: bool) -> Vec<Finding> {
    let other = other_server(primary, archive.source(), archive.position());
    let old = || (!logs_are_kept).then(|| too_old(primary, archive));
    // What another server's dump lacks is beside the point.
    other.or_else(old).into_iter().collect()
}

fn other_server(primary: &Facts, source: &ArchiveSource, position: &GtidSet) -> Option<Finding> {
    let domain = primary.number(Setting::GtidDomainId).map(|domain| domain as u32);
    let differs = match (&source.server_uuid, &primary.server_uuid) {
        (Some(dumped), Some(uuid)) if dumped != uuid => Some(format!("server_uuid {dumped}, not {uuid}")),
        _ if source.server_id != primary.server_id => Some(format!(
            "server_id {}, not {}",
            source.server_id, primary.server_id
        )),
        _ if source.gtid_domain_id != domain => Some("another GTID domain".to_owned()),
        _ if !primary.executed.contains(position) => Some(format!(
            "transactions that {} does not have ({})",
            primary.name,
            position.minus(&primary.executed)
        )),
        _ => None,
    };
    differs.map(|differs| {
        Finding::new(
            Code::DumpOfOtherServer,
            Some(Side::Primary),
            format!(
                "the dump was not taken from {} as it is now: it is of {} and has {differs}",
                primary.name, source.name
            ),
            format!("make one of this server: dbha dump --from {} DIR", primary.name),
        )
    })
}

fn too_old(primary: &Facts, archive: &Archive) -> Finding {
    let begins = archive
        .coordinates()
        .map(|(file, _)| file.as_str())
        .unwrap_or("none");
    Finding::new(
        Code::DumpTooOld,
        Some(Side::Primary),
        format!(
            "{} no longer has the binary logs that follow on the dump (position {}, log {begins})",
            primary.name,
            archive.position()
        ),
        format!(
            "make a new dump, and let {} keep its binary logs until it is loaded",
            primary.name
        ),
    )
}

/// What speaks against loading a dump into a server that stands for itself.
pub(crate) fn for_loading(facts: &Facts, archive: &Archive, overwrite: Option<&str>) -> Vec<Finding> {
    let mut found: Vec<Finding> = hidden(Side::Secondary, facts).into_iter().collect();
    let (dumped, name) = (archive.dialect(), &facts.name);
    let of = |dialect: dbha_sql::Dialect| format!("{} {}", dialect.flavor(), dialect.version());
    let versions = format!(
        "the dump is of {}, and {name} is {}",
        of(dumped),
        of(facts.dialect)
    );
    if !facts.dialect.same_family(&dumped) {
        let fix = "give a server of the dump's kind";
        return vec![Finding::new(
            Code::DifferentFlavors,
            Some(Side::Secondary),
            versions,
            fix,
        )];
    }
    if !facts.dialect.can_replicate_from(&dumped) {
        let fix = "upgrade that server first, or give a newer one";
        found.push(Finding::new(
            Code::NewerPrimary,
            Some(Side::Secondary),
            versions,
            fix,
        ));
    }
    found.extend(in_replication(facts));
    found.extend(without_engine(facts, archive));
    found.extend(in_use(facts, archive, overwrite));
    found
}

/// A server that follows another, or is followed, is no place for other data.
fn in_replication(facts: &Facts) -> Vec<Finding> {
    let name = &facts.name;
    let links = facts.links.known().map(Vec::as_slice).unwrap_or_default();
    let link = links.iter().find(|link| !link.source_host.is_empty());
    let follows = link.map(|link| {
        Finding::new(
            Code::OtherReplication,
            Some(Side::Secondary),
            format!("{name} follows {}:{}", link.source_host, link.source_port),
            "end that replication first, if nothing needs it any more; for a pair: dbha setup --copy-from DIR",
        )
    });
    let replicas = facts
        .connected_replicas
        .known()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let followed = replicas.first().map(|replica| {
        Finding::new(
            Code::HasReplicas,
            Some(Side::Secondary),
            format!(
                "{} replicates from {name}: a load is not in its binary log",
                replica.host
            ),
            "stop that replica first, and fill it anew afterwards",
        )
    });
    follows.into_iter().chain(followed).collect()
}

fn without_engine(facts: &Facts, archive: &Archive) -> Option<Finding> {
    let there = facts.surroundings.plugins.known()?;
    let lacks = |engine: &str| !there.iter().any(|plugin| plugin.eq_ignore_ascii_case(engine));
    let tables = &archive.inventory().tables;
    let table = tables
        .iter()
        .find(|table| table.engine.as_deref().is_some_and(lacks))?;
    let engine = table.engine.as_deref().unwrap_or_default();
    Some(Finding::new(
        Code::MissingEngine,
        Some(Side::Secondary),
        format!(
            "{} lacks the storage engine {engine} of {}",
            facts.name,
            table.shown()
        ),
        "install the plug-in there, or give another server",
    ))
}

/// The rules of a set-up: nothing is thrown away that nobody named, but what a load of the same server's dump left.
fn in_use(facts: &Facts, archive: &Archive, overwrite: Option<&str>) -> Option<Finding> {
    let source = source_of(archive);
    let left_over = facts
        .claim
        .known()
        .is_some_and(|claim| claim.state == ClaimState::Copying && claim.source == source);
    let named = overwrite.is_some_and(|name| name == facts.name);
    let account = |(user, host): (&str, Option<&str>)| Account {
        user: user.to_owned(),
        host: host.unwrap_or_default().to_owned(),
        is_role: host.is_none(),
    };
    let accounts: Vec<Account> = archive.account_names().map(account).collect();
    let held = holds_data_beside(facts, &accounts);
    (!left_over && !named && !held.is_empty()).then(|| {
        Finding::new(
            Code::SecondaryHasData,
            Some(Side::Secondary),
            format!(
                "{} is not empty; all of this would go: {}",
                facts.name,
                held.join("; ")
            ),
            format!(
                "give an empty server; or, if all of this may be thrown away, add --overwrite {}",
                facts.name
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::built_facts::fresh_pair;

    fn source(facts: &Facts) -> ArchiveSource {
        ArchiveSource {
            name: "a".into(),
            server_uuid: facts.server_uuid.clone(),
            server_id: facts.server_id,
            gtid_domain_id: facts.number(Setting::GtidDomainId).map(|domain| domain as u32),
        }
    }

    #[test]
    fn a_dump_is_of_the_primary_only_if_everything_agrees() {
        let mut mysql = fresh_pair("9.7.4").primary;
        let uuid = mysql.server_uuid.clone().unwrap();
        let set = |text: &str| GtidSet::parse(dbha_sql::Flavor::MySql, &format!("{uuid}:{text}")).unwrap();
        mysql.executed = set("1-9");
        let own = source(&mysql);
        assert_eq!(other_server(&mysql, &own, &set("1-7")), None);
        assert!(
            other_server(&mysql, &own, &set("1-10"))
                .unwrap()
                .text
                .contains("10")
        );
        let mut twin = own.clone();
        twin.server_uuid = Some("33333333-3333-3333-3333-333333333333".into());
        assert_eq!(
            other_server(&mysql, &twin, &set("1-7")).unwrap().code,
            Code::DumpOfOtherServer
        );
        let mut mariadb = fresh_pair("10.11.19-MariaDB").primary;
        let set = |text: &str| GtidSet::parse(dbha_sql::Flavor::MariaDb, text).unwrap();
        mariadb.executed = set("0-1-9");
        let own = source(&mariadb);
        assert_eq!(other_server(&mariadb, &own, &set("0-1-9")), None);
        for change in [
            (|source| source.server_id = 7) as fn(&mut ArchiveSource),
            |source| source.gtid_domain_id = Some(7),
        ] {
            let mut other = own.clone();
            change(&mut other);
            assert!(other_server(&mariadb, &other, &set("0-1-9")).is_some());
        }
    }

    #[test]
    fn a_file_that_cannot_be_used_is_named() {
        let error = ArchiveError::Missing {
            path: "/backup/chunk-00000007.zst".into(),
        };
        let finding = unusable(&error);
        assert!(finding.blocks() && finding.text.contains("chunk-00000007.zst"));
    }
}
