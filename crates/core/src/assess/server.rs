//! The state of one server.

use super::{Seen, Unseen};
use crate::{
    Condition, Problem, ServerPlan, ServerStatus, Side, Topology, WantedSetting, option_lines,
    status::KeyStep,
};
use dbha_sql::{Facts, Setting};

pub(super) fn server_status(seen: &Seen, side: Side, expected: Option<&Topology>) -> ServerStatus {
    let facts = match seen {
        Ok(facts) => facts,
        Err(unseen) => return unreachable(unseen),
    };
    let plan = expected.map(|topology| topology.server(side));
    let fallback;
    let plan_for_file = match plan {
        Some(plan) => plan,
        None => {
            fallback = present_plan(facts, side);
            &fallback
        }
    };
    let unsafe_lines: Vec<String> = option_lines(facts, plan_for_file)
        .into_iter()
        .filter(|line| !line.already_safe)
        .map(|line| line.text())
        .collect();
    let mut problems = Vec::new();
    if let Some(plan) = plan {
        problems.extend(drift(facts, plan));
    }
    if !unsafe_lines.is_empty() {
        problems.push(Problem {
            code: Condition::NotRestartSafe,
            text: format!(
                "{} would lose at a restart: {}",
                facts.name,
                unsafe_lines.join(", ")
            ),
            fix: format!(
                "put these lines under [mysqld] into its option file (dbha render my.cnf --server {side})"
            ),
        });
    }
    let recorded = facts.recorded.known().map(Vec::as_slice).unwrap_or_default();
    ServerStatus {
        name: facts.name.clone(),
        address: facts
            .address()
            .map_or_else(|| facts.name.clone(), |address| address.to_string()),
        reachable: true,
        flavor: Some(facts.dialect.flavor()),
        version: Some(facts.version_text.clone()),
        server_id: Some(facts.server_id),
        server_uuid: facts.server_uuid.clone(),
        role: recorded
            .iter()
            .find(|row| row.server_id == facts.server_id)
            .map(|row| row.role.clone()),
        read_only: Some(facts.is_read_only()),
        auto_increment: Some(KeyStep {
            increment: facts.number(Setting::AutoIncrementIncrement).unwrap_or(1),
            offset: facts.number(Setting::AutoIncrementOffset).unwrap_or(1),
        }),
        gtid: Some(facts.position().to_string()),
        errant: None,
        settings_persisted: Some(unsafe_lines.is_empty()),
        lost_at_restart: unsafe_lines,
        problems,
    }
}

fn unreachable(unseen: &Unseen) -> ServerStatus {
    ServerStatus {
        name: unseen.name.clone(),
        address: unseen.address.clone(),
        reachable: false,
        flavor: None,
        version: None,
        server_id: None,
        server_uuid: None,
        role: None,
        read_only: None,
        auto_increment: None,
        gtid: None,
        errant: None,
        settings_persisted: None,
        lost_at_restart: vec![],
        problems: vec![Problem {
            code: Condition::Unreachable,
            text: unseen.text.clone(),
            fix: unseen.fix.clone(),
        }],
    }
}

/// For a pair that dbha did not build: whether what is there now would still be there after a restart.
fn present_plan(facts: &Facts, side: Side) -> ServerPlan {
    const MATTERS: [Setting; 8] = [
        Setting::ServerId,
        Setting::GtidDomainId,
        Setting::LogBin,
        Setting::LogReplicaUpdates,
        Setting::BinlogFormat,
        Setting::AutoIncrementIncrement,
        Setting::AutoIncrementOffset,
        Setting::GtidStrictMode,
    ];
    let settings = MATTERS
        .into_iter()
        .filter_map(|setting| {
            let value = facts.settings.get(&setting)?.value.clone();
            Some(WantedSetting {
                setting,
                value,
                after_restart_only: false,
            })
        })
        .collect();
    ServerPlan {
        name: facts.name.clone(),
        side,
        server_id: facts.server_id,
        gtid_domain_id: None,
        writable: !facts.is_read_only(),
        log_bin: facts.setting(Setting::LogBinBasename).to_owned(),
        settings,
        managed: false,
    }
}

fn drift(facts: &Facts, plan: &ServerPlan) -> Vec<Problem> {
    let wrong: Vec<String> = plan
        .settings
        .iter()
        .filter(|wanted| !wanted.after_restart_only && !facts.has(wanted.setting, &wanted.value))
        // Whether commits wait is told as what it means, see `commits`.
        .filter(|wanted| wanted.setting != Setting::SemiSyncSource || wanted.value != "ON")
        .filter_map(|wanted| {
            let name = facts.dialect.variable(wanted.setting)?;
            Some(format!(
                "{name} is {} and should be {}",
                facts.setting(wanted.setting),
                wanted.value
            ))
        })
        .collect();
    let mut problems = Vec::new();
    if !wrong.is_empty() {
        problems.push(Problem {
            code: Condition::SettingDrift,
            text: format!("{}: {}", facts.name, wrong.join(", ")),
            fix: "run dbha setup again: it puts back just these".into(),
        });
    }
    if plan.managed && plan.writable && facts.is_read_only() {
        problems.push(Problem {
            code: Condition::NobodyOpened,
            text: format!(
                "{} has the writes and is read-only: the pair is managed, and dbha has not opened it since its start",
                facts.name
            ),
            fix: match facts.choices.known().is_some_and(|choices| choices.guarded.is_some()) {
                true => "its guard opens it while it holds the vote: see what the monitor beside it says; where somebody has closed it: \
                         dbha switchover --etcd … --to it"
                    .into(),
                false => "start dbha monitor, which opens it, or run dbha setup".into(),
            },
        });
    } else if facts.is_read_only() == plan.writable {
        let (is, should) = if plan.writable {
            ("read-only", "take writes")
        } else {
            ("writable", "be read-only")
        };
        problems.push(Problem {
            code: Condition::Writers,
            text: format!("{} is {is} and should {should}", facts.name),
            fix: "run dbha setup again, or dbha setup --writers both if both are to take writes".into(),
        });
    }
    problems
}
