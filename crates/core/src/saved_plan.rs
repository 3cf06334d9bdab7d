//! A plan on a disk, to be read by somebody and run later: only if the servers are still as they were.

use crate::{Both, Finding, FindingCode, Plan, SetupOptions, Side, preflight::shortened};
use dbha_sql::{Facts, Observed};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Version of the form in which plans are saved.
const SCHEMA_VERSION: u32 = 1;

/// A plan with what it was made of.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SavedPlan {
    /// Version of this document's form.
    pub schema_version: u32,
    /// Version of dbha that made it.
    pub dbha_version: String,
    /// When it was made, in milliseconds since 1970, by the primary's clock.
    pub made_at_ms: u64,
    /// The servers as they were named to dbha; no passwords.
    pub servers: Both<String>,
    /// What was wanted.
    pub options: SetupOptions,
    /// What the plan depends on, of each server.
    pub guard: Both<Map<String, Value>>,
    /// The plan, as it was shown.
    pub plan: Value,
}

/// A saved plan that cannot be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SavedPlanError {
    /// A newer dbha made it.
    #[error("the plan has form {0}, and this dbha knows forms up to {SCHEMA_VERSION}")]
    Newer(u32),
    /// Another version of dbha made it, which may plan otherwise.
    #[error("the plan was made by dbha {0}, and this is {this}", this = env!("CARGO_PKG_VERSION"))]
    OtherVersion(String),
    /// It is no plan.
    #[error("this is no plan that dbha saved: {0}")]
    NotAPlan(String),
}

impl SavedPlan {
    /// Saves a plan with the facts that it was made of.
    pub(crate) fn of(
        plan: &Plan,
        options: &SetupOptions,
        facts: &Both<Facts>,
        servers: Both<String>,
    ) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            dbha_version: env!("CARGO_PKG_VERSION").to_owned(),
            made_at_ms: (facts.primary.clock * 1e3) as u64,
            servers,
            options: options.clone(),
            guard: facts.map(|_, facts| guard(facts)),
            plan: serde_json::to_value(plan).unwrap_or_default(),
        }
    }

    /// Reads a saved plan; refuses other forms and other versions of dbha.
    pub fn parse(text: &str) -> Result<Self, SavedPlanError> {
        #[derive(Deserialize)]
        struct Form {
            schema_version: u32,
            dbha_version: String,
        }
        let no_plan = |error: serde_json::Error| SavedPlanError::NotAPlan(error.to_string());
        let form: Form = serde_json::from_str(text).map_err(no_plan)?;
        if form.schema_version > SCHEMA_VERSION {
            return Err(SavedPlanError::Newer(form.schema_version));
        }
        if form.dbha_version != env!("CARGO_PKG_VERSION") {
            return Err(SavedPlanError::OtherVersion(form.dbha_version));
        }
        serde_json::from_str(text).map_err(no_plan)
    }

    /// Compares the servers as they are with those the plan was made for; `None` when nothing that matters differs.
    pub(crate) fn changed(&self, facts: &Both<Facts>) -> Option<Finding> {
        let mut changes = Vec::new();
        for side in Side::BOTH {
            differences(
                &side.to_string(),
                &Value::Object(self.guard.of(side).clone()),
                &Value::Object(guard(facts.of(side))),
                &mut changes,
            );
        }
        if changes.is_empty() {
            return None;
        }
        Some(Finding::new(
            FindingCode::ServersChanged,
            None,
            format!("changed since the plan was made: {}", shortened(&changes, "; ")),
            "make and read a new plan: dbha plan --out FILE",
        ))
    }
}

/// What a plan depends on: everything seen of a server but what moves by itself.
///
/// Positions, sizes, clocks and connections move under every application; the steps look at them anew.
fn guard(facts: &Facts) -> Map<String, Value> {
    const RESTLESS: [&str; 13] = [
        "clock",
        "clock_offset",
        "purged",
        // Connections in use, free bytes, what sessions keep.
        "surroundings",
        "executed",
        "applied",
        "binlog",
        "connected_replicas",
        "sessions",
        "links",
        "schemas",
        "engines",
        "semi_sync",
    ];
    let mut guard = match serde_json::to_value(facts) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    };
    guard.retain(|name, _| !RESTLESS.contains(&name.as_str()));
    guard.insert("links".into(), links(facts));
    guard.insert("schemas".into(), schemas(facts));
    guard
}

