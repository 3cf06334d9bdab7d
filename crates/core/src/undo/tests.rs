use super::{UndoKind, UndoPlan, undo_plan};
use crate::{
    Both, Receipt, SetupError, SetupOptions, Side, Step, StoredReceipt, Topology,
    built_facts::{account, finished_pair, fresh_pair, running_link, set},
};
use dbha_sql::{Claim, ClaimState, Facts, GtidSet, Observed, SchemaFacts, Setting};

const MARIADB: &str = "10.11.19-MariaDB";
const MYSQL: &str = "9.7.4";

/// The receipt of a set-up that began every step, on servers that were like this before.
fn receipt(before: &Both<Facts>) -> StoredReceipt {
    let topology = Topology::of_pair(before, &SetupOptions::default());
    let mut receipt = Receipt::begin("run", "a+b", before, &topology, &SetupOptions::default());
    for step in Step::ALL {
        receipt.note(step, &[], true);
    }
    StoredReceipt {
        path: "receipts/1-run.json".into(),
        receipt,
    }
}

fn schema(name: &str) -> SchemaFacts {
    SchemaFacts {
        name: name.into(),
        tables: 1,
        rows: 1,
        bytes: 1,
        views: 0,
        routines: 0,
        events: 0,
        has_kine: false,
    }
}

/// What the set-up made: links, accounts, settings, and its schema and a copied one on both sides.
fn finished(version: &str) -> Both<Facts> {
    let mut facts = finished_pair(version, &SetupOptions::default());
    for side in Side::BOTH {
        facts.of_mut(side).schemas = Observed::Known(vec![schema("shop"), schema("dbha")]);
    }
    facts
}

fn position(version: &str, text: &str) -> GtidSet {
    GtidSet::parse(fresh_pair(version).primary.dialect.flavor(), text).unwrap()
}

fn planned(stored: &StoredReceipt, facts: &Both<Facts>) -> UndoPlan {
    undo_plan(stored, facts, false).unwrap()
}

fn kinds(plan: &UndoPlan) -> Vec<(UndoKind, Side)> {
    plan.steps.iter().map(|step| (step.kind, step.server)).collect()
}

#[test]
fn what_a_copy_switched_on_is_switched_off_before_its_note_goes_with_the_schema() {
    let stored = receipt(&fresh_pair(MYSQL));
    let mut facts = finished(MYSQL);
    let is_step = |(kind, _): &(UndoKind, Side)| *kind == UndoKind::CloseLocalLoading;
    assert!(!kinds(&planned(&stored, &facts)).iter().any(is_step));
    facts.secondary.local_loading_open = true;
    let kinds = kinds(&planned(&stored, &facts));
    let place = |wanted| kinds.iter().position(|step| *step == wanted).unwrap();
    assert!(
        place((UndoKind::CloseLocalLoading, Side::Secondary))
            < place((UndoKind::RestoreSchema, Side::Secondary))
    );
}

#[test]
fn links_go_first_the_primarys_before_the_secondarys_and_settings_last() {
    for version in [MARIADB, MYSQL] {
        let plan = planned(&receipt(&fresh_pair(version)), &finished(version));
        assert_eq!(
            kinds(&plan),
            [
                (UndoKind::ForgetLink, Side::Primary),
                (UndoKind::ForgetLink, Side::Secondary),
                (UndoKind::EmptySecondary, Side::Secondary),
                (UndoKind::DropAccounts, Side::Primary),
                (UndoKind::RestoreSchema, Side::Primary),
                (UndoKind::DropAccounts, Side::Secondary),
                (UndoKind::RestoreSchema, Side::Secondary),
                (UndoKind::RestoreSettings, Side::Secondary),
                (UndoKind::RestoreSettings, Side::Primary),
            ],
            "{version}"
        );
    }
}

#[test]
fn nothing_is_left_to_do_on_servers_that_are_as_they_were() {
    let before = fresh_pair(MARIADB);
    assert_eq!(kinds(&planned(&receipt(&before), &before)), []);
}

#[test]
fn a_step_that_was_never_begun_is_not_taken_back() {
    let mut stored = receipt(&fresh_pair(MARIADB));
    stored
        .receipt
        .steps
        .retain(|record| record.step == Step::ConfigurePrimary);
    let plan = planned(&stored, &finished(MARIADB));
    assert_eq!(kinds(&plan), [(UndoKind::RestoreSettings, Side::Primary)]);
}

