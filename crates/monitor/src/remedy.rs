use dbha_sql::{Server, Statement};
use tokio::sync::oneshot;

/// Statements that mend something on one server, and who hears how that went.
pub(crate) struct Remedy {
    pub(crate) statements: Vec<Statement>,
    pub(crate) reply: oneshot::Sender<Result<(), String>>,
}

impl Remedy {
    pub(crate) async fn apply(&self, server: &mut Server) -> Result<(), String> {
        server
            .execute_all(&self.statements)
            .await
            .map_err(|error| error.to_string())
    }

    pub(crate) fn tell(self, done: Result<(), String>) {
        // Whoever asked may have been stopped.
        let _ = self.reply.send(done);
    }
}
