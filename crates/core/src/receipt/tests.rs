use super::{Receipt, ReceiptError, ReceiptState, ReceiptStore, StoredReceipt};
use crate::{
    SetupOptions, Step, Topology,
    built_facts::{fresh_pair, set},
};
use dbha_sql::Setting;
use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

fn receipt() -> Receipt {
    let facts = fresh_pair("10.11.19-MariaDB");
    let topology = Topology::of_pair(&facts, &SetupOptions::default());
    let mut receipt = Receipt::begin("run1", "a+b", &facts, &topology, &SetupOptions::default());
    receipt.note(Step::ConfigurePrimary, &["sync_binlog: 0 → 1".into()], false);
    receipt
}

/// Writes a receipt into a fresh directory.
fn written() -> (tempfile::TempDir, ReceiptStore, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let store = ReceiptStore::below(home.path());
    let path = store.write(&receipt()).unwrap();
    (home, store, path)
}

#[test]
fn what_was_written_is_read_again_and_only_its_owner_may_read_it() {
    let (_home, store, path) = written();
    assert_eq!(StoredReceipt::read(&path).unwrap().receipt, receipt());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(
        fs::metadata(store.directory()).unwrap().permissions().mode() & 0o777,
        0o700
    );
    assert_eq!(
        fs::read_dir(store.directory()).unwrap().count(),
        1,
        "no temporary file stays"
    );
}

#[test]
fn scenario_35_every_damaged_byte_is_noticed() {
    let (_home, _, path) = written();
    let good = fs::read(&path).unwrap();
    let body = good.windows(9).position(|part| part == b"\"receipt\"").unwrap();
    for at in (body + 12..good.len() - 4).step_by(7) {
        let mut bad = good.clone();
        bad[at] ^= 0x01;
        fs::write(&path, &bad).unwrap();
        let error = StoredReceipt::read(&path).unwrap_err();
        assert!(
            matches!(error, ReceiptError::Damaged { .. }),
            "byte {at}: {error}"
        );
    }
    fs::write(&path, &good[..good.len() / 2]).unwrap();
    let error = StoredReceipt::read(&path).unwrap_err();
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    fs::write(&path, b"\xff\xfe").unwrap();
    assert!(matches!(
        StoredReceipt::read(&path).unwrap_err(),
        ReceiptError::Damaged { .. }
    ));
}

#[test]
fn scenario_35_a_receipt_of_a_newer_form_is_refused_by_name() {
    let (_home, store, path) = written();
    let newer =
        fs::read_to_string(&path)
            .unwrap()
            .replacen("\"schema_version\": 1", "\"schema_version\": 2", 1);
    fs::write(&path, newer).unwrap();
    let error = store.newest_of(&fresh_pair("10.11.19-MariaDB")).unwrap_err();
    assert!(matches!(error, ReceiptError::Newer { form: 2, .. }), "{error}");
}

#[test]
fn scenario_35_a_directory_that_cannot_be_written_is_named() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("a file");
    fs::write(&file, "").unwrap();
    let error = ReceiptStore::below(&file).write(&receipt()).unwrap_err();
    assert!(matches!(error, ReceiptError::Unwritable { .. }), "{error}");
    assert!(error.fix().contains("--state-dir"));
}

#[test]
fn receipts_of_other_servers_and_those_taken_back_are_passed_over() {
    let (_home, store, _) = written();
    let mut facts = fresh_pair("10.11.19-MariaDB");
    assert!(store.newest_of(&facts).unwrap().is_some());
    set(&mut facts.secondary, Setting::Port, "3399");
    assert_eq!(
        store.newest_of(&facts).unwrap(),
        None,
        "another port is another server"
    );
    let undone = Receipt {
        state: ReceiptState::Undone,
        ..receipt()
    };
    store.write(&undone).unwrap();
    assert_eq!(store.newest_of(&fresh_pair("10.11.19-MariaDB")).unwrap(), None);
}

#[test]
fn a_run_that_goes_on_keeps_what_was_there_before_the_first() {
    let mut receipt = receipt();
    let before = receipt.before.clone();
    let mut changed = fresh_pair("10.11.19-MariaDB");
    set(&mut changed.primary, Setting::SyncBinlog, "1");
    receipt.go_on(&Topology::of_pair(&changed, &SetupOptions::default()));
    receipt.note(Step::ConfigurePrimary, &[], true);
    assert_eq!(receipt.before, before);
    assert_eq!(receipt.steps.len(), 1);
    assert!(receipt.steps[0].done);
}
