"""Numbers that differ by queue, as the environment gives them."""

from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured


def by_queue(name: str, text: str, usual: Mapping[str, int]) -> dict[str, int]:
    """Return a number for each queue: the usual one, unless the text has another.

    `name` is that of the variable, for the error. The text is one number for all queues, such as "4", or some by their
    names, such as "mail=8,exports=1".
    """
    given: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        queue, named, number = part.rpartition("=")
        if not (number.isascii() and number.isdecimal() and int(number)) or (named and queue not in usual):
            raise ImproperlyConfigured(
                f"{name} has to be a whole number from 1, or such numbers by queue (mail=8,exports=1). "
                f"The queues are {', '.join(usual)}."
            )
        given |= {queue: int(number)} if named else dict.fromkeys(usual, int(number))
    return {**usual, **given}
