"""The previews show a sample record that is in order and tells one story."""

import pytest

from core.policy import Level
from portal.features import FEATURES, Feature
from portal.samples.person import TODAY

# What only the record of the samples can say.
SHOWN = {
    "messages": ["How often do I need an eye examination?", "November 5, 2025"],
    "medications": ["Metformin hydrochloride", "Supply ends soon", "March 8, 2026"],
    "conditions": ["Type 2 diabetes mellitus", "September 14, 1998"],
    "labs": ["Hemoglobin A1c", "Lipid panel"],
    "vitals": ["131", "82"],
    "notes": ["Eye examination", "Dr. Victor Amari"],
    "procedures": ["Colonoscopy", "No polyps were found."],
    "record": ["Allergy to grass pollen", "Flu, high dose"],
    "tools": ["refill", "128 over 79", "Hemoglobin A1c below 7 percent"],
    "family": ["Rosa Samplewood"],
}


def rows_of(content: object) -> list:
    """All rows in the context of a sample, wherever they stand."""
    if isinstance(content, dict):
        return [row for one in content.values() for row in rows_of(one)]
    if isinstance(content, list | tuple):
        return [row for one in content for row in rows_of(one)]
    return [content] if hasattr(content, "said") else rows_of(getattr(content, "rows", ()) or ())


@pytest.mark.parametrize(
    "feature", [feature for feature in FEATURES if feature.level == Level.PREMIUM], ids=lambda feature: feature.slug
)
def test_a_preview_shows_the_sample_record(client, ruth_basic, feature: Feature):
    client.force_login(ruth_basic)
    shown = " ".join(client.get(feature.url).content.decode().split())
    assert [words for words in SHOWN[feature.slug] if words not in shown] == []
    assert "Date not recorded" not in shown
    assert "portal-empty__said" not in shown


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.slug)
def test_nothing_of_a_sample_happens_after_its_present_day(feature: Feature):
    for row in rows_of(feature.sample()):
        assert row.said[:10] <= f"{TODAY:%Y-%m-%d}"
