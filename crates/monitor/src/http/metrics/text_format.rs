//! From OpenMetrics, which the library writes, to the text format that everything reads.

/// Names a counter in its comments as its samples are named.
pub(super) fn from_open_metrics(text: &str) -> String {
    let mut counters: Vec<&str> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line
            .strip_prefix("# TYPE ")
            .and_then(|rest| rest.strip_suffix(" counter"))
        {
            counters.push(name);
        }
    }
    let mut out = String::with_capacity(text.len());
    for line in text.lines().filter(|line| *line != "# EOF") {
        match counter_comment(line, &counters) {
            Some((kind, name, rest)) => out.push_str(&format!("# {kind} {name}_total {rest}")),
            None => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

fn counter_comment<'a>(line: &'a str, counters: &[&str]) -> Option<(&'a str, &'a str, &'a str)> {
    let mut parts = line.strip_prefix("# ")?.splitn(3, ' ');
    let (kind, name, rest) = (parts.next()?, parts.next()?, parts.next()?);
    counters.contains(&name).then_some((kind, name, rest))
}
