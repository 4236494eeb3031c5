"""`python -m dslogon.up <command>`, as `./run` calls it. Expected failures are reported in one sentence."""

import ctypes
import os
import signal
import subprocess
import sys

from dslogon.up import assets, check, lock, pictures, serve, tests
from dslogon.up.errors import UserFacingError, say, sentence_for_os_error


def main(command: str, arguments: list[str]) -> int:
    """Run one command and return its exit status."""
    match command:
        case "serve":
            if "--until-parent-ends" in arguments:
                end_with_parent()
            serve.serve()
        case "test":
            return tests.test(arguments)
        case "bench":
            return tests.bench(arguments)
        case "check":
            return check.check()
        case "pictures":
            pictures.take(arguments)
        case "manage":
            return manage(arguments)
        case "lock":
            lock.lock()
        case "assets":
            assets.fetch()
            assets.collect()
        case _:
            raise UserFacingError(f"There is no command {command}.")
    return 0


def end_with_parent() -> None:
    """Ask the kernel for SIGTERM when the parent (make) dies. This works on Linux only."""
    pr_set_pdeathsig = 1
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def manage(arguments: list[str]) -> int:
    """Run a Django command on the site's database, and return its exit status.

    The database is started for the command unless the site is running.
    """
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "dslogon.settings.local"}
    with serve.database() as url:
        return subprocess.call(
            [sys.executable, "manage.py", *arguments], cwd=assets.ROOT, env=env | {"DATABASE_URL": url}
        )


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1], sys.argv[2:]))
    except UserFacingError as trouble:
        sys.exit(str(trouble))
    except OSError as error:
        sys.exit(sentence_for_os_error(error))
    except serve.Ended:
        say("\nDS Logon has ended.")
    except KeyboardInterrupt:
        sys.exit(130)
