//! `dbha render systemd`

use crate::{
    args::{GuardArgs, SystemdArgs},
    daemon::guarding,
    exit::Failure,
    vote,
};
use dbha_core::{GuardUnit, NotRenderable, SystemdUnitWanted, systemd_unit};
use std::path::PathBuf;

/// Writes the unit of a monitor, or of one that guards the server beside it.
pub(super) fn unit(args: &SystemdArgs) -> Result<Result<String, NotRenderable>, Failure> {
    Ok(systemd_unit(&SystemdUnitWanted {
        program: args.program.clone(),
        password_file: args.password_file.clone(),
        token_file: args.token_file.clone(),
        guard: match args.guard.auto_failover {
            true => Some(guard(&args.guard)?),
            false => None,
        },
    }))
}

fn guard(args: &GuardArgs) -> Result<GuardUnit, Failure> {
    let (etcd, timing) = (&args.etcd, vote::timing(&args.etcd)?);
    // What the monitor would refuse is not put into a unit.
    guarding::max_loss(args, &timing)?;
    let file = |flag, file: &Option<PathBuf>| Some((flag, file.as_ref()?.display().to_string()));
    let files = [
        file("--etcd-ca", &etcd.etcd_ca),
        file("--etcd-cert", &etcd.etcd_cert),
        file("--etcd-key", &etcd.etcd_key),
        file("--etcd-password-file", &etcd.etcd_password_file),
    ];
    Ok(GuardUnit {
        local: args.local.clone().unwrap_or_default(),
        etcd: etcd.etcd.clone().unwrap_or_default(),
        max_loss: args.max_loss.clone().unwrap_or_default(),
        lease: timing.lease(),
        watchdog: timing.watchdog(),
        fence_limit: timing.fence_limit(),
        etcd_files: files.into_iter().flatten().collect(),
        etcd_user: etcd.etcd_user.clone(),
    })
}
