//! The state of a pair, for a person.

use super::{state_word::state_word, style::Style, table, wrap::words};
use dbha_core::{
    Condition, Durability, DurabilityStatus, LinkStatus, Problem, ServerStatus, Status, Verdict, harmless,
};

/// Writes one sentence, then servers and links as tables, then everything that is wrong and what to do.
pub fn human(status: &Status, style: Style) -> Vec<String> {
    let mut lines = vec![format!(
        "{} is {}: {}.",
        style.bold(&harmless(&status.pair)),
        paint(status.verdict, style),
        harmless(&status.reason)
    )];
    if let (Some(writer), Some(term)) = (&status.writer, status.term) {
        lines.push(format!("{} has the writes since term {term}.", harmless(writer)));
    }
    if let Some(durability) = &status.durability {
        lines.push(commits(durability, style));
    }
    if let Some(urls) = &status.guarded {
        lines.push(format!(
            "Guards let one server write, by the vote in etcd ({}); both start read-only.",
            harmless(urls)
        ));
    } else if status.managed {
        lines.push("The pair is managed: both servers start read-only, dbha opens the writer.".to_owned());
    }
    if !status.restart_safe && status.servers.iter().all(|server| server.reachable) {
        lines.push(style.yellow("A restart would lose settings: see below."));
    }
    lines.push(String::new());
    lines.extend(headed(servers(&status.servers), style));
    lines.push(String::new());
    lines.extend(headed(links(&status.links), style));
    let mut problems: Vec<&Problem> = status
        .servers
        .iter()
        .flat_map(|server| &server.problems)
        .collect();
    problems.sort_by_key(|problem| problem.code);
    let problems: Vec<String> = problems
        .into_iter()
        .flat_map(|problem| lines_of(problem, style))
        .collect();
    if !problems.is_empty() {
        lines.push(String::new());
        lines.extend(problems);
    }
    lines
}

/// Says how safe commits are now, and why.
pub(super) fn commits(durability: &DurabilityStatus, style: Style) -> String {
    let word = durability.level.to_string();
    let word = match (durability.level, durability.wanted) {
        (Durability::Sync, _) => style.green(&word),
        (Durability::Solo, _) | (_, true) => style.yellow(&word),
        (Durability::Async, false) => word,
    };
    format!(
        "Commits on {} are {word}: {}.",
        harmless(&durability.server),
        harmless(&durability.why)
    )
}

/// Writes a verdict in its colour.
pub(super) fn paint(verdict: Verdict, style: Style) -> String {
    let text = verdict.to_string();
    match verdict {
        Verdict::Healthy => style.green(&text),
        Verdict::Lagging | Verdict::Degraded => style.yellow(&text),
        _ => style.red(&text),
    }
}

fn headed(rows: Vec<Vec<String>>, style: Style) -> Vec<String> {
    let mut lines = table::lines(&rows);
    if let Some(heading) = lines.first_mut() {
        *heading = style.dim(heading);
    }
    lines
}

pub(super) fn servers(servers: &[ServerStatus]) -> Vec<Vec<String>> {
    let heading = ["SERVER", "ROLE", "VERSION", "WRITES", "ID", "KEYS", "POSITION"];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    for server in servers {
        let writes = match server.read_only {
            Some(true) => "read-only".into(),
            Some(false) => "yes".into(),
            None => "?".to_owned(),
        };
        let keys = server
            .auto_increment
            .map_or("?".into(), |keys| format!("{}/{}", keys.increment, keys.offset));
        let version = match (&server.flavor, &server.version) {
            (Some(flavor), Some(version)) => format!("{flavor} {}", version.split('-').next().unwrap_or("")),
            _ => "unreachable".into(),
        };
        rows.push(vec![
            server.name.clone(),
            server.role.clone().unwrap_or_else(|| "-".into()),
            version,
            writes,
            server.server_id.map_or("?".into(), |id| id.to_string()),
            keys,
            server.gtid.clone().unwrap_or_else(|| "?".into()),
        ]);
    }
    rows
}

pub(super) fn links(links: &[LinkStatus]) -> Vec<Vec<String>> {
    let mut rows = vec![
        ["LINK", "IO", "SQL", "LAG", "MISSING"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for link in links {
        rows.push(vec![
            format!("{} → {}", link.from, link.to),
            state_word(link.io),
            state_word(link.sql),
            link.lag_seconds
                .map_or("unknown".into(), |seconds| format!("{seconds:.0} s")),
            link.gtid_missing
                .map_or("unknown".into(), |count| count.to_string()),
        ]);
    }
    rows
}

fn lines_of(problem: &Problem, style: Style) -> Vec<String> {
    let mark = match problem.code {
        Condition::NotRestartSafe | Condition::Lag => style.yellow("!"),
        _ => style.red("✘"),
    };
    let text = words(&harmless(&problem.text), super::wrap::width() - 11).join(
        "
           ",
    );
    // Never broken: it can hold a command to copy.
    let fix = harmless(&problem.fix);
    vec![
        format!("{mark} {} {text}", style.bold(problem.code.as_str())),
        format!("    → {fix}"),
    ]
}
