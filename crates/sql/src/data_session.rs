//! The connection on which rows travel: as raw bytes of the binary protocol, without a value of their own for each.
//!
//! Everything else is [`Session`](crate::Session)'s business; one is opened first, and decides about TLS and the account.

mod binary_row;
mod local_data;
mod login;
mod packets;
mod prepared;
mod text_rows;
mod tls;

pub use binary_row::{BinaryRow, Values, counted_body};
pub use local_data::LOCAL_NAME;
pub use prepared::{Parameter, Prepared};

use crate::{
    ConnectFault, Dialect, Endpoint, Flavor, Row, Session, SessionProfile, SqlError, Statement,
    guarded::guarded,
};
use mysql_common::{
    constants::{ColumnFlags, StatusFlags},
    io::ParseBuf,
    packets::Column,
};
use packets::{Packets, malformed};
use std::{io, sync::Arc, time::Duration};

/// What a statement that returns no rows did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    /// Rows that the server counted.
    pub rows: u64,
    /// Notes, warnings and errors that it wants to be asked for.
    pub notes: u16,
}

/// A connection that hands rows out and takes them as they travel.
///
/// A call that fails other than by the server's refusal, or whose future is dropped, leaves the connection lost:
/// every later call fails with [`SqlError::Connect`].
pub struct DataSession {
    name: String,
    profile: SessionProfile,
    dialect: Dialect,
    takes_bulk: bool,
    takes_local: bool,
    largest_packet: u64,
    packets: Packets,
    row_columns: Vec<Parameter>,
    busy: bool,
}

/// What the server answers that is no row.
enum Answer {
    Done(Done),
    Columns(usize),
}

const COM_QUIT: u8 = 1;
const COM_QUERY: u8 = 3;
const COM_PREPARE: u8 = 0x16;
const COM_EXECUTE: u8 = 0x17;
const COM_SEND_LONG_DATA: u8 = 0x18;
const COM_CLOSE: u8 = 0x19;
const COM_BULK_EXECUTE: u8 = 0xfa;
/// Every execution says what its parameters are.
const SEND_TYPES: u16 = 128;
/// The most bytes that the rows of one small answer may have together.
const SMALL_ANSWER: usize = 64 << 20;
/// What every server takes in one packet, however it is configured.
const SMALLEST_PACKET: u64 = 1 << 20;

impl DataSession {
    /// Dials, logs in and prepares the connection, as protected as the control connection to the same server is.
    pub async fn connect(control: &Session, profile: SessionProfile) -> Result<Self, SqlError> {
        let endpoint = control.endpoint();
        let limit = profile.connect_limit();
        match tokio::time::timeout(limit, Self::connect_unlimited(control, profile)).await {
            Ok(connected) => connected,
            Err(_) => Err(SqlError::Connect {
                server: endpoint.name.clone(),
                fault: ConnectFault::Silent,
                text: format!("{} did not answer within {} s", endpoint.address, limit.as_secs()),
            }),
        }
    }

    async fn connect_unlimited(control: &Session, profile: SessionProfile) -> Result<Self, SqlError> {
        let endpoint: &Endpoint = control.endpoint();
        let found = (control.dialect(), control.is_encrypted());
        let dialled = guarded(login::log_in(endpoint, profile, found)).await;
        let logged_in = match dialled {
            Some(result) => result.map_err(|error| error.of(&endpoint.name))?,
            None => return Err(SqlError::not_understood(&endpoint.name, &Statement::new("login"))),
        };
        let mut session = Self {
            name: endpoint.name.clone(),
            profile,
            dialect: control.dialect(),
            takes_bulk: logged_in.takes_bulk,
            takes_local: false,
            largest_packet: SMALLEST_PACKET,
            packets: logged_in.packets,
            row_columns: vec![],
            busy: false,
        };
        session.execute(&session.dialect.prepare_session(profile)).await?;
        let largest = session
            .query_value(&session.dialect.read_largest_packet())
            .await?;
        session.largest_packet = largest
            .and_then(|bytes| bytes.parse().ok())
            .unwrap_or(SMALLEST_PACKET);
        if logged_in.offers_local {
            let allowed = session.query_value(&session.dialect.read_local_loading()).await?;
            session.takes_local = allowed.as_deref() == Some("1");
        }
        Ok(session)
    }

    /// Returns the server's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the server's dialect.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Returns the largest packet that the server takes, in bytes.
    pub fn largest_packet(&self) -> u64 {
        self.largest_packet
    }

    /// Tells whether [`DataSession::execute_bulk`] can be used.
    pub fn takes_bulk(&self) -> bool {
        self.takes_bulk && self.dialect.flavor() == Flavor::MariaDb
    }

