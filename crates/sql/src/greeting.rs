use crate::{ConnectFault, Endpoint, SqlError, printable};
use std::time::Duration;
use tokio::{io::AsyncReadExt, net::TcpStream};

/// What a server says before anybody has logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeting {
    /// Its version, as it was sent.
    pub version: String,
    /// Whether it offers TLS.
    pub offers_tls: bool,
    /// The plug-in by which accounts log in unless they have another one.
    pub auth_plugin: String,
}

const CLIENT_SSL: u32 = 1 << 11;
/// No greeting is longer; a peer that sends more is something else.
const LONGEST: usize = 1_024;

impl Greeting {
    /// Reads the payload of the first packet; `None` where it is no greeting of a MySQL or MariaDB server.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let rest = payload.strip_prefix(&[10])?;
        let end = rest.iter().position(|byte| *byte == 0)?;
        let version = String::from_utf8_lossy(&rest[..end]).into_owned();
        // Connection id, eight bytes of the scramble and a zero stand before the flags.
        let flags = rest.get(end + 1 + 4 + 8 + 1..)?;
        let low = u32::from(u16::from_le_bytes([*flags.first()?, *flags.get(1)?]));
        // Character set, status, the upper half of the flags, the scramble's length, ten reserved bytes.
        let length = usize::from(flags.get(7).copied().unwrap_or(0));
        let scramble = length.saturating_sub(8).max(13);
        let plugin = flags.get(18 + scramble..).unwrap_or_default();
        let plugin = plugin.split(|byte| *byte == 0).next().unwrap_or_default();
        Some(Self {
            version,
            offers_tls: low & CLIENT_SSL != 0,
            auth_plugin: String::from_utf8_lossy(plugin).into_owned(),
        })
    }

    /// Tells whether a login in clear hands the password to whoever shows a key of his own.
    pub fn gives_password_to_any_key(&self) -> bool {
        matches!(
            self.auth_plugin.as_str(),
            "caching_sha2_password" | "sha256_password"
        )
    }

    /// Dials a TCP address, reads the greeting and hangs up.
    pub(crate) async fn read(endpoint: &Endpoint, limit: Duration) -> Result<Self, SqlError> {
        let refused = |fault, text: String| SqlError::Connect {
            server: endpoint.name.clone(),
            fault,
            text: printable(&text),
        };
        let Some((host, port)) = endpoint.address.tcp() else {
            return Err(refused(
                ConnectFault::NotAServer,
                "a socket is not asked for its greeting".into(),
            ));
        };
        let work = async {
            let mut stream = TcpStream::connect((host, port)).await?;
            let mut head = [0; 4];
            stream.read_exact(&mut head).await?;
            let length = usize::from(head[0]) | usize::from(head[1]) << 8 | usize::from(head[2]) << 16;
            let mut payload = vec![0; length.min(LONGEST)];
            stream.read_exact(&mut payload).await?;
            Ok::<_, std::io::Error>(payload)
        };
        let payload = tokio::time::timeout(limit, work)
            .await
            .map_err(|_| {
                refused(
                    ConnectFault::Silent,
                    format!("{} sent no greeting", endpoint.address),
                )
            })?
            .map_err(|error| refused(ConnectFault::Unreachable, error.to_string()))?;
        Self::parse(&payload)
            .ok_or_else(|| refused(ConnectFault::NotAServer, "the greeting cannot be read".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A greeting as servers send it.
    fn greeting(version: &str, flags: u32, plugin: &str) -> Vec<u8> {
        let mut bytes = vec![10];
        bytes.extend(version.as_bytes());
        bytes.extend([0, 1, 0, 0, 0]);
        bytes.extend([b'x'; 8]);
        bytes.push(0);
        bytes.extend((flags as u16).to_le_bytes());
        bytes.extend([45, 2, 0]);
        bytes.extend(((flags >> 16) as u16).to_le_bytes());
        bytes.push(21);
        bytes.extend([0; 10]);
        bytes.extend([b'y'; 13]);
        bytes.extend(plugin.as_bytes());
        bytes.push(0);
        bytes
    }

    #[test]
    fn version_tls_and_plugin_are_read() {
        let read = Greeting::parse(&greeting("9.7.4", CLIENT_SSL, "caching_sha2_password")).unwrap();
        assert_eq!((read.version.as_str(), read.offers_tls), ("9.7.4", true));
        assert!(read.gives_password_to_any_key());
        let read = Greeting::parse(&greeting("5.5.5-10.11.19-MariaDB", 0, "mysql_native_password")).unwrap();
        assert!(!read.offers_tls && !read.gives_password_to_any_key());
    }

    #[test]
    fn scenario_82_a_greeting_cut_anywhere_is_read_or_refused() {
        let whole = greeting("9.7.4", CLIENT_SSL, "caching_sha2_password");
        for end in 0..whole.len() {
            let _ = Greeting::parse(&whole[..end]);
        }
        assert_eq!(Greeting::parse(b"SSH-2.0-OpenSSH_9.2"), None);
        assert_eq!(Greeting::parse(b""), None);
    }
}
