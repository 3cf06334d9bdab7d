use crate::{
    CopyError, Object, ObjectKind, definer::Definer, definitions::ObjectDefinition, event_definition,
    raw_rows::SMALL_ANSWER, snapshot::sequence_position, statements,
};
use dbha_sql::{Session, SqlError, Statement, driver::prelude::Queryable};

/// Errors of a view that needs something which may come in a later round.
const NOT_YET: [u16; 6] = [1146, 1356, 1305, 1049, 1054, 4031];

/// Who tells whether a view that cannot be created on the target was of use on the source.
pub(crate) enum ViewJudge<'a> {
    /// The source itself.
    Source(&'a mut Session),
    /// A list of those that were of none when the source was looked at.
    Noted(&'a [Object]),
}

impl ViewJudge<'_> {
    async fn is_broken(&mut self, view: &Object) -> bool {
        match self {
            ViewJudge::Source(source) => is_broken(source, view).await,
            ViewJudge::Noted(broken) => broken.contains(view),
        }
    }
}

/// Tells whether a server cannot use one of its own views.
///
/// The question is prepared and never run: even without a row, a view could draw from a sequence.
pub(crate) async fn is_broken(server: &mut Session, view: &Object) -> bool {
    let tried = statements::definitions::try_view(&view.schema, &view.name);
    let prepared = server.run(&tried, SMALL_ANSWER, async |conn| {
        let question = conn.prep(tried.sql()).await?;
        conn.close(question).await
    });
    prepared.await.is_err()
}

/// Creates everything that is no table: sequences first, because defaults and views may read them.
pub(crate) async fn create_sequences(
    definer: &mut Definer,
    objects: &[ObjectDefinition],
    positions: &[(i128, u64)],
) -> Result<(), CopyError> {
    let sequences = objects
        .iter()
        .filter(|one| one.object.kind == ObjectKind::Sequence);
    for (definition, position) in sequences.zip(positions) {
        create(definer, definition).await.map_err(failed(definition))?;
        let (schema, name) = (&definition.object.schema, &definition.object.name);
        if sequence_position(&mut definer.session, schema, name).await? == *position {
            continue;
        }
        let set = statements::definitions::set_sequence(schema, name, position.0, position.1);
        definer.run(&set).await.map_err(failed(definition))?;
        let reached = sequence_position(&mut definer.session, schema, name).await?;
        if reached != *position {
            return Err(CopyError::DefinitionDiffers {
                what: definition.object.shown(),
                difference: format!("it stands at {} instead of {}", reached.0, position.0),
            });
        }
    }
    Ok(())
}

/// Creates routines, views, triggers and events, each in the surroundings that it was made in.
///
/// Views go in rounds, because nothing tells in which order they stand on each other; one that is broken on the
/// source too is only reported.
pub(crate) async fn create_all(
    definer: &mut Definer,
    objects: &[ObjectDefinition],
    judge: ViewJudge<'_>,
) -> Result<Vec<ObjectDefinition>, CopyError> {
    let of = |kinds: &[ObjectKind]| -> Vec<ObjectDefinition> {
        objects
            .iter()
            .filter(|one| kinds.contains(&one.object.kind))
            .cloned()
            .collect()
    };
    use ObjectKind::{Event, Function, Package, PackageBody, Procedure, Trigger, View};
    for definition in of(&[Procedure, Function, Package, PackageBody]) {
        create(definer, &definition).await.map_err(failed(&definition))?;
    }
    let broken = create_views(definer, of(&[View]), judge).await?;
    for definition in of(&[Trigger, Event]) {
        create(definer, &definition).await.map_err(failed(&definition))?;
    }
    Ok(broken)
}

async fn create_views(
    definer: &mut Definer,
    mut waiting: Vec<ObjectDefinition>,
    mut judge: ViewJudge<'_>,
) -> Result<Vec<ObjectDefinition>, CopyError> {
    loop {
        let before = waiting.len();
        let mut next_round = vec![];
        let mut refusals = vec![];
        for definition in waiting {
            match create(definer, &definition).await {
                Ok(()) => {}
                Err(error) if error.code().is_some_and(|code| NOT_YET.contains(&code)) => {
                    next_round.push(definition);
                    refusals.push(error);
                }
                Err(error) => return Err(failed(&definition)(error)),
            }
        }
        if next_round.len() < before {
            waiting = next_round;
            if waiting.is_empty() {
                return Ok(vec![]);
            }
            continue;
        }
        for (definition, refusal) in next_round.iter().zip(refusals) {
            report_broken(definer, definition, refusal, &mut judge).await?;
        }
        return Ok(next_round);
    }
}

/// A view that cannot be created is reported when the source cannot use it either, and an error otherwise.
async fn report_broken(
    definer: &mut Definer,
    definition: &ObjectDefinition,
    refusal: SqlError,
    judge: &mut ViewJudge<'_>,
) -> Result<(), CopyError> {
    let object = &definition.object;
    if !judge.is_broken(object).await {
        return Err(failed(definition)(refusal));
    }
    definer.warn(format!(
        "{} is broken on the source, and was not carried: {refusal}",
        object.shown()
    ));
    Ok(())
}

async fn create(definer: &mut Definer, definition: &ObjectDefinition) -> Result<(), SqlError> {
    let object = &definition.object;
    let surroundings = &definition.surroundings;
    let own = match &surroundings.database_collation {
        Some(collation) => other_collation(definer, &object.schema, collation).await?,
        None => None,
    };
    if let Some((wanted, _)) = &own {
        definer.run(wanted).await?;
    }
    definer
        .run(&statements::definitions::enter(&object.schema))
        .await?;
    if object.kind != ObjectKind::Sequence {
        let surround = statements::definitions::surround(surroundings, definer.dialect());
        definer.run(&surround).await?;
    }
    let words = statements::definitions::disabled_on_replica(definer.dialect());
    let asleep = match object.kind {
        ObjectKind::Event => event_definition::asleep(&definition.create, words),
        _ => None,
    };
    let text = asleep.as_deref().unwrap_or(&definition.create);
    let shown = Statement::new(format!("CREATE {}", object.shown()));
    let created = definer.run_bytes(&shown, text).await;
    definer
        .run(&statements::definitions::leave_surroundings())
        .await?;
    if let Some((_, back)) = &own {
        definer.run(back).await?;
    }
    created
}

/// Returns how to give a schema the collation that an object was made under, and how to take it back.
async fn other_collation(
    definer: &mut Definer,
    schema: &str,
    wanted: &str,
) -> Result<Option<(Statement, Statement)>, SqlError> {
    let asked = statements::definitions::schema_collation(schema);
    let have = definer.session.query_value(&asked).await?.unwrap_or_default();
    Ok((have != wanted).then(|| {
        (
            statements::definitions::set_schema_collation(schema, wanted),
            statements::definitions::set_schema_collation(schema, &have),
        )
    }))
}

fn failed(definition: &ObjectDefinition) -> impl FnOnce(SqlError) -> CopyError + use<> {
    CopyError::doing(format!("creating {}", definition.object.shown()))
}
