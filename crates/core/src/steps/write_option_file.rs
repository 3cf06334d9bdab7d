use super::{Check, Run, Step, StepTrouble, View};
use crate::{
    Restart, Side,
    error::StepFault,
    host::{self, Host, Machine},
    option_file, option_lines,
    platform::{self, platform_options},
    wait::Pause,
};
use dbha_sql::{
    ConnectFault, HostFacts, Observed, Place, RestartMeans, Server, Setting, SqlError, Statement,
};
use std::time::{Duration, Instant};

/// A server with a large buffer pool may take minutes to end in good order; nobody hurries it.
const STOP_LIMIT: Duration = Duration::from_secs(1800);
/// Recovery of a large redo log takes its time, too.
const START_LIMIT: Duration = Duration::from_secs(1800);
/// After how much silence it is asked whether anybody still works on the restart.
const SILENCE: Duration = Duration::from_secs(20);
/// How often it is told that a restart is still going on.
const PROGRESS: Duration = Duration::from_secs(10);

/// Compares what a start would bring with what is wanted, where the server's machine can be looked at.
pub(super) fn check(view: &View<'_>, side: Side) -> Check {
    let facts = view.facts.of(side);
    let mut needed = Vec::new();
    if let Some(file) = file_to_write(view, side) {
        let lines: Vec<String> = option_lines(facts, view.topology.server(side))
            .iter()
            .filter(|line| !line.already_safe)
            .map(|line| line.text())
            .collect();
        needed.push(match lines.is_empty() {
            true => format!("{} is written anew", file.path),
            false => format!("{}: {}", file.path, lines.join(", ")),
        });
    }
    if needs_restart(view, side) {
        let name = &facts.name;
        needed.push(match side {
            Side::Primary => format!(
                "{name} is restarted: applications lose their connections, and nothing is served while it stops and \
                 starts (seconds, or as long as flushing its buffer pool takes)"
            ),
            Side::Secondary => format!("{name} is restarted"),
        });
    }
    if needed.is_empty() {
        Check::Satisfied
    } else {
        Check::Needed(needed)
    }
}

/// dbha's own file as it has to be.
struct File {
    path: String,
    text: String,
}

/// A file is needed where a restart would lose something; one that is there is kept as a set-up would write it.
fn file_to_write(view: &View<'_>, side: Side) -> Option<File> {
    let facts = view.facts.of(side);
    let plan = view.topology.server(side);
    let drop_in = facts.host.known()?.drop_in.as_ref()?;
    let present = drop_in.text.as_deref();
    // A run that names no platform leaves the lines of an earlier one that did.
    let of_platform = match view.options.platform {
        Some(platform) => platform_options(platform, facts.dialect, view.options.platform_servers),
        None => platform::lines_in(present.unwrap_or_default()).to_owned(),
    };
    let text = option_file(facts.dialect, plan) + &of_platform;
    let lost = option_lines(facts, plan).iter().any(|line| !line.already_safe);
    let differs = match present {
        Some(present) => present != text,
        None => !of_platform.is_empty(),
    };
    (lost || differs).then(|| File {
        path: drop_in.path.clone(),
        text,
    })
}

fn needs_restart(view: &View<'_>, side: Side) -> bool {
    let facts = view.facts.of(side);
    let fixed = [Setting::LogBin, Setting::LogReplicaUpdates];
    facts.host.known().is_some()
        && view.options.restart == Restart::Allowed
        && fixed.iter().any(|setting| !facts.has(*setting, "ON"))
}

/// Shows the file whole, and the restart; none of it is SQL.
pub(super) fn statements(view: &View<'_>, side: Side) -> Vec<(Side, Statement)> {
    let mut all = Vec::new();
    if let Some(file) = file_to_write(view, side) {
        let text = format!("-- the file {}:\n{}-- end of the file", file.path, file.text);
        all.push((side, Statement::new(text)));
    }
    if let Some(seen) = view.facts.of(side).host.known()
        && needs_restart(view, side)
    {
        let way = match &seen.restart {
            RestartMeans::Unit(unit) => format!("-- systemctl restart {unit}"),
            RestartMeans::Container => "-- docker restart of its container".to_owned(),
            _ => "-- its process is ended (SIGTERM) and started again with the same command line".to_owned(),
        };
        all.push((side, Statement::new(format!("{way} ({})", seen.reach))));
    }
    all
}

pub(super) async fn apply(run: &mut Run<'_>, side: Side) -> Result<(), StepTrouble> {
    let Some(access) = run.options.host_access.of(side).clone() else {
        return Ok(());
    };
    let host = Host::new(access);
    let place = run.servers.of_mut(side).place().await?;
    // What was seen may be minutes old, and another process may have the number by now.
    let (machine, seen) = look(run, side, &host, &place).await?;
    let before = seen.drop_in.as_ref().and_then(|file| file.text.clone());
    let file = file_to_write(&run.view(), side);
    if let Some(file) = &file {
        host.put_option_file(&file.path, Some(&file.text)).await?;
        run.detail(step(side), format!("{} is written", file.path));
        let (_, seen) = look(run, side, &host, &place).await?;
        if let Some(trouble) = lost_all_the_same(run, side, &seen) {
            host.put_option_file(&file.path, before.as_deref()).await?;
            look(run, side, &host, &place).await?;
            return Err(trouble);
        }
    }
    if needs_restart(&run.view(), side) {
        let way = Way {
            host: &host,
            machine: &machine,
            place: &place,
            file: in_play(&seen, file, before),
        };
        restart(run, side, &way).await?;
        let place = run.servers.of_mut(side).place().await?;
        look(run, side, &host, &place).await?;
    }
    Ok(())
}

