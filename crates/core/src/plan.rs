use crate::{Both, Check, Finding, SetupOptions, Side, Step, Topology, steps::View};
use dbha_sql::{Facts, Statement};
use serde::Serialize;

/// One step as it was judged before anything was changed.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedStep {
    /// The step.
    pub step: Step,
    /// What it does, in a few words.
    pub title: String,
    /// Whether there is anything to do, and what differs.
    pub check: Check,
    /// The statements it will send, as far as they are known beforehand; secrets are masked.
    pub statements: Vec<PlannedStatement>,
}

/// A statement and the server that gets it.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedStatement {
    /// The server.
    pub server: Side,
    /// The statement.
    pub sql: Statement,
}

/// The way from what is there to what is wanted, as data: what is shown is what is run.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// Version of this document's form.
    pub schema_version: u32,
    /// Name of the pair.
    pub pair: String,
    /// The desired state.
    pub topology: Topology,
    /// What was found on the way that does not block.
    pub findings: Vec<Finding>,
    /// What the secondary loses.
    pub discarded: Vec<String>,
    /// The steps, in order.
    pub steps: Vec<PlannedStep>,
}

impl Plan {
    /// Returns the steps that have something to do.
    pub fn needed(&self) -> impl Iterator<Item = &PlannedStep> {
        self.steps.iter().filter(|step| step.check != Check::Satisfied)
    }

    /// Tells whether everything is as wanted already.
    pub fn is_empty(&self) -> bool {
        self.needed().next().is_none()
    }
}

/// Folds the steps' own judgement over what was seen; no I/O.
pub fn plan(
    pair: &str,
    facts: &Both<Facts>,
    topology: &Topology,
    options: &SetupOptions,
    findings: Vec<Finding>,
) -> Plan {
    let mut view = View {
        facts,
        topology,
        options,
        changed: false,
        new_password: false,
    };
    let mut steps = Vec::new();
    for step in Step::ALL {
        let check = step.check(&view);
        let needed = check != Check::Satisfied;
        let statements = match needed {
            true => step.statements(&view),
            false => vec![],
        };
        steps.push(PlannedStep {
            step,
            title: step.title().to_owned(),
            check,
            statements: statements
                .into_iter()
                .map(|(server, sql)| PlannedStatement { server, sql })
                .collect(),
        });
        view.changed |= needed;
        view.new_password |= needed && step.renews_passwords(&view);
    }
    let copies = steps
        .iter()
        .any(|planned| planned.step == Step::CopyData && planned.check != Check::Satisfied);
    let discarded = if copies {
        crate::preflight::thrown_away(facts)
    } else {
        vec![]
    };
    Plan {
        schema_version: 1,
        pair: pair.to_owned(),
        topology: topology.clone(),
        findings,
        discarded,
        steps,
    }
}

#[cfg(test)]
mod tests;
