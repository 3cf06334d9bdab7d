//! A run that does not end: what it had printed by then, and what both servers were busy with.

use std::fmt::Write as _;
use std::process::{ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::session::Door;

/// Output that is kept while it comes, so that it is there when the end does not come.
struct Caught {
    bytes: Arc<Mutex<Vec<u8>>>,
    reading: JoinHandle<()>,
}

impl Caught {
    fn of(mut stream: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let to = Arc::clone(&bytes);
        let reading = tokio::spawn(async move {
            let mut block = [0; 4096];
            while let Ok(length @ 1..) = stream.read(&mut block).await {
                to.lock().unwrap().extend_from_slice(&block[..length]);
            }
        });
        Self { bytes, reading }
    }

    async fn whole(self) -> Vec<u8> {
        self.reading.await.unwrap();
        let bytes = self.bytes.lock().unwrap();
        bytes.clone()
    }

    fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap()).into_owned()
    }
}

/// Runs a prepared command to its end, or tells what it had printed when its time was over.
pub(crate) async fn output_within(command: &mut Command, limit: Duration) -> Result<Output, String> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let stdout = Caught::of(child.stdout.take().unwrap());
    let stderr = Caught::of(child.stderr.take().unwrap());
    match timeout(limit, child.wait()).await {
        Ok(status) => Ok(output(status.unwrap(), stdout, stderr).await),
        Err(_) => Err(so_far(&child, &stdout, &stderr)),
    }
}

async fn output(status: ExitStatus, stdout: Caught, stderr: Caught) -> Output {
    Output {
        status,
        stdout: stdout.whole().await,
        stderr: stderr.whole().await,
    }
}

fn so_far(child: &Child, stdout: &Caught, stderr: &Caught) -> String {
    format!(
        "process {:?}\n--- standard output so far\n{}\n--- standard error so far\n{}",
        child.id(),
        stdout.so_far(),
        stderr.so_far()
    )
}

/// Lists what the sessions of a server do, for whoever must find out why a run does not end.
pub(crate) async fn busy_with(address: &str, password: &str) -> String {
    let port = address.rsplit(':').next().and_then(|port| port.parse().ok());
    let Some(port) = port else {
        return format!("{address}: no port to look at");
    };
    let looked = timeout(Duration::from_secs(5), async {
        let mut session = Door::at(port, "root", password).enter().await?;
        session.try_rows("SHOW FULL PROCESSLIST").await
    });
    let mut text = format!("--- {address}\n");
    match looked.await {
        Ok(Ok(rows)) => rows.iter().for_each(|row| {
            let _ = writeln!(text, "{row:?}");
        }),
        Ok(Err(error)) => text += &error.to_string(),
        Err(_) => text += "does not answer",
    }
    text
}
