"""`python -m dslogon.up <command>`, as `./run` calls it. Expected failures are reported in one sentence."""

import os
import signal
import subprocess
import sys

from dslogon.up import assets, check, cluster, lock, pictures, serve, tests
from dslogon.up.errors import UserFacingError, end_with_parent, say, sentence_for_os_error


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
        case "chaos":
            return tests.chaos()
        case "check":
            return check.check()
        case "pictures":
            pictures.take(arguments)
        case "manage":
            return manage(arguments)
        case "lock":
            lock.lock()
        case "sbom" | "audit":
            # Needs packages of requirements/test.txt, which a deployment does not install.
            from dslogon.up import pinned

            return pinned.audit() if command == "audit" else pinned.write_sbom()
        case "install":
            assets.fetch()
            assets.collect()
        case "cluster":
            if "--until-parent-ends" in arguments:
                end_with_parent()
            cluster.serve()
        case _:
            raise UserFacingError(f"There is no command {command}.")
    return 0


def manage(arguments: list[str]) -> int:
    """Run a Django command on the site's database, and return its exit status.

    The database is started for the command unless the site is running.
    """
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "dslogon.settings.local"}
    with serve.database() as url:
        # Ctrl-C goes to the whole group. The command ends by itself, and only then its database does.
        signal.signal(signal.SIGINT, lambda *_: None)
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
