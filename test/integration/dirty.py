#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Starts a program as a careless parent would: dirty.py WHAT[,WHAT...] PROGRAM [ARGUMENT...]

signals   HUP, PIPE, XFSZ and USR2 ignored; TERM, CHLD, USR1 and a real-time signal blocked
chld      CHLD ignored: the kernel reaps, and statuses are lost
files     descriptors 9 and 1000 open
closed    descriptors 0 to 2 closed
traits    nice 5, I/O class idle, timer slack 1 ms, personality without randomised addresses,
          umask 0, OOM score 300
fd-N      at most N descriptors"""
import ctypes
import os
import resource
import signal
import sys

PR_SET_TIMERSLACK = 29
ADDR_NO_RANDOMIZE = 0x0040000
SYS_IOPRIO_SET = {'x86_64': 251, 'aarch64': 30}
IDLE_CLASS = 3 << 13  # ioprio_set(2)
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


for what in sys.argv[1].split(','):
    if what == 'chld':
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    elif what.startswith('fd-'):
        most = int(what[3:])
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    else:
        {'signals': signals, 'files': files, 'traits': traits, 'closed': closed}[what]()
os.execv(sys.argv[2], sys.argv[2:])
