"""Promises about docker-compose.yml, checked without an engine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from celery import Celery

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docker-compose.yml").read_text()
SERVICES = yaml.safe_load(TEXT)["services"]
OURS = {name: service for name, service in SERVICES.items() if "newsletter:" in service["image"]}
DOCKERFILE = SERVICES["migrate"]["build"]["dockerfile_inline"].replace("\\\n", " ")
READ = set(re.findall(r'env\.\w+\("(\w+)"', (ROOT / "newsletter/config/settings.py").read_text()))
NEEDED = {
    *("SECRET_KEY", "SITE_URL", "DATABASE_URL", "REDIS_URL", "EMAIL_URL", "MAIL_FROM"),
    "JOURNAL_DIR",
}
FOR_DEVELOPERS = {"DEBUG", "STATIC_ROOT", "STATIC_MANIFEST"}  # the image has settled them

WORKERS = ["worker", "worker-letters", "worker-events", "worker-papers"]

every_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
each_of_ours = pytest.mark.parametrize("service", OURS.values(), ids=OURS)


def words(service: dict) -> list[str]:
    command = service["command"]
    return command.split() if isinstance(command, str) else command


def option(service: dict, name: str) -> str:
    return words(service)[words(service).index(name) + 1]


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} (.+)$", DOCKERFILE, re.MULTILINE)


def test_these_are_the_services():
    assert set(OURS) == {"migrate", "web", "beat", *WORKERS}
    assert set(SERVICES) - set(OURS) == {"postgres", "redis", "mailpit"}


@every_service
def test_every_service_has_a_health_check_and_a_restart_policy(service):
    assert "healthcheck" in service
    is_one_shot = service["restart"] == "no"
    assert service["healthcheck"].get("disable", False) is is_one_shot
    assert is_one_shot or service["restart"] == "unless-stopped"


@every_service
def test_no_service_can_gain_privileges(service):
    assert service["security_opt"] == ["no-new-privileges:true"]


@each_of_ours
def test_our_programs_write_nowhere_but_where_they_must(service):
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["tmpfs"] == ["/tmp"]  # noqa: S108


@every_service
def test_nothing_is_published_to_other_machines(service):
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


@each_of_ours
def test_exactly_the_settings_are_given(service):
    assert set(service["environment"]) == READ - FOR_DEVELOPERS
    assert {name for name, value in service["environment"].items() if value} == NEEDED


def test_secrets_come_from_the_environment():
    assert OURS["web"]["environment"]["SECRET_KEY"].startswith("${SECRET_KEY:?")
    assert SERVICES["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith(
        "${POSTGRES_PASSWORD:?"
    )
    assert "newsletter:${POSTGRES_PASSWORD" in OURS["web"]["environment"]["DATABASE_URL"]
    assert not re.search(
        r"[0-9a-zA-Z+/_-]{40,}", re.sub(r"\$\{[^}]*\}|[\w/.-]*/[\w/.-]+", "", TEXT)
    )


def test_what_env_example_sets_is_a_setting():
    named = re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert set(named) <= READ | {"POSTGRES_PASSWORD"}
    assert {"SECRET_KEY", "POSTGRES_PASSWORD"} <= set(named)


@each_of_ours
def test_every_command_names_a_program_that_is_there(service):
    program, *rest = words(service)
    if program == "python":
        assert (ROOT / rest[0]).is_file()
    else:
        assert find_spec(program)


def test_gunicorn_serves_our_application():
    module, _, name = words(OURS["web"])[1].partition(":")
    assert callable(getattr(import_module(module), name))


@pytest.mark.parametrize("name", [*WORKERS, "beat"])
def test_celery_starts_our_app(name):
    app = import_module(option(OURS[name], "-A")).celery_app
    assert isinstance(app, Celery)


def test_every_queue_has_a_worker_of_its_own(settings):
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    queues = sorted(option(OURS[name], "-Q") for name in WORKERS)
    assert queues == sorted(routed | {settings.CELERY_TASK_DEFAULT_QUEUE})


@pytest.mark.parametrize("name", WORKERS)
def test_a_worker_may_finish_before_it_is_killed(settings, name):
    grace = int(OURS[name]["stop_grace_period"].removesuffix("s"))
    assert grace > settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT


@pytest.mark.parametrize("name", ["web", *WORKERS, "beat"])
def test_programs_wait_for_the_migrations(name):
    conditions = {key: value["condition"] for key, value in OURS[name]["depends_on"].items()}
    assert conditions["migrate"] == "service_completed_successfully"
    assert conditions["postgres"] == conditions["redis"] == "service_healthy"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("host", "is_healthy"), [("localhost", True), ("elsewhere", False)])
def test_the_health_check_of_web_asks_for_the_page(live_server, host, is_healthy):
    program = SERVICES["web"]["healthcheck"]["test"][3]
    program = program.replace("http://127.0.0.1:8000", live_server.url)
    environment = {**os.environ, "SITE_URL": f"http://{host}"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=False)
    assert (done.returncode == 0) is is_healthy


def test_only_one_service_builds_the_image():
    assert [name for name, service in SERVICES.items() if "build" in service] == ["migrate"]


def test_the_image_is_made_of_files_that_are_there():
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    sources = [line.split()[0] for line in instructions("COPY")]
    assert {"manage.py", "papers", "subscriptions", "newsletter", "templates"} < set(sources)
    assert all((ROOT / source).exists() for source in sources)
    assert {f"!{source}" for source in sources} == {line for line in ignored if line[0] == "!"}


def test_the_image_installs_only_what_the_lock_file_names():
    [install] = [line for line in instructions("RUN") if "pip install" in line]
    assert "--require-hashes -r requirements/prod.txt" in install


def test_the_image_is_debian_and_does_not_run_as_root():
    assert instructions("FROM") == ["python:3.13-slim"]
    [user] = instructions("USER")
    assert user not in {"root", "0"}
    assert DOCKERFILE.index("USER") > DOCKERFILE.index("RUN DEBUG=1")


def test_the_image_has_its_static_files_with_a_manifest():
    assert "STATIC_MANIFEST=1 python manage.py collectstatic --noinput" in DOCKERFILE


def test_redis_forgets_no_doorbell():
    assert option(SERVICES["redis"], "--maxmemory-policy") == "noeviction"
    assert option(SERVICES["redis"], "--appendonly") == "yes"
    assert SERVICES["redis"]["volumes"] == ["redis:/data"]


def test_postgres_is_recent_and_keeps_its_data():
    assert int(re.match(r"postgres:(\d+)", SERVICES["postgres"]["image"])[1]) >= 15
    assert SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql/data"]


@every_service
def test_no_image_changes_its_major_version_by_itself(service):
    name, _, tag = service["image"].rpartition(":")
    assert name == "localhost/newsletter" or re.match(r"v?\d+", tag)
