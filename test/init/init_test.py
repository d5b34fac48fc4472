#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`stayd init` as an ordinary process and as a real PID 1, beside tini and dumb-init where they are
installed. Usage: init_test.py STAYD 77|79|options; 77 and 79 are the rows of faults."""
import os, pathlib, pty, re, shutil, signal, subprocess, sys, tempfile, time

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


class Terminal:
    """A command that leads a session on a terminal of its own."""

    def __init__(self, command):
        signal.alarm(DEADLINE)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvp(command[0], command)

    def type(self, text):
        os.write(self.fd, text)

    def read_until(self, text, times=1):
        seen = b""
        while seen.count(text) < times:
            seen += os.read(self.fd, 1000)
        return seen

    def close(self):
        os.close(self.fd)

    def status(self):
        _, status = os.waitpid(self.pid, 0)
        signal.alarm(0)
        return os.waitstatus_to_exitcode(status)


def row_79(name, front):
    """The child can read the terminal, ^C ends it by SIGINT, and so does a closed one by SIGHUP."""
    terminal = Terminal(front + ["sh", "-c", "echo ready; exec cat"])
    terminal.read_until(b"ready")
    terminal.type(b"hello\n")
    terminal.read_until(b"hello", 2)  # the terminal's echo, then cat's
    terminal.type(b"\x03")
    check(f"{name}: ^C", terminal.status(), 130)
    terminal.close()

    terminal = Terminal(front + ["sh", "-c", "trap 'exit 42' HUP; echo ready; "
                                 "while :; do sleep 0.05; done"])
    terminal.read_until(b"ready")
    terminal.close()
    check(f"{name}: SIGHUP", terminal.status(), 42)
    if "tini" not in name:  # its child alone, the foreground group, is stopped: no shell sees it
        suspend(name, front)


def is_stopped(pid):
    """Until it is, cat would take what is typed for the shell."""
    return "State:\tT" in pathlib.Path(f"/proc/{pid}/status").read_text()


def suspend(name, front):
    """^Z gives the terminal back to the shell, fg goes on, and the shell sees the status of ^C."""
    terminal = Terminal(["bash", "--norc", "--noprofile", "-i"])
    line = " ".join(front) + " sh -c 'echo pid=$$.; exec cat'; echo status=$?\n"
    terminal.type(line.encode())
    seen = b""
    while not (told := re.search(rb"pid=(\d+)\.", seen)):
        seen += terminal.read_until(b".")
    for _ in range(2):
        terminal.type(b"\x1a")
        terminal.read_until(b"status=147")  # 128 + SIGSTOP
        pid = int(told.group(1))
        if name.startswith("stayd"):
            check(f"{name}: the command stopped first", is_stopped(pid), True)
        while not is_stopped(pid):
            time.sleep(0.01)
        terminal.type(b"fg; echo status=$?\n")
        terminal.read_until(b"exec cat'")
        terminal.type(b"hello\n")
        terminal.read_until(b"hello", 2)
    terminal.type(b"\x03")
    terminal.read_until(b"status=130")
    terminal.type(b"exit 9\n")
    check(f"{name}: the shell goes on", terminal.status(), 9)
    terminal.close()


# The signal goes to init: who has it, the command or also what is in its process group?
GROUP = """
trap 'echo outer; got=1' USR1
sh -c 'trap "echo inner" USR1; trap "exit 0" USR2; >"$0"; while :; do sleep 0.02; done' "$0" &
until [ -e "$0" ]; do sleep 0.02; done
rm "$0"
kill -USR1 $PPID
n=0; while [ -z "$got" ] && [ $n -lt 400 ]; do sleep 0.02; n=$((n+1)); done
kill -USR2 $!
until wait $!; do :; done
"""
# An orphan of an ordinary process's child is init's own and is reaped by it.
ORPHAN = """
pid=$(sh -c 'sleep 1000 >/dev/null & echo $!')
grep -q "^PPid:.$PPID$" /proc/$pid/status || exit 3
kill -KILL $pid
n=0; while [ -d /proc/$pid ] && [ $n -lt 400 ]; do sleep 0.05; n=$((n+1)); done
[ $n -lt 400 ]
"""


def output_of(front, options, *command):
    done = subprocess.run([*front[:-1], *options, "--", *command], timeout=DEADLINE,
                          capture_output=True, text=True)
    check(f"{front} {options}: status", done.returncode, 0)
    return done


def receivers(front, *options):
    with tempfile.TemporaryDirectory() as folder:
        done = output_of(front, options, "sh", "-c", GROUP, folder + "/ready")
        return sorted(done.stdout.split())


def row_options(name, front):
    of_tini, of_dumb_init = "dumb-init" not in name, "tini" not in name
    to_all = "tini" not in name
    check(f"{name}: whom", receivers(front), ["inner", "outer"] if to_all else ["outer"])
    if of_dumb_init:
        check(f"{name} -c", receivers(front, "-c"), ["outer"])
        script = ("trap 'echo term' TERM; trap 'echo usr1' USR1; trap 'echo usr2; got=1' USR2; "
                  "kill -USR1 $PPID; kill -TERM $PPID; n=0; "
                  "while [ -z \"$got\" ] && [ $n -lt 400 ]; do sleep 0.02; n=$((n+1)); done")
        done = output_of(front, ["-r", "10:0", "--rewrite", "15:12"], "sh", "-c", script)
        check(f"{name} -r", done.stdout, "usr2\n")
    if of_tini:
        check(f"{name} -g", receivers(front, "-g"), ["inner", "outer"])
        output_of(front, ["-e", "7", "-e143"], "sh", "-c", "exit 7")
        output_of(front, ["-e", "7", "-e143"], "sh", "-c", "kill -TERM $$")
        check(f"{name} -s", output_of(front, ["-s"], "sh", "-c", ORPHAN).stderr, "")
    if name.startswith("stayd") and of_tini:
        for options, is_said in ((["-s", "-w"], True), (["-s", "-v"], False)):
            said = output_of(front, options, "sh", "-c", ORPHAN).stderr
            check(f"{name} {options}: reaping is said", "reaped" in said, is_said)
    if name.startswith("stayd"):
        script = "for n in 0 1 2; do [ -e /proc/$$/fd/$n ] && exit 3; done; exit 0"
        done = subprocess.run([*front, "sh", "-c", script], timeout=DEADLINE,
                              preexec_fn=lambda: os.closerange(0, 3))
        check(f"{name}: closed stays closed", done.returncode, 0)


if subprocess.run(as_pid_1(["true"]), stderr=subprocess.DEVNULL).returncode != 0:
    print("skipped: not allowed to make a PID namespace")
    sys.exit(77)
with tempfile.TemporaryDirectory() as folder:
    for each_name, each_front in candidates(folder):
        {"77": row_77, "79": row_79, "options": row_options}[ROW](each_name, each_front)
        print(f"{ROW} holds: {each_name}")
