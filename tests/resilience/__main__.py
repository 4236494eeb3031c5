"""`./run chaos`: a deployment, everything killed once, and a sentence that says whether anything was lost."""

import random
import sys
import tempfile
from pathlib import Path

from dslogon.up import cluster as clusters
from dslogon.up.assets import ROOT
from dslogon.up.errors import UserFacingError, say
from dslogon.up.serve import VAR, listen_for_the_end
from tests.deploying.deployment import free_ports
from tests.resilience.run import go_through
from tests.resilience.trouble import FAKETIME, PLANNED, SUDDEN


def main() -> int:
    """Let each kind of trouble happen once. Return 0 if nothing was lost."""
    listen_for_the_end()
    if not clusters.program((FAKETIME,)):
        raise UserFacingError(f"This needs {FAKETIME} (on Debian: apt-get install {FAKETIME}).")
    seed = random.SystemRandom().randrange(1_000_000)
    VAR.mkdir(mode=0o700, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="chaos-", dir=VAR) as folder:
        say(f"Following {clusters.RECIPE} (about a minute) ...")
        with clusters.running(Path(folder), free_ports(len(clusters.PARTS) + 1), ROOT) as cluster:
            say(f"People are at work. Everything goes wrong once (seed {seed}) ...")
            happenings = [*random.Random(seed).sample(list(SUDDEN), len(SUDDEN)), *PLANNED]
            verdict = go_through(cluster, happenings, seed, say)
    done = ", ".join(f"{count:,} {kind}" for kind, count in verdict.told.items()) or "nothing"
    say(f"Meanwhile the site confirmed {done}. People asked again {verdict.asked_again:,} times.")
    for reason, count in verdict.gave_up.items():
        say(f"{count} gave up: {reason}.")
    for sentence in verdict.faults:
        say(f"WRONG  {sentence}")
    say("Nothing was lost." if not verdict.faults else "That should not be.")
    return bool(verdict.faults)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserFacingError as trouble:
        sys.exit(str(trouble))