/// Who is followed, by which account, and whether the threads run.
fn links(facts: &Facts) -> Value {
    let Observed::Known(links) = &facts.links else {
        return Value::Null;
    };
    let link = |link: &dbha_sql::ReplicaStatus| {
        let text = format!(
            "{}@{}:{}, IO {:?}, SQL {:?}",
            link.source_user, link.source_host, link.source_port, link.io, link.sql
        );
        (link.channel.clone(), Value::String(text))
    };
    Value::Object(links.iter().map(link).collect())
}

/// Which schemas hold how many objects; how many rows they hold is the application's business.
fn schemas(facts: &Facts) -> Value {
    let Observed::Known(schemas) = &facts.schemas else {
        return Value::Null;
    };
    let schema = |schema: &dbha_sql::SchemaFacts| {
        let objects = format!(
            "{} tables, {} views, {} routines, {} events",
            schema.tables, schema.views, schema.routines, schema.events
        );
        (schema.name.clone(), Value::String(objects))
    };
    Value::Object(schemas.iter().map(schema).collect())
}

/// Names what differs, as `secondary.settings.server_id.value: 1 → 2`.
fn differences(path: &str, before: &Value, now: &Value, found: &mut Vec<String>) {
    match (before, now) {
        (Value::Object(before), Value::Object(now)) => {
            let names: std::collections::BTreeSet<&String> = before.keys().chain(now.keys()).collect();
            for name in names {
                let of = |map: &Map<String, Value>| map.get(name).cloned().unwrap_or(Value::Null);
                differences(&format!("{path}.{name}"), &of(before), &of(now), found);
            }
        }
        (before, now) if before == now => {}
        (before, now) => found.push(format!("{path}: {} → {}", shown(before), shown(now))),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(shown).collect::<Vec<_>>().join(", "),
        Value::Object(map) => {
            let values = map.iter().map(|(name, value)| format!("{name} {}", shown(value)));
            values.collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Topology,
        built_facts::{fresh_pair, set},
        plan,
    };
    use dbha_sql::Setting;

    fn saved(facts: &Both<Facts>) -> SavedPlan {
        let options = SetupOptions::default();
        let topology = Topology::of_pair(facts, &options);
        let plan = plan("a+b", facts, &topology, &options, vec![]);
        let servers = facts.map(|_, facts| facts.name.clone());
        SavedPlan::of(&plan, &options, facts, servers)
    }

    #[test]
    fn positions_and_clocks_may_move_between_plan_and_set_up() {
        for version in ["10.11.19-MariaDB", "9.7.4"] {
            let mut facts = fresh_pair(version);
            let saved = saved(&facts);
            facts.primary.clock += 3_600.0;
            facts.primary.binlog = Some(("binlog.000009".into(), 4_711));
            assert_eq!(saved.changed(&facts), None, "{version}");
        }
    }

    #[test]
    fn a_changed_setting_is_named_with_both_values() {
        let mut facts = fresh_pair("10.11.19-MariaDB");
        let saved = saved(&facts);
        set(&mut facts.secondary, Setting::ServerId, "7");
        let finding = saved.changed(&facts).unwrap();
        assert!(
            finding.text.contains("secondary.settings.server_id.value: 1 → 7"),
            "{}",
            finding.text
        );
        assert!(finding.blocks());
    }

    #[test]
    fn what_was_saved_is_read_again_and_other_forms_are_refused() {
        let saved = saved(&fresh_pair("9.7.4"));
        let text = serde_json::to_string(&saved).unwrap();
        assert_eq!(SavedPlan::parse(&text).unwrap().guard, saved.guard);
        let newer = text.replacen("\"schema_version\":1", "\"schema_version\":2", 1);
        assert_eq!(SavedPlan::parse(&newer).unwrap_err(), SavedPlanError::Newer(2));
        let other = text.replacen(env!("CARGO_PKG_VERSION"), "0.0.9", 1);
        assert!(matches!(
            SavedPlan::parse(&other),
            Err(SavedPlanError::OtherVersion(_))
        ));
        assert!(matches!(SavedPlan::parse("{}"), Err(SavedPlanError::NotAPlan(_))));
    }
}
