"""How far an import is: a bar with people done, their rate, and the time left."""

from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

from deers.loading.steps import Advance


@contextmanager
def show_progress(doing: str) -> Iterator[Advance]:
    """Show progress on the screen, and yield the function that advances it.

    What an earlier run has done is shown, but not counted in the rate.
    """
    with tqdm(desc=doing, unit=" people", unit_scale=True, smoothing=0.05) as bar:
        bar.initial = -1

        def advance(people: float, of: float) -> None:
            if bar.initial < 0:
                bar.initial = bar.n = round(people)
            bar.total = round(of) or None
            bar.update(round(people) - bar.n)

        yield advance
