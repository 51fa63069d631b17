"""Ctrl-C that waits; it imports nothing slow, for the command line."""

import signal


class Patience:
    """Ctrl-C, or a request to end, waits for the step that runs; a second does not."""

    begun = called = False

    def __enter__(self):
        kinds = signal.SIGINT, signal.SIGTERM
        self.before = {kind: signal.signal(kind, self.hear) for kind in kinds}
        return self

    def __exit__(self, *_):
        for kind, handler in self.before.items():
            signal.signal(kind, handler)

    def hear(self, *_):
        if self.called or not self.begun:
            raise KeyboardInterrupt
        self.called = True

    def __call__(self) -> bool:
        return self.called
