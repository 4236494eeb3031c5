"""`python -m dslogon.up.backups SITE take`, `... SITE restore TIME [FOLDER]` and `... SITE drill`."""

import sys
from pathlib import Path

import psycopg

from dslogon.up.backups.drilling import drill
from dslogon.up.backups.place import Place
from dslogon.up.backups.restoring import restore
from dslogon.up.backups.taking import take
from dslogon.up.errors import UserFacingError, sentence_for, sentence_for_os_error


def main(site: str, verb: str = "", *words: str) -> None:
    """Do what one command line says."""
    place = Place(Path(site))
    match verb, words:
        case "take", []:
            print(f"The backup {take(place).name} is whole.")
        case "restore", [until]:
            restore(place, until)
        case "restore", [until, folder]:
            restore(place, until, Path(folder))
        case "drill", []:
            drill(place)
        case _:
            raise UserFacingError('The commands are: restore "2026-11-29 08:00:00+00:00", restore latest, and drill.')


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except UserFacingError as trouble:
        sys.exit(str(trouble))
    except OSError as error:
        sys.exit(sentence_for_os_error(error))
    except psycopg.OperationalError as error:
        sys.exit(sentence_for(str(error), "The live database does not answer:"))
