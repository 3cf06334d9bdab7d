//! The state of a pair on one page of a terminal, however small that is.

use super::{
    status::{commits, links, paint, servers},
    style::{Style, plain},
    table,
    wrap::words,
};
use dbha_core::{Condition, Problem, ServerStatus, Status, Verdict, harmless};

/// The least that the last column of a table keeps; narrower, and each server gets a paragraph of its own.
const LAST_COLUMN: usize = 10;
/// Width of a mark and a code.
const MARK: usize = "! DBHA-M00 ".len();
/// Lines that changes get where problems would take the whole page, their heading included.
const CHANGES_AT_LEAST: usize = 4;

/// A state that was there before.
pub struct Before<'a> {
    /// When it began.
    pub at: String,
    /// Its verdict.
    pub verdict: Verdict,
    /// Its reason.
    pub reason: &'a str,
}

/// What is to be shown.
pub struct Content<'a> {
    /// The state.
    pub status: &'a Status,
    /// A remark on the look itself, and whether it is a warning.
    pub note: (&'a str, bool),
    /// The changes, the newest first; the last is the first look.
    pub changes: &'a [Before<'a>],
}

/// Lays everything out in lines that fit width and height.
pub fn page(content: &Content, (width, height): (usize, usize), style: Style) -> Vec<String> {
    let status = content.status;
    let mut lines = verdict_line(status, width, style);
    let (note, late) = content.note;
    let note = cut(note, width);
    lines.push(if late {
        style.yellow(&note)
    } else {
        style.dim(&note)
    });
    if let Some(durability) = &status.durability {
        lines.push(cut(&commits(durability, plain()), width));
    }
    lines.push(String::new());
    lines.extend(laid_out(servers(&status.servers), width, style));
    lines.push(String::new());
    lines.extend(laid_out(links(&status.links), width, style));
    let problems = problems(status, width, style);
    let changes = changes(content.changes, width, style);
    let room = height.saturating_sub(lines.len());
    let for_changes = changes
        .len()
        .min(CHANGES_AT_LEAST.max(room.saturating_sub(problems.len())));
    lines.extend(shortened(problems, room.saturating_sub(for_changes), style));
    let room = height.saturating_sub(lines.len());
    lines.extend(shortened(changes, room, style));
    lines.truncate(height);
    lines
}

/// The sentence, wrapped; its verdict in colour.
fn verdict_line(status: &Status, width: usize, style: Style) -> Vec<String> {
    let verdict = status.verdict.to_string();
    let text = format!(
        "{} is {verdict}: {}.",
        harmless(&status.pair),
        harmless(&status.reason)
    );
    let mut lines: Vec<String> = words(&text, width).iter().map(|line| cut(line, width)).collect();
    let marked = format!("{verdict}:");
    if let Some(line) = lines.iter_mut().find(|line| line.contains(&marked)) {
        *line = line.replacen(&marked, &format!("{}:", paint(status.verdict, style)), 1);
    }
    if !status.restart_safe && status.servers.iter().all(|server| server.reachable) {
        lines.push(style.yellow(&cut("A restart would lose settings.", width)));
    }
    lines
}

/// A table where it fits, its last column cut if need be; else a paragraph for each row.
fn laid_out(mut rows: Vec<Vec<String>>, width: usize, style: Style) -> Vec<String> {
    let clean = |cell: &mut String| *cell = harmless(cell);
    rows.iter_mut().flatten().for_each(clean);
    let whole = table::lines(&rows);
    let widest = |lines: &[String]| lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let without_last: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row[..row.len().saturating_sub(1)].to_vec())
        .collect();
    let lines = if widest(&whole) <= width || widest(&table::lines(&without_last)) + 2 + LAST_COLUMN <= width
    {
        whole.iter().map(|line| cut(line, width)).collect()
    } else {
        return paragraphs(&rows, width, style);
    };
    headed(lines, style)
}

fn headed(mut lines: Vec<String>, style: Style) -> Vec<String> {
    if let Some(heading) = lines.first_mut() {
        *heading = style.dim(heading);
    }
    lines
}