/// What a restart needs.
struct Way<'a> {
    host: &'a Host,
    machine: &'a Machine,
    place: &'a Place,
    file: Option<InPlay>,
}

/// dbha's file with which the server is to come up, and what it goes back to when the server does not.
struct InPlay {
    path: String,
    wanted: String,
    fall_back: Option<String>,
}

fn in_play(seen: &HostFacts, written: Option<File>, before: Option<String>) -> Option<InPlay> {
    let path = seen.drop_in.as_ref()?.path.clone();
    let wanted = written.map(|file| file.text).or_else(|| before.clone())?;
    // What is there already and never came up yet is nothing to go back to.
    let fall_back = before.filter(|before| *before != wanted);
    Some(InPlay {
        path,
        wanted,
        fall_back,
    })
}

fn step(side: Side) -> Step {
    match side {
        Side::Primary => Step::WriteOptionFilePrimary,
        Side::Secondary => Step::WriteOptionFileSecondary,
    }
}

/// Looks at the machine closely, and keeps what was seen.
async fn look(
    run: &mut Run<'_>,
    side: Side,
    host: &Host,
    place: &Place,
) -> Result<(Machine, HostFacts), StepTrouble> {
    let facts = run.facts.of_mut(side);
    let (machine, seen) = host::look_closely(host, place, facts).await?;
    facts.set_host(Observed::Known(seen.clone()));
    Ok((machine, seen))
}

/// The file is there and a start would still bring something else.
fn lost_all_the_same(run: &Run<'_>, side: Side, seen: &HostFacts) -> Option<StepTrouble> {
    let lines = option_lines(run.facts.of(side), run.topology.server(side));
    let line = lines.into_iter().find(|line| !line.already_safe)?;
    let from = seen
        .options
        .get(dbha_sql::option_name(line.name))
        .map_or("nothing", |option| option.from.as_str());
    Some(StepTrouble::new(
        format!(
            "with dbha's file in place a start would still not bring {}: {from} decides; the file was taken back",
            line.text()
        ),
        format!("take {} out of what wins over dbha's file", line.name),
    ))
}

/// Restarts the server and waits until it answers again.
async fn restart(run: &mut Run<'_>, side: Side, way: &Way<'_>) -> Result<(), StepTrouble> {
    let began = Instant::now();
    let name = way.place.name.clone();
    run.detail(step(side), format!("{name} is being restarted"));
    let file = way.file.as_ref();
    let with_file = file.map(|file| (file.path.as_str(), file.fall_back.as_deref()));
    let restarting = host::restart(way.host, way.machine, way.place, with_file).await?;
    let mut pause = Pause::within(STOP_LIMIT);
    let mut told = began;
    while !restarting.has_ended().await? {
        tell(run, side, &mut told, || format!("{name} is still ending"));
        pause.wait(run.cancel).await?;
    }
    let endpoint = run.servers.of(side).endpoint().clone();
    let ended = Instant::now();
    let mut pause = Pause::within(START_LIMIT);
    loop {
        match Server::connect(&endpoint).await {
            Ok(server) => {
                *run.servers.of_mut(side) = server;
                break;
            }
            Err(
                error @ SqlError::Connect {
                    fault: ConnectFault::Refused,
                    ..
                },
            ) => return Err(error.into()),
            // While it starts, nobody listens or it says that it is not ready; anything else is an answer.
            Err(SqlError::Connect { .. } | SqlError::Lost { .. } | SqlError::TimedOut { .. }) => {
                tell(run, side, &mut told, || format!("{name} does not answer yet"));
            }
            Err(error) => return Err(error.into()),
        }
        let waited = match ended.elapsed() < SILENCE || restarting.is_under_way().await? {
            true => pause.wait(run.cancel).await,
            false => Err(StepFault::TimedOut),
        };
        if let Err(fault) = waited {
            let log = restarting.log_tail().await;
            return Err(StepTrouble::new(
                format!("{name} was restarted and does not answer; its error log ends with: {log}"),
                "see its error log; once it runs, the same command goes on",
            )
            .because(fault));
        }
    }
    run.detail(
        step(side),
        format!(
            "{name} answers again after {:.1} s",
            began.elapsed().as_secs_f64()
        ),
    );
    if let Some(file) = file
        && way.host.read_file(&file.path).await?.as_ref() != Some(&file.wanted)
    {
        let (path, log) = (&file.path, restarting.log_tail().await);
        return Err(StepTrouble::new(
            format!(
                "{name} did not start with {path}; the file was taken back and it runs as before. Its error log \
                 said: {log}"
            ),
            "mend what the error log names; then run the same command again",
        ));
    }
    Ok(())
}

fn tell(run: &Run<'_>, side: Side, told: &mut Instant, text: impl FnOnce() -> String) {
    if told.elapsed() >= PROGRESS {
        run.detail(step(side), text());
        *told = Instant::now();
    }
}
