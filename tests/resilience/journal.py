"""What people and operators were told by the site, and what went wrong before their eyes."""

import threading
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Journal:
    """`told` holds what the site confirmed, by kind: a page that said so was seen. `faults` are sentences.

    `people` are the DoD ID numbers of those who came. `gave_up` counts by reason those who did not get what they came
    for and were told so.
    """

    people: set[str] = field(default_factory=set)
    told: dict[str, list[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    gave_up: Counter[str] = field(default_factory=Counter)
    asked_again: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def tell(self, kind: str, who: str) -> None:
        """Note that the site confirmed something to somebody."""
        with self.lock:
            self.told.setdefault(kind, []).append(who)

    def fault(self, sentence: str) -> None:
        """Note what should never be seen, whatever was killed."""
        with self.lock:
            self.faults.append(sentence)

    def give_up(self, reason: str) -> None:
        """Note that somebody was told that it cannot be done."""
        with self.lock:
            self.gave_up[reason] += 1

    def again(self) -> None:
        """Note that somebody had to ask for a page again."""
        with self.lock:
            self.asked_again += 1

    def of(self, kind: str) -> Counter[str]:
        """Return to whom a thing was confirmed, and how often."""
        return Counter(self.told.get(kind, []))

    def summary(self) -> str:
        """Return in one line what was done."""
        return ", ".join(f"{len(who):,} {kind}" for kind, who in sorted(self.told.items())) or "nothing"
