# SPDX-License-Identifier: Apache-2.0
"""Starts a supervisor from a configuration given as Python values, and talks to it.

    with Supervisor({'web': {'command': ['/bin/sleep', '1000']}}) as stayd:
        stayd.wait(lambda s: s['web']['phase'] == 'running')

Nothing here sleeps for a fixed time: what is waited for is asked for again, until a deadline that is
generous on a loaded machine. Run below test/in-pid-namespace.
"""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

STAYD = os.environ['STAYD']
PATIENCE = 30.0
# Folders of its own for whatever stayd writes as root when nobody names one, gone with its end.
OWN_FOLDERS = ['unshare', '--mount', 'sh', '-c',
               'for at in /run /var/lib /var/log; do mount -t tmpfs none $at; done; exec "$@"', 'sh']
# In front of a command: in a mount namespace without cgroups that can be written.
NO_CGROUPS = ['unshare', '--mount', 'sh', '-c',
              'mount -t tmpfs -o ro none /sys/fs/cgroup; exec "$@"', 'sh']


def skip(why):
    print('skipped: ' + why)
    sys.exit(77)


def needs_root():
    if os.getuid() != 0:
        skip('only root can be another user')


def needs_mounts():
    if subprocess.run(['unshare', '--mount', 'true'], stderr=subprocess.DEVNULL).returncode != 0:
        skip('it mounts folders of its own, which this user may not')


def toml_value(value):
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, (list, tuple)):
        return '[' + ', '.join(toml_value(v) for v in value) + ']'
    if isinstance(value, dict):
        return '{' + ', '.join(f'{k} = {toml_value(v)}' for k, v in value.items()) + '}'
    return json.dumps(str(value))


def toml(supervisor, services):
    lines = ['[supervisor]'] + [f'{k} = {toml_value(v)}' for k, v in supervisor.items()]
    for name, keys in services.items():
        lines += ['', f'[service.{json.dumps(name)}]']
        lines += [f'{k} = {toml_value(v)}' for k, v in keys.items()]
    return '\n'.join(lines) + '\n'


def shell(script, *arguments):
    """The command that has /bin/sh run `script`, in which a dollar is the shell's."""
    return ['/bin/sh', '-c', script.replace('$', '$$'), *arguments]


def eventually(condition, what, patience=PATIENCE):
    """What `condition` gives as soon as it is true."""
    end = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f'{what}: not within {patience:.0f} s')
        time.sleep(0.01)


def process_state(pid):
    """'S', 'Z', 'T', ...; None: there is no such process."""
    try:
        return pathlib.Path(f'/proc/{pid}/stat').read_text().rpartition(') ')[2][0]
    except OSError:
        return None


def all_processes():
    """pid -> state of every process in this PID namespace that is not just being reaped."""
    found = {}
    for entry in os.listdir('/proc'):
        if entry.isdigit() and (state := process_state(entry)) not in (None, 'X'):
            found[int(entry)] = state
    return found


def others():
    """Every process but PID 1 and this test's own; zombies left out."""
    own = {1, os.getpid(), os.getppid()}
    return {p for p, state in all_processes().items() if state != 'Z' and p not in own}


def zombies():
    return [pid for pid, state in all_processes().items() if state == 'Z']


def wakes(pid):
    """How often it has got a processor."""
    lines = pathlib.Path(f'/proc/{pid}/status').read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if 'ctxt_switches' in line)


class Refused(Exception):
    """An error reply: its name and parameters."""


