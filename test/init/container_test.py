#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Row 77 with a real container runtime: `stayd init` is PID 1 of an image that holds the static
program and busybox alone, without a writable folder; and of a bare root without /proc.
Usage: container_test.py [no-proc]; $STAYD is the program."""
import os, pathlib, resource, shutil, subprocess, sys, tempfile

STAYD = os.environ["STAYD"]
BUSYBOX = "/bin/busybox"
DEADLINE = 60


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def check(what, got, wanted):
    if got != wanted:
        sys.exit(f"FAILED {what}: got {got!r}, wanted {wanted!r}")


def make_root(folder):
    """bin/ with the program by its three names, and busybox."""
    binaries = pathlib.Path(folder, "bin")
    binaries.mkdir(parents=True)
    shutil.copy(STAYD, binaries / "stayd")
    shutil.copy(BUSYBOX, binaries / "busybox")
    for name, target in (("tini", "stayd"), ("dumb-init", "stayd"), ("sh", "busybox")):
        (binaries / name).symlink_to(target)


FRONTS = (["/bin/stayd", "init", "--"], ["/bin/tini", "--"], ["/bin/dumb-init", "--"])


class Podman:
    """With storage of its own; ended with all that it holds."""

    def __init__(self, folder):
        self.front = ["podman", "--root", f"{folder}/root", "--runroot", f"{folder}/run",
                      "--storage-driver", "vfs", "--runtime", "runc",
                      "--cgroup-manager", "cgroupfs"]
        # podman would raise them, which takes CAP_SYS_RESOURCE.
        self.limits = []
        for name, number in (("nofile", resource.RLIMIT_NOFILE), ("nproc", resource.RLIMIT_NPROC)):
            _, hard = resource.getrlimit(number)
            if hard != resource.RLIM_INFINITY:
                self.limits += ["--ulimit", f"{name}={hard}:{hard}"]

    def __call__(self, *arguments):
        return subprocess.run([*self.front, *arguments], timeout=DEADLINE, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL)

    def run(self, *command, options=()):
        return self("run", *options, "--network", "host", "--read-only", "--read-only-tmpfs=false",
                    *self.limits, "scratch-stayd", *command)

    def build(self, context):
        pathlib.Path(context, "Containerfile").write_text("FROM scratch\nCOPY bin /bin\n")
        return self("build", "-q", "--isolation", "chroot", "-t", "scratch-stayd", context)

    def remove_all(self):
        self("rm", "-f", "-a", "-t", "0")
        self("rmi", "-f", "-a")


def statuses(podman, front):
    for script, wanted in (("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 143),
                           ("kill -KILL $$", 137)):
        done = podman.run(*front, "/bin/sh", "-c", script, options=["--rm"])
        check(f"{front}: {script} ({done.stderr})", done.returncode, wanted)
    done = podman.run(*front, "/bin/sh", "-c", ">/written", options=["--rm"])
    check(f"{front}: nothing is writable", done.returncode != 0, True)


WAIT = "while [ -z \"$got\" ]; do /bin/busybox usleep 20000; done"
ZOMBIES = "n=0; while /bin/busybox grep -q '^State:.Z' /proc/[0-9]*/status && [ $n -lt 400 ]; " \
          "do /bin/busybox usleep 20000; n=$((n+1)); done; [ $n -lt 400 ]"


def lives(podman, front):
    """What `podman exec` leaves behind is reaped; a signal of podman's arrives; so does stop's."""
    name = "life"
    script = f"trap 'got=1; echo usr1' USR1; {WAIT}; got=; trap 'got=1; echo term' TERM; " \
             f"echo stoppable; {WAIT}; exit 5"
    done = podman.run(*front, "/bin/sh", "-c", "echo ready; " + script,
                      options=["-d", "--name", name])
    check(f"{front}: begins ({done.stderr})", done.returncode, 0)
    wait_for_log(podman, name, "ready")
    orphans = "(/bin/sh -c 'exit 3' &); (/bin/sh -c 'exit 4' &)"
    done = podman("exec", name, "/bin/sh", "-c", f"{orphans}; {ZOMBIES}")
    check(f"{front}: orphans of exec ({done.stderr})", done.returncode, 0)
    check(f"{front}: kill", podman("kill", "-s", "USR1", name).returncode, 0)
    wait_for_log(podman, name, "stoppable")
    check(f"{front}: stop", podman("stop", "-t", "30", name).returncode, 0)
    check(f"{front}: status", podman("wait", name).stdout.strip(), "5")
    check(f"{front}: said", podman("logs", name).stdout.split(),
          ["ready", "usr1", "stoppable", "term"])
    podman("rm", "-f", name)


def wait_for_log(podman, name, word):
    follow = subprocess.Popen(["timeout", str(DEADLINE), *podman.front, "logs", "-f", name],
                              stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
    found = any(line.strip() == word for line in follow.stdout)
    follow.terminate()
    follow.wait()
    check(f"{name} says {word}", found, True)


def with_podman(folder):
    if not shutil.which("podman") or not shutil.which("runc"):
        skip("needs podman and runc")
    podman = Podman(folder)
    make_root(f"{folder}/context")
    try:
        built = podman.build(f"{folder}/context")
        if built.returncode != 0:
            skip(f"podman cannot make an image here: {built.stderr.strip()}")
        tried = podman.run("/bin/busybox", "true", options=["--rm"])
        if tried.returncode != 0:
            skip(f"podman cannot run a container here: {tried.stderr.strip()}")
        for front in FRONTS:
            statuses(podman, front)
            lives(podman, front)
            print(f"in a container: {' '.join(front)}")
    finally:
        podman.remove_all()


def without_proc(folder):
    make_root(f"{folder}/root")
    enter = ["unshare", "--pid", "--fork", "--kill-child", "chroot", f"{folder}/root"]
    if subprocess.run([*enter, "/bin/busybox", "true"], stderr=subprocess.DEVNULL).returncode != 0:
        skip("not allowed to make a PID namespace or to change the root")
    for front in FRONTS:
        for script, wanted in (("[ ! -e /proc ] && [ ! -e /dev ] && exit 7", 7),
                               ("kill -TERM $$", 143),
                               ("trap 'exit 5' USR1; kill -USR1 1; "
                                "while :; do /bin/busybox usleep 20000; done", 5)):
            done = subprocess.run([*enter, *front, "/bin/sh", "-c", script], timeout=DEADLINE,
                                  stderr=subprocess.DEVNULL)
            check(f"{front}: {script}", done.returncode, wanted)
        print(f"without /proc: {' '.join(front)}")


if not os.path.exists(BUSYBOX):
    skip("needs busybox-static")
with tempfile.TemporaryDirectory(prefix="stayd-container-") as temporary:
    (without_proc if sys.argv[1:] == ["no-proc"] else with_podman)(temporary)
