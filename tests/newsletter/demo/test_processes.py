from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from newsletter.demo.processes import NotStarted, Processes, answers, free_port


@pytest.fixture
def processes(tmp_path):
    made = Processes(logs=tmp_path / "logs", environment=os.environ)
    yield made
    made.stop()


def test_a_port_in_use_is_not_chosen():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert answers(port)
        assert free_port(port) != port


def test_a_program_that_ends_at_once_is_reported_with_its_log(processes):
    processes.start("broken", ["no_such_module"])
    with pytest.raises(NotStarted, match="No module named no_such_module"):
        processes.wait_for("broken", lambda: False)
    assert processes.ended() == "broken"


def test_all_programs_end_even_one_that_does_not_listen(processes, monkeypatch):
    monkeypatch.setattr("newsletter.demo.processes.STOP_SECONDS", 0.2)
    code = "import signal,time; signal.signal(15, signal.SIG_IGN); print('up'); time.sleep(99)"
    deaf = processes.logs / "deaf.py"
    deaf.write_text(code)
    processes.environment |= {"PYTHONPATH": str(processes.logs), "PYTHONUNBUFFERED": "1"}
    processes.start("deaf", ["deaf"])
    processes.wait_for("deaf", lambda: processes.says("deaf", "up"))
    process = processes.running["deaf"]
    processes.stop()
    assert process.returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_no_program_outlives_a_killed_parent(tmp_path):
    code = (
        "import os, time; from pathlib import Path\n"
        "from newsletter.demo.processes import Processes\n"
        f"p = Processes(logs=Path({str(tmp_path)!r}), environment=os.environ)\n"
        "p.start('child', ['http.server', '0', '--bind', '127.0.0.1'])\n"
        "print(p.running['child'].pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    with parent:
        child = int(parent.stdout.readline())
        parent.kill()
    for _ in range(100):
        if not is_alive(child):
            return
        time.sleep(0.05)
    pytest.fail("the child is still running")


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
