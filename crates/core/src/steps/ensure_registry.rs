use super::{Check, Run, StepTrouble, View};
use crate::{NO_LIMIT_MS, ServerPlan, Side, choices};
use dbha_sql::{Choices, RecordedServer, Statement};

/// Compares the recorded servers with the wanted ones; names may differ by caller and do not count.
pub(super) fn check(view: &View<'_>) -> Check {
    let nameless = |rows: &[RecordedServer]| {
        let mut rows: Vec<_> = rows
            .iter()
            .map(|row| RecordedServer {
                name: String::new(),
                ..row.clone()
            })
            .collect();
        rows.sort();
        rows
    };
    let wanted = wanted(view);
    let recorded = view
        .facts
        .primary
        .recorded
        .known()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut different = Vec::new();
    if nameless(recorded) != nameless(&wanted) {
        different.push(format!("recorded: {} → {}", shown(recorded), shown(&wanted)));
    }
    let (before, now) = (choices::recorded(&view.facts.primary), &view.topology.choices);
    if before != as_recorded(now, &before) {
        different.push(format!(
            "recorded: {} → {}",
            shown_choices(&before),
            shown_choices(now)
        ));
    }
    match different.is_empty() {
        true => Check::Satisfied,
        false => Check::Needed(different),
    }
}

/// What is chosen, with what a later step records: that is not known to a plan.
fn as_recorded(chosen: &Choices, recorded: &Choices) -> Choices {
    Choices {
        prepared: recorded.prepared.clone(),
        ..chosen.clone()
    }
}

fn shown_choices(choices: &Choices) -> String {
    let semi_sync = match choices.semi_sync {
        Some(limit) if limit.as_millis() >= u128::from(NO_LIMIT_MS) => {
            "acknowledged, without a limit".to_owned()
        }
        Some(limit) => format!("acknowledged within {} s", limit.as_secs_f64()),
        None => "not acknowledged".to_owned(),
    };
    let opened = if choices.managed {
        "opened by dbha alone"
    } else {
        "open from its start"
    };
    let platform = choices.platform.as_ref();
    let platform = platform.map_or(String::new(), |name| format!(", for {name}"));
    format!("commits {semi_sync}, the writer {opened}{platform}")
}

fn shown(rows: &[RecordedServer]) -> String {
    let Some(first) = rows.first() else {
        return "nothing".into();
    };
    let servers = rows
        .iter()
        .map(|row| format!("server {} as {}", row.server_id, row.role));
    let servers = servers.collect::<Vec<_>>().join(" and ");
    format!(
        "{servers}, writers {}, key step {}",
        first.writers, first.key_step
    )
}

fn wanted(view: &View<'_>) -> Vec<RecordedServer> {
    let (key_step, ..) = view.topology.auto_increment.step_and_offsets();
    let row = |server: &ServerPlan| RecordedServer {
        server_id: server.server_id,
        name: server.name.clone(),
        role: server.side.to_string(),
        writers: view.topology.writers.to_string(),
        key_step,
    };
    view.topology.servers.iter().map(row).collect()
}

pub(super) fn statements(view: &View<'_>) -> Vec<(Side, Statement)> {
    let dialect = view.facts.primary.dialect;
    let ids: Vec<u32> = view
        .topology
        .servers
        .iter()
        .map(|server| server.server_id)
        .collect();
    let mut all = super::open_for_dbha(&view.facts.primary);
    all.extend(dialect.ensure_dbha_schema());
    all.push(dialect.forget_other_servers(&ids));
    all.push(dialect.forget_other_markers(&ids));
    all.extend(wanted(view).iter().map(|row| dialect.record_server(row)));
    all.push(dialect.begin_first_term(view.topology.server(Side::Primary).server_id));
    let recorded = choices::recorded(&view.facts.primary);
    let now = as_recorded(&view.topology.choices, &recorded);
    if recorded != now {
        all.extend(dialect.record_choices(&now));
    }
    all.into_iter()
        .map(|statement| (Side::Primary, statement))
        .collect()
}

/// Written on the primary alone, logged: the secondary gets it by the copy or over its link (safety rule 12).
pub(super) async fn apply(run: &mut Run<'_>) -> Result<(), StepTrouble> {
    let statements = statements(&run.view());
    Ok(run.send(statements).await?)
}