    /// Runs a statement whose rows, if any, do not matter.
    pub async fn execute(&mut self, statement: &Statement) -> Result<Done, SqlError> {
        self.execute_within(statement, self.profile.statement_limit())
            .await
    }

    /// Runs a statement whose rows, if any, do not matter, with a limit of its own.
    pub async fn execute_within(&mut self, statement: &Statement, limit: Duration) -> Result<Done, SqlError> {
        self.exchange(statement, limit, async |session| {
            session.command(COM_QUERY, statement.sql().as_bytes()).await?;
            let (done, _) = session.text_answer().await?;
            Ok(done)
        })
        .await
    }

    /// Runs a statement and returns its rows, which must fit into 64 MiB.
    pub async fn query(&mut self, statement: &Statement) -> Result<Vec<Row>, SqlError> {
        let limit = self.profile.statement_limit();
        self.exchange(statement, limit, async |session| {
            session.command(COM_QUERY, statement.sql().as_bytes()).await?;
            let (_, rows) = session.text_answer().await?;
            Ok(rows)
        })
        .await
    }

    /// Runs a statement and returns its first row, if any.
    pub async fn query_first(&mut self, statement: &Statement) -> Result<Option<Row>, SqlError> {
        Ok(self.query(statement).await?.into_iter().next())
    }

    /// Runs a statement and returns the first column of its first row, `None` for NULL and for no row.
    pub async fn query_value(&mut self, statement: &Statement) -> Result<Option<String>, SqlError> {
        let row = self.query_first(statement).await?;
        Ok(row.and_then(|row| row.at(0).map(str::to_owned)))
    }

    /// Prepares a statement.
    pub async fn prepare(&mut self, statement: &Statement) -> Result<Prepared, SqlError> {
        let limit = self.profile.statement_limit();
        self.exchange(statement, limit, async |session| {
            session.command(COM_PREPARE, statement.sql().as_bytes()).await?;
            session.read_prepared(statement).await
        })
        .await
    }

    /// Lets the server forget a prepared statement.
    pub async fn forget(&mut self, prepared: Prepared) -> Result<(), SqlError> {
        let limit = self.profile.statement_limit();
        self.exchange(&prepared.statement, limit, async |session| {
            let command = [&[COM_CLOSE][..], &prepared.id.to_le_bytes()].concat();
            session.packets.begin_command();
            Ok(session.packets.write(&command, &[]).await?)
        })
        .await
    }

    /// Runs a prepared statement without placeholders; its rows come one by one from [`DataSession::next_row`].
    ///
    /// Until the last of them was asked for, the connection is good for nothing else.
    pub async fn begin_rows(&mut self, prepared: &Prepared) -> Result<(), SqlError> {
        let limit = self.profile.statement_limit();
        self.exchange(&prepared.statement, limit, async |session| {
            let mut command = vec![COM_EXECUTE];
            command.extend_from_slice(&prepared.id.to_le_bytes());
            command.extend_from_slice(&[0, 1, 0, 0, 0]);
            session.packets.begin_command();
            session.packets.write(&command, &[]).await?;
            let Answer::Columns(count) = session.read_answer().await? else {
                return Err(malformed("no rows where there are some").into());
            };
            let columns = session.read_columns(count).await?;
            session.row_columns = columns.iter().map(parameter_of).collect();
            Ok(())
        })
        .await?;
        self.busy = true;
        Ok(())
    }

