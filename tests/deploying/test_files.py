"""What the functions of docs/deploying.md install, and for whom."""

import os
import pwd
import re
import subprocess
from pathlib import Path

from dslogon.up import units
from dslogon.up.assets import ROOT


def test_who_reads_a_file_of_the_site_cannot_change_what_root_runs_by_it(tmp_path: Path) -> None:
    me = pwd.getpwuid(os.geteuid())
    reader = pwd.getpwnam("nobody") if me.pw_uid == 0 else me
    script = '. "$CODE/docs/deploying/functions.sh" && put postgresql.password "$1" "$2"'
    target = tmp_path / "installed"
    subprocess.run(
        ["bash", "-euc", script, "-", target, reader.pw_name],
        env={"PATH": os.environ["PATH"], "CODE": str(ROOT), "DB_ADMIN_PASSWORD": "secret"},
        check=True,
    )
    about = target.stat()
    assert target.read_text() == "secret\n"
    assert (about.st_uid, about.st_gid, about.st_mode & 0o777) == (me.pw_uid, reader.pw_gid, 0o640)


def installed(tmp_path: Path, **values: str) -> subprocess.CompletedProcess[str]:
    """What a shell makes of site.env with these values, or how installing it ended."""
    named = dict.fromkeys(re.findall(r"\{\{(\w+)\}\}", (ROOT / "docs/deploying/site.env").read_text()), "some")
    script = '. "$CODE/docs/deploying/functions.sh"; put site.env "$1" "$2"; set -a; . "$1"; printf %s "$EMAIL_URL"'
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script, "-", tmp_path / "site.env", pwd.getpwuid(os.geteuid()).pw_name],
        env={"PATH": os.environ["PATH"], "CODE": str(ROOT), **named, **values},
        capture_output=True,
        text=True,
        check=False,
    )


def test_nothing_in_a_password_of_the_mail_server_is_run_by_a_shell(tmp_path: Path) -> None:
    address = "smtp+tls://us er:p$HOME&w;touch$(id)`id`#@mail.example:587"
    done = installed(tmp_path, MAIL=address)
    assert (done.stdout, done.stderr) == (address, "")
    unit = tmp_path / "some.service"
    unit.write_text(f"[Service]\nExecStart=/bin/true\nEnvironmentFile={tmp_path / 'site.env'}\n")
    assert units.environment_of(units.read_unit(tmp_path, "some"))["EMAIL_URL"] == address


def test_a_value_that_would_end_its_apostrophes_is_refused_in_a_sentence(tmp_path: Path) -> None:
    done = installed(tmp_path, MAIL="smtp://user:it's@mail.example")
    assert done.returncode != 0
    assert done.stderr.startswith("MAIL may have neither an apostrophe nor a second line.")
    assert not (tmp_path / "site.env").exists() or not (tmp_path / "site.env").read_text()
