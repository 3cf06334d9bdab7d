use super::{
    packets::{Packets, Stream, malformed},
    tls,
};
use crate::{Address, Dialect, Endpoint, SessionProfile, SqlError};
use mysql_common::{
    constants::{CapabilityFlags, MariadbCapabilities},
    io::ParseBuf,
    packets::{AuthPlugin, AuthSwitchRequest, HandshakePacket, HandshakeResponse, SslRequest},
    proto::MySerialize,
};
use std::{io, time::Duration};
use tokio::net::{TcpStream, UnixStream};

/// A stream that is logged in.
pub(super) struct LoggedIn {
    pub(super) packets: Packets,
    /// Whether the server takes many rows in one execution of a statement.
    pub(super) takes_bulk: bool,
    /// Whether the server may ask for rows under the name of a file.
    pub(super) offers_local: bool,
}

/// What went wrong before anybody was logged in.
pub(super) enum LoginError {
    /// The server refused, with a number and words.
    Refused(u16, String),
    /// The stream broke, or said what no server says.
    Broken(io::Error),
}

impl LoginError {
    pub(super) fn of(self, server: &str) -> SqlError {
        match self {
            LoginError::Refused(code, words) => SqlError::refused(server, code, &words),
            LoginError::Broken(error) => SqlError::not_connected(server, &error),
        }
    }
}

impl From<io::Error> for LoginError {
    fn from(error: io::Error) -> Self {
        LoginError::Broken(error)
    }
}

const WANTED: CapabilityFlags = CapabilityFlags::CLIENT_PROTOCOL_41
    .union(CapabilityFlags::CLIENT_SECURE_CONNECTION)
    .union(CapabilityFlags::CLIENT_LONG_PASSWORD)
    .union(CapabilityFlags::CLIENT_TRANSACTIONS)
    .union(CapabilityFlags::CLIENT_MULTI_RESULTS)
    .union(CapabilityFlags::CLIENT_PS_MULTI_RESULTS)
    .union(CapabilityFlags::CLIENT_DEPRECATE_EOF)
    .union(CapabilityFlags::CLIENT_PLUGIN_AUTH);

/// A dead peer is noticed by the system within a minute, whatever it was doing.
const IDLE: Duration = Duration::from_secs(10);
const UNACKNOWLEDGED: Duration = Duration::from_secs(60);
/// utf8mb4_general_ci, which every server knows; the session says later what it really wants.
const COLLATION: u8 = 45;

/// Dials and logs in; `dialect` and `encrypted` are what the control connection to the same server has found.
pub(super) async fn log_in(
    endpoint: &Endpoint,
    profile: SessionProfile,
    (dialect, encrypted): (Dialect, bool),
) -> Result<LoggedIn, LoginError> {
    let longest = profile.largest_packet();
    let mut packets = Packets::new(dial(&endpoint.address).await?, longest);
    let greeting = packets.read().await?;
    if let Some((code, words)) = refusal(greeting) {
        return Err(LoginError::Refused(code, words));
    }
    let greeting: HandshakePacket<'_> = ParseBuf(greeting).parse(())?;
    let mut capabilities = greeting.capabilities() & WANTED;
    if dialect.loads_local_data() && profile == SessionProfile::Loader {
        capabilities |= greeting.capabilities() & CapabilityFlags::CLIENT_LOCAL_FILES;
    }
    let is_mariadb = greeting.maria_db_server_version_parsed().is_some()
        || !greeting
            .capabilities()
            .contains(CapabilityFlags::CLIENT_LONG_PASSWORD);
    let mut extended = MariadbCapabilities::empty();
    if is_mariadb && !capabilities.contains(CapabilityFlags::CLIENT_LONG_PASSWORD) {
        extended =
            greeting.mariadb_ext_capabilities() & MariadbCapabilities::MARIADB_CLIENT_STMT_BULK_OPERATIONS;
    }
    let mut nonce = greeting.scramble_1_ref().to_vec();
    nonce.extend_from_slice(greeting.scramble_2_ref().unwrap_or_default());
    nonce.resize(20, 0);
    let plugin = match greeting.auth_plugin() {
        Some(AuthPlugin::CachingSha2Password) => AuthPlugin::CachingSha2Password,
        _ => AuthPlugin::MysqlNativePassword,
    };
    let offers_tls = greeting.capabilities().contains(CapabilityFlags::CLIENT_SSL);
    if encrypted {
        // The control connection had TLS: without it now, somebody on the way has taken it out.
        if !offers_tls {
            return Err(malformed("a greeting without TLS, which it offered before").into());
        }
        capabilities |= CapabilityFlags::CLIENT_SSL;
        let request =
            SslRequest::new(capabilities, longest as u32, COLLATION).with_mariadb_capabilities(extended);
        packets.write(&serialized(&request), &[]).await?;
        let (stream, sequence) = packets.into_stream()?;
        packets = Packets::new(tls::wrap(stream, endpoint).await?, longest);
        packets.go_on_from(sequence);
    }
    let password = endpoint.password.as_ref().map(|secret| secret.expose());
    let proof = plugin.gen_data(password, &nonce);
    let response = HandshakeResponse::new(
        proof.as_deref(),
        (9, 0, 0),
        Some(endpoint.user.as_deref().unwrap_or("root").as_bytes()),
        None::<Vec<u8>>,
        Some(plugin.borrow()),
        capabilities,
        None,
        longest as u32,
    )
    .with_mariadb_ext_capabilities(extended);
    packets.write(&serialized(&response), &[]).await?;
    let mut login = Login {
        packets: &mut packets,
        password,
        nonce,
        safe: encrypted || endpoint.address.tcp().is_none(),
        switched: false,
    };
    login.finish().await?;
    Ok(LoggedIn {
        packets,
        takes_bulk: extended.contains(MariadbCapabilities::MARIADB_CLIENT_STMT_BULK_OPERATIONS),
        offers_local: capabilities.contains(CapabilityFlags::CLIENT_LOCAL_FILES),
    })
}

