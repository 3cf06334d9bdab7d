use crate::{
    CopyError, Inventory, ObjectKind,
    definer::Definer,
    definitions::Definitions,
    event_definition,
    objects::{self, ViewJudge},
    statements,
};
use dbha_sql::Session;

/// Makes every event anew that would run, in the form in which a replica keeps it.
///
/// Not by ALTER EVENT: that would give it the session's own SQL mode, time zone and definer.
pub(super) async fn put_events_to_sleep(
    definer: &mut Definer,
    reader: &mut Session,
) -> Result<(), CopyError> {
    let mut inventory = Inventory::take(reader).await?;
    inventory
        .objects
        .retain(|object| object.kind == ObjectKind::Event);
    inventory.schemas.clear();
    inventory.tables.clear();
    let definitions = Definitions::read(reader, &inventory).await?;
    let words = statements::definitions::disabled_on_replica(definer.dialect());
    for event in definitions.objects {
        if event_definition::asleep(&event.create, words).is_none() {
            continue;
        }
        let object = &event.object;
        let drop = statements::clear::drop_object(object.kind, &object.schema, &object.name);
        let doing = CopyError::doing(format!("putting {} to sleep", object.shown()));
        definer.run(&drop).await.map_err(doing)?;
        // There is no view among them to be judged.
        let judge = ViewJudge::Noted(&[]);
        objects::create_all(definer, std::slice::from_ref(&event), judge).await?;
    }
    Ok(())
}