    /// Reads the next row of a statement that [`DataSession::begin_rows`] began; `None` behind the last one.
    pub async fn next_row(&mut self, prepared: &Prepared) -> Result<Option<BinaryRow<'_>>, SqlError> {
        let limit = self.profile.statement_limit();
        let statement = &prepared.statement;
        let lost = |name: &str, error: io::Error| SqlError::lost(name, statement, &error.to_string());
        let packet = match tokio::time::timeout(limit, self.packets.read()).await {
            Ok(Ok(packet)) => packet,
            Ok(Err(error)) => return Err(lost(&self.name, error)),
            Err(_) => {
                return Err(SqlError::TimedOut {
                    server: self.name.clone(),
                    statement: crate::printable(statement.shown()),
                    limit,
                });
            }
        };
        match packet.first() {
            Some(0) => Ok(Some(BinaryRow::new(packet, &self.row_columns))),
            Some(0xfe) => {
                self.busy = false;
                Ok(None)
            }
            _ => Err(match refused_or_malformed(packet) {
                Fault::Refused(code, words) => {
                    self.busy = false;
                    SqlError::rejected(&self.name, statement, code, &words)
                }
                Fault::Broken(error) => lost(&self.name, error),
            }),
        }
    }

    /// Makes an error of a row that is not what its columns promised.
    pub fn bad_row(&self, prepared: &Prepared, error: &io::Error) -> SqlError {
        SqlError::lost(&self.name, &prepared.statement, &error.to_string())
    }

    /// Runs a prepared statement once with values as they travel: `nulls` is the bitmap of all placeholders, `values`
    /// what is not NULL, one behind the other.
    pub async fn execute_prepared(
        &mut self,
        prepared: &Prepared,
        types: &[Parameter],
        nulls: &[u8],
        values: &[u8],
    ) -> Result<Done, SqlError> {
        let limit = self.profile.statement_limit();
        self.exchange(&prepared.statement, limit, async |session| {
            let mut head = vec![COM_EXECUTE];
            head.extend_from_slice(&prepared.id.to_le_bytes());
            head.extend_from_slice(&[0, 1, 0, 0, 0]);
            if prepared.parameters > 0 {
                head.extend_from_slice(nulls);
                head.push(1);
                for at in 0..prepared.parameters {
                    let parameter = types[at % types.len()];
                    head.extend_from_slice(&[parameter.kind, parameter.flags]);
                }
            }
            session.packets.begin_command();
            session.packets.write(&head, values).await?;
            session.done().await
        })
        .await
    }

    /// Runs a prepared statement once for each of many rows: an indicator byte (0, or 1 for NULL) before each value.
    pub async fn execute_bulk(
        &mut self,
        prepared: &Prepared,
        types: &[Parameter],
        rows: &[u8],
    ) -> Result<Done, SqlError> {
        let limit = self.profile.statement_limit();
        self.exchange(&prepared.statement, limit, async |session| {
            let mut head = vec![COM_BULK_EXECUTE];
            head.extend_from_slice(&prepared.id.to_le_bytes());
            head.extend_from_slice(&SEND_TYPES.to_le_bytes());
            for parameter in types {
                head.extend_from_slice(&[parameter.kind, parameter.flags]);
            }
            session.packets.begin_command();
            session.packets.write(&head, rows).await?;
            session.done().await
        })
        .await
    }

    /// Sends a piece of a long value ahead of the execution that uses it; the server says nothing to it.
    pub async fn send_ahead(&mut self, prepared: &Prepared, at: u16, piece: &[u8]) -> Result<(), SqlError> {
        let limit = self.profile.statement_limit();
        self.exchange(&prepared.statement, limit, async |session| {
            let mut head = vec![COM_SEND_LONG_DATA];
            head.extend_from_slice(&prepared.id.to_le_bytes());
            head.extend_from_slice(&at.to_le_bytes());
            session.packets.begin_command();
            Ok(session.packets.write(&head, piece).await?)
        })
        .await
    }

    /// Says goodbye to the server.
    pub async fn close(mut self) {
        if !self.busy {
            self.packets.begin_command();
            let goodbye = self.packets.write(&[COM_QUIT], &[]);
            let _ = tokio::time::timeout(Duration::from_secs(1), goodbye).await;
        }
    }

    /// Runs one question and its answer under a limit; the connection is lost unless the answer was read to its end.
    async fn exchange<T>(
        &mut self,
        statement: &Statement,
        limit: Duration,
        work: impl AsyncFnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, SqlError> {
        if std::mem::replace(&mut self.busy, true) {
            return Err(SqlError::Connect {
                server: self.name.clone(),
                fault: ConnectFault::Unreachable,
                text: "the connection was lost earlier".into(),
            });
        }
        match tokio::time::timeout(limit, work(self)).await {
            Ok(Ok(value)) => {
                self.busy = false;
                Ok(value)
            }
            Ok(Err(Fault::Refused(code, words))) => {
                self.busy = false;
                Err(SqlError::rejected(&self.name, statement, code, &words))
            }
            Ok(Err(Fault::Broken(error))) => Err(SqlError::lost(&self.name, statement, &error.to_string())),
            Err(_) => Err(SqlError::TimedOut {
                server: self.name.clone(),
                statement: crate::printable(statement.shown()),
                limit,
            }),
        }
    }

    async fn command(&mut self, command: u8, body: &[u8]) -> Result<(), Fault> {
        self.packets.begin_command();
        Ok(self.packets.write(&[command], body).await?)
    }

    async fn done(&mut self) -> Result<Done, Fault> {
        match self.read_answer().await? {
            Answer::Done(done) => Ok(done),
            Answer::Columns(_) => Err(malformed("rows where there are none").into()),
        }
    }

    async fn read_answer(&mut self) -> Result<Answer, Fault> {
        let packet = self.packets.read().await?;
        match packet {
            [0, rest @ ..] => Ok(Answer::Done(done_of(rest)?)),
            // 0xfb asks for a file of ours (scenario 82); only `load_local` has an answer.
            [0xff, ..] | [0xfb, ..] | [] => Err(refused_or_malformed(packet)),
            _ => {
                let count = number(packet).ok_or_else(|| malformed("a number of columns that is none"))?;
                match u16::try_from(count.0) {
                    Ok(count) => Ok(Answer::Columns(usize::from(count))),
                    Err(_) => Err(malformed("more columns than there can be").into()),
                }
            }
        }
    }

    async fn read_columns(&mut self, count: usize) -> Result<Vec<Column>, Fault> {
        let mut columns = Vec::new();
        for _ in 0..count {
            let packet = self.packets.read().await?;
            if packet.first() == Some(&0xff) {
                return Err(refused_or_malformed(packet));
            }
            columns.push(ParseBuf(packet).parse::<Column>(())?);
        }
        Ok(columns)
    }

    async fn text_answer(&mut self) -> Result<(Done, Vec<Row>), Fault> {
        let count = match self.read_answer().await? {
            Answer::Done(done) => return Ok((done, vec![])),
            Answer::Columns(count) => count,
        };
        let columns = self.read_columns(count).await?;
        let names: Arc<[String]> = columns
            .iter()
            .map(|column| column.name_str().into_owned())
            .collect();
        let (mut rows, mut bytes) = (vec![], 0);
        loop {
            let packet = self.packets.read().await?;
            match packet.first() {
                Some(0xff) => return Err(refused_or_malformed(packet)),
                // A row whose first value is that long begins with the same byte.
                Some(0xfe) if packet.len() < 0xff_ffff => return Ok((done_of(&packet[1..])?, rows)),
                _ => rows.push(text_rows::row(packet, &names)?),
            }
            bytes += packet_cost(&rows);
            if bytes > SMALL_ANSWER {
                return Err(malformed("an answer of more than 64 MiB").into());
            }
        }
    }

    async fn read_prepared(&mut self, statement: &Statement) -> Result<Prepared, Fault> {
        let packet = self.packets.read().await?;
        if packet.first() != Some(&0) {
            return Err(refused_or_malformed(packet));
        }
        let head: [u8; 9] = match packet.get(..9).and_then(|head| head.try_into().ok()) {
            Some(head) => head,
            None => return Err(malformed("half an answer to a preparation").into()),
        };
        let id = u32::from_le_bytes([head[1], head[2], head[3], head[4]]);
        let columns = usize::from(u16::from_le_bytes([head[5], head[6]]));
        let parameters = usize::from(u16::from_le_bytes([head[7], head[8]]));
        // What the server believes of the placeholders says nothing.
        self.read_columns(parameters).await?;
        let columns = self.read_columns(columns).await?;
        Ok(Prepared {
            id,
            statement: statement.clone(),
            columns: columns.iter().map(parameter_of).collect(),
            parameters,
        })
    }
}

