use super::events::put_events_to_sleep;
use crate::{
    CopyError, KeptAccounts,
    definer::Definer,
    sessions::{Sessions, Side},
};
use dbha_sql::{Endpoint, SessionProfile, Setting};

/// Makes of a fresh clone what a copy leaves: without the donor's links, its events asleep, the accounts that the
/// server is looked after with as they were. Nothing of it enters the binary log; may be repeated.
///
/// Returns what its reader should know.
pub async fn settle_clone(target: &Endpoint, kept: Option<&KeptAccounts>) -> Result<Vec<String>, CopyError> {
    let sessions = Sessions::alone(Side::Target, target);
    let mut definer = Definer::open(&sessions).await?;
    let dialect = definer.dialect();
    // What the donor followed is none of the clone's business (its channels come along).
    for statement in [dialect.stop_link(), dialect.forget_all_links()] {
        let doing = CopyError::doing("forgetting the links that came with the clone");
        definer.session.execute(&statement).await.map_err(doing)?;
    }
    for open in dialect.change_setting_until_restart(Setting::SuperReadOnly, "OFF") {
        let doing = CopyError::doing("opening the clone");
        definer.run(&open).await.map_err(doing)?;
    }
    let mut reader = sessions.open(Side::Target, SessionProfile::Reader).await?;
    put_events_to_sleep(&mut definer, &mut reader).await?;
    if let Some(kept) = kept {
        kept.restore(&mut definer).await?;
    }
    reader.close().await;
    Ok(definer.close().await)
}
