use dbha_core::{Endpoint, SqlError};
use dbha_sql::Server;
use std::time::Duration;
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fenced {
    ByReadOnly,
    ByKill,
    WasDown,
}
pub async fn fence(local: &Endpoint, _within: Duration) -> Result<Fenced, SqlError> {
    let mut server = Server::connect(local).await?;
    let statements = server.dialect().set_read_only(true);
    server.execute_all(&statements).await?;
    Ok(Fenced::ByReadOnly)
}
