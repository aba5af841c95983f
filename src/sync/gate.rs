//! The gate before the last chunk: the sender asks, and the reader lets it pass once everything was read and holds.

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
    /// Asks and waits; false when the reader does not let the last chunk pass. It says why not.
    pub(super) async fn pass(self) -> bool {
        let _ = self.ask.send(());
        self.may_pass.await.is_ok()
    }
}

impl GateKeeper {
    /// Waits until the sender asks; `None` when it failed and asks for nothing.
    pub(super) async fn asked(self) -> Option<Opener> {
        self.asked.await.ok().map(|()| Opener(self.pass))
    }
}

/// Opens the gate; dropping it keeps the gate shut.
pub(super) struct Opener(oneshot::Sender<()>);

impl Opener {
    pub(super) fn open(self) {
        let _ = self.0.send(());
    }
}
