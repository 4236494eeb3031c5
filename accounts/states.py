"""The states of an account and the transitions between them, each with its audit event."""

from accounts.models.account import State

TRANSITIONS: dict[tuple[str, str], str] = {
    (State.ACTIVE, State.LOCKED): "account.locked",
    (State.ACTIVE, State.FROZEN): "account.frozen",
    (State.ACTIVE, State.DORMANT): "account.dormant",
    (State.ACTIVE, State.CLOSED): "account.closed",
    (State.LOCKED, State.ACTIVE): "account.unlocked",
    (State.LOCKED, State.FROZEN): "account.frozen",
    (State.LOCKED, State.CLOSED): "account.closed",
    (State.FROZEN, State.ACTIVE): "account.unfrozen",
    (State.FROZEN, State.CLOSED): "account.closed",
    (State.DORMANT, State.ACTIVE): "account.unlocked",
    (State.DORMANT, State.FROZEN): "account.frozen",
    (State.DORMANT, State.CLOSED): "account.closed",
}
START = State.ACTIVE
