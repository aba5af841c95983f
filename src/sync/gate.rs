//! The gate before the last chunk: the sender asks, and the reader opens the gate once every row was read and the guards hold.

use tokio::sync::oneshot;

/// The sender's side.
pub(super) struct Gate {
    ask: oneshot::Sender<()>,
    may_pass: oneshot::Receiver<()>,
}

/// The reader's side.
pub(super) struct GateKeeper {
    asked: oneshot::Receiver<()>,
    pass: oneshot::Sender<()>,
}

pub(super) fn gate() -> (Gate, GateKeeper) {
    let ((ask, asked), (pass, may_pass)) = (oneshot::channel(), oneshot::channel());
    (Gate { ask, may_pass }, GateKeeper { asked, pass })
}

impl Gate {
    /// Asks and waits. False if the reader does not open the gate; the reader returns the reason.
    pub(super) async fn pass(self) -> bool {
        let _ = self.ask.send(());
        self.may_pass.await.is_ok()
    }
}

impl GateKeeper {
    /// Waits until the sender asks; `None` if the sender failed.
    pub(super) async fn asked(self) -> Option<Opener> {
        self.asked.await.ok().map(|()| Opener(self.pass))
    }
}

/// Opens the gate. If dropped, the gate stays closed.
pub(super) struct Opener(oneshot::Sender<()>);

impl Opener {
    pub(super) fn open(self) {
        let _ = self.0.send(());
    }
}