async fn dial(address: &Address) -> io::Result<Box<dyn Stream>> {
    match address {
        Address::Socket { path } => Ok(Box::new(UnixStream::connect(path).await?)),
        Address::Tcp { host, port } => {
            let stream = TcpStream::connect((host.as_str(), *port)).await?;
            stream.set_nodelay(true)?;
            let socket = socket2::SockRef::from(&stream);
            let alive = socket2::TcpKeepalive::new()
                .with_time(IDLE)
                .with_interval(IDLE)
                .with_retries(4);
            socket.set_tcp_keepalive(&alive)?;
            socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED))?;
            Ok(Box::new(stream))
        }
    }
}

fn serialized(packet: &impl MySerialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    packet.serialize(&mut bytes);
    bytes
}

/// The way from the first answer to a greeting to the server's yes or no.
struct Login<'a> {
    packets: &'a mut Packets,
    password: Option<&'a str>,
    nonce: Vec<u8>,
    /// Whether nobody on the way can read what is sent.
    safe: bool,
    switched: bool,
}

impl Login<'_> {
    async fn finish(&mut self) -> Result<(), LoginError> {
        loop {
            let packet = self.packets.read().await?.to_vec();
            if let Some((code, words)) = refusal(&packet) {
                return Err(LoginError::Refused(code, words));
            }
            match packet.as_slice() {
                [0, ..] => return Ok(()),
                // Known by its hash: the yes follows.
                [1, 3] => {}
                [1, 4] => self.send_whole_password().await?,
                [0xfe, ..] if !self.switched => self.switch(&packet).await?,
                _ => return Err(malformed("something that belongs to no login").into()),
            }
        }
    }

    async fn switch(&mut self, packet: &[u8]) -> Result<(), LoginError> {
        self.switched = true;
        let request: AuthSwitchRequest<'_> = ParseBuf(packet).parse(())?;
        let plugin = request.auth_plugin();
        if !matches!(
            plugin,
            AuthPlugin::CachingSha2Password | AuthPlugin::MysqlNativePassword
        ) {
            let name = crate::printable(&String::from_utf8_lossy(plugin.as_bytes()));
            return Err(malformed(&format!("a login by {name}, which dbha does not do")).into());
        }
        self.nonce = request.plugin_data().to_vec();
        let proof = plugin.gen_data(self.password, &self.nonce);
        self.packets
            .write(proof.as_deref().unwrap_or_default(), &[])
            .await?;
        Ok(())
    }

    /// The server has forgotten the hash of this account and wants all of the password.
    async fn send_whole_password(&mut self) -> Result<(), LoginError> {
        let mut password = self.password.unwrap_or_default().as_bytes().to_vec();
        password.push(0);
        if !self.safe {
            self.packets.write(&[2], &[]).await?;
            let answer = self.packets.read().await?.to_vec();
            let key = answer.get(1..).filter(|key| !key.is_empty());
            let key = key.ok_or_else(|| malformed("no key to encrypt the password with"))?;
            if self.nonce.is_empty() {
                return Err(malformed("no challenge").into());
            }
            for (byte, mask) in password.iter_mut().zip(self.nonce.iter().cycle()) {
                *byte ^= mask;
            }
            password = mysql_common::crypto::encrypt(&password, key);
        }
        self.packets.write(&password, &[]).await?;
        Ok(())
    }
}

/// Reads the server's no: its number and its words.
pub(super) fn refusal(packet: &[u8]) -> Option<(u16, String)> {
    let rest = packet.strip_prefix(&[0xff])?;
    let code = u16::from_le_bytes([*rest.first()?, *rest.get(1)?]);
    let words = rest.get(2..).unwrap_or_default();
    let words = match words.strip_prefix(b"#") {
        Some(with_state) => with_state.get(5..).unwrap_or_default(),
        None => words,
    };
    Some((code, String::from_utf8_lossy(words).into_owned()))
}