/// Each row as its first cell and, below it, the others with their headings.
fn paragraphs(rows: &[Vec<String>], width: usize, style: Style) -> Vec<String> {
    let Some((headings, rows)) = rows.split_first() else {
        return vec![];
    };
    let mut lines = vec![];
    for row in rows {
        let first = row.first().map_or("", String::as_str);
        lines.push(style.bold(&cut(first, width)));
        let pairs = headings.iter().zip(row).skip(1);
        let cells: Vec<String> = pairs
            .map(|(heading, cell)| format!("{} {cell}", heading.to_lowercase()))
            .collect();
        lines.extend(
            filled(&cells, width.saturating_sub(2))
                .iter()
                .map(|line| format!("  {line}")),
        );
    }
    lines
}

/// Fills lines with cells; none is broken, one that is too long is cut.
fn filled(cells: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![];
    for cell in cells {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 3 + cell.chars().count() <= width => {
                line.push_str(" · ");
                line.push_str(cell);
            }
            _ => lines.push(cut(cell, width)),
        }
    }
    lines
}

fn problems(status: &Status, width: usize, style: Style) -> Vec<String> {
    let mut problems: Vec<(&Problem, &ServerStatus)> = status
        .servers
        .iter()
        .flat_map(|server| server.problems.iter().map(move |problem| (problem, server)))
        .collect();
    problems.sort_by_key(|(problem, _)| (problem.code == Condition::NotRestartSafe, problem.code));
    let mut lines: Vec<String> = problems
        .into_iter()
        .flat_map(|(problem, server)| match problem.code {
            // Always there on many a pair, and long: one line, so that what happens now has the room.
            Condition::NotRestartSafe => {
                let count = server.lost_at_restart.len();
                let text = format!(
                    "{} would lose {count} settings at a restart: dbha status",
                    server.name
                );
                vec![marked(
                    problem,
                    &cut(&harmless(&text), width.saturating_sub(MARK)),
                    style,
                )]
            }
            _ => told(problem, width, style),
        })
        .collect();
    if !lines.is_empty() {
        lines.insert(0, String::new());
    }
    lines
}

/// What was seen, under its code, and what to do.
fn told(problem: &Problem, width: usize, style: Style) -> Vec<String> {
    let text = words(&harmless(&problem.text), width.saturating_sub(MARK));
    let mut pieces = text.iter().map(|piece| cut(piece, width.saturating_sub(MARK)));
    let mut lines = vec![marked(problem, &pieces.next().unwrap_or_default(), style)];
    let margin = " ".repeat(MARK);
    lines.extend(pieces.map(|piece| format!("{margin}{piece}")));
    let fix = words(&harmless(&problem.fix), width.saturating_sub(4));
    let fix = fix.iter().enumerate().map(|(index, piece)| {
        cut(
            &format!("{}{piece}", if index == 0 { "  → " } else { "    " }),
            width,
        )
    });
    lines.extend(fix);
    lines
}

fn marked(problem: &Problem, text: &str, style: Style) -> String {
    let mark = match problem.code {
        Condition::NotRestartSafe | Condition::Lag => style.yellow("!"),
        _ => style.red("✘"),
    };
    format!("{mark} {} {text}", style.bold(problem.code.as_str()))
}

fn changes(changes: &[Before], width: usize, style: Style) -> Vec<String> {
    if changes.len() < 2 {
        return vec![];
    }
    let mut lines = vec![String::new(), style.dim("CHANGES (UTC)")];
    for change in changes {
        let verdict = change.verdict.to_string();
        let head = format!("{}  {verdict:<11}  ", change.at);
        let room = width.saturating_sub(head.chars().count());
        // Where nothing of a sentence would be left, time and word say enough.
        let reason = if room < 10 {
            String::new()
        } else {
            cut(&harmless(change.reason), room)
        };
        let padding = " ".repeat(11usize.saturating_sub(verdict.chars().count()));
        let line = format!(
            "{}  {}{padding}  {reason}",
            change.at,
            paint(change.verdict, style)
        );
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// As many lines as there is room for; the last says how many are left out.
fn shortened(mut lines: Vec<String>, room: usize, style: Style) -> Vec<String> {
    if lines.len() <= room {
        return lines;
    }
    let left_out = lines.len() - room.saturating_sub(1);
    lines.truncate(room.saturating_sub(1));
    if room > 0 {
        lines.push(style.dim(&format!("… {left_out} more lines")));
    }
    lines
}

/// A text in this width; one that is longer ends in `…`.
pub fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests;
