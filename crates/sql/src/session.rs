use crate::{
    ConnectFault, Dialect, Endpoint, Row, SessionProfile, SqlError, Statement, Version, Wire, dial::dial,
    guarded::guarded, printable, small_answer,
};
use futures_util::FutureExt;
use mysql_async::{Conn, prelude::Queryable};
use std::{future::Future, sync::Arc, time::Duration};

/// One connection to one server, prepared for one purpose; every wait on it has a limit.
///
/// A connection that was lost or did not answer in time is dropped: what was under way has an unknown outcome,
/// and every later statement fails with [`SqlError::Connect`] until [`Session::reconnect`].
pub struct Session {
    endpoint: Endpoint,
    profile: SessionProfile,
    dialect: Dialect,
    connection_id: u64,
    wire: Wire,
    encrypted: bool,
    conn: Option<Conn>,
}

impl Session {
    /// Dials, logs in and prepares the connection.
    ///
    /// `ssl-mode=preferred` (the default without a CA) tries TLS first and goes on in clear only when the server
    /// offers none; off this machine not even then, where the login would hand out the password.
    pub async fn connect(endpoint: &Endpoint, profile: SessionProfile) -> Result<Self, SqlError> {
        let limit = profile.connect_limit();
        let name = endpoint.name.clone();
        match tokio::time::timeout(limit, Self::connect_unlimited(endpoint, profile)).await {
            Ok(result) => result,
            Err(_) => Err(SqlError::Connect {
                server: name,
                fault: ConnectFault::Silent,
                text: format!("{} did not answer within {} s", endpoint.address, limit.as_secs()),
            }),
        }
    }

    async fn connect_unlimited(endpoint: &Endpoint, profile: SessionProfile) -> Result<Self, SqlError> {
        let (mut conn, encrypted) = dial(endpoint, profile).await?;
        let asked = Statement::new("SELECT VERSION(), CONNECTION_ID()");
        let answer: Result<Option<(String, u64)>, _> = match guarded(conn.query_first(asked.sql())).await {
            Some(answer) => answer,
            None => return Err(SqlError::not_understood(&endpoint.name, &asked)),
        };
        let answer = answer.map_err(|error| match &error {
            // Such a login works, and then nothing but a new password is taken (scenario 25).
            mysql_async::Error::Server(refusal) if matches!(refusal.code, 1820 | 1862) => {
                SqlError::of_connecting(&endpoint.name, error)
            }
            _ => SqlError::of_statement(&endpoint.name, &asked, error),
        })?;
        let (text, connection_id) = answer.unwrap_or_default();
        let (flavor, version) = Version::detect(&text).map_err(|error| SqlError::Connect {
            server: endpoint.name.clone(),
            fault: ConnectFault::NotAServer,
            text: error.to_string(),
        })?;
        let dialect = Dialect::new(flavor, version);
        let mut session = Self {
            endpoint: endpoint.clone(),
            profile,
            dialect,
            connection_id,
            wire: Wire::of(&endpoint.address, &endpoint.tls, encrypted),
            encrypted,
            conn: Some(conn),
        };
        // A server that is not served may not know these variables; it is to be refused by its version (scenario 9).
        if dialect.supported().is_ok() {
            session.execute(&dialect.prepare_session(profile)).await?;
        }
        Ok(session)
    }

    /// Returns the server's name.
    pub fn name(&self) -> &str {
        &self.endpoint.name
    }

    /// Returns the dialect found at the greeting.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Returns the server's number for this connection.
    pub fn connection_id(&self) -> u64 {
        self.connection_id
    }

    /// Returns how the server was reached.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Returns how well the connection is protected.
    pub fn wire(&self) -> Wire {
        self.wire
    }

    /// Tells whether TLS came about.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// Tells whether the connection was lost and has to be made anew.
    pub fn is_lost(&self) -> bool {
        self.conn.is_none()
    }

    /// Makes the connection anew, with the same account and purpose.
    pub async fn reconnect(&mut self) -> Result<(), SqlError> {
        drop(Lent(self.conn.take()));
        *self = Self::connect(&self.endpoint, self.profile).await?;
        Ok(())
    }

    /// Runs a statement and returns its rows.
    pub async fn query(&mut self, statement: &Statement) -> Result<Vec<Row>, SqlError> {
        self.query_within(statement, self.profile.statement_limit()).await
    }

