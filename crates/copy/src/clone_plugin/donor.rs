use super::{CloneOrder, drop_accounts, load_plugin, unload_plugin};
use crate::{CopyError, statements};
use dbha_sql::{CloneNote, Secret, Session};

/// Makes a server ready to be cloned; the session must have its binary log off, the note must be written.
pub async fn prepare_donor(
    session: &mut Session,
    order: &CloneOrder,
    password: &Secret,
) -> Result<(), CopyError> {
    load_plugin(session).await?;
    drop_accounts(session).await?;
    for host in &order.seen_as {
        session
            .execute_all(&statements::clone::create_donor_account(host, password))
            .await
            .map_err(CopyError::doing("creating the account of a clone"))?;
    }
    Ok(())
}

/// Takes back what was changed on the donor but for the note; the session must have its binary log off.
pub async fn tidy_donor(session: &mut Session, note: &CloneNote) -> Result<(), CopyError> {
    drop_accounts(session).await?;
    match note.loaded_on_donor {
        true => unload_plugin(session).await,
        false => Ok(()),
    }
}
