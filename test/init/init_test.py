#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Rows 77 and 79: `stayd init` as an ordinary process and as a real PID 1, beside tini and dumb-init
where they are installed. Usage: init_test.py STAYD ROW"""
import os, pty, shutil, signal, subprocess, sys, tempfile

STAYD, ROW = os.path.abspath(sys.argv[1]), sys.argv[2]
# A shell that starts us in the background has them ignored, and init passes that on.
for ignored in (signal.SIGINT, signal.SIGQUIT):
    signal.signal(ignored, signal.SIG_DFL)
DEADLINE = 20


def candidates(folder):
    """What is tested: (name, command line in front of the command)."""
    found = [("stayd init", [STAYD, "init", "--"])]
    for name in ("tini", "dumb-init"):
        link = os.path.join(folder, name)
        os.symlink(STAYD, link)
        found.append((f"stayd as {name}", [link, "--"]))
        if shutil.which(name):
            found.append((name, [shutil.which(name), "--"]))
    return found


def as_pid_1(front):
    return ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"] + front


def check(what, got, wanted):
    if got != wanted:
        sys.exit(f"FAILED {what}: got {got!r}, wanted {wanted!r}")


def status_of(command):
    return subprocess.run(command, timeout=DEADLINE, stderr=subprocess.DEVNULL).returncode


def row_77(name, front):
    for wrap in (lambda f: f, as_pid_1):
        run = wrap(front)
        for code in (0, 1, 7, 126, 127, 130, 255):
            check(f"{name}: exit {code}", status_of(run + ["sh", "-c", f"exit {code}"]), code)
        check(f"{name}: KILL", status_of(run + ["sh", "-c", "kill -KILL $$"]), 137)
        check(f"{name}: TERM", status_of(run + ["sh", "-c", "kill -TERM $$"]), 143)
    # Every signal is passed on; started as PID 1, told by a process beside it.
    for number in (1, 2, 3, 10, 12, 15, 28, 40):
        script = (f"trap 'echo got; exit 0' {number}; kill -{number} 1; "
                  "n=0; while [ $n -lt 400 ]; do sleep 0.05; n=$((n+1)); done; exit 9")
        done = subprocess.run(as_pid_1(front) + ["sh", "-c", script], timeout=DEADLINE,
                              stdout=subprocess.PIPE)
        check(f"{name}: signal {number} passed on", done.stdout, b"got\n")
    # Orphans are reaped: nothing in state Z is left while the command still runs.
    script = ("for i in 1 2 3 4 5; do (sh -c 'exit 0' & ) ; done; n=0; "
              "while grep -q '^State:.Z' /proc/[0-9]*/status && [ $n -lt 400 ]; "
              "do sleep 0.05; n=$((n+1)); done; [ $n -lt 400 ]")
    check(f"{name}: orphans reaped", status_of(as_pid_1(front) + ["sh", "-c", script]), 0)
    if name.startswith("stayd"):
        check(f"{name}: not found", status_of(front + ["/nonexistent"]), 127)
        check(f"{name}: not executable", status_of(front + ["/etc/passwd"]), 126)


def row_79(name, front):
    """With a terminal of its own: the child can read it, and ^C ends the child by SIGINT."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(front[0], front + ["sh", "-c", "echo ready; exec cat"])
    signal.alarm(DEADLINE)
    seen = b""
    while b"ready" not in seen:
        seen += os.read(terminal, 100)
    os.write(terminal, b"hello\n")
    while seen.count(b"hello") < 2:  # the terminal's echo, then cat's
        seen += os.read(terminal, 100)
    os.write(terminal, b"\x03")
    _, status = os.waitpid(pid, 0)
    check(f"{name}: ^C", os.waitstatus_to_exitcode(status), 130)
    signal.alarm(0)
    os.close(terminal)


if subprocess.run(as_pid_1(["true"]), stderr=subprocess.DEVNULL).returncode != 0:
    print("skipped: not allowed to make a PID namespace")
    sys.exit(77)
with tempfile.TemporaryDirectory() as folder:
    for each_name, each_front in candidates(folder):
        {"77": row_77, "79": row_79}[ROW](each_name, each_front)
        print(f"row {ROW} holds: {each_name}")
