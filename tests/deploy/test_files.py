"""The files of deploy/, each judged by the program that would read it."""

import os
import re
import shlex
import shutil
import subprocess

import pytest
import yaml

from tests.needs import need
from tests.settings import ROOT

DEPLOY = ROOT / "deploy"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
SOCKETS = sorted((DEPLOY / "systemd").glob("*.socket"))
ENVIRONMENT = [
    line
    for line in (DEPLOY / "systemd" / "environment").read_text().splitlines()
    if not line.startswith("#")
]
EXAMPLE = (DEPLOY / ".env.example").read_text()
FILLED_IN = re.sub(r"=$", "=something", EXAMPLE, flags=re.M)
SECRETS = (
    "SECRET_KEY",
    "MASKR_KEY_PEPPER",
    "MASKR_SIGNING_KEYS",
    "MASKR_WEBHOOK_KEYS",
    "MASKR_FACTOR_KEYS",
)
#: Read by other programs in the container, not by the product.
FOREIGN = {"HTTP_PORT", "POSTGRES_PASSWORD", "S3_ACCESS_KEY", "S3_SECRET_KEY"}


def program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if not found:
        need(name, "not installed")
    return str(found)


def run(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60)


def documented() -> set[str]:
    return set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "README.md").read_text(), re.M))


@pytest.fixture
def composed(tmp_path):
    """What Compose makes of its file beside this .env."""

    def composed(env):
        (tmp_path / ".env").write_text(env)
        shutil.copy(DEPLOY / "compose.yaml", tmp_path)
        options = ("--env-file", tmp_path / ".env", "-f", tmp_path / "compose.yaml")
        return run(program("docker-compose"), *options, "config")

    return composed


def test_compose_reads_its_file(composed):
    done = composed(FILLED_IN)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", SECRETS)
def test_compose_starts_nothing_without_a_secret(composed, name):
    done = composed(FILLED_IN.replace(f"\n{name}=something", f"\n{name}="))
    assert (done.returncode, done.stderr.rpartition(": ")[2]) == (1, f"set {name}\n")


def test_containers_share_the_models_and_nothing_else():
    volumes = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["x-maskr"]["volumes"]
    assert [volume for volume in volumes if ":" in volume] == ["models:/var/lib/maskr/models"]


def test_containers_look_for_the_models_where_they_are_mounted():
    assert " MODELS_DIR=/var/lib/maskr/models " in (DEPLOY / "Dockerfile").read_text()


def exemplified() -> set[str]:
    return set(re.findall(r"^#?([A-Z0-9_]+)=", EXAMPLE, re.M))


def test_every_variable_of_compose_is_in_its_example():
    used = set(re.findall(r"\$\{([A-Z0-9_]+)", (DEPLOY / "compose.yaml").read_text()))
    assert used <= exemplified()


def test_the_example_of_compose_has_variables_that_somebody_knows():
    assert exemplified() <= documented() | FOREIGN


def test_compose_hands_containers_whatever_else_the_example_sets(composed):
    env = FILLED_IN + "MASKR_STAFF_MFA=true\n"
    services = yaml.safe_load(composed(env).stdout)["services"]
    ours = [one for one in services.values() if one["image"].startswith("maskr")]
    assert [one["environment"]["MASKR_STAFF_MFA"] for one in ours] == ["true"] * 4


def test_the_example_holds_no_secret():
    secret = re.findall(r"^\w*(?:SECRET|PASSWORD|PEPPER|KEYS?|TOKEN)\w*=(.+)$", EXAMPLE, re.M)
    assert secret == []


def test_containers_are_given_variables_that_the_product_knows():
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    maps = [compose["x-maskr"]["environment"], *(
        document["data"]
        for manifest in MANIFESTS
        for document in yaml.safe_load_all(manifest.read_text())
        if document["kind"] == "ConfigMap"
    )]  # fmt: skip
    assert set().union(*maps) - FOREIGN <= documented()


def test_the_image_holds_everything_that_is_imported():
    copied = set(re.findall(r"^COPY (\w+) /srv", (DEPLOY / "Dockerfile").read_text(), re.M))
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    assert packages | {"templates", "static", "docs"} == copied


def front_limits():
    """Bytes that each proxy lets through."""
    nginx = re.findall(
        r"^ *client_max_body_size (\d+)m;", (DEPLOY / "nginx.conf").read_text(), re.M
    )
    kubernetes = (DEPLOY / "kubernetes" / "maskr.yaml").read_text()
    ingress = re.findall(r"proxy-body-size: (\d+)m$", kubernetes, re.M)
    apache = re.findall(r"^ *LimitRequestBody (\d+)$", (DEPLOY / "apache.conf").read_text(), re.M)
    return [*(int(limit) * 2**20 for limit in nginx + ingress), *map(int, apache)]


def test_the_largest_batch_comes_through_every_proxy(settings):
    largest = 2 * settings.MAX_BATCH_FILES * settings.MAX_UPLOAD_BYTES
    limits = front_limits()
    assert len(limits) == 3 and all(limit > largest for limit in limits)


def test_no_upload_is_kept_in_the_memory_of_a_container():
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    containers = [compose["x-maskr"], compose["services"]["proxy"]]
    assert not any("tmpfs" in container for container in containers)
    assert not any("medium: Memory" in manifest.read_text() for manifest in MANIFESTS)


def test_what_the_image_copies_is_let_through():
    text = (DEPLOY / "Dockerfile").read_text()
    sources = re.findall(r"^COPY (?!--from)(.+) /\S+$", text, re.M)
    allowed = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.M))
    assert {name for line in sources for name in line.split()} <= allowed


def test_the_image_does_not_run_as_root():
    assert re.search(r"^USER 10001:10001$", (DEPLOY / "Dockerfile").read_text(), re.M)


