#![no_main]
//! Rows of SHOW REPLICA STATUS, forged: columns of either name or none, values of any kind.

use dbha_sql::{Flavor, GtidSet, ReplicaStatus, Row, is_unprintable};
use libfuzzer_sys::fuzz_target;

const COLUMNS: [&str; 24] = [
    "Connection_name", "Channel_Name", "Source_Host", "Master_Host", "Source_Port", "Master_Port", "Master_User",
    "Master_Server_Id", "Slave_IO_Running", "Replica_SQL_Running", "Last_IO_Errno", "Last_IO_Error", "Last_SQL_Errno",
    "Last_SQL_Error", "Seconds_Behind_Master", "Using_Gtid", "Auto_Position", "Gtid_IO_Pos", "Retrieved_Gtid_Set",
    "SQL_Delay", "Skip_Counter", "Replicate_Ignore_DB", "Master_SSL_CA_File", "Connect_Retry",
];

fuzz_target!(|cells: Vec<(u8, Option<&str>)>| {
    let name = |at: &u8| COLUMNS[usize::from(*at) % COLUMNS.len()].to_owned();
    let names: Vec<String> = cells.iter().map(|(at, _)| name(at)).collect();
    let values = cells.iter().map(|(_, value)| value.map(str::to_owned)).collect();
    for flavor in [Flavor::MariaDb, Flavor::MySql] {
        let row = Row::new(names.clone().into(), Clone::clone(&values));
        let status = ReplicaStatus::of_row(&row, |text| GtidSet::parse(flavor, text).ok());
        status.harmful_filters();
        let texts = [&status.channel, &status.source_host, &status.source_user, &status.ca];
        assert!(!texts.iter().any(|text| text.chars().any(is_unprintable)));
        assert!(status.error().is_none_or(|error| error.code != 0));
    }
});
