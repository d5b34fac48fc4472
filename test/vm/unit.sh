#!/bin/sh
# Unit tests on the virtual machine's kernel: cgroup v2 with every controller, all capabilities, and
# none of the newest pidfd calls.
status=0
for program in /test/*_test; do
  $program --no-version=true && continue
  status=1
  dmesg | grep 'Out of memory'
done
exit $status
