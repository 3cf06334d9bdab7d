//! Rancher, which runs on K3s today: the needs of K3s, and connections for each Rancher server.

use super::install::Writer;
use super::k3s;
use super::needs::{Account, Connections, Database, Needs};

pub(super) const NEEDS: Needs = Needs {
    title: "Rancher",
    options: &[],
    log_days: None,
    full_group_by: true,
    connections: Connections::Each {
        of: "Rancher server",
        number: 50,
        servers: 3,
    },
    step_1: true,
    databases: &[Database {
        name: "rancher",
        charset: None,
    }],
    account: Some(Account {
        user: "rancher",
        makes_its_own: false,
    }),
    mariadb: k3s::MARIADB,
    mysql: k3s::MYSQL,
    versions: k3s::VERSIONS,
};

/// An environment file of the K3s below Rancher.
pub(super) fn install(writer: &Writer<'_>) -> String {
    format!(
        "# For the K3s that Rancher runs on: /etc/default/k3s (/etc/sysconfig/k3s on Red Hat's systems), mode 0600, on every\n\
         # server before k3s is started; all of them start with one K3S_TOKEN. Rancher itself is then installed by its Helm\n\
         # chart as its guide says, and keeps its data in K3s: it has no database setting of its own.\n{}",
        k3s::endpoint(writer, "rancher")
    )
}
