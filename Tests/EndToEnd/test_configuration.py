"""What `martlet config`, and the processes that it speaks for, say of a configuration, and with which status."""

import os
import pathlib
import socket
import subprocess

import pytest
from cluster import BINARY, ROOT

OK, USAGE, UNAVAILABLE, CONFIGURATION = 0, 64, 69, 78
SECRET = "8f1c7e29b4d05a638f1c7e29b4d05a63"


class Setup:
    def __init__(self, folder):
        self.folder = folder
        self.secret = folder / "secret"
        self.secret.write_text(SECRET + "\n")
        self.secret.chmod(0o600)
        self.file = folder / "martlet.yaml"
        self.write()

    def write(self, more=""):
        self.file.write_text(f"token.secretFile: {self.secret}\nlink.secretFile: {self.secret}\n{more}")

    def run(self, *words, file=True, environment=None):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MARTLET_")}
        words = [str(BINARY), *words, *(["--config", str(self.file)] if file else [])]
        return subprocess.run(words, capture_output=True, text=True, timeout=60, env={**kept, **(environment or {})})


@pytest.fixture
def setup(tmp_path):
    return Setup(tmp_path)


def test_a_good_configuration_is_printed_with_its_sources(setup):
    setup.write("cluster:\n  slots: 64\n")
    done = setup.run("config", "check", "--loops", "2", environment={"MARTLET_NODE": "eu-1"})
    assert done.returncode == OK, done.stderr
    rows = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()}
    assert rows["cluster.slots"] == ["64", f"{setup.file}:4:3"]
    assert rows["node"] == ["eu-1", "MARTLET_NODE"]
    assert rows["loops"] == ["2", "--loops"]
    assert rows["lease.ttl"] == ["3s", "default"]
    assert SECRET not in done.stdout + done.stderr


def test_secrets_are_masked(setup):
    setup.write("kafka.settings: {sasl.password: hunter2}\n")
    done = setup.run("config", "check", environment={"MARTLET_REDIS_PASSWORD": "hunter2"})
    assert done.returncode == OK, done.stderr
    assert "hunter2" not in done.stdout + done.stderr
    assert "********" in done.stdout


@pytest.mark.parametrize("more, said", [
    ("redis:\n  adress: a:1\n", ":4:3: unknown setting `redis.adress`: did you mean `redis.address`?"),
    ("loops: 0\n", ":3:1: `loops` is `0`: expected a whole number from 1 to 64."),
    ("loops: *x\n", ":3:8: an alias is not taken"),
    ("heartbeat.interval: 2m\n", "must be longer than `heartbeat.interval`"),
    ("client.advertise: 0.0.0.0:80\n", "is every address of a machine"),
    ("redis.passwordFile: /nonexistent\n", "cannot be read"),
])
@pytest.mark.parametrize("command", [["config", "check"], ["gateway"]])
def test_a_wrong_configuration_ends_with_78_and_says_where(setup, command, more, said):
    setup.write(more)
    done = setup.run(*command)
    assert done.returncode == CONFIGURATION, done
    assert said in done.stderr


def test_every_problem_is_said(setup):
    setup.write("loops: 0\nweight: x\nnonsense: 1\n")
    done = setup.run("config", "check", environment={"MARTLET_LEASE_TTL": "soon"})
    assert done.returncode == CONFIGURATION
    assert done.stderr.count("\n  ") == 4, done.stderr


def test_a_gateway_without_secrets_does_not_start(setup):
    done = setup.run("gateway", file=False)
    assert done.returncode == CONFIGURATION
    assert "token.secretFile" in done.stderr and "link.secretFile" in done.stderr


@pytest.mark.parametrize("command", [["config", "check"], ["gateway"]])
def test_a_secret_that_anybody_could_guess_is_refused(setup, command):
    setup.secret.write_text("a" * 40)
    done = setup.run(*command)
    assert done.returncode == CONFIGURATION, done
    assert "the token secret" in done.stderr and "aaaa" not in done.stdout + done.stderr


def test_a_file_that_is_not_there(setup):
    done = setup.run("config", "check", "--config", "/nonexistent.yaml", file=False)
    assert done.returncode == CONFIGURATION
    assert "/nonexistent.yaml" in done.stderr


def test_the_file_may_be_named_by_a_variable(setup):
    done = setup.run("config", "check", file=False, environment={"MARTLET_CONFIG": str(setup.file)})
    assert done.returncode == OK, done.stderr


def test_a_wrong_command_line_ends_with_64(setup):
    for words in (["--loops", "0"], ["--lops", "1"], ["--token-secret", "x"], ["--for", "page"]):
        done = setup.run("config", "check", *words)
        assert done.returncode == USAGE, (words, done)


def test_a_secret_that_others_may_read_is_warned_of(setup):
    setup.secret.chmod(0o644)
    done = setup.run("config", "check")
    assert done.returncode == OK
    assert "can be read by others" in done.stderr


def test_the_reference_page_is_the_one_in_docs(setup):
    done = setup.run("config", "reference", file=False)
    assert done.stdout == (pathlib.Path(ROOT) / "Docs" / "Configuration.md").read_text()


def test_help_names_the_settings(setup):
    for command in ("gateway", "coordinator"):
        text = setup.run(command, "--help", file=False).stdout
        assert "--redis-address" in text and "--lease-ttl" in text
    assert "--client-listen" not in setup.run("coordinator", "--help", file=False).stdout


def test_a_redis_that_is_not_there_ends_with_69(setup):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{held.getsockname()[1]}"
        for command in ("gateway", "coordinator"):
            done = setup.run(command, "--redis-address", address)
            assert done.returncode == UNAVAILABLE, done
            assert address in done.stderr


@pytest.mark.parametrize("process", ["gateway", "cluster-init", "log-cat"])
@pytest.mark.parametrize("settings, said", [
    ("{security.protocol: ssl, ssl.ca.location: /nowhere/ca.pem}", "the Kafka setting ssl.ca.location does not work"),
    ("{securty.protocol: ssl}", "the Kafka setting securty.protocol is unknown"),
    ("{security.protocol: tls}", "the Kafka setting security.protocol"),
    ("{acks: '1'}", "the Kafka setting acks is Martlet's own business"),
])
def test_what_librdkafka_refuses_is_named_before_anything_starts(setup, process, settings, said):
    setup.write(f"kafka.settings: {settings}\n")
    done = setup.run("config", "check", "--for", process)
    assert done.returncode == CONFIGURATION and said in done.stderr, done.stderr


@pytest.mark.parametrize("more, said", [
    ("kafka.settings: {security.protocol: ssl, ssl.ca.location: /nowhere/ca.pem}\n", "ssl.ca.location"),
    ("kafka.passwordFile: /nowhere/password\n", "`kafka.passwordFile`"),
    ("kafka.bootstrap: []\n", "`kafka.bootstrap` is empty"),
])
def test_the_log_is_printed_with_a_gateways_settings_of_kafka(setup, more, said):
    setup.write(more)
    done = setup.run("log", "cat", "--slot", "0")
    assert done.returncode == CONFIGURATION and said in done.stderr, done.stderr
