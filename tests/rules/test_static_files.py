"""Every file that a template names is there: with production's storage a missing one would be a 500."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

NAMED = re.compile(r"""{%\s*static\s+['"]([^'"]+)['"]""")
TEMPLATES = sorted(Path(settings.BASE_DIR / "templates").rglob("*.html"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(settings.BASE_DIR)))
def test_every_static_file_that_a_template_names_exists(template):
    missing = [name for name in NAMED.findall(template.read_text()) if not finders.find(name)]
    assert not missing
