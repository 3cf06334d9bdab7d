//! A set-up or a change of roles as it happens, for a person: a line per step as it ends.

use super::{finding, plan, progress::CopyProgress, proof, roles, style::Style};
use dbha_core::{Event, EventKind, FindingCode, Proof, Step, StepOutcome, harmless};
use std::sync::Mutex;

/// Turns events into lines on standard error.
pub struct SetupLines {
    style: Style,
    terminal: bool,
    show_plan: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    progress: Option<CopyProgress>,
    proof: Option<Proof>,
    details: Vec<String>,
}

impl SetupLines {
    /// Makes a renderer; a caller that has shown findings and plan already leaves them out here.
    pub fn new(style: Style, terminal: bool, show_plan: bool) -> Self {
        Self {
            style,
            terminal,
            show_plan,
            state: Mutex::default(),
        }
    }

    /// Takes one event and prints what it means.
    pub fn take(&self, event: &Event) {
        // A poisoned lock means that another event's printing panicked; the state is still good enough to print.
        let mut state = self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        for line in self.lines(&mut state, &event.kind) {
            talk!("{line}");
        }
    }

    fn lines(&self, state: &mut State, event: &EventKind) -> Vec<String> {
        let style = self.style;
        match event {
            // What a restart would lose is told at the end, with the lines to write.
            EventKind::Found { finding } if finding.code == FindingCode::NotRestartSafe => vec![],
            EventKind::Found { finding } if self.show_plan && !finding.blocks() => {
                vec![finding::human(finding, style)]
            }
            EventKind::Planned { plan } if self.show_plan => plan::human(plan, style),
            EventKind::StepStarted {
                step: Step::CopyData, ..
            } => {
                state.progress = Some(CopyProgress::new(self.terminal));
                vec![]
            }
            EventKind::Copying { counts } => state
                .progress
                .as_mut()
                .and_then(|bar| bar.update(counts))
                .into_iter()
                .collect(),
            EventKind::Detail { text, .. } => {
                state.details.push(text.clone());
                vec![]
            }
            EventKind::StepFinished {
                step,
                title,
                outcome: StepOutcome::Changed,
                took_ms,
                ..
            } => {
                end_progress(state, *step);
                let mut lines = vec![format!(
                    "{} {title}  {}",
                    style.green("✔"),
                    style.dim(&seconds(*took_ms))
                )];
                lines.extend(
                    state
                        .details
                        .drain(..)
                        .map(|text| format!("    {}", style.dim(&harmless(&text)))),
                );
                lines
            }
            EventKind::StepFailed { step, .. } => {
                end_progress(state, *step);
                state.details.clear();
                vec![format!("{} {}", style.red("✘"), step.title())]
            }
            EventKind::RoleStepFinished {
                step,
                details,
                took_ms,
                ..
            } => roles::step(*step, details, *took_ms, style),
            EventKind::SwitchedOver { done } => vec![roles::switched_over(done, style)],
            EventKind::FailedOver { done } => roles::failed_over(done, style),
            EventKind::Proved { proof } => {
                state.proof = Some(proof.clone());
                vec![]
            }
            EventKind::Finished { changed, status } => {
                let mut lines = Vec::new();
                if let Some(proof) = &state.proof {
                    lines.extend(proof::human(proof, status, style));
                } else {
                    lines.extend(proof::restart(status, style));
                }
                let verdict = match changed {
                    true => format!("{} is a pair: {}.", status.pair, status.reason),
                    false => format!(
                        "{} is a pair already, nothing was changed: {}.",
                        status.pair, status.reason
                    ),
                };
                lines.push(style.green(&verdict));
                lines
            }
            _ => vec![],
        }
    }
}

fn end_progress(state: &mut State, step: Step) {
    if step == Step::CopyData
        && let Some(mut progress) = state.progress.take()
    {
        progress.finish();
    }
}

fn seconds(milliseconds: u64) -> String {
    format!("{:.2} s", milliseconds as f64 / 1e3)
}
