//! A future that is polled only after its own waker was called.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

/// `select!` polls all of its futures whenever one of them is woken. Polling a socket for input is
/// expensive, and most receivers of a message have no input. This wrapper skips those polls.
#[derive(Debug)]
pub(super) struct WhenWoken<F> {
    future: F,
    call: Arc<Call>,
    waker: Waker,
}

#[derive(Debug)]
struct Call {
    pending: AtomicBool,
    task: AtomicWaker,
}

impl<F: Future + Unpin> WhenWoken<F> {
    pub(super) fn new(future: F) -> Self {
        // The first poll needs no wake.
        let call = Arc::new(Call {
            pending: AtomicBool::new(true),
            task: AtomicWaker::new(),
        });
        let waker = Waker::from(call.clone());
        Self {
            future,
            call,
            waker,
        }
    }
}

impl<F: Future + Unpin> Future for WhenWoken<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        // Register before checking the flag: a call in between then wakes the task again.
        this.call.task.register(context.waker());
        if !this.call.pending.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        Pin::new(&mut this.future).poll(&mut Context::from_waker(&this.waker))
    }
}

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.pending.store(true, Ordering::Release);
        self.task.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    #[test]
    fn wakes_of_other_futures_do_not_poll_it() {
        let (polls, given) = (Cell::new(0), RefCell::new(None));
        let mut future = WhenWoken::new(std::future::poll_fn(|context: &mut Context<'_>| {
            polls.set(polls.get() + 1);
            given.replace(Some(context.waker().clone()));
            Poll::<()>::Pending
        }));
        let mut context = Context::from_waker(Waker::noop());
        let mut poll = || Pin::new(&mut future).poll(&mut context).is_pending();

        assert!(poll() && poll() && poll());
        assert_eq!(polls.get(), 1);
        given.take().unwrap().wake();
        assert!(poll() && poll());
        assert_eq!(polls.get(), 2);
    }

    #[tokio::test]
    async fn waking_it_wakes_its_task() {
        let (sender, receiver) = tokio::sync::oneshot::channel();

        let told = tokio::spawn(WhenWoken::new(receiver));
        sender.send("news").unwrap();

        assert_eq!(told.await.unwrap(), Ok("news"));
    }
}
