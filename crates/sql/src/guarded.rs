use futures_util::FutureExt;
use std::{cell::Cell, future::Future, panic::AssertUnwindSafe, pin::pin};

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Tells whether this thread is inside the client crate, where a panic is caught and becomes an error.
///
/// For a program's panic hook: what is caught needs no report of its own.
pub fn panic_is_caught() -> bool {
    GUARDED.get()
}

/// Runs work of the client crate; `None` where it panicked on what the server sent (scenario 82).
///
/// The crate takes some answers for granted: an empty packet in place of a key makes it panic.
pub(crate) async fn guarded<T>(work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(AssertUnwindSafe(work).catch_unwind());
    std::future::poll_fn(move |context| {
        let outside = GUARDED.replace(true);
        let polled = work.as_mut().poll(context);
        GUARDED.set(outside);
        polled
    })
    .await
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_becomes_none_and_the_mark_is_taken_back() {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| assert!(panic_is_caught())));
        let empty: Vec<u8> = Vec::new();
        let got = guarded(async { empty[1..].len() }).await;
        std::panic::set_hook(hook);
        assert_eq!(got, None);
        assert!(!panic_is_caught());
        assert_eq!(guarded(async { 7 }).await, Some(7));
    }
}
