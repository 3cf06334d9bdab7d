//! K3s: its datastore is one table whose keys are the revisions of the cluster.

use super::install::Writer;
use super::needs::{Account, Connections, Database, Named, Needs};
use dbha_sql::Version;

/// Shared with Rancher, which runs on K3s.
pub(super) const MARIADB: Named = Named::From(Version::new(10, 6, 0));
/// Shared with Rancher.
pub(super) const MYSQL: Named = Named::Between(Version::new(5, 7, 0), Version::new(8, 0, 0));
/// Both in words.
pub(super) const VERSIONS: &str = "MariaDB 10.6 and later, MySQL 5.7 and 8.0";

pub(super) const NEEDS: Needs = Needs {
    title: "K3s",
    options: &[],
    log_days: None,
    full_group_by: true,
    connections: Connections::Unnamed,
    step_1: true,
    databases: &[Database {
        name: "k3s",
        charset: None,
    }],
    account: Some(Account {
        user: "k3s",
        makes_its_own: false,
    }),
    mariadb: MARIADB,
    mysql: MYSQL,
    versions: VERSIONS,
};

/// An environment file of the service k3s.
pub(super) fn install(writer: &Writer<'_>) -> String {
    format!(
        "# For K3s: /etc/default/k3s (/etc/sysconfig/k3s on Red Hat's systems), mode 0600, on every K3s server before k3s is\n\
         # started. The unit of K3s reads it, so the password stands on no command line.\n{}",
        endpoint(writer, "k3s")
    )
}

/// The one variable by which K3s finds its datastore.
pub(super) fn endpoint(writer: &Writer<'_>, database: &str) -> String {
    let Writer {
        user,
        password,
        place,
        ..
    } = writer;
    format!("K3S_DATASTORE_ENDPOINT='mysql://{user}:{password}@tcp({place})/{database}'\n")
}
