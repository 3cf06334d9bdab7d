//! `dbha fence`

use crate::{
    args::{Cli, FenceArgs, Output},
    exit::Failure,
    render::{json, style},
    servers,
};
use dbha_core::{CancellationToken, Fence, FenceError, FencePlan, Fenced, harmless};
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};

#[derive(Serialize)]
struct Document<'a, T> {
    schema_version: u32,
    server: &'a str,
    #[serde(flatten)]
    what: T,
}

/// Makes sure that a server of this machine takes no writes.
pub async fn run(cli: &Cli, args: &FenceArgs) -> Result<u8, Failure> {
    let endpoint = servers::resolve_unattended("--local", &args.local, &args.login, &cli.output)?;
    let name = endpoint.name.clone();
    let fence = Fence::new(endpoint, args.limit);
    if args.dry_run {
        let plan = fence.plan().await?;
        show(cli, &name, &plan, &plan_told(&name, &plan));
        return match plan.may_kill {
            true => Ok(0),
            false => Err(Failure::refused(
                format!("this user may not kill the process of {name}"),
                "run it as root, or as the server's own user",
            )),
        };
    }
    let fenced = close(&fence).await?;
    show(cli, &name, &fenced, &told(&name, &fenced));
    Ok(0)
}

/// Closes within the fence's limit, or at once when somebody has no time for that.
///
/// systemd sends SIGTERM to a command of `ExecStopPost=` that it has waited for long enough. Whoever ended by it would leave a
/// server that takes writes, beside another one that is about to.
async fn close(fence: &Fence) -> Result<Fenced, FenceError> {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return fence.close().await;
    };
    let hurry = CancellationToken::new();
    let mut closing = std::pin::pin!(fence.close_hurried_by(&hurry));
    tokio::select! {
        fenced = &mut closing => return fenced,
        _ = terminate.recv() => hurry.cancel(),
    }
    closing.await
}

fn show<T: Serialize>(cli: &Cli, server: &str, what: T, text: &str) {
    match cli.output.format {
        Output::Human => talk!("{} {}", style::of_stderr().green("✔"), harmless(text)),
        form => json::print(
            &Document {
                schema_version: 1,
                server,
                what,
            },
            form == Output::Json,
        ),
    }
}

fn told(name: &str, fenced: &Fenced) -> String {
    match fenced {
        Fenced::ByReadOnly { process, ended } => format!(
            "{name} (process {}) is read-only; connections that were ended: {ended}",
            process.pid
        ),
        Fenced::ByKill { process, why } => {
            format!("{name} (process {}) was killed, and is gone: {why}", process.pid)
        }
        _ => format!("{name} does not run"),
    }
}

fn plan_told(name: &str, plan: &FencePlan) -> String {
    match &plan.process {
        None => format!("{name} does not run"),
        Some(process) => format!(
            "{name} is process {} of this machine; it would be made read-only, else killed",
            process.pid
        ),
    }
}