#[test]
fn what_the_secondary_alone_has_is_not_dropped_and_is_named() {
    let (stored, mut facts) = (receipt(&fresh_pair(MARIADB)), finished(MARIADB));
    facts.primary.executed = position(MARIADB, "0-1-9");
    facts.secondary.executed = position(MARIADB, "0-1-9,2-2-5");
    let refused = undo_plan(&stored, &facts, false);
    let Err(SetupError::Unsafe { text, fix }) = refused else {
        panic!("{refused:?}");
    };
    assert!(
        text.contains("2-2-5") && fix.contains("--keep-data"),
        "{text} {fix}"
    );
    let kept = undo_plan(&stored, &facts, true).unwrap();
    assert!(!kinds(&kept).contains(&(UndoKind::EmptySecondary, Side::Secondary)));
    assert!(kept.stays.iter().any(|text| text.contains("the data on b")));
    // While the copy was never finished nobody else can have written there.
    facts.secondary.claim = Observed::Known(Claim {
        run: "run".into(),
        source: "server_id 1".into(),
        state: ClaimState::Copying,
        position: None,
    });
    assert!(kinds(&planned(&stored, &facts)).contains(&(UndoKind::EmptySecondary, Side::Secondary)));
}

#[test]
fn accounts_that_were_there_before_stay() {
    let mut before = fresh_pair(MARIADB);
    before.secondary.accounts = Observed::Known(vec![account("root", "localhost"), account("old", "%")]);
    let mut facts = finished(MARIADB);
    let now = ["old", "app"].map(|user| account(user, "%"));
    facts.secondary.accounts = Observed::Known(now.into());
    let plan = planned(&receipt(&before), &facts);
    let emptied = plan
        .steps
        .iter()
        .find(|step| step.kind == UndoKind::EmptySecondary)
        .unwrap();
    assert_eq!(emptied.drops.last().unwrap(), "account app@%");
    assert!(!emptied.statements.iter().any(|sql| sql.sql().contains("old")));
}

#[test]
fn a_setting_that_somebody_changed_since_stays_and_is_named() {
    let (stored, mut facts) = (receipt(&fresh_pair(MARIADB)), finished(MARIADB));
    set(&mut facts.primary, Setting::SyncBinlog, "77");
    let plan = planned(&stored, &facts);
    let of_primary = plan.steps.last().unwrap();
    let details = of_primary.details.join(", ");
    assert!(!details.contains("sync_binlog"), "{details}");
    assert!(details.contains("binlog_format=MIXED"), "{details}");
    assert!(
        plan.stays
            .iter()
            .any(|text| text.contains("sync_binlog") && text.contains("77"))
    );
}

#[test]
fn what_was_a_pair_before_stays_one() {
    let mut before = finished(MARIADB);
    set(&mut before.primary, Setting::SyncBinlog, "0");
    let plan = planned(&receipt(&before), &finished(MARIADB));
    let settings = (UndoKind::RestoreSettings, Side::Primary);
    // Data that was there before is not the set-up's either; the receipt of a repair knows no copy.
    let without_data: Vec<_> = kinds(&plan)
        .into_iter()
        .filter(|(kind, _)| *kind != UndoKind::EmptySecondary)
        .collect();
    assert_eq!(without_data, [settings]);
}

#[test]
fn a_link_of_somebody_elses_cannot_be_made_again_and_stays() {
    let mut before = fresh_pair(MARIADB);
    before.secondary.links = Observed::Known(vec![running_link("host-a", "repl")]);
    let plan = planned(&receipt(&before), &finished(MARIADB));
    assert!(!kinds(&plan).contains(&(UndoKind::ForgetLink, Side::Secondary)));
    assert!(
        plan.stays
            .iter()
            .any(|text| text.contains("as repl") && text.contains("password")),
        "{:?}",
        plan.stays
    );
}

#[test]
fn a_secondary_that_has_become_the_writer_is_not_emptied() {
    let stored = receipt(&fresh_pair(MYSQL));
    let mut facts = finished(MYSQL);
    for side in Side::BOTH {
        if let Observed::Known(rows) = &mut facts.of_mut(side).recorded {
            rows.iter_mut().for_each(|row| {
                row.role = if row.role == "primary" {
                    "secondary"
                } else {
                    "primary"
                }
                .into();
            });
        }
    }
    let refusal = undo_plan(&stored, &facts, false).unwrap_err();
    assert_eq!(refusal.exit_code(), 6);
    assert!(refusal.fix().unwrap().contains("switchover"), "{refusal:?}");
}
