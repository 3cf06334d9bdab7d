//! From an endpoint to a connection that is logged in, over TLS as it was asked for.

use crate::{
    ConnectFault, Endpoint, Greeting, SessionProfile, SqlError, SslMode, guarded::guarded, printable,
};
use mysql_async::{Conn, DriverError, Opts, OptsBuilder, SslOpts};
use std::time::Duration;

/// Dials and logs in; tells whether the connection is encrypted.
pub(crate) async fn dial(endpoint: &Endpoint, profile: SessionProfile) -> Result<(Conn, bool), SqlError> {
    let mode = endpoint.tls.effective();
    // Over a socket TLS guards nothing: it is used only when it was asked for by name.
    let over_socket = endpoint.address.tcp().is_none();
    let tls = mode != SslMode::Disabled && !(over_socket && mode == SslMode::Preferred);
    let mut dialled = log_in(endpoint, options(endpoint, profile, tls)).await?;
    if let (SslMode::VerifyCa, Err(error)) = (mode, &dialled)
        && let Some(name) = name_in_certificate(&error.to_string())
    {
        // Who signed it is all that was asked; the client crate checks the name as well, so it gets the right one.
        let ssl = ssl_options(endpoint).with_danger_tls_hostname_override(Some(name));
        let options = OptsBuilder::from_opts(options(endpoint, profile, false)).ssl_opts(Some(ssl));
        dialled = log_in(endpoint, options.into()).await?;
    }
    match dialled {
        // The client crate ignores TLS on a socket.
        Ok(conn) => Ok((conn, tls && !over_socket)),
        Err(mysql_async::Error::Driver(DriverError::NoClientSslFlagFromServer))
            if mode == SslMode::Preferred =>
        {
            tracing::debug!(server = endpoint.name, "server offers no TLS, going on in clear");
            refuse_to_hand_out_password(endpoint, profile).await?;
            let conn = log_in(endpoint, options(endpoint, profile, false)).await?;
            let conn = conn.map_err(|error| SqlError::of_connecting(&endpoint.name, error))?;
            Ok((conn, false))
        }
        Err(error) => Err(SqlError::of_connecting(&endpoint.name, error)),
    }
}

async fn log_in(endpoint: &Endpoint, options: Opts) -> Result<Result<Conn, mysql_async::Error>, SqlError> {
    let dialled = guarded(Conn::new(options)).await;
    dialled.ok_or_else(|| SqlError::Connect {
        server: endpoint.name.clone(),
        fault: ConnectFault::NotAServer,
        text: "the login went in a way that no MySQL or MariaDB server knows".into(),
    })
}

/// Finds a name that a certificate is good for in the TLS library's complaint that it is not good for another.
fn name_in_certificate(complaint: &str) -> Option<String> {
    let (_, names) = complaint.split_once("only valid for ")?;
    let (_, name) = names
        .split_once("DnsName(\"")
        .or_else(|| names.split_once("IpAddress("))?;
    let end = name.find(['"', ')'])?;
    Some(name[..end].replace('*', "any"))
}

/// Without TLS a login by caching_sha2_password encrypts the password for whoever answers with a key: off this machine
/// that is done only where the operator has said that nobody listens (`ssl-mode=disabled`).
async fn refuse_to_hand_out_password(endpoint: &Endpoint, profile: SessionProfile) -> Result<(), SqlError> {
    let without = endpoint
        .password
        .as_ref()
        .is_none_or(|password| password.expose().is_empty());
    if endpoint.address.is_local() || without {
        return Ok(());
    }
    let greeting = Greeting::read(endpoint, profile.connect_limit()).await?;
    match greeting.gives_password_to_any_key() {
        false => Ok(()),
        true => Err(SqlError::Connect {
            server: endpoint.name.clone(),
            fault: ConnectFault::Tls,
            text: format!(
                "it offers no TLS, and a login by {} in clear could hand the password to anybody on the way; switch TLS \
                 on there, or say --ssl-mode disabled if the network is yours alone",
                printable(&greeting.auth_plugin)
            ),
        }),
    }
}

fn options(endpoint: &Endpoint, profile: SessionProfile, tls: bool) -> Opts {
    let mut options = OptsBuilder::default()
        .user(Some(endpoint.user.clone().unwrap_or_else(|| "root".into())))
        .pass(
            endpoint
                .password
                .as_ref()
                .map(|secret| secret.expose().to_owned()),
        )
        // A socket found by the client crate itself may belong to another server behind a mapped port.
        .prefer_socket(false)
        .tcp_keepalive(Some(Duration::from_secs(10)))
        // Both known beforehand saves a round trip; the server's own limit holds all the same.
        .max_allowed_packet(Some(profile.largest_packet()))
        .wait_timeout(Some(28_800))
        .stmt_cache_size(64);
    options = match &endpoint.address {
        crate::Address::Tcp { host, port } => options.ip_or_hostname(host.clone()).tcp_port(*port),
        crate::Address::Socket { path } => options.socket(Some(path.to_string_lossy().into_owned())),
    };
    if tls {
        options = options.ssl_opts(Some(ssl_options(endpoint)));
    }
    options.into()
}

fn ssl_options(endpoint: &Endpoint) -> SslOpts {
    let mode = endpoint.tls.effective();
    let ssl = SslOpts::default()
        .with_danger_accept_invalid_certs(!matches!(mode, SslMode::VerifyCa | SslMode::VerifyIdentity))
        .with_danger_skip_domain_validation(mode != SslMode::VerifyIdentity);
    match &endpoint.tls.ca {
        Some(ca) => ssl
            .with_root_certs(vec![ca.clone().into()])
            .with_disable_built_in_roots(true),
        None => ssl,
    }
}

#[cfg(test)]
mod tests {
    use super::name_in_certificate;

    #[test]
    fn the_name_in_a_certificate_is_found_in_the_complaint() {
        let of = |names: &str| {
            name_in_certificate(&format!(
                "invalid peer certificate: certificate not valid for name \"a\"; certificate {names}"
            ))
        };
        assert_eq!(
            of("is only valid for DnsName(\"db.example.org\")").as_deref(),
            Some("db.example.org")
        );
        assert_eq!(
            of("is only valid for IpAddress(10.0.0.1) or DnsName(\"x\")").as_deref(),
            Some("x")
        );
        assert_eq!(
            of("is only valid for IpAddress(10.0.0.1)").as_deref(),
            Some("10.0.0.1")
        );
        assert_eq!(
            of("is only valid for DnsName(\"*.x.org\")").as_deref(),
            Some("any.x.org")
        );
        assert_eq!(
            of("is not valid for any names (according to its subjectAltName extension)"),
            None
        );
    }
}
