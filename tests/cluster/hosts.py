"""Several hosts on one machine: each is namespaces of Linux (network, name, processes, shared memory) with an
address on a bridge that lies in a namespace too, so no packet leaves. The file system is the machine's.
"""

import os
import shutil
import subprocess
import time
from pathlib import Path

TOOLS = ("unshare", "nsenter", "ip", "setpriv", "mount")
# The first process of a host: it mounts what is the host's own and waits, reaping what is left to it.
FIRST = """hostname "$1" && mount -t tmpfs -o mode=1777 tmpfs /dev/shm && mount --bind "$2/hosts" /etc/hosts &&
ip link set lo up && : >"$2/$1.ready"; while :; do sleep 600 & wait $!; done"""
# Called by mpirun as it would call ssh, [options] HOST COMMAND…; nothing of the environment goes along.
AGENT = """#!/bin/bash
while [[ $1 == -* ]]; do shift; done
exec nsenter -t "$(<"{folder}/$1.pid")" -n -u -m -p -i -- \\
  env -i PATH=/usr/local/bin:/usr/bin:/bin HOME=/root /bin/sh -c "${{*:2}}"
"""


class Hosts:
    """h1 to hN. Raises RuntimeError where such namespaces are not allowed. close() ends everything in them."""

    def __init__(self, folder, number):
        self.folder = Path(folder)
        self.names = [f"h{i}" for i in range(1, number + 1)]
        self.firsts = []
        lacking = [tool for tool in TOOLS if not shutil.which(tool)]
        if lacking or os.geteuid() != 0:
            raise RuntimeError(f"no {', '.join(lacking)} here: ./shardmill setup hosts" if lacking else
                               "needs root, to make hosts from namespaces")
        (self.folder / "hosts").write_text("127.0.0.1 localhost\n" + "".join(
            f"10.77.0.{i} {name}\n" for i, name in enumerate(self.names, 1)))
        (self.folder / "agent").write_text(AGENT.format(folder=self.folder))
        (self.folder / "agent").chmod(0o755)
        try:
            self._begin("switch")
            self._inside("switch", "ip link add br0 type bridge && ip link set br0 up")
            for i, name in enumerate(self.names, 1):
                self._begin(name)
                self._inside("switch", f"ip link add {name} type veth peer name eth0 netns {self.pid(name)} && "
                                       f"ip link set {name} master br0 up")
                self._inside(name, f"ip addr add 10.77.0.{i}/24 dev eth0 && ip link set eth0 up")
        except BaseException:
            self.close()
            raise

    def _begin(self, name):
        log = self.folder / f"{name}.log"
        with open(log, "w") as out:
            outer = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "unshare", "--fork", "--pid", "--mount-proc", "--net", "--uts", "--mount",
                 "--ipc", "--propagation", "private", "--kill-child", "bash", "-c", FIRST, "host", name, self.folder],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        self.firsts.append(outer)
        deadline = time.monotonic() + 10
        while not (self.folder / f"{name}.ready").exists():
            if outer.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("hosts cannot be made from namespaces here: " + log.read_text().strip())
            time.sleep(0.02)
        pid = Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text().strip()
        (self.folder / f"{name}.pid").write_text(pid)

    def _inside(self, name, command):
        done = subprocess.run(["nsenter", "-t", self.pid(name), "-n", "sh", "-c", command], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"hosts cannot be joined here: {done.stderr.strip()}")

    def pid(self, name):
        return (self.folder / f"{name}.pid").read_text()

    def on(self, name, *command):
        """The words that run a command with a host's network, name and list of hosts, and with the machine's
        processes, so that the agent works there."""
        return ["nsenter", "-t", self.pid(name), "-n", "-u", "--", "unshare", "--mount", "--propagation", "private",
                "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', str(self.folder / "hosts"), *map(str, command)]

    def processes(self, name, program):
        """Of this name in the host."""
        found = []
        space = os.readlink(f"/proc/{self.pid(name)}/ns/pid")
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(process / "ns/pid") == space and (process / "comm").read_text().strip() == program:
                    found.append(int(process.name))
            except OSError:
                pass  # it has ended
        return found

    def cut(self, name):
        """Pulls the cable."""
        self._inside("switch", f"ip link set {name} down")

    def join(self, name):
        self._inside("switch", f"ip link set {name} up")
        time.sleep(2)  # Open MPI hangs when it begins on a network that is just coming up

    def close(self):
        for outer in self.firsts:
            outer.kill()
            outer.wait()