class Supervisor:
    def __init__(self, services, supervisor=None, arguments=(), prefix=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='stayd-test-'))
        self.log_folder = self.folder / 'log'
        self.run_folder = self.folder / 'run'
        settings = {'name': self.folder.name, 'runtime-dir': self.run_folder,
                    'state-dir': self.folder / 'state', 'log-dir': self.log_folder}
        settings.update(supervisor or {})
        self.config = self.folder / 'stayd.toml'
        self.config.write_text(toml(settings, services))
        self.settings, self.services = settings, services
        self.arguments, self.prefix = list(arguments), list(prefix)
        self.process = None

    # ---- life

    def command(self):
        return [*self.prefix, STAYD, 'up', '-f', str(self.config), *self.arguments]

    def start(self):
        self.output = open(self.folder / 'stdout', 'w')
        self.errors = open(self.folder / 'stderr', 'w')
        self.process = subprocess.Popen(self.command(), stdout=self.output, stderr=self.errors,
                                        stdin=subprocess.DEVNULL, start_new_session=True)
        eventually(self.answers, 'the supervisor answers')
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f'it ended with {self.process.returncode}: {self.stderr()}')
        try:
            return bool(self.call('Status', limit=1))
        except (FileNotFoundError, ConnectionError, Refused):
            return False

    def end(self, sig=signal.SIGTERM, patience=PATIENCE):
        """Its exit status after `sig`."""
        self.process.send_signal(sig)
        return self.process.wait(patience)

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        if kind is not None:
            print('--- standard error of stayd:\n' + self.stderr())
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def stderr(self):
        return (self.folder / 'stderr').read_text(errors='replace')

    # ---- words

    def connect(self):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(PATIENCE)
        connection.connect(str(self.run_folder / 'control'))
        return connection

    def call(self, method, **parameters):
        """The parameters of the reply; Refused for an error."""
        message = {'method': 'dev.stayd.Supervisor.' + method, 'parameters': parameters}
        with self.connect() as connection:
            connection.sendall(json.dumps(message).encode() + b'\0')
            received = b''
            while not received.endswith(b'\0'):
                part = connection.recv(1 << 20)
                if not part:
                    raise ConnectionError(f'{method}: the connection ended without a reply')
                received += part
        reply = json.loads(received[:-1])
        if 'error' in reply:
            raise Refused(reply['error'], reply.get('parameters'))
        return reply['parameters']

    def command_all(self, method, *names, **parameters):
        """Calls with wait; {instance: outcome}."""
        reply = self.call(method, names=list(names), wait=True, timeout=PATIENCE, **parameters)
        return {r['instance']: r['outcome'] for r in reply['results']}

    def supervisor(self):
        return self.call('Status', limit=1)['supervisor']

    def status(self):
        """{instance: what Status tells of it}."""
        found, after = {}, None
        while True:
            page = self.call('Status', **({'after': after} if after else {}))
            found.update({i['instance']: i for i in page['instances']})
            after = page.get('next')
            if not after:
                return found

    def verb(self, name, *arguments):
        """`stayd NAME`, as a person calls it."""
        return subprocess.run([STAYD, name, '-f', str(self.config), *arguments],
                              capture_output=True, text=True, timeout=PATIENCE)

    def wait(self, condition, what='the state that is waited for', patience=PATIENCE):
        """The status as soon as `condition` holds of it."""
        last = {}

        def look():
            nonlocal last
            last = self.status()
            return condition(last)
        try:
            eventually(look, what, patience)
        except AssertionError as error:
            raise AssertionError(f'{error}: {json.dumps(last)[:2000]}') from None
        return last

    def log(self, instance, stream='stdout'):
        path = self.log_folder / instance / f'{stream}.log'
        return path.read_text(errors='replace') if path.exists() else ''

    def own_words(self):
        return self.log('@stayd', 'stderr')

    def leaves(self):
        """The cgroups of its runs, by name; none without cgroups."""
        base = self.supervisor().get('cgroup')
        return sorted(p.name for p in pathlib.Path(base).iterdir() if p.is_dir()) if base else []


def rows_of(names):
    """{ROW: function} of the functions row_ROW among `names`, a script's globals()."""
    return {name[4:].replace('_', '-'): row for name, row in names.items() if name.startswith('row_')}


def run_rows(rows, arguments):
    """`script ROW`: runs the function of that row."""
    rows[arguments[0]]()
