use super::{Check, Run, StepTrouble, View};
use crate::Side;
use dbha_sql::{Observed, Statement};

/// Compares the recorded servers with the wanted ones by number, role and writers; names may differ by caller.
pub(super) fn check(view: &View<'_>) -> Check {
    let wanted: Vec<(u32, String, String)> = sorted_rows(view);
    let recorded: Vec<(u32, String, String)> = match &view.facts.primary.recorded {
        Observed::Known(rows) => rows
            .iter()
            .map(|(id, _, role, writers)| (*id, role.clone(), writers.clone()))
            .collect(),
        _ => vec![],
    };
    if recorded == wanted {
        return Check::Satisfied;
    }
    let shown = |rows: &[(u32, String, String)]| match rows.is_empty() {
        true => "nothing".to_owned(),
        false => rows
            .iter()
            .map(|(id, role, _)| format!("server {id} as {role}"))
            .collect::<Vec<_>>()
            .join(", "),
    };
    Check::Needed(vec![format!(
        "recorded: {} → {}, writers {}",
        shown(&recorded),
        shown(&wanted),
        view.topology.writers
    )])
}

fn sorted_rows(view: &View<'_>) -> Vec<(u32, String, String)> {
    let writers = view.topology.writers.to_string();
    let mut rows: Vec<(u32, String, String)> = view
        .topology
        .servers
        .iter()
        .map(|server| (server.server_id, server.side.to_string(), writers.clone()))
        .collect();
    rows.sort();
    rows
}

pub(super) fn statements(view: &View<'_>) -> Vec<(Side, Statement)> {
    let dialect = view.facts.primary.dialect;
    let mut all = dialect.ensure_dbha_schema();
    let writers = view.topology.writers.to_string();
    let ids: Vec<u32> = view
        .topology
        .servers
        .iter()
        .map(|server| server.server_id)
        .collect();
    all.push(dialect.forget_other_servers(&ids));
    all.extend(view.topology.servers.iter().map(|server| {
        dialect.record_server(server.server_id, &server.name, &server.side.to_string(), &writers)
    }));
    all.into_iter()
        .map(|statement| (Side::Primary, statement))
        .collect()
}

/// Written on the primary alone, logged: the secondary gets it by the copy or over its link (safety rule 12).
pub(super) async fn apply(run: &mut Run<'_>) -> Result<(), StepTrouble> {
    let statements = statements(&run.view());
    Ok(run.send(statements).await?)
}