/// Why an exchange did not come to its end.
enum Fault {
    Refused(u16, String),
    Broken(io::Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Fault::Broken(error)
    }
}

fn refused_or_malformed(packet: &[u8]) -> Fault {
    match login::refusal(packet) {
        Some((code, words)) => Fault::Refused(code, words),
        None => malformed("something that is no answer").into(),
    }
}

fn parameter_of(column: &Column) -> Parameter {
    let unsigned = column.flags().contains(ColumnFlags::UNSIGNED_FLAG);
    Parameter::of_column(column.column_type() as u8, unsigned)
}

fn packet_cost(rows: &[Row]) -> usize {
    rows.last().map_or(0, Row::size)
}

/// Reads a number of one to nine bytes and what follows it.
fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let counted = binary_row::counted(bytes)?;
    Some((counted.body as u64, &bytes[counted.head..]))
}

/// Reads the end of an answer: rows, generated number, state, notes.
fn done_of(bytes: &[u8]) -> Result<Done, Fault> {
    let read = || {
        let (rows, rest) = number(bytes)?;
        let (_, rest) = number(rest)?;
        let state = u16::from_le_bytes([*rest.first()?, *rest.get(1)?]);
        let notes = u16::from_le_bytes([*rest.get(2)?, *rest.get(3)?]);
        Some((Done { rows, notes }, state))
    };
    let (done, state) = read().ok_or_else(|| malformed("half an answer"))?;
    match StatusFlags::from_bits_truncate(state).contains(StatusFlags::SERVER_MORE_RESULTS_EXISTS) {
        true => Err(malformed("more answers than were asked for").into()),
        false => Ok(done),
    }
}
