//! A session on a private server, for what tests do and see there themselves.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use dbha_testkit::PrivateServer;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, Opts, OptsBuilder, Params, Row, SslOpts, Value};

/// A row by the names of its columns, everything as text.
pub(crate) type TextRow = BTreeMap<String, String>;

/// A session of root, or of an account that a test made.
pub(crate) struct Session {
    connection: Conn,
}

/// A way into a server: address, account and password.
pub(crate) struct Door {
    options: Opts,
}

impl Door {
    /// Returns the way to whoever answers at a port of this machine.
    pub(crate) fn at(port: u16, user: &str, password: &str) -> Self {
        let options = OptsBuilder::default()
            .ip_or_hostname("127.0.0.1")
            .tcp_port(port)
            .prefer_socket(false)
            .user(Some(user))
            .pass(Some(password));
        Self {
            options: options.into(),
        }
    }

    /// Returns the way to whoever answers at the usual port of an address, from the machine of the thread that enters.
    pub(crate) fn to(address: Ipv4Addr, user: &str, password: &str) -> Self {
        let options = OptsBuilder::default()
            .ip_or_hostname(address.to_string())
            .prefer_socket(false)
            .user(Some(user))
            .pass(Some(password));
        Self {
            options: options.into(),
        }
    }

    /// Returns the way by a server's socket, which no cut cable closes.
    pub(crate) fn by_socket(server: &PrivateServer, user: &str, password: &str) -> Self {
        let options = OptsBuilder::default()
            .socket(server.socket().to_str())
            .user(Some(user))
            .pass(Some(password));
        Self {
            options: options.into(),
        }
    }

    /// Opens a session.
    pub(crate) async fn enter(&self) -> Result<Session, Error> {
        let connection = Conn::new(self.options.clone()).await?;
        Ok(Session { connection })
    }
}

impl Session {
    /// Opens a session of root.
    pub(crate) async fn open(server: &PrivateServer) -> Self {
        Self::open_at(&server.url()).await
    }

    /// Opens a session as a URL says.
    pub(crate) async fn open_at(url: &str) -> Self {
        let options = Opts::from_url(url).unwrap();
        let options = OptsBuilder::from_opts(options).prefer_socket(false);
        let connection = Conn::new(options).await.unwrap();
        Self { connection }
    }

    /// Opens a session of another account.
    pub(crate) async fn open_as(server: &PrivateServer, user: &str, password: &str) -> Result<Self, Error> {
        Self::door(server, user, password).enter().await
    }

    /// Returns the way into a server as an account, which stays valid over restarts.
    pub(crate) fn door(server: &PrivateServer, user: &str, password: &str) -> Door {
        let options = Opts::from_url(&server.url()).unwrap();
        let options = OptsBuilder::from_opts(options)
            .prefer_socket(false)
            .user(Some(user))
            .pass(Some(password));
        Door {
            options: options.into(),
        }
    }

    /// Opens a session of another account over TLS, whoever signed the server's certificate.
    pub(crate) async fn open_over_tls_as(
        server: &PrivateServer,
        user: &str,
        password: &str,
    ) -> Result<Self, Error> {
        let tls = SslOpts::default().with_danger_accept_invalid_certs(true);
        let options = Opts::from_url(&server.url()).unwrap();
        let options = OptsBuilder::from_opts(options)
            .prefer_socket(false)
            .ssl_opts(tls.with_danger_skip_domain_validation(true))
            .user(Some(user))
            .pass(Some(password));
        let connection = Conn::new(options).await?;
        Ok(Self { connection })
    }

    /// Runs a statement that must work.
    pub(crate) async fn run(&mut self, statement: &str) {
        if let Err(error) = self.try_run(statement).await {
            panic!("{error}\n{statement}");
        }
    }

    /// Runs a statement that may be refused.
    pub(crate) async fn try_run(&mut self, statement: &str) -> Result<(), Error> {
        self.connection.query_drop(statement).await
    }

    /// Runs a prepared statement that must work.
    pub(crate) async fn execute(&mut self, statement: &str, parameters: impl Into<Params> + Send) {
        if let Err(error) = self.connection.exec_drop(statement, parameters.into()).await {
            panic!("{error}\n{statement}");
        }
    }

    /// Returns the key that the last statement generated.
    pub(crate) fn generated_key(&self) -> Option<u64> {
        self.connection.last_insert_id()
    }

    /// Reads rows.
    pub(crate) async fn rows(&mut self, statement: &str) -> Vec<TextRow> {
        match self.try_rows(statement).await {
            Ok(rows) => rows,
            Err(error) => panic!("{error}\n{statement}"),
        }
    }

    /// Reads rows by a statement that may be refused.
    pub(crate) async fn try_rows(&mut self, statement: &str) -> Result<Vec<TextRow>, Error> {
        let rows: Vec<Row> = self.connection.query(statement).await?;
        Ok(rows.iter().map(text_row).collect())
    }

    /// Reads the first column of every row.
    pub(crate) async fn column(&mut self, statement: &str) -> Vec<String> {
        let rows: Result<Vec<Row>, Error> = self.connection.query(statement).await;
        match rows {
            Ok(rows) => rows.iter().map(|row| text(row.as_ref(0))).collect(),
            Err(error) => panic!("{error}\n{statement}"),
        }
    }

    /// Reads one value, which must be there.
    pub(crate) async fn value(&mut self, statement: &str) -> String {
        let mut column = self.column(statement).await;
        assert_eq!(column.len(), 1, "{statement}");
        column.remove(0)
    }

    /// Reads one number.
    pub(crate) async fn number(&mut self, statement: &str) -> u64 {
        self.value(statement).await.parse().unwrap()
    }
}

fn text_row(row: &Row) -> TextRow {
    let columns = row.columns();
    let names = columns.iter().map(|column| column.name_str().into_owned());
    names
        .enumerate()
        .map(|(at, name)| (name, text(row.as_ref(at))))
        .collect()
}

/// Bytes that are no text come as hexadecimal digits.
fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::NULL) => "NULL".to_owned(),
        Some(Value::Bytes(bytes)) => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        },
        Some(other) => other.as_sql(true),
    }
}
