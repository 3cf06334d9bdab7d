//! Filling a server by the CLONE plug-in: InnoDB's own files come over, and the server restarts with them.
//!
//! Everything that is changed for the time of a clone, on either server, is in a [`CloneNote`] before it is changed, or
//! can be told from what others did by itself: accounts by their name, the donor's entry by its mark.

mod donor;
mod events;
mod recipient;
mod run;
mod settle;

pub use donor::{prepare_donor, tidy_donor};
pub use recipient::{prepare_recipient, tidy_recipient};
pub use run::{end_cloning, run_clone};
pub use settle::settle_clone;

use crate::{CopyError, statements};
use dbha_sql::{CloneNote, HeldSetting, Session};
use std::time::{Duration, Instant};

/// Longest wait until a plug-in that is still in use can be unloaded.
const UNLOADED_WITHIN: Duration = Duration::from_secs(20);

/// What is to be cloned, as the recipient reaches it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloneOrder {
    /// Host of the donor.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Hosts from which the donor knows the recipient to come.
    pub seen_as: Vec<String>,
}

/// How a clone ended whose data is on the recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloneEnd {
    /// The recipient restarts by itself.
    Restarts,
    /// The recipient has ended, because no supervisor of its own starts it (3707): it must be started.
    Ended,
    /// The connection was lost: the clone is complete or it failed, and the recipient tells when it answers again.
    Unknown,
}

/// Settings that are another over the restart: neither links nor events of the donor may run before dbha has come.
///
/// Each with the value that it must have then, and that needs no change where it runs so already.
const HELD: [(&str, &str); 2] = [("skip_replica_start", "ON"), ("event_scheduler", "OFF")];

/// Notes what a clone will change on both servers; changes nothing.
pub async fn note_what_is_there(
    donor: &mut Session,
    recipient: &mut Session,
    note: CloneNote,
) -> Result<CloneNote, CopyError> {
    let mut note = CloneNote {
        loaded_on_donor: !has_plugin(donor).await?,
        loaded_on_recipient: !has_plugin(recipient).await?,
        ..note
    };
    for (name, wanted) in HELD {
        let asked = statements::clone::read_kept(name);
        let row = recipient.query_first(&asked).await.map_err(looking())?;
        let Some(row) = row else { continue };
        let running = row.get("running").unwrap_or_default().to_owned();
        // DISABLED is for a whole life, and holds events as well.
        if name == "event_scheduler" && running == "DISABLED" {
            continue;
        }
        let kept = row.get("kept").map(str::to_owned);
        if kept.as_deref() != Some(wanted) {
            note.held.push(HeldSetting {
                name: name.to_owned(),
                kept,
                running,
            });
        }
    }
    Ok(note)
}

fn looking() -> impl FnOnce(dbha_sql::SqlError) -> CopyError {
    CopyError::doing("looking at what a clone will change")
}

async fn has_plugin(session: &mut Session) -> Result<bool, CopyError> {
    let state = session
        .query_value(&statements::clone::plugin_state())
        .await
        .map_err(looking())?;
    Ok(state.as_deref() == Some("ACTIVE"))
}

async fn load_plugin(session: &mut Session) -> Result<(), CopyError> {
    if has_plugin(session).await? {
        return Ok(());
    }
    let doing = CopyError::doing(format!("loading the CLONE plug-in on {}", session.name()));
    session
        .execute(&statements::clone::load_plugin())
        .await
        .map(drop)
        .map_err(doing)
}

/// Unloads the plug-in; while a clone that was cut off is still being ended in the server, that has to wait.
async fn unload_plugin(session: &mut Session) -> Result<(), CopyError> {
    const IN_USE: u16 = 1883;
    if !has_plugin(session).await? {
        return Ok(());
    }
    let doing = CopyError::doing(format!("unloading the CLONE plug-in on {}", session.name()));
    let end = Instant::now() + UNLOADED_WITHIN;
    loop {
        match session.execute(&statements::clone::unload_plugin()).await {
            Err(error) if error.code() == Some(IN_USE) && Instant::now() < end => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            done => return done.map(drop).map_err(doing),
        }
    }
}

/// Drops every account that was made for a clone; the session must have its binary log off.
async fn drop_accounts(session: &mut Session) -> Result<(), CopyError> {
    let asked = session.dialect().read_clone_accounts();
    let doing = || CopyError::doing("dropping the account of a clone");
    for row in session.query(&asked).await.map_err(doing())? {
        let drop = statements::clone::drop_donor_account(row.get("host").unwrap_or_default());
        session.execute(&drop).await.map_err(doing())?;
    }
    Ok(())
}
