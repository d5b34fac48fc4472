# SPDX-License-Identifier: Apache-2.0
"""Takes orders from a redis list and fills them. About every twentieth order is too much for it: it
then dies with a traceback, as programs do."""
import os
import random
import socket
import time


class Redis:
    def __init__(self, port):
        self.socket = socket.create_connection(('127.0.0.1', port))
        self.reader = self.socket.makefile('rb')

    def call(self, *words):
        parts = [b'*%d\r\n' % len(words)]
        for word in words:
            data = str(word).encode()
            parts.append(b'$%d\r\n%s\r\n' % (len(data), data))
        self.socket.sendall(b''.join(parts))
        return self.reader.readline().rstrip()


def main():
    redis = Redis(int(os.environ['REDIS_PORT']))
    print(f'worker {os.getpid()} is ready, run {os.environ["STAYD_RUN"]}')
    while True:
        order = int(redis.call('INCR', 'orders')[1:])
        if random.random() < 0.05:
            raise RuntimeError(f'order {order}: out of glue')
        print(f'order {order} is filled')
        time.sleep(1)


main()
