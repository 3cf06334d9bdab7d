//! Waiting with a limit for something that is asked again and again.

use std::future::Future;
use std::time::{Duration, Instant};

use tokio::time::sleep;

/// Between two looks; a server is ready within some hundred milliseconds, so a look must not cost many.
const PAUSE: Duration = Duration::from_millis(5);

/// Asks until there is an answer or the limit has passed; `None` after the limit.
pub(crate) async fn ask_until<T, E, F>(limit: Duration, mut ask: impl FnMut() -> F) -> Result<Option<T>, E>
where
    F: Future<Output = Result<Option<T>, E>>,
{
    let end = Instant::now() + limit;
    loop {
        if let Some(answer) = ask().await? {
            return Ok(Some(answer));
        }
        if Instant::now() >= end {
            return Ok(None);
        }
        sleep(PAUSE).await;
    }
}
