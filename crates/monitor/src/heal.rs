//! What is safe to mend without a person: pure decisions over what was seen.
//!
//! Never a transaction is skipped and never data is touched. A thread that stands still without an error was stopped by
//! somebody and stays so.

use dbha_core::{Both, Facts, IoState, Seen, Side, SqlState, drifted_settings, writer_to_open};
use dbha_sql::{ReplicaStatus, Statement};

/// Errors of a receiver that say no more than that the way to the source was cut: lost or refused connections, timeouts.
const NETWORK: [u32; 12] = [
    1040, 1152, 1158, 1159, 1160, 1161, 2002, 2003, 2005, 2006, 2013, 2055,
];
/// Errors of an applier that pass by themselves: a lock wait that took too long, a deadlock.
const PASSING: [u32; 2] = [1205, 1213];
/// The source cannot give what the replica asks for.
const NO_SUCH_LOGS: u32 = 1236;

/// One thing that can be mended now.
#[derive(Debug, Clone)]
pub(crate) struct Mend {
    pub(crate) side: Side,
    pub(crate) kind: MendKind,
    /// What is done, for people.
    pub(crate) what: String,
    pub(crate) statements: Vec<Statement>,
}

/// Kinds of mending; each has its own back-off on each server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum MendKind {
    StartReceiver,
    StartApplier,
    MoveOwnDomain,
    PutBackSettings,
    OpenWriter,
}

/// Finds everything that can be mended.
pub(crate) fn mends(seen: &Both<Seen>) -> Vec<Mend> {
    let drifted = drifted_settings(seen);
    let mut found = vec![];
    for side in Side::BOTH {
        let Ok(facts) = seen.of(side) else { continue };
        found.extend(link_mend(facts, side, seen));
        let wanted = drifted.of(side);
        if !wanted.is_empty() {
            let name = |setting| facts.dialect.variable(setting).unwrap_or("?");
            let list: Vec<String> = wanted
                .iter()
                .map(|wanted| format!("{} = {}", name(wanted.setting), wanted.value))
                .collect();
            found.push(Mend {
                side,
                kind: MendKind::PutBackSettings,
                what: format!("put back on {}: {}", facts.name, list.join(", ")),
                statements: wanted
                    .iter()
                    .flat_map(|wanted| {
                        facts
                            .dialect
                            .change_setting_until_restart(wanted.setting, &wanted.value)
                    })
                    .collect(),
            });
        }
    }
    found
}

/// Finds the writer of a managed pair that nobody has opened since both servers started.
///
/// It is only told here: whoever opens it judges once more, by a look under the lock of a set-up.
pub(crate) fn opening(seen: &Both<Seen>) -> Option<Mend> {
    let (Ok(primary), Ok(secondary)) = (&seen.primary, &seen.secondary) else {
        return None;
    };
    let facts = Both {
        primary: primary.clone(),
        secondary: secondary.clone(),
    };
    let side = writer_to_open(&facts).ok()?;
    Some(Mend {
        side,
        kind: MendKind::OpenWriter,
        what: format!("open {}, which has the writes", facts.of(side).name),
        statements: vec![],
    })
}

fn link_mend(facts: &Facts, side: Side, seen: &Both<Seen>) -> Option<Mend> {
    // The source must be there: to start a thread towards a server that is gone mends nothing.
    let source = seen.of(side.peer()).as_ref().ok()?;
    let link = facts.default_link()?;
    let mend = |kind, what: String, statements| {
        Some(Mend {
            side,
            kind,
            what,
            statements,
        })
    };
    let code = |error: &Option<dbha_sql::LinkError>| error.as_ref().map(|error| error.code);
    let (io, sql) = (code(&link.io_error), code(&link.sql_error));
    if link.io == IoState::Stopped && io.is_some_and(|code| NETWORK.contains(&code)) {
        let what = format!(
            "start the IO thread of {} (from {}) again after error {}",
            facts.name,
            source.name,
            io.unwrap_or(0)
        );
        return mend(
            MendKind::StartReceiver,
            what,
            vec![facts.dialect.start_receiver()],
        );
    }
    if link.sql == SqlState::Stopped && sql.is_some_and(|code| PASSING.contains(&code)) {
        let what = format!(
            "start the SQL thread of {} (from {}) again after error {}",
            facts.name,
            source.name,
            sql.unwrap_or(0)
        );
        return mend(MendKind::StartApplier, what, vec![facts.dialect.start_applier()]);
    }
    if io == Some(NO_SUCH_LOGS) && own_domain_is_behind(facts, link, source) {
        let what = format!(
            "tell {} that it has its own transactions, and start its link from {} again",
            facts.name, source.name
        );
        let statements = vec![
            facts.dialect.stop_link(),
            facts.dialect.set_replica_position(&facts.position()),
            facts.dialect.start_link(),
        ];
        return mend(MendKind::MoveOwnDomain, what, statements);
    }
    None
}

/// Tells whether a MariaDB replica asks its source for its own transactions, which the source has had and purged
/// (scenario 62), and whether nothing is lost by stopping it: everything that it has received is applied.
fn own_domain_is_behind(facts: &Facts, link: &ReplicaStatus, source: &Facts) -> bool {
    let own = facts.own_transactions();
    facts.dialect.has_gtid_domains()
        && link.gtid_mode.is_some()
        && link.io == IoState::Stopped
        && !own.minus(&facts.applied).is_empty()
        && source.position().contains(&own)
        && !link.has_unapplied(&facts.position())
}