def fetching_containers():
    """Image and build target of whoever runs `models pull`."""
    prepare = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["prepare"]
    job = yaml.safe_load((DEPLOY / "kubernetes" / "migrate.yaml").read_text())
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert "models pull" in prepare["entrypoint"][-1] and "models pull" in container["command"][-1]
    return prepare, container


def test_who_fetches_the_models_has_npm():
    stages = re.split(r"^FROM ", (DEPLOY / "Dockerfile").read_text(), flags=re.M)
    with_npm = [
        stage.split("\n")[0].split(" AS ")[1] for stage in stages if "-recommends npm" in stage
    ]
    prepare, container = fetching_containers()
    assert (with_npm, prepare["build"]["target"], prepare["image"], container["image"]) == (
        ["models"],
        "models",
        "maskr-models",
        "maskr-models:latest",
    )


def test_what_serves_is_built_without_npm():
    stages = re.findall(r"^FROM (.+)$", (DEPLOY / "Dockerfile").read_text(), re.M)
    assert (stages[-1], "python:3.11-slim-bookworm AS product" in stages) == ("product", True)


def settings_of(unit, name):
    """Every value of a setting of a unit."""
    return re.findall(rf"^{name}=(.*)$", unit.read_text(), re.M)


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_what_units_keep_lies_where_they_may_write(unit):
    given = dict(pair.split("=") for pair in " ".join(settings_of(unit, "Environment")).split())
    (state,) = settings_of(unit, "StateDirectory")
    assert settings_of(unit, "ProtectSystem") == ["strict"]
    assert {given["MASKR_VAR_DIR"], given["MODELS_DIR"].removesuffix("/models")} == {
        f"/var/lib/{state}"
    }


def test_each_worker_of_a_machine_may_have_a_metrics_port_of_its_own():
    files = settings_of(DEPLOY / "systemd" / "maskr-worker@.service", "EnvironmentFile")
    assert files == ["/etc/maskr/environment", "-/etc/maskr/worker-%i"]
    assert not any(line.startswith("MASKR_METRICS_PORT") for line in ENVIRONMENT)


def test_commands_by_hand_keep_it_where_the_units_do():
    given = dict(line.split("=", 1) for line in ENVIRONMENT if "=" in line)
    text = " ".join(settings_of(UNITS[0], "Environment"))
    assert all(f"{name}={given[name]}" in text for name in ("MASKR_VAR_DIR", "MODELS_DIR"))


def test_the_environment_of_machines_has_variables_that_the_product_knows():
    assert {line.split("=")[0] for line in ENVIRONMENT} <= documented()


def test_nginx_of_a_machine_asks_the_server_of_that_machine(tmp_path):
    guide = (ROOT / "docs" / "deployment.md").read_text()
    (edit,) = re.findall(r"^(sed .+) deploy/nginx.conf > /etc/nginx", guide, re.M)
    edited = run(*shlex.split(edit), DEPLOY / "nginx.conf").stdout
    (served,) = re.findall(r"server (\S+:\d+) ", edited)
    (command,) = settings_of(DEPLOY / "systemd" / "maskr-web.service", "ExecStart")
    assert served == "{}:{}".format(*re.findall(r"--(?:host|port) (\S+)", command))


def test_nginx_of_a_machine_without_ipv6_listens_on_ipv4_alone(tmp_path):
    guide = (ROOT / "docs" / "deployment.md").read_text()
    (edit,) = re.findall(r"if_inet6 \] \|\| (sed .+) /etc/nginx/conf.d/maskr.conf", guide)
    copy = tmp_path / "maskr.conf"
    copy.write_text((DEPLOY / "nginx.conf").read_text())
    run(*shlex.split(edit), copy)
    assert re.findall(r"^ *listen (.+?);", copy.read_text(), re.M) == ["80"]


def test_apache_of_a_machine_asks_the_server_of_that_machine():
    served = re.findall(r"BalancerMember http://(\S+) ", (DEPLOY / "apache.conf").read_text())
    (command,) = settings_of(DEPLOY / "systemd" / "maskr-web.service", "ExecStart")
    assert served == ["{}:{}".format(*re.findall(r"--(?:host|port) (\S+)", command))]


def test_apache_gives_slow_uploads_the_time_that_the_product_does(settings):
    text = (DEPLOY / "apache.conf").read_text()
    (rule,) = re.findall(r"^ *RequestReadTimeout .* body=(\d+),MinRate=(\d+)$", text, re.M)
    assert list(map(float, rule)) == [settings.UPLOAD_GRACE_S, settings.MIN_UPLOAD_BYTES_PER_S]


def test_systemd_listens_where_the_server_of_the_machine_would():
    (listened,) = settings_of(DEPLOY / "systemd" / "maskr-web.socket", "ListenStream")
    (command,) = settings_of(DEPLOY / "systemd" / "maskr-web.service", "ExecStart")
    assert listened == "{}:{}".format(*re.findall(r"--(?:host|port) (\S+)", command))


@pytest.mark.parametrize("unit", [*UNITS, *SOCKETS], ids=lambda path: path.name)
def test_systemd_accepts_the_units(unit, tmp_path):
    for each in (*UNITS, *SOCKETS):
        text = each.read_text().replace("/srv/maskr/.venv/bin/python", "/bin/true")
        (tmp_path / each.name.replace("@", "@interactive")).write_text(text)
    copy = tmp_path / unit.name.replace("@", "@interactive")
    done = run(program("systemd-analyze"), "verify", "--man=no", copy)
    # Units of the machine itself are not ours to judge.
    ours = [line for line in done.stderr.splitlines() if "maskr" in line]
    assert ours == []
