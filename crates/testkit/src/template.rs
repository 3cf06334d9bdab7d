//! Data directories that were initialised once and are copied for each server.

use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, UNIX_EPOCH};

use crate::bond::Bond;
use crate::cache::templates_dir;
use crate::certificates::write_certificates;
use crate::home::{ServerHome, write_private};
use crate::option_file::render_for_template;
use crate::spawner::spawn;
use crate::{Installation, Release, ServerOptions, TestkitError};

/// Raise it when templates are made in another way; older ones are then not used any more.
const RECIPE: u32 = 3;
/// An initialisation takes a few seconds; on a busy machine more.
const LIMIT: Duration = Duration::from_secs(180);

/// Returns the template for an installation, made if it is not there yet.
///
/// It blocks for seconds the first time. Any number of processes may ask at once: one makes it, and the
/// final rename is what makes it count.
pub(crate) fn template(
    installation: &Installation,
    options: &ServerOptions,
) -> Result<PathBuf, TestkitError> {
    let all = templates_dir();
    fs::create_dir_all(&all).map_err(TestkitError::file("create", &all))?;
    let finished = all.join(name(installation, options)?);
    if finished.is_dir() {
        return Ok(finished);
    }
    let _lock = lock(&finished.with_extension("lock"))?;
    if !finished.is_dir() {
        let work = tempfile::Builder::new().prefix(".new-").tempdir_in(&all);
        let work = work.map_err(TestkitError::file("create", &all))?;
        let home = ServerHome::new(work.path().to_owned())?;
        initialise(installation, &home, options)?;
        fs::rename(home.datadir(), &finished).map_err(TestkitError::file("rename", &home.datadir()))?;
    }
    Ok(finished)
}

/// Names a template after all that it depends on: another build of the server needs another one.
fn name(installation: &Installation, options: &ServerOptions) -> Result<String, TestkitError> {
    let program = installation.server_program();
    let data = fs::metadata(&program).map_err(TestkitError::file("read", &program))?;
    let changed = data
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let changed = changed.map_or(0, |age| age.as_secs());
    let lasting: String = options
        .of_initialisation()
        .iter()
        .map(|(name, value)| format!("-{name}={value}"))
        .collect();
    let release = installation.release();
    let name = format!("{release}-{:x}-{changed:x}-r{RECIPE}{lasting}", data.len());
    Ok(name.replace(['/', '.'], "_"))
}

fn lock(path: &Path) -> Result<File, TestkitError> {
    let file = File::create(path).map_err(TestkitError::file("create", path))?;
    let end = Instant::now() + LIMIT;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < end => sleep(Duration::from_millis(20)),
            Err(error) => return Err(TestkitError::file("lock", path)(error.into())),
        }
    }
}

fn initialise(
    installation: &Installation,
    home: &ServerHome,
    options: &ServerOptions,
) -> Result<(), TestkitError> {
    write_private(
        &home.option_file(),
        &render_for_template(installation, home, options),
    )?;
    fs::create_dir(home.datadir()).map_err(TestkitError::file("create", &home.datadir()))?;
    let mut command = installation.server(&home.option_file());
    let log = File::create(home.error_log()).map_err(TestkitError::file("create", &home.error_log()))?;
    command.stdout(Stdio::null()).stderr(log).current_dir(home.dir());
    let mysql = installation.release().is_mysql();
    if mysql {
        command.arg("--initialize-insecure");
    } else {
        // The script that does this is bound to its place in the system; its SQL is not.
        let sql = home.dir().join("bootstrap.sql");
        bootstrap_sql(installation, &sql)?;
        command.args(["--bootstrap", "--log-warnings=0", "--max-allowed-packet=8M"]);
        command.stdin(File::open(&sql).map_err(TestkitError::file("open", &sql))?);
    }
    Bond::DiesWithParent.apply(&mut command);
    let program = installation.server_program();
    let child = spawn(command).map_err(|source| TestkitError::Spawn { program, source })?;
    finish(child, installation.release(), home)?;
    write_certificates(&home.datadir())?;
    remove_identity(&home.datadir())
}

/// Copies must not share what MySQL tells servers apart by; each makes its own at its first start.
fn remove_identity(datadir: &Path) -> Result<(), TestkitError> {
    let identity = datadir.join("auto.cnf");
    match fs::remove_file(&identity) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(TestkitError::file("remove", &identity)(error))
        }
        _ => Ok(()),
    }
}

/// Writes the SQL that makes the system tables, with root without a password and nobody else.
fn bootstrap_sql(installation: &Installation, target: &Path) -> Result<(), TestkitError> {
    let share = installation.share();
    let mut text = String::from("CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n");
    for part in [
        "system_tables",
        "performance_tables",
        "system_tables_data",
        "gis",
        "sys_schema",
    ] {
        let names = match part {
            "gis" => ["maria_add_gis_sp_bootstrap.sql".to_owned(), String::new()],
            _ => [format!("mysql_{part}.sql"), format!("mariadb_{part}.sql")],
        };
        let Some(path) = names
            .iter()
            .map(|name| share.join(name))
            .find(|path| path.is_file())
        else {
            continue;
        };
        let sql = fs::read(&path).map_err(TestkitError::file("read", &path))?;
        // Lines about this machine's name would make accounts for it.
        for line in String::from_utf8_lossy(&sql)
            .lines()
            .filter(|line| !line.contains("@current_hostname"))
        {
            text.push_str(line);
            text.push('\n');
        }
    }
    text.push_str(
        "DELETE FROM mysql.global_priv WHERE User='' OR (User='root' AND Host<>'localhost');\n\
         DELETE FROM mysql.proxies_priv WHERE Host<>'localhost';\n",
    );
    let write = || File::create(target)?.write_all(text.as_bytes());
    write().map_err(TestkitError::file("write", target))
}

fn finish(mut child: Child, release: Release, home: &ServerHome) -> Result<(), TestkitError> {
    let end = Instant::now() + LIMIT;
    let failed = |home: &ServerHome| TestkitError::Initialise {
        release,
        log: home.log_since(0),
    };
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(None) if Instant::now() < end => sleep(Duration::from_millis(10)),
            Ok(Some(_)) => return Err(failed(home)),
            Ok(None) | Err(_) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(failed(home));
            }
        }
    }
}
