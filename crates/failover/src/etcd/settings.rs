use super::EtcdError;
use dbha_core::Secret;
use std::path::PathBuf;
use tonic::transport::Uri;

/// etcd's own port for clients.
const PORT: u16 = 2379;

/// How to reach etcd: checked, and nothing dialled yet.
#[derive(Debug, Clone)]
pub struct EtcdSettings {
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) tls: EtcdTls,
    pub(super) login: Option<EtcdLogin>,
}

impl EtcdSettings {
    /// Returns the members' URLs, with commas between them.
    pub fn urls(&self) -> String {
        let urls: Vec<&str> = self
            .endpoints
            .iter()
            .map(|endpoint| endpoint.url.as_str())
            .collect();
        urls.join(",")
    }
}

/// Files in PEM, read at each new connection: certificates are renewed while a guard runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EtcdTls {
    /// Certificates of the authorities that alone are trusted; the well-known ones where it is missing.
    pub ca: Option<PathBuf>,
    /// The client's own certificate.
    pub certificate: Option<PathBuf>,
    /// Its private key.
    pub key: Option<PathBuf>,
}

/// A user of etcd.
#[derive(Debug, Clone)]
pub struct EtcdLogin {
    /// The name.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// One member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) url: String,
    /// Without the brackets of an IPv6 address.
    pub(super) host: String,
    pub(super) secure: bool,
}

impl EtcdSettings {
    /// Checks URLs (`http://HOST:PORT` or `https://…`, with commas between them) of the members of one cluster, and what goes
    /// with them.
    ///
    /// # Errors
    /// [`EtcdError::Settings`] says what cannot be used.
    pub fn new(urls: &str, tls: EtcdTls, login: Option<EtcdLogin>) -> Result<Self, EtcdError> {
        let refused = |text: &str| Err(EtcdError::Settings(text.to_owned()));
        let given = urls.split(',').map(str::trim).filter(|url| !url.is_empty());
        let endpoints = given.map(Endpoint::read).collect::<Result<Vec<_>, _>>()?;
        if endpoints.is_empty() {
            return refused("no URL is given");
        }
        if tls.certificate.is_some() != tls.key.is_some() {
            return refused("a client's certificate and its key are of use only together");
        }
        if tls != EtcdTls::default() && endpoints.iter().any(|endpoint| !endpoint.secure) {
            return refused("certificates are given, and a URL begins with http: write https");
        }
        let in_clear = |endpoint: &Endpoint| !endpoint.secure && !endpoint.is_loopback();
        if login.is_some() && endpoints.iter().any(in_clear) {
            return refused("a password would go over the network in clear: write https");
        }
        Ok(Self {
            endpoints,
            tls,
            login,
        })
    }
}

impl Endpoint {
    fn read(text: &str) -> Result<Self, EtcdError> {
        let refused = |why: &str| EtcdError::Settings(why.to_owned());
        let uri: Uri = text
            .parse()
            .map_err(|_| refused("what is given is no URL; write http://HOST:PORT or https://HOST:PORT"))?;
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(refused("a URL begins with http:// or https://")),
        };
        // Its text may hold a password: it is not repeated.
        if uri
            .authority()
            .is_some_and(|authority| authority.as_str().contains('@'))
        {
            return Err(refused(
                "a URL with a user in it would be seen by everybody: give user and password apart",
            ));
        }
        if uri.path_and_query().is_some_and(|path| path.as_str() != "/") {
            return Err(refused("a URL ends with the port"));
        }
        let named = uri
            .host()
            .filter(|host| !host.is_empty())
            .ok_or_else(|| refused("a URL has no host"))?;
        Ok(Self {
            url: format!(
                "{}://{named}:{}",
                if secure { "https" } else { "http" },
                uri.port_u16().unwrap_or(PORT)
            ),
            host: named.trim_start_matches('[').trim_end_matches(']').to_owned(),
            secure,
        })
    }

    fn is_loopback(&self) -> bool {
        let address: Option<std::net::IpAddr> = self.host.parse().ok();
        self.host == "localhost" || address.is_some_and(|address| address.is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login() -> Option<EtcdLogin> {
        Some(EtcdLogin {
            user: "dbha".into(),
            password: Secret::new("quiet"),
        })
    }

    fn own() -> EtcdTls {
        EtcdTls {
            certificate: Some("cert.pem".into()),
            key: Some("key.pem".into()),
            ..EtcdTls::default()
        }
    }

    #[test]
    fn members_are_read_with_their_ports() {
        let read = |urls: &str| {
            let settings = EtcdSettings::new(urls, EtcdTls::default(), None).unwrap();
            let urls = settings.endpoints.into_iter().map(|endpoint| endpoint.url);
            urls.collect::<Vec<_>>()
        };
        assert_eq!(
            read("http://a:1, https://b.example/,"),
            ["http://a:1", "https://b.example:2379"]
        );
        assert_eq!(read("https://[fd00::1]:4"), ["https://[fd00::1]:4"]);
        let v6 = EtcdSettings::new("https://[::1]", EtcdTls::default(), None).unwrap();
        assert_eq!(v6.endpoints[0].host, "::1");
        assert!(v6.endpoints[0].is_loopback());
    }

    #[test]
    fn what_would_hurt_is_refused_and_not_repeated() {
        let refused = |urls: &str, tls: EtcdTls, login| {
            let error = EtcdSettings::new(urls, tls, login).unwrap_err();
            error.to_string()
        };
        for urls in [
            "",
            " , ",
            "a:2379",
            "ftp://a",
            "http://",
            "http://a/v3",
            "http://a b",
        ] {
            refused(urls, EtcdTls::default(), None);
        }
        let text = refused("http://dbha:quiet@a:1", EtcdTls::default(), None);
        assert!(!text.contains("quiet"), "{text}");
        refused("http://db1:2379", EtcdTls::default(), login());
        refused("https://a,http://b", own(), None);
        refused("https://a", EtcdTls { key: None, ..own() }, None);
        assert!(EtcdSettings::new("http://127.0.0.1:1", EtcdTls::default(), login()).is_ok());
        assert!(EtcdSettings::new("https://db1", own(), login()).is_ok());
    }
}
