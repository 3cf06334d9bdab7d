//! What is wrong, in full, with what to do about it.

use super::{command::command, utc::moment};
use crate::PairReport;
use dbha_core::{Condition, Problem, Status};
use maud::{Markup, html};

/// Lists everything that is wrong; what does not change the verdict comes last and stays quiet.
pub(super) fn problems(report: &PairReport) -> Markup {
    let status = &report.status;
    let all = || {
        status.servers.iter().flat_map(|server| {
            server
                .problems
                .iter()
                .map(move |problem| (server.name.as_str(), problem))
        })
    };
    let loud: Vec<_> = all().filter(|(_, problem)| counts(problem.code)).collect();
    let quiet: Vec<_> = all().filter(|(_, problem)| !counts(problem.code)).collect();
    html! {
        @if !loud.is_empty() {
            section.problems aria-label="What is wrong" {
                @for (server, problem) in &loud { (entry(report, server, problem, false)) }
            }
        }
        @if !quiet.is_empty() {
            section.problems aria-label="Worth a thought" {
                @for (server, problem) in &quiet { (entry(report, server, problem, true)) }
            }
        }
    }
}

/// The class of the verdict that it makes; the first where it makes one of two.
fn tone(code: Condition) -> &'static str {
    match code.verdict().split(';').next().unwrap_or_default() {
        "lagging" => "lagging",
        "degraded" => "degraded",
        "broken" => "broken",
        "unreachable" => "unreachable",
        _ => "unknown",
    }
}

/// Whether it changes the verdict.
fn counts(code: Condition) -> bool {
    code.verdict() != "–"
}

fn entry(report: &PairReport, server: &str, problem: &Problem, quiet: bool) -> Markup {
    let command = command(&report.status, problem.code, &problem.fix);
    let since = since(report, server, problem.code);
    html! {
        article class={ "problem " (tone(problem.code)) @if quiet { " minor" } } {
            h3 { (problem.text) }
            p.fix { span.arrow-word aria-hidden="true" { "→ " } (problem.fix) }
            p.run {
                code.command { @for (at, word) in in_pieces(&command).iter().enumerate() { @if at > 0 { " " } span { (word) } } }
                button.copy type="button" data-copy=(command) hidden { "Copy" }
            }
            p.about {
                span.code { (problem.code) } " · " (problem.code.title()) " · " (server)
                @if let Some(since) = since { " · since " (moment(since)) " UTC" }
            }
        }
    }
}

fn since(report: &PairReport, server: &str, code: Condition) -> Option<f64> {
    let standing = report.standing.iter();
    standing
        .filter(|standing| standing.code == code && standing.server == server)
        .map(|standing| standing.since)
        .next()
}

/// Cuts a command before its flags, so that a narrow window breaks it there and nowhere else.
fn in_pieces(command: &str) -> Vec<String> {
    let mut pieces = command.split(" --");
    let first = pieces.next().unwrap_or_default().to_owned();
    std::iter::once(first)
        .chain(pieces.map(|piece| format!("--{piece}")))
        .collect()
}

/// Counts what is wrong.
pub(super) fn count(status: &Status) -> usize {
    let problems = status.servers.iter().flat_map(|server| &server.problems);
    problems.filter(|problem| counts(problem.code)).count()
}
