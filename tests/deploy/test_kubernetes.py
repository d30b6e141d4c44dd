"""The manifests of deploy/kubernetes/, judged by what a cluster and the product know."""

import sys

import pytest
import yaml

from services.fetch.policies import FETCH_PORTS
from services.outgoing.posting import refusal
from tests.deploy.test_files import DEPLOY, MANIFESTS, run


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda path: path.name)
def test_kubernetes_knows_every_field_of_the_manifests(manifest):
    validate = f"{sys.prefix}/bin/kubernetes-validate"
    done = run(validate, "--strict", "-k", "1.31", manifest)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda path: path.name)
def test_no_pod_runs_as_root(manifest):
    pods = [
        document["spec"]["template"]["spec"]
        for document in yaml.safe_load_all(manifest.read_text())
        if document["kind"] in ("Deployment", "Job")
    ]
    assert all(pod["securityContext"]["runAsNonRoot"] for pod in pods)


def test_no_probe_takes_all_web_pods_away_for_a_part_that_they_share():
    documents = yaml.safe_load_all((DEPLOY / "kubernetes" / "maskr.yaml").read_text())
    web = next(one for one in documents if one["metadata"]["name"] == "maskr-web")
    (container,) = web["spec"]["template"]["spec"]["containers"]
    probes = [container[f"{name}Probe"] for name in ("startup", "liveness", "readiness")]
    assert {probe["httpGet"]["path"] for probe in probes} == {"/health"}


def test_the_autoscaler_asks_for_a_metric_that_exists(client, db):
    hpa = next(
        document
        for document in yaml.safe_load_all((DEPLOY / "kubernetes" / "maskr.yaml").read_text())
        if document["kind"] == "HorizontalPodAutoscaler"
    )
    metric = hpa["spec"]["metrics"][0]["external"]["metric"]
    line = f'{metric["name"]}{{queue="{metric["selector"]["matchLabels"]["queue"]}"}}'
    assert line in client.get("/metrics").content.decode()


def may_leave_for(port: int) -> bool:
    """Whether the network policy lets pods reach that port of public addresses."""
    policy = yaml.safe_load((DEPLOY / "kubernetes" / "network.yaml").read_text())
    outside = policy["spec"]["egress"][-1]
    assert outside["to"][0]["ipBlock"]["cidr"] == "0.0.0.0/0"
    return any(one["port"] <= port <= one.get("endPort", one["port"]) for one in outside["ports"])


@pytest.mark.parametrize("port", [443, 1024, 3000, 8443, 9443, 65535])
def test_the_network_policy_lets_out_every_webhook_that_the_product_takes(port):
    assert (refusal(f"https://93.184.216.34:{port}/hook"), may_leave_for(port)) == ("", True)


@pytest.mark.parametrize("port", sorted(FETCH_PORTS))
def test_the_network_policy_lets_out_to_every_picture_that_the_product_fetches(port):
    assert may_leave_for(port)


@pytest.mark.parametrize("port", [22, 25, 53, 1023])
def test_the_network_policy_lets_out_to_no_other_service(port):
    assert not may_leave_for(port)
