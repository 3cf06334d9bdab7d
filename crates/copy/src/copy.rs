use crate::{
    CopyError, CopyOptions, CopyProgress, CopyReport, copying::Copying, local_loading::close_after,
    sessions::Sessions,
};
use dbha_sql::Endpoint;
use std::{future::Future, pin::Pin, time::Instant};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Copies everything on one server to another that holds nothing of it, and proves it.
///
/// The target must have been emptied by `clear`; its accounts are made equal but for those that it keeps. A change
/// of definitions on the source begins the copy anew, a few times. Cancelled or failed, it ends every session
/// that it opened on both servers within a second; the target is then to be cleared, the source is as before.
pub async fn copy(
    source: &Endpoint,
    target: &Endpoint,
    options: &CopyOptions,
    progress: &(dyn Fn(CopyProgress) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<CopyReport, CopyError> {
    let begun = Instant::now();
    let sessions = Sessions::new(source, target);
    let mut report = with_tries(&sessions, options.tries, progress, cancel, |news, attempt| {
        let sessions = &sessions;
        Box::pin(async move {
            Copying::begin(sessions, options, &news, attempt > 1)
                .await?
                .run()
                .await
        })
    })
    .await?;
    report.took = begun.elapsed();
    Ok(report)
}

/// One try of a copy, a dump or a load.
pub(crate) type Try<'a, T> = Pin<Box<dyn Future<Output = Result<T, CopyError>> + Send + 'a>>;

/// Runs a copy until it succeeds, fails for good or is cancelled, and ends every session of it before it returns.
///
/// `one_try` is given where to send its news, and the number of the try. It is no async closure: of those the compiler
/// does not see that they may move between threads, and nobody could spawn a copy.
pub(crate) async fn with_tries<'a, T>(
    sessions: &Sessions,
    tries: u32,
    progress: &(dyn Fn(CopyProgress) + Send + Sync),
    cancel: &CancellationToken,
    mut one_try: impl FnMut(mpsc::Sender<CopyProgress>, u32) -> Try<'a, T>,
) -> Result<T, CopyError> {
    let mut attempt = 1;
    loop {
        // What an earlier run left behind, and the try before this one.
        sessions.end_all().await;
        let guard = sessions.guard();
        let (news, inbox) = mpsc::channel(256);
        let result = tokio::select! {
            result = one_try(news, attempt) => result,
            () = pass_on(inbox, progress) => Err(CopyError::Cancelled),
            () = cancel.cancelled() => Err(CopyError::Cancelled),
        };
        match result {
            Ok(done) => {
                guard.disarm();
                close_after(sessions).await;
                return Ok(done);
            }
            Err(error) => {
                guard.clean().await;
                close_after(sessions).await;
                if !error.is_worth_another_try() || attempt >= tries {
                    return Err(error);
                }
                attempt += 1;
                progress(CopyProgress::Again {
                    attempt,
                    reason: error.to_string(),
                });
            }
        }
    }
}

/// Hands news to the caller for as long as the copy runs.
pub(crate) async fn pass_on(
    mut inbox: mpsc::Receiver<CopyProgress>,
    progress: &(dyn Fn(CopyProgress) + Send + Sync),
) {
    while let Some(news) = inbox.recv().await {
        progress(news);
    }
    std::future::pending().await
}
