use crate::{
    ClientSession, Depth, Dialect, Endpoint, Facts, GtidSet, Place, Row, SemiSyncFacts, Session,
    SessionProfile, SqlError, Statement, facts,
};

/// A server that was reached and logged in to: only a `Server` acts.
pub struct Server {
    /// The control connection.
    pub session: Session,
}

impl Server {
    /// Connects for observing and changing the server.
    pub async fn connect(endpoint: &Endpoint) -> Result<Self, SqlError> {
        Ok(Self {
            session: Session::connect(endpoint, SessionProfile::Control).await?,
        })
    }

    /// Connects for looking only, with short limits.
    pub async fn connect_for_watching(endpoint: &Endpoint) -> Result<Self, SqlError> {
        Ok(Self {
            session: Session::connect(endpoint, SessionProfile::Monitor).await?,
        })
    }

    /// Returns the server's name.
    pub fn name(&self) -> &str {
        self.session.name()
    }

    /// Returns how the server was reached.
    pub fn endpoint(&self) -> &Endpoint {
        self.session.endpoint()
    }

    /// Returns the server's dialect.
    pub fn dialect(&self) -> Dialect {
        self.session.dialect()
    }

    /// Looks at what matters for a pair, in a few statements.
    pub async fn observe(&mut self, depth: Depth) -> Result<Facts, SqlError> {
        crate::facts::observe(&mut self.session, depth).await
    }

    /// Reads where the server lives and how it sees this connection.
    pub async fn place(&mut self) -> Result<Place, SqlError> {
        crate::facts::read_place(&mut self.session).await
    }

    /// Reads what the binary log holds, and what came by replication where that is kept apart.
    pub async fn gtids(&mut self) -> Result<(GtidSet, GtidSet), SqlError> {
        let statement = self.dialect().read_gtids();
        let row = self.session.query_first(&statement).await?;
        let set = |column: &str| {
            let text = row.as_ref().and_then(|row| row.get(column)).unwrap_or("");
            GtidSet::parse(self.dialect().flavor(), text)
                .map_err(|error| facts::unexpected_gtids(&statement, &error, self.name()))
        };
        Ok((set("executed")?, set("applied")?))
    }

    /// Reads what the server tells of semi-synchronous replication; `None` where it knows nothing of it.
    pub async fn semi_sync(&mut self) -> Result<Option<SemiSyncFacts>, SqlError> {
        let seen = facts::look_at_semi_sync(&mut self.session).await?;
        Ok(seen.known().cloned())
    }

    /// Lets commits go on without an acknowledgement until the server restarts or [`Server::wait_again`] is called; those that
    /// wait now are told to their clients as done.
    pub async fn stop_waiting(&mut self) -> Result<(), SqlError> {
        let statements = self.dialect().stop_waiting();
        self.execute_all(&statements).await
    }

    /// Lets every commit from now on wait for an acknowledgement, whether anybody is there to give it or not.
    pub async fn wait_again(&mut self) -> Result<(), SqlError> {
        let statements = self.dialect().wait_again();
        self.execute_all(&statements).await
    }

    /// Lists the connections of clients, this one and that of dbha's lock left out.
    pub async fn client_sessions(&mut self) -> Result<Vec<ClientSession>, SqlError> {
        let rows = self.query(&self.dialect().read_processlist()).await?;
        Ok(facts::clients_among(&rows))
    }

    /// Ends one connection; tells whether it was still there.
    pub async fn end_connection(&mut self, id: u64) -> Result<bool, SqlError> {
        const NO_SUCH_THREAD: u16 = 1094;
        match self.execute(&self.dialect().kill_connection(id)).await {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some(NO_SUCH_THREAD) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Runs a statement whose rows do not matter.
    pub async fn execute(&mut self, statement: &Statement) -> Result<u64, SqlError> {
        self.session.execute(statement).await
    }

    /// Runs several statements and stops at the first that fails.
    pub async fn execute_all(&mut self, statements: &[Statement]) -> Result<(), SqlError> {
        self.session.execute_all(statements).await
    }

    /// Runs a statement and returns its rows.
    pub async fn query(&mut self, statement: &Statement) -> Result<Vec<Row>, SqlError> {
        self.session.query(statement).await
    }
}
