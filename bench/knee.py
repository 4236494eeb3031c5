"""The figures of a simulation: a step for each number of applicants at once, the knee, and the table."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median, quantiles

from bench.applicants import Result
from bench.slips import End, Slip

# From when on it is more work that is done, and by how much longer the median page may take than alone: own.
RISES_BY, SLOWER_AT_MOST = 1.05, 3.0


@dataclass(frozen=True)
class Work:
    """Seconds of processor time: the site's, its worker's included, and PostgreSQL's."""

    site: float
    database: float

    def __sub__(self, before: "Work") -> "Work":
        return Work(self.site - before.site, self.database - before.database)


@dataclass(frozen=True)
class Step:
    """What was measured with so many applicants at once, in so many seconds. `work` is None if it is not known."""

    at_once: int
    seconds: float
    results: Sequence[Result]
    work: Work | None = None

    @property
    def rate(self) -> float:
        """Return how many applications a minute came to an end of their own."""
        return sum(result.end != End.STOPPED for result in self.results) / self.seconds * 60

    @property
    def times(self) -> list[float]:
        """Return the seconds of each page that was answered, sorted."""
        return sorted(asked.seconds for result in self.results for asked in result.asked if asked.status != 503)

    @property
    def busy(self) -> int:
        """Return how often the site said that it is busy."""
        return sum(asked.status == 503 for result in self.results for asked in result.asked)


def find_knee(steps: Sequence[Step]) -> Step | None:
    """Return the step before the first one that did no more or was too slow, or None if there was no such step.

    The first step is the idle one.
    """
    for number, (before, step) in enumerate(pairwise(steps), 1):
        best = max(each.rate for each in steps[:number])
        if step.rate < best * RISES_BY or slower(step, steps[0]) > SLOWER_AT_MOST:
            return before
    return None


def slower(step: Step, idle: Step) -> float:
    """Return by how much longer the median page took than in the idle step."""
    return median(step.times) / median(idle.times) if step.times and idle.times else 0.0


HEADING = (
    f"{'at once':>7}{'a minute':>10}{'p50 ms':>8}{'p95 ms':>8}{'x idle':>8}{'busy':>6}"
    f"{'site':>7}{'PostgreSQL':>12}{'CPU s each':>12}"
)


def row(step: Step, idle: Step) -> str:
    """Return the line of a step. Processor time is told in cores; what is not known is a dash."""
    cores = ["-", "-", "-"]
    if step.work and step.results:
        both = step.work.site + step.work.database
        cores = [
            f"{step.work.site / step.seconds:.2f}",
            f"{step.work.database / step.seconds:.2f}",
            f"{both / len(step.results):.2f}",
        ]
    half, most = percentiles(step.times)
    return (
        f"{step.at_once:>7}{step.rate:>10.1f}{half * 1000:>8.0f}{most * 1000:>8.0f}{slower(step, idle):>8.1f}"
        f"{step.busy:>6}{cores[0]:>7}{cores[1]:>12}{cores[2]:>12}"
    )


def percentiles(times: Sequence[float]) -> tuple[float, float]:
    """Return the median, and what 95 of 100 stay below. No times give zeros."""
    if len(times) < 2:
        return (times[0], times[0]) if times else (0.0, 0.0)
    return median(times), quantiles(times, n=20, method="inclusive")[-1]


def pages(step: Step) -> dict[str, list[float]]:
    """Return the seconds of each page's answers."""
    found: dict[str, list[float]] = {}
    for result in step.results:
        for asked in result.asked:
            if asked.status != 503:
                found.setdefault(asked.page, []).append(asked.seconds)
    return found


def page_rows(idle: Step, loaded: Step) -> Iterator[str]:
    """Yield the median and p95 of each page, alone and in another step."""
    yield f"{'ms':<36}{'alone p50':>10}{'p95':>7}{f'{loaded.at_once} at once p50':>18}{'p95':>7}"
    alone, others = pages(idle), pages(loaded)
    for page in sorted(alone.keys() | others.keys()):
        figures = [value * 1000 for step in (alone, others) for value in percentiles(step.get(page, []))]
        yield f"{page:<36}{figures[0]:>10.0f}{figures[1]:>7.0f}{figures[2]:>18.0f}{figures[3]:>7.0f}"


def counted_rows(results: Sequence[Result]) -> Iterator[str]:
    """Yield how many applications ended how, and how often each kind of slip was refused."""
    ends, slips = Counter(result.end for result in results), Counter[Slip]()
    for result in results:
        slips.update(result.refused)
    yield from (f"{ends[end]:>6} {end}" for end in End if ends[end])
    yield "Refused:"
    yield from (f"{slips[slip]:>6} {slip}" for slip in Slip)
    odd = Counter(result.unexpected for result in results if result.unexpected)
    yield from (f"{number:>6} unexpected: {what}" for what, number in odd.most_common())


def sentence(steps: Sequence[Step]) -> str:
    """Return where the knee is."""
    if not steps:
        return "Nothing was measured."
    knee, last = find_knee(steps), steps[-1]
    if knee is None:
        return f"There is no knee up to {last.at_once} at once: {last.rate:.0f} applicants a minute."
    after = steps[steps.index(knee) + 1]
    return (
        f"The knee is at {knee.at_once} at once: {knee.rate:.0f} applicants a minute. With {after.at_once} at once, "
        f"{after.rate:.0f} a minute came to an end, and the median page took {slower(after, steps[0]):.1f} x as long "
        "as alone."
    )
