use super::{CloneOrder, HELD, drop_accounts, load_plugin, unload_plugin};
use crate::{CopyError, statements};
use dbha_sql::{CloneNote, Session};

/// Makes a server ready to become a clone; the session must have its binary log off.
pub async fn prepare_recipient(
    session: &mut Session,
    order: &CloneOrder,
    note: &CloneNote,
) -> Result<(), CopyError> {
    load_plugin(session).await?;
    let before = donors(session).await?;
    // What a killed run left is no part of what was there.
    let before = match before.as_deref().and_then(statements::clone::without_donor) {
        Some(without) => without,
        None => before,
    };
    let donor = format!("{}:{}", order.host, order.port);
    let list = statements::clone::with_donor(before.as_deref(), &donor);
    session
        .execute(&statements::clone::set_donors(Some(&list)))
        .await
        .map_err(CopyError::doing("allowing the primary as a donor"))?;
    for held in &note.held {
        let value = HELD.iter().find(|(name, _)| *name == held.name);
        let Some((name, value)) = value else { continue };
        session
            .execute(&statements::clone::hold(name, value))
            .await
            .map_err(CopyError::doing(format!("holding {name} over the restart")))?;
    }
    Ok(())
}

/// Takes back what was changed on the recipient, whether it became a clone or not; the session must have its binary
/// log off.
pub async fn tidy_recipient(session: &mut Session, note: &CloneNote, cloned: bool) -> Result<(), CopyError> {
    drop_accounts(session).await?;
    let list = donors(session).await?;
    if let Some(without) = list.as_deref().and_then(statements::clone::without_donor) {
        session
            .execute(&statements::clone::set_donors(without.as_deref()))
            .await
            .map_err(CopyError::doing("taking the donor back"))?;
    }
    for held in &note.held {
        let doing = || CopyError::doing(format!("giving {} back what it was", held.name));
        session
            .execute(&statements::clone::let_go(held))
            .await
            .map_err(doing())?;
        // The other one can be set by a start alone.
        if held.name == "event_scheduler" {
            session
                .execute(&statements::clone::run_as_before(held))
                .await
                .map_err(doing())?;
        }
    }
    // A clone has the plug-ins of its donor.
    let loaded = match cloned {
        true => note.loaded_on_donor,
        false => note.loaded_on_recipient,
    };
    match loaded {
        true => unload_plugin(session).await,
        false => Ok(()),
    }
}

async fn donors(session: &mut Session) -> Result<Option<String>, CopyError> {
    let list = session
        .query_value(&statements::clone::read_donors())
        .await
        .map_err(CopyError::doing("reading the list of donors"))?;
    Ok(list.filter(|list| !list.is_empty()))
}
