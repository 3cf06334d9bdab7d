use super::{Answer, COM_QUERY, DataSession, Done, Fault, packets::malformed, refused_or_malformed};
use crate::{SqlError, Statement};

/// The name under which rows are asked for and given; no file has to do with it.
pub const LOCAL_NAME: &str = "dbha";

/// Most bytes in one packet of rows; the server takes them as one stream, wherever it is cut.
const PIECE_BYTES: u64 = 256 << 10;

impl DataSession {
    /// Tells whether [`DataSession::load_local`] can be used: both sides allow it.
    pub fn takes_local_data(&self) -> bool {
        self.takes_local
    }

    /// Runs a statement that loads rows from `LOCAL INFILE 'dbha'`, and answers the server's question for them.
    ///
    /// This is the only place where such a question is answered (scenario 82), and the answer is these bytes and no file.
    pub async fn load_local(&mut self, statement: &Statement, rows: &[u8]) -> Result<Done, SqlError> {
        let limit = self.profile.statement_limit();
        self.exchange(statement, limit, async |session| {
            session.command(COM_QUERY, statement.sql().as_bytes()).await?;
            session.read_question().await?;
            let most = PIECE_BYTES.min(session.largest_packet / 2) as usize;
            for piece in rows.chunks(most.max(1)) {
                session.packets.write(&[], piece).await?;
            }
            session.packets.write(&[], &[]).await?;
            match session.read_answer().await? {
                Answer::Done(done) => Ok(done),
                Answer::Columns(_) => Err(malformed("rows where there are none").into()),
            }
        })
        .await
    }

    async fn read_question(&mut self) -> Result<(), Fault> {
        match self.packets.read().await? {
            [0xfb, name @ ..] if name == LOCAL_NAME.as_bytes() => Ok(()),
            [0xfb, ..] => Err(malformed("a question for a file that nobody offered").into()),
            packet => Err(refused_or_malformed(packet)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dialect, Flavor, SessionProfile, Version, data_session::packets::Packets};
    use tokio::io::DuplexStream;

    const OK: [u8; 7] = [0, 2, 0, 2, 0, 0, 0];

    fn session(stream: DuplexStream) -> DataSession {
        DataSession {
            name: "db2".into(),
            profile: SessionProfile::Loader,
            dialect: Dialect::new(Flavor::MySql, Version::new(9, 7, 0)),
            takes_bulk: false,
            takes_local: true,
            largest_packet: 20,
            packets: Packets::new(Box::new(stream), 1 << 20),
            row_columns: vec![],
            busy: false,
        }
    }

    /// Plays a server that answers the first packet with these, and returns all that it is sent.
    async fn served(stream: DuplexStream, answers: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut server = Packets::new(Box::new(stream), 1 << 20);
        let mut sent = vec![server.read().await.unwrap().to_vec()];
        let mut answers = answers.iter();
        server.write(answers.next().unwrap(), &[]).await.unwrap();
        while let Ok(packet) = server.read().await {
            let packet = packet.to_vec();
            let ends = packet.is_empty();
            sent.push(packet);
            if ends && let Some(answer) = answers.next() {
                server.write(answer, &[]).await.unwrap();
            }
        }
        sent
    }

    async fn loaded(answers: &[&[u8]], rows: &[u8]) -> (Result<Done, SqlError>, Vec<Vec<u8>>) {
        let (here, there) = tokio::io::duplex(1 << 16);
        let load = async {
            session(here)
                .load_local(&Statement::new("LOAD DATA LOCAL INFILE 'dbha' …"), rows)
                .await
        };
        tokio::join!(load, served(there, answers))
    }

    #[tokio::test]
    async fn rows_go_in_pieces_that_the_server_takes_and_an_empty_one_ends_them() {
        let (done, sent) = loaded(&[b"\xfbdbha", &OK], b"1\ttwelve of\n2\tb\n").await;
        assert_eq!(done.unwrap(), Done { rows: 2, notes: 0 });
        assert_eq!(sent[1..], [&b"1\ttwelve o"[..], b"f\n2\tb\n", b""]);
    }

    #[tokio::test]
    async fn a_server_that_asks_for_nothing_is_given_nothing() {
        let refusal = b"\xff\x6c\x0f#42000Loading local data is disabled";
        let (done, sent) = loaded(&[refusal], b"1\n").await;
        assert_eq!(done.unwrap_err().code(), Some(3948));
        assert_eq!(sent.len(), 1);
        let (done, sent) = loaded(&[&OK], b"1\n").await;
        assert!(done.is_err());
        assert_eq!(sent.len(), 1);
    }

    #[tokio::test]
    async fn scenario_82_a_server_that_asks_for_another_file_gets_neither_it_nor_rows() {
        let (done, sent) = loaded(&[b"\xfb/etc/passwd"], b"1\n").await;
        assert!(matches!(done, Err(SqlError::Lost { .. })), "{done:?}");
        assert_eq!(sent.len(), 1);
    }

    #[tokio::test]
    async fn scenario_82_a_server_that_asks_for_rows_unasked_gets_none() {
        let (here, there) = tokio::io::duplex(1 << 16);
        let ask = async { session(here).execute(&Statement::new("COMMIT")).await };
        let (done, sent) = tokio::join!(ask, served(there, &[b"\xfbdbha"]));
        assert!(matches!(done, Err(SqlError::Lost { .. })), "{done:?}");
        assert_eq!(sent.len(), 1);
    }
}
