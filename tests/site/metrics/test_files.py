"""Dashboard, alerts and runbook speak of metrics that exist, and of each other."""

import json
import re
import shutil
import subprocess

import pytest
import yaml
from prometheus_client import REGISTRY, CollectorRegistry

from maskr_site.metrics import state
from tests.settings import ROOT

ALERTS = ROOT / "docs" / "prometheus" / "alerts.yml"
DASHBOARD = ROOT / "docs" / "grafana" / "maskr.json"
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
_SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}


def rules():
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    return group["rules"]


def queries():
    """Every expression of the dashboard and of the alerts."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    targets = [target["expr"] for panel in panels for target in panel["targets"]]
    return targets + [rule["expr"] for rule in rules()]


def named(expressions):
    return {name for one in expressions for name in re.findall(r"maskr_[a-z_]+", one)}


@pytest.fixture
def existing(db):
    """Names of every sample that /metrics can have."""
    from maskr_site.metrics import requests  # noqa: F401  # registers itself
    from services import metrics  # noqa: F401

    states = CollectorRegistry()
    states.register(state.StateCollector())
    families = [*REGISTRY.collect(), *states.collect()]
    return {
        family.name + suffix
        for family in families
        if family.name.startswith("maskr_")
        for suffix in _SUFFIXES[family.type]
    }


def test_every_metric_asked_for_exists(existing):
    assert named(queries()) - existing == set()


def test_every_metric_is_on_the_dashboard(existing):
    panels = json.loads(DASHBOARD.read_text())["panels"]
    shown = named(target["expr"] for panel in panels for target in panel["targets"])
    families = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in existing}
    assert families - {re.sub(r"_(total|bucket)$", "", name) for name in shown} == set()


def test_every_alert_has_its_section_in_the_runbook():
    sections = set(re.findall(r"^## (\w+)$", RUNBOOK, flags=re.MULTILINE))
    assert {rule["alert"] for rule in rules()} - sections == set()


def test_every_alert_leads_to_its_section():
    links = {rule["alert"]: rule["annotations"]["runbook"] for rule in rules()}
    assert links == {name: f"docs/runbook.md#{name.lower()}" for name in links}


def test_jobs_failed_by_every_fault_that_the_runbook_tells_of_ring():
    section = RUNBOOK.partition("## MaskrJobsFail")[2].partition("\n## ")[0]
    told = set(re.findall(r"`([a-z]+_[a-z_]+)`", section))
    (expression,) = [rule["expr"] for rule in rules() if rule["alert"] == "MaskrJobsFail"]
    (outcomes,) = re.findall(r'outcome=~"([a-z_|]+)"', expression)
    assert set(outcomes.split("|")) == told


def test_the_runbook_knows_no_alert_that_there_is_not():
    sections = set(re.findall(r"^## (Maskr\w+)$", RUNBOOK, flags=re.MULTILINE))
    assert sections == {rule["alert"] for rule in rules()}


def test_every_link_inside_of_the_runbook_leads_somewhere():
    headings = re.findall(r"^#+ (.+)$", RUNBOOK, flags=re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", RUNBOOK)) - anchors == set()


def test_prometheus_accepts_the_alerts():
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed")
    done = subprocess.run([promtool, "check", "rules", str(ALERTS)], capture_output=True)
    assert done.returncode == 0, done.stderr
