//! The vote of a guarded pair, from the command line.

use crate::{args::EtcdArgs, exit::Failure, servers};
use dbha_core::{PairBuilder, error_chain};
use dbha_failover::{
    Timing,
    etcd::{EtcdLogin, EtcdSettings, EtcdTls, EtcdWriterVote},
};
use std::sync::Arc;

/// Reads how long the right to write lasts.
pub fn timing(args: &EtcdArgs) -> Result<Timing, Failure> {
    Timing::new(args.lease)
        .map_err(|error| Failure::usage(error_chain(&error), "give --lease a time such as 10s"))
}

/// Reads how etcd is reached; `None` where it was not said.
pub fn etcd(args: &EtcdArgs) -> Result<Option<EtcdSettings>, Failure> {
    let Some(urls) = &args.etcd else {
        return Ok(None);
    };
    let tls = EtcdTls {
        ca: args.etcd_ca.clone(),
        certificate: args.etcd_cert.clone(),
        key: args.etcd_key.clone(),
    };
    let login = match (&args.etcd_user, &args.etcd_password_file) {
        (Some(user), Some(file)) => Some(EtcdLogin {
            user: user.clone(),
            password: servers::secret_of_file(file)?,
        }),
        _ => None,
    };
    let settings = EtcdSettings::new(urls, tls, login);
    settings.map(Some).map_err(|error| {
        Failure::usage(
            error_chain(&error),
            "give --etcd https://HOST:2379, with commas between members",
        )
    })
}

/// Lets the vote go along with the writes, where it was said where it is.
pub fn with_vote(builder: PairBuilder, args: &EtcdArgs) -> Result<PairBuilder, Failure> {
    Ok(match etcd(args)? {
        Some(settings) => builder.vote(Arc::new(EtcdWriterVote::new(settings, timing(args)?))),
        None => builder,
    })
}
