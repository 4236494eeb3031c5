"""Every alert is about figures that there are, and somebody who is woken up by it finds what to do."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.management import get_commands
from prometheus_client import REGISTRY

from core import policy
from dslogon.up.backups import taking
from safeguards import metrics, readiness
from safeguards.events import EVENTS
from service_center.audit_viewer import chain

ROOT = settings.BASE_DIR
RULES = (ROOT / "docs/alerts/rules.yml").read_text()
BOOK = (ROOT / "docs/alerts.md").read_text()
ALERTS = dict(re.findall(r"- alert: (\w+)\n(.*?)(?=\n\n|\Z)", RULES, re.DOTALL))
SECTIONS = dict(re.findall(r"^## (Dslogon\w+)\n(.*?)(?=^## |\Z)", BOOK, re.MULTILINE | re.DOTALL))
PARTS = ("Means", "People notice", "Look at", "Do", "Over when")
FIGURE = re.compile(r"\bdslogon_\w+")


def figures() -> set[str]:
    """The names under which the site tells figures."""
    counted = {sample.name for family in REGISTRY.collect() for sample in family.samples}
    # What has labels and was never counted yet has no sample.
    families = {family.name: family.type for family in REGISTRY.collect()}
    ends = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"], "gauge": [""]}
    named = {name + end for name, kind in families.items() for end in ends.get(kind, [""])}
    return {name for name in counted | named | {*metrics.figures, taking.FIGURE} if name.startswith("dslogon_")}


def labeled(label: str) -> list[str]:
    """What the rules ask a label to be."""
    return [one for found in re.findall(rf'{label}=~?"([^"]+)"', RULES) for one in found.split("|")]


def test_there_are_alerts_and_each_has_a_section_of_its_own():
    assert len(ALERTS) > 15
    assert list(ALERTS) == list(SECTIONS)


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_leads_to_its_section_and_that_says_everything(alert):
    assert f"runbook: docs/alerts.md#{alert.lower()}" in ALERTS[alert]
    assert re.search(r"severity: (page|ticket)\b", ALERTS[alert])
    assert tuple(re.findall(r"^- \*\*([\w ]+):\*\*", SECTIONS[alert], re.MULTILINE)) == PARTS


def test_every_figure_that_is_named_exists():
    assert set(FIGURE.findall(RULES)) - figures() == set()
    spoken_of = set(FIGURE.findall(BOOK))
    families = {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in figures()}
    assert spoken_of - figures() - families == set()


def test_an_alert_about_a_figure_that_there_is_not_would_be_found():
    assert "dslogon_requests_total" in figures()
    assert "dslogon_seal_holds" in figures()
    assert metrics.figures["dslogon_seal_holds"][2] is chain.seal_holds
    assert "dslogon_requests_totals" not in figures()


def test_every_value_that_an_alert_waits_for_can_come():
    words = {*readiness.LOOKING, "database", *readiness.HERE, *readiness.IN_THE_DATABASE, *readiness.AROUND}
    told_otherwise = {"worker", "jobs"}  # by figures of their own
    assert set(labeled("what")) == words - told_otherwise
    assert set(labeled("event")) <= set(EVENTS)
    limits = {one.name for one in vars(policy).values() if isinstance(one, policy.Limit)}
    for pattern in labeled("limit"):
        assert [name for name in limits if re.fullmatch(pattern, name)], pattern
    assert set(labeled("outcome")) <= {"failed", "sent"}


def test_the_alerts_wait_as_long_as_the_policy_says():
    seconds = {"DslogonWorkerSilent": policy.WORKER_LATE, "DslogonJobsLate": policy.JOBS_LATE}
    seconds["DslogonCalendarLate"] = policy.JOBS_LATE
    # A day is sealed up to an hour after its end and its grace; then the next day has to pass.
    seconds["DslogonSealLate"] = timedelta(days=1) + policy.AUDIT_SEAL_OVERDUE + timedelta(hours=1)
    for alert, limit in seconds.items():
        assert re.search(rf"> {int(limit.total_seconds())}\b", ALERTS[alert]), alert


def test_every_command_that_the_book_names_exists():
    commands = re.findall(r"manage\.py (\w+)", BOOK)
    assert {"migrate", "verify_audit", "procrastinate"} <= set(commands)
    assert set(commands) - set(get_commands()) == set()
    for module in re.findall(r"python -m ([\w.]+)", BOOK):
        assert (ROOT / module.replace(".", "/") / "__main__.py").exists(), module


def test_every_event_that_the_book_names_is_one():
    named = re.findall(r"`((?:quiz|letter|code|visit|case|account|limit|sign-in|deers)\.[\w-]+)`", BOOK)
    assert named
    assert set(named) - set(EVENTS) == set()
