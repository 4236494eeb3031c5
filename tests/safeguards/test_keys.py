"""The file of local keys: a key is added to it without losing another."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dslogon.settings.keys import add_field_key, local_keys
from tests.safeguards.databases import ROOT


def test_a_new_key_is_the_one_that_seals_and_the_old_ones_stay(tmp_path: Path):
    file = tmp_path / "keys.json"
    secret, old, index = local_keys(file)
    assert add_field_key(file) == "2"
    secret_now, new, index_now = local_keys(file)
    assert (secret_now, index_now, new["1"]) == (secret, index, old["1"])
    assert list(new) == ["1", "2"]
    assert len(new["2"]) == 32
    assert new["2"] != new["1"]
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_id_is_not_given_twice(tmp_path: Path):
    file = tmp_path / "keys.json"
    local_keys(file)
    add_field_key(file)
    kept = json.loads(file.read_text())
    del kept["field_keys"]["1"]
    file.write_text(json.dumps(kept))
    assert add_field_key(file) == "3"


def test_several_who_add_a_key_at_once_lose_none(tmp_path: Path):
    file = tmp_path / "keys.json"
    local_keys(file)
    command = [sys.executable, "-m", "dslogon.settings.keys", str(file)]
    with ThreadPoolExecutor(3) as pool:
        said = pool.map(lambda _: subprocess.run(command, cwd=ROOT, capture_output=True, text=True), range(3))
    assert [one.returncode for one in said] == [0, 0, 0]
    assert sorted(local_keys(file)[1]) == ["1", "2", "3", "4"]


def test_the_command_shows_no_key_and_makes_no_file(tmp_path: Path):
    file = tmp_path / "keys.json"
    command = [sys.executable, "-m", "dslogon.settings.keys", str(file)]
    assert subprocess.run(command, cwd=ROOT, capture_output=True).returncode == 1
    assert not file.exists()
    local_keys(file)
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout
    assert said.startswith("Field key 2 was added")
    assert json.loads(file.read_text())["field_keys"]["2"] not in said
