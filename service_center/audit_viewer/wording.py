"""Events in words: what happened, who did it, about whom, from where."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Account
from core.policy import Level
from safeguards.models import ActorKind, AuditEvent
from service_center.audit_viewer.forms import in_words
from service_center.person.keys import page_of_account


@dataclass(frozen=True)
class Named:
    """Somebody in an event: what they are called, their key in a search (or ""), and their page (or "")."""

    label: str
    key: str = ""
    page: str = ""


@dataclass(frozen=True)
class Told:
    """One event in words."""

    pk: int
    at: datetime
    kind: str
    sentence: str
    actor: Named
    person: Named
    details: str
    address: str
    device: str
    session: str

    @property
    def where(self) -> str:
        return ", ".join(part for part in (self.address, self.device) if part)


def tell(events: Iterable[AuditEvent]) -> list[Told]:
    """Return events in words. The names of everybody in them take one query."""
    events = list(events)
    keys = {key for event in events for key in (event.actor_id, event.account_id) if key is not None}
    accounts = Account.objects.only("pk", "username", "first_name", "last_name", "is_staff").in_bulk(keys)
    return [told(event, accounts) for event in events]


def told(event: AuditEvent, accounts: dict[int, Account]) -> Told:
    return Told(
        pk=event.pk,
        at=event.at,
        kind=in_words(event.event),
        sentence=event.staff_sentence,
        actor=actor_of(event, accounts),
        person=person_of(event, accounts),
        details=details_in_words(event.details),
        address=str(event.address or ""),
        device=event.device,
        session=event.session,
    )


def actor_of(event: AuditEvent, accounts: dict[int, Account]) -> Named:
    """Return who did it. Somebody with an account is named, whether staff or not."""
    if event.actor_id is None:
        return Named(
            event.get_actor_kind_display().capitalize().replace("Ds logon", "DS Logon").replace("Deers", "DEERS")
        )
    label = name_of(event.actor_id, accounts)
    if event.actor_kind == ActorKind.SELF:
        label = f"{label} (the person)"
    return Named(label, str(event.actor_id), page_of_account(event.actor_id))


def person_of(event: AuditEvent, accounts: dict[int, Account]) -> Named:
    """Return about whom it is: an account, a person without one, or nobody."""
    if event.account_id is not None:
        return Named(name_of(event.account_id, accounts), f"a-{event.account_id}", page_of_account(event.account_id))
    if event.person_index:
        return Named("A person, by number only", f"i-{bytes(event.person_index).hex()}")
    return Named("")


def name_of(key: int, accounts: dict[int, Account]) -> str:
    return accounts[key].username if key in accounts else f"account {key}"


def details_in_words(details: dict[str, object]) -> str:
    """Return the numbers and slugs of an event as people read them: "Route: questions. Level: Premium"."""
    return ". ".join(f"{words(name)}: {value_in_words(name, value)}" for name, value in sorted(details.items()))


def value_in_words(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "level" and isinstance(value, int) and value in list(Level):
        return Level(value).label
    return str(value).replace("_", " ")


def words(name: str) -> str:
    return name.replace("_", " ").capitalize()
