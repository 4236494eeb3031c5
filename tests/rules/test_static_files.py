"""Every file that a template names is there. With production's storage, a missing one would cause a 500."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from dslogon.settings import base
from dslogon.static_files import ManifestAside

NAMED = re.compile(r"""{%\s*static\s+['"]([^'"]+)['"]""")
TEMPLATES = sorted(Path(settings.BASE_DIR / "templates").rglob("*.html"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(settings.BASE_DIR)))
def test_every_static_file_that_a_template_names_exists(template):
    missing = [name for name in NAMED.findall(template.read_text()) if not finders.find(name)]
    assert not missing


def test_the_list_of_all_files_is_not_among_those_that_are_served(settings, tmp_path):
    settings.VAR_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    ManifestAside().save_manifest()
    assert [path.name for path in tmp_path.iterdir()] == ["staticfiles.json"]


def test_the_site_gathers_its_files_in_that_way():
    assert base.STORAGES["staticfiles"]["BACKEND"] == f"{ManifestAside.__module__}.{ManifestAside.__qualname__}"
