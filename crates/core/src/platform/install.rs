//! What a platform's installer takes to find the database, as text (scenario 84: no value can become another one).

use super::{Platform, cloudpods, k3s, kubesphere, rainbond, rancher};
use crate::rendered::{HaproxyServer, NotRenderable, plain};
use dbha_sql::Secret;

/// Stands where the password goes when none is given.
const PLACEHOLDER: &str = "PASSWORD";

/// What the text for an installer is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformInstallWanted {
    /// The platform.
    pub platform: Platform,
    /// Both servers: the one that is the primary today first.
    pub servers: [HaproxyServer; 2],
    /// Where clients that write connect, wherever the writer is: a virtual address, or HAProxy. `None` names the primary.
    pub address: Option<(String, u16)>,
    /// Where the monitor answers: host and port.
    pub monitor: (String, u16),
    /// The password of the platform's account; `None` leaves a word to be replaced.
    pub password: Option<Secret>,
}

/// Where the platform connects and as whom; every value is known to be harmless.
pub(super) struct Writer<'a> {
    pub(super) host: &'a str,
    pub(super) port: u16,
    /// Host and port together, an IPv6 address in brackets.
    pub(super) place: String,
    pub(super) user: &'static str,
    pub(super) password: &'a str,
}

/// Writes what a platform's installer takes to find the database.
///
/// # Errors
/// [`NotRenderable`] for an address or a password that could be read as something else; a password is not told.
pub fn platform_install(wanted: &PlatformInstallWanted) -> Result<String, NotRenderable> {
    let Some(user) = wanted.platform.user() else {
        return kubesphere::install(wanted);
    };
    let [primary, _] = &wanted.servers;
    let (host, port) = match &wanted.address {
        Some((host, port)) => (host.as_str(), *port),
        None => (primary.host.as_str(), primary.port),
    };
    let host = plain(host, "-_.:", |value| NotRenderable {
        what: "the address",
        value,
        file: "a file for an installer",
        fix: "give a host name or an address",
    })?;
    let writer = Writer {
        host,
        port,
        place: match host.contains(':') {
            true => format!("[{host}]:{port}"),
            false => format!("{host}:{port}"),
        },
        user,
        password: match &wanted.password {
            Some(password) => checked_password(password)?,
            None => PLACEHOLDER,
        },
    };
    let text = match wanted.platform {
        Platform::Cloudpods => cloudpods::install(&writer),
        Platform::Rainbond => rainbond::install(&writer)?,
        Platform::Rancher => rancher::install(&writer),
        Platform::K3s => k3s::install(&writer),
        Platform::Kubesphere => kubesphere::install(wanted)?,
    };
    Ok(format!("{}{text}", about(wanted)))
}

fn about(wanted: &PlatformInstallWanted) -> String {
    let mut text = String::new();
    if wanted.address.is_none() {
        text.push_str(
            "# This is the address of one server, and does not move with the writes: give the address that does by --address.\n",
        );
    }
    if wanted.password.is_none() {
        text.push_str(
            "# Put the account's password in place of PASSWORD, or let --password-file and --out do it.\n",
        );
    }
    text
}

/// Lets only passwords through that mean themselves in YAML, in a DSN, in a shell and in an environment file alike.
pub(super) fn checked_password(password: &Secret) -> Result<&str, NotRenderable> {
    plain(password.expose(), "-_.~+=,^", |_| NotRenderable {
        what: "the password",
        value: "***".to_owned(),
        file: "a file for an installer",
        fix: "use letters, digits and -_.~+=,^ alone, or name a password file that is not there: dbha makes one",
    })
}
