"""A real Request Tracker 5 of the test run's own: the installed program on a copy of its fresh database."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from agent.testing import free_port

PROGRAM = Path("/usr/share/request-tracker5/libexec/rt-server")
DATABASE = Path("/var/lib/dbconfig-common/sqlite3/request-tracker5/rtdb")
SECRET = "a secret between the two"
_INITIAL = Path(__file__).parents[2] / "tools/helpdesk/requesttracker.initialdata"
_CONFIG = """
Set($rtname, 'test.example'); Set($Organization, 'test.example');
Set($WebDomain, '127.0.0.1'); Set($WebPort, {port}); Set($WebPath, '');
Set($DatabaseType, 'SQLite'); Set($DatabaseName, '{folder}/rtdb');
Set($MailCommand, 'testfile'); Set($LogToSyslog, undef); Set($LogToSTDERR, 'error'); Set($Timezone, 'UTC');
Set($FirstContactHook, 'http://127.0.0.1:{hook}/api/hooks/helpdesk'); Set($FirstContactSecret, '{secret}');
1;
"""
#: A password costs Request Tracker a third of a second at every request; a token does not.
_TOKEN = """
my $user = RT::User->new(RT->SystemUser); $user->Load("root");
my $auth = RT::AuthToken->new(RT::CurrentUser->new($user));
my ($ok, $said, $token) = $auth->Create(Owner => $user->Id, Description => "test");
die $said unless $ok; print $token;
"""


def absent() -> str | None:
    """Return why there is no Request Tracker to test against, or None."""
    if not PROGRAM.exists():
        return "Request Tracker 5 is not installed (apt-get install request-tracker5 rt5-db-sqlite rt5-standalone)"
    if not os.access(DATABASE, os.R_OK):
        return "Request Tracker's database is not readable by this account"
    return None


@contextmanager
def running(folder: Path, hook_port: int) -> Iterator[dict[str, str]]:
    """Run it and yield the environment that leads to it; its scrip calls the hook port."""
    port = free_port()
    shutil.copy(DATABASE, folder / "rtdb")
    (folder / "d").mkdir()
    config = folder / "RT_SiteConfig.pm"
    config.write_text(_CONFIG.format(port=port, folder=folder, hook=hook_port, secret=SECRET))
    environment = os.environ | {"RT_SITE_CONFIG": str(config), "RT_SITE_CONFIG_DIR": str(folder / "d")}
    _load(environment)
    token = _token(environment)
    log = (folder / "rt.log").open("wb")
    process = subprocess.Popen(
        [str(PROGRAM), "--port", str(port), "--server", "HTTP::Server::PSGI"], env=environment, stdout=log, stderr=log
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(f"{url}/REST/2.0/rt", token, process)
        yield {"REQUESTTRACKER_URL": url, "REQUESTTRACKER_TOKEN": token, "REQUESTTRACKER_WEBHOOK_SECRET": SECRET,
               "HOOK_PORT": str(hook_port)}  # fmt: skip
    finally:
        process.terminate()
        process.wait(10)
        log.close()


def _load(environment: dict[str, str]) -> None:
    program = "/usr/sbin/rt-setup-database-5"
    command = [program, "--action", "insert", "--datafile", str(_INITIAL), "--skip-create"]
    subprocess.run(command, env=environment, check=True, capture_output=True)


def _token(environment: dict[str, str]) -> str:
    library = "-I/usr/share/request-tracker5/lib"
    made = subprocess.run(
        ["perl", library, "-MRT=-init", "-e", _TOKEN], env=environment, check=True, capture_output=True
    )
    return made.stdout.decode()


def _wait(url: str, token: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        try:
            if httpx.get(url, headers={"Authorization": f"token {token}"}, timeout=5).is_success:
                return
        except httpx.TransportError:
            pass
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError("Request Tracker did not start.")
