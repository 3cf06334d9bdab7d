//! What speaks against a clone, and what its owner should know of it (scenario 36).

use crate::{
    Both, CopyMethod, Finding, FindingCode as Code, SetupOptions, Severity, Side, Topology, clone_choice,
    cloned, steps::View,
};
use dbha_sql::Facts;

pub(super) fn findings(facts: &Both<Facts>, topology: &Topology, options: &SetupOptions) -> Vec<Finding> {
    let view = View {
        facts,
        topology,
        options,
        changed: false,
        new_password: false,
    };
    if !view.needs_copy() || !clone_choice::is_chosen(facts, topology, options) || cloned::is_clone(facts) {
        return vec![];
    }
    let obstacles = match options.copy {
        CopyMethod::ClonePlugin => clone_choice::obstacles(facts, topology),
        _ => vec![],
    };
    if obstacles.is_empty() {
        return vec![announcement(facts, options)];
    }
    let found = |obstacle: clone_choice::Obstacle| {
        Finding::new(
            Code::CannotClone,
            obstacle.side,
            obstacle.text,
            "mend it, or let dbha copy row by row: --copy stream",
        )
    };
    obstacles.into_iter().map(found).collect()
}

fn announcement(facts: &Both<Facts>, options: &SetupOptions) -> Finding {
    let name = &facts.secondary.name;
    let host = facts.secondary.host.known();
    let comes_back = clone_choice::comes_back(facts, options);
    let (who, fix) = match host {
        Some(host) if host.supervised => ("its supervisor starts it again", "nothing to do"),
        Some(_) if comes_back => ("dbha starts it again", "nothing to do"),
        _ => (
            "dbha does not see who starts it again",
            "nothing to do if a supervisor does (systemd, mysqld_safe, a restart policy); else start it when dbha says \
             so, or give --host-access and --restart allowed",
        ),
    };
    let severity = match comes_back {
        true => Severity::Note,
        false => Severity::Warning,
    };
    Finding::new(
        Code::FilledByClone,
        Some(Side::Secondary),
        format!(
            "{name} becomes a clone of {}: it restarts at the end, and {who}; its accounts become the primary's but \
             for those at its own machine and dbha's",
            facts.primary.name
        ),
        fix,
    )
    .weighing(severity)
}
