use dbha_sql::{Server, SqlError, generate_password};

/// Finds out whether two connections lead to one server, without writing (safety rule 3, scenario 1).
///
/// A lock of a random name is taken through the first connection and looked for through the second. Names,
/// addresses and copied uuids can deceive; a lock cannot.
pub(crate) async fn same_server(first: &mut Server, second: &mut Server) -> Result<bool, SqlError> {
    let random = generate_password()
        .map(|secret| secret.expose().to_owned())
        .unwrap_or_else(|_| {
            // Without random bytes the connection's number still tells servers apart well enough for a lock's name.
            format!("{}-{}", std::process::id(), first.session.connection_id())
        });
    let name = format!("dbha.same.{random}");
    let dialect = first.dialect();
    first
        .session
        .query_value(&dialect.take_named_lock(&name, 0))
        .await?;
    let holder = second
        .session
        .query_value(&second.dialect().read_lock_holder(&name))
        .await?;
    first
        .session
        .query_value(&dialect.release_named_lock(&name))
        .await?;
    Ok(holder.is_some())
}