    /// Runs a statement with a limit of its own and returns its rows.
    pub async fn query_within(
        &mut self,
        statement: &Statement,
        limit: Duration,
    ) -> Result<Vec<Row>, SqlError> {
        self.run(statement, limit, async |conn| {
            let result = conn.query_iter(statement.sql()).await?;
            let names: Arc<[String]> = result
                .columns_ref()
                .iter()
                .map(|column| column.name_str().into_owned())
                .collect();
            let rows = small_answer(result).await?;
            Ok(rows
                .into_iter()
                .map(|row| Row::of_driver(names.clone(), row))
                .collect())
        })
        .await
    }

    /// Runs a statement and returns its first row, if any.
    pub async fn query_first(&mut self, statement: &Statement) -> Result<Option<Row>, SqlError> {
        Ok(self.query(statement).await?.into_iter().next())
    }

    /// Runs a statement and returns the first column of its first row, `None` for NULL and for no row.
    pub async fn query_value(&mut self, statement: &Statement) -> Result<Option<String>, SqlError> {
        Ok(self
            .query_first(statement)
            .await?
            .and_then(|row| row.at(0).map(str::to_owned)))
    }

    /// Runs a statement whose rows, if any, do not matter; returns the number of affected rows.
    pub async fn execute(&mut self, statement: &Statement) -> Result<u64, SqlError> {
        self.execute_within(statement, self.profile.statement_limit())
            .await
    }

    /// Runs a statement with a limit of its own; returns the number of affected rows.
    pub async fn execute_within(&mut self, statement: &Statement, limit: Duration) -> Result<u64, SqlError> {
        tracing::trace!(server = self.endpoint.name, statement = statement.shown());
        self.run(statement, limit, async |conn| {
            conn.query_drop(statement.sql()).await?;
            Ok(conn.affected_rows())
        })
        .await
    }

    /// Runs several statements one after the other and stops at the first that fails.
    pub async fn execute_all(&mut self, statements: &[Statement]) -> Result<(), SqlError> {
        for statement in statements {
            self.execute(statement).await?;
        }
        Ok(())
    }

    /// Hands the connection to code that moves rows, under one limit; `statement` names the work in errors.
    pub async fn run<T>(
        &mut self,
        statement: &Statement,
        limit: Duration,
        work: impl AsyncFnOnce(&mut Conn) -> Result<T, mysql_async::Error>,
    ) -> Result<T, SqlError> {
        // Taken out, so that a future dropped half-way drops the connection and not the protocol's order.
        let Some(conn) = self.conn.take() else {
            return Err(SqlError::Connect {
                server: self.endpoint.name.clone(),
                fault: ConnectFault::Unreachable,
                text: "the connection was lost earlier".into(),
            });
        };
        let mut lent = Lent(Some(conn));
        let Some(conn) = lent.0.as_mut() else {
            return Err(SqlError::not_understood(&self.endpoint.name, statement));
        };
        let result = limited(limit, guarded(work(conn))).await;
        match result {
            Some(Some(Ok(value))) => {
                self.conn = lent.0.take();
                Ok(value)
            }
            Some(Some(Err(error))) => {
                let error = SqlError::of_statement(&self.endpoint.name, statement, error);
                if matches!(error, SqlError::Rejected { .. }) {
                    self.conn = lent.0.take();
                }
                Err(error)
            }
            Some(None) => Err(SqlError::not_understood(&self.endpoint.name, statement)),
            None => Err(SqlError::TimedOut {
                server: self.endpoint.name.clone(),
                statement: printable(statement.shown()),
                limit,
            }),
        }
    }

    /// Says goodbye to the server; an error on this last word changes nothing and is not reported.
    pub async fn close(mut self) {
        if let Some(conn) = self.conn.take() {
            let _ = tokio::time::timeout(Duration::from_secs(1), guarded(conn.disconnect())).await;
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        drop(Lent(self.conn.take()));
    }
}

/// A connection in use; dropped before it was given back, it is cut off.
///
/// Left to itself the client crate would first read on to the end of the answer, which may have none.
struct Lent(Option<Conn>);

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(conn) = self.0.take() {
            // One poll marks the connection as ended; the unfinished farewell is dropped, and the stream with it.
            let _ = guarded(conn.disconnect()).now_or_never();
        }
    }
}

async fn limited<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(limit, work).await.ok()
}
