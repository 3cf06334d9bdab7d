//! KubeSphere: keeps nothing in MySQL itself; its sites stand behind HAProxy, which asks the monitor.

use super::install::PlatformInstallWanted;
use super::needs::{Connections, Named, Needs};
use crate::{
    Writers,
    rendered::{HaproxyWanted, NotRenderable, haproxy},
};
use dbha_sql::Version;

pub(super) const NEEDS: Needs = Needs {
    title: "KubeSphere",
    options: &[],
    log_days: None,
    full_group_by: true,
    connections: Connections::Unnamed,
    step_1: false,
    databases: &[],
    account: None,
    // It names none: what runs on it decides.
    mariadb: Named::From(Version::new(0, 0, 0)),
    mysql: Named::From(Version::new(0, 0, 0)),
    versions: "any",
};

/// How far behind a server may be and still get readers, in seconds; as `dbha render haproxy` has it.
const MAX_LAG: u32 = 10;
/// Readers connect to the port behind that of the writers.
const READS: u16 = 1;

/// The section for the HAProxy that stands before the cluster's API servers already.
pub(super) fn install(wanted: &PlatformInstallWanted) -> Result<String, NotRenderable> {
    let (host, port) = wanted.address.clone().unwrap_or_else(|| ("*".to_owned(), 3306));
    let reads = port.checked_add(READS).ok_or_else(|| NotRenderable {
        what: "the port",
        value: port.to_string(),
        file: "a configuration of HAProxy",
        fix: "give a port below 65535: readers get the one behind it",
    })?;
    let section = haproxy(&HaproxyWanted {
        servers: wanted.servers.clone(),
        monitor: wanted.monitor.clone(),
        writes: (host.clone(), port),
        reads: (host, reads),
        max_lag: MAX_LAG,
        writers: Writers::One,
        connections: None,
    })?;
    Ok(format!(
        "# For KubeSphere: its installer takes no database. This goes to the machines whose HAProxy and Keepalived lead to the\n\
         # API servers of the cluster (controlPlaneEndpoint of KubeKey): workloads reach the database by the same address,\n\
         # writers at port {port}, readers at port {reads}.\n{section}"
    ))
}
