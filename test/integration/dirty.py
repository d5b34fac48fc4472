#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Starts a program as a careless parent would: dirty.py WHAT[,WHAT...] PROGRAM [ARGUMENT...]

signals   HUP, PIPE, XFSZ and USR2 ignored; TERM, CHLD, USR1 and a real-time signal blocked
chld      CHLD ignored: the kernel reaps, and statuses are lost
files     descriptors 9 and 1000 open
closed    descriptors 0 to 2 closed
traits    nice 5, I/O class idle, timer slack 1 ms, personality without randomised addresses,
          umask 0, OOM score 300
fd-N      at most N descriptors
CALL=ERROR, CALL&FLAGS=ERROR
          the system call fails with this error (if its first argument has one of the FLAGS, a
          number), as an old container's seccomp filter has it: clone3=EPERM"""
import ctypes
import errno
import os
import resource
import signal
import struct
import sys

PR_SET_TIMERSLACK = 29
ADDR_NO_RANDOMIZE = 0x0040000
SYS_IOPRIO_SET = {'x86_64': 251, 'aarch64': 30}
IDLE_CLASS = 3 << 13  # ioprio_set(2)
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
SECCOMP_RET_ERRNO, SECCOMP_RET_ALLOW = 0x00050000, 0x7fff0000
CALLS = {'pidfd_send_signal': 424, 'pidfd_open': 434, 'clone3': 435, 'close_range': 436, 'openat2': 437,
         **{'x86_64': {'clone': 56, 'waitid': 247, 'signalfd4': 289, 'memfd_create': 319, 'execveat': 322,
                       'statx': 332},
            'aarch64': {'clone': 220, 'waitid': 95, 'signalfd4': 74, 'memfd_create': 279, 'execveat': 281,
                        'statx': 291}}[os.uname().machine]}
libc = ctypes.CDLL(None, use_errno=True)


def call(function, *arguments):
    if function(*arguments) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def traits():
    os.nice(5)
    call(libc.syscall, SYS_IOPRIO_SET[os.uname().machine], 1, 0, IDLE_CLASS)
    call(libc.prctl, PR_SET_TIMERSLACK, 1_000_000, 0, 0, 0)
    call(libc.personality, ADDR_NO_RANDOMIZE)
    os.umask(0)
    with open('/proc/self/oom_score_adj', 'w') as file:
        file.write('300')


def files():
    null = os.open('/dev/null', os.O_RDONLY)
    for number in (9, 1000):
        os.dup2(null, number)


def signals():
    for each in (signal.SIGHUP, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGUSR2):
        signal.signal(each, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, {signal.SIGTERM, signal.SIGCHLD, signal.SIGUSR1,
                                                signal.SIGRTMIN + 3})


def closed():
    os.closerange(0, 3)


def refuse(call_and_flags, error):
    """seccomp(2), with a filter of six instructions of classic BPF."""
    name, _, flags = call_and_flags.partition('&')
    mask = int(flags, 0) if flags else 0
    load, if_equal, if_any_bit, answer = 0x20, 0x15, 0x45, 0x06
    program = [(load, 0, 0, 0),  # seccomp_data.nr
               (if_equal, 0, 3, CALLS[name]),
               (load, 0, 0, 16),  # the low half of the first argument
               (if_any_bit, 0, 1 if mask else 0, mask),
               (answer, 0, 0, SECCOMP_RET_ERRNO | getattr(errno, error)),
               (answer, 0, 0, SECCOMP_RET_ALLOW)]
    code = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *each) for each in program))
    filter_of = ctypes.create_string_buffer(struct.pack('HxxxxxxQ', len(program), ctypes.addressof(code)))
    call(libc.prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    call(libc.prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter_of, 0, 0)


for what in sys.argv[1].split(','):
    if what == 'chld':
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    elif '=' in what:
        refuse(*what.split('='))
    elif what.startswith('fd-'):
        most = int(what[3:])
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    else:
        {'signals': signals, 'files': files, 'traits': traits, 'closed': closed}[what]()
os.execv(sys.argv[2], sys.argv[2:])
