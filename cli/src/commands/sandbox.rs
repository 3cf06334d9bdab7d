//! `dbha sandbox`

use crate::{
    args::{Cli, FlavorArg, Output, ReleaseArgs, SandboxAction, SandboxArgs, SandboxUpArgs},
    exit::Failure,
    interrupt::cancel_on_signal,
    render::{json, style, table},
    state_dir::state_dir,
};
use dbha_core::error_chain;
use dbha_sql::{Endpoint, Server, Statement};
use dbha_testkit::{Release, SandboxInfo, SandboxOptions, Sandboxes, ServerOptions, sample};
use serde::Serialize;

/// How many films the sample has: a few thousand rows.
const SAMPLE_FILMS: u32 = 300;

/// The document of `-o json`; passwords stay in their files.
#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    sandboxes: &'a [SandboxInfo],
}

/// Starts, lists or removes sandboxes.
pub async fn run(cli: &Cli, args: &SandboxArgs) -> Result<u8, Failure> {
    let sandboxes = Sandboxes::new(&state_dir(cli.output.state_dir.as_ref()));
    match &args.action {
        SandboxAction::Up(up) => start(cli, &sandboxes, up).await,
        SandboxAction::Down(down) => {
            sandboxes.down(&down.name).await?;
            say(
                cli,
                &format!("sandbox {} is gone: no process, file or port is left", down.name),
            );
            Ok(0)
        }
        SandboxAction::List => {
            let found = sandboxes.list()?;
            show(cli, &found);
            Ok(0)
        }
    }
}

/// Chooses the release that the arguments mean.
pub fn release(args: &ReleaseArgs) -> Release {
    args.release.unwrap_or(match args.flavor {
        FlavorArg::Mariadb => Release::MariaDb10_11,
        FlavorArg::Mysql => Release::MySql9_7,
    })
}

/// Runs the sample's statements on a server.
pub async fn fill_with_sample(endpoint: &Endpoint) -> Result<u64, Failure> {
    let failed = |error: dbha_sql::SqlError| {
        Failure::failed(
            format!("cannot write the sample data: {}", error_chain(&error)),
            "see the error",
        )
    };
    let mut server = Server::connect(endpoint).await.map_err(failed)?;
    for statement in sample::statements(SAMPLE_FILMS) {
        server.execute(&Statement::new(statement)).await.map_err(failed)?;
    }
    server.session.close().await;
    Ok(sample::total_rows(SAMPLE_FILMS))
}

async fn start(cli: &Cli, sandboxes: &Sandboxes, args: &SandboxUpArgs) -> Result<u8, Failure> {
    let cancel = cancel_on_signal();
    let began = std::time::Instant::now();
    let server = match args.stock {
        true => ServerOptions::new().stock(),
        false => ServerOptions::new(),
    };
    let options = SandboxOptions {
        primary: server.clone(),
        secondary: server,
    };
    let up = sandboxes.up(&args.name, release(&args.release), &options);
    let info = tokio::select! {
        info = up => info?,
        () = cancel.cancelled() => return Err(Failure::interrupted()),
    };
    if args.sample {
        let url = info.primary.url()?;
        let endpoint: Endpoint = url
            .parse()
            .map_err(|error| Failure::failed(format!("{error}"), "report this as a fault of dbha"))?;
        if let Err(failure) = fill_with_sample(&endpoint).await {
            sandboxes.down(&args.name).await?;
            return Err(failure);
        }
    }
    if cli.output.format != Output::Human {
        show(cli, std::slice::from_ref(&info));
        return Ok(0);
    }
    say(
        cli,
        &format!(
            "sandbox {} is up after {:.1} s ({})",
            info.name,
            began.elapsed().as_secs_f64(),
            info.version
        ),
    );
    let style = style::of_stdout();
    for server in info.servers() {
        data!(
            "  {:<9}  {}   {}",
            server.role,
            server.address(),
            style.dim(&client_hint(&info, server))
        );
    }
    data!(
        "\nMake it a pair:\n  dbha setup --primary {} --secondary {} \\\n      --primary-password-file {} --secondary-password-file {}{} --yes",
        info.primary.address(),
        info.secondary.address(),
        info.primary.password_file.display(),
        info.secondary.password_file.display(),
        // Only their option files can turn their binary logs on.
        if args.stock {
            " \\\n      --host-access local --restart allowed"
        } else {
            ""
        }
    );
    data!("Remove it:\n  dbha sandbox down {}", info.name);
    Ok(0)
}

fn client_hint(info: &SandboxInfo, server: &dbha_testkit::SandboxServer) -> String {
    let client = if info.release.is_mysql() {
        "mysql"
    } else {
        "mariadb"
    };
    format!("{client} --defaults-file={}", server.client_option_file.display())
}

fn show(cli: &Cli, found: &[SandboxInfo]) {
    if cli.output.format != Output::Human {
        return json::print(
            &Document {
                schema_version: 1,
                sandboxes: found,
            },
            cli.output.format == Output::Json,
        );
    }
    if found.is_empty() {
        data!("There is no sandbox. Start one with `dbha sandbox up`.");
        return;
    }
    let mut rows = vec![
        ["SANDBOX", "RELEASE", "SERVER", "ADDRESS", "STATE"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for info in found {
        rows.extend(info.servers().map(|server| {
            let state = if server.is_running() { "running" } else { "stopped" };
            vec![
                info.name.clone(),
                info.release.to_string(),
                server.role.clone(),
                server.address(),
                state.into(),
            ]
        }));
    }
    table::lines(&rows).iter().for_each(|line| data!("{line}"));
}

fn say(cli: &Cli, text: &str) {
    if !cli.output.quiet {
        talk!("{} {text}", style::of_stderr().green("✔"));
    }
}
