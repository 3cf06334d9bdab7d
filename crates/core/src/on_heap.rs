use std::pin::Pin;

/// Puts work that is long on the heap, under a type that says in so many words that it may move between threads.
///
/// Whoever embeds this may have a stack of 2 MiB. And where an embedder spawns it, the compiler looks into every part down
/// to the last one, and gives up at a certain depth; behind this type it has nothing to look into.
pub(crate) fn on_heap<'a, T>(
    work: impl Future<Output = T> + Send + 'a,
) -> Pin<Box<dyn Future<Output = T> + Send + 'a>> {
    Box::pin(work)
}
