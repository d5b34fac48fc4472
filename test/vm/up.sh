#!/bin/sh
# A supervisor in the background, as root, with cgroups of every controller, on a kernel without the
# newest pidfd calls: start, take-over after kill -9, stop of what escaped its session, end.
failed=0
check() {  # what, got, wanted
  [ "$2" = "$3" ] && return
  echo "FAILED $1: got '$2', wanted '$3'"
  failed=1
}

# COMMAND...: until it succeeds, for a minute at most: the processor is an emulated one.
wait_for() {
  left=1200
  until "$@"; do
    left=$((left - 1))
    [ $left -gt 0 ] || { echo "FAILED: waited in vain for $*"; failed=1; return 1; }
    usleep 50000
  done
}

# SERVICE KEY: a number in the service's part of the status.
service_number() {
  stayd status --json | grep -o "{\"service\":\"$1\"[^}]*" | grep -o "\"$2\":[0-9.]*" | cut -d: -f2
}
supervisor_number() {
  stayd status --json 2>/dev/null | grep -o '"supervisor":{[^}]*' | grep -o "\"$1\":[0-9]*" |
    cut -d: -f2
}
both_run() { [ "$(stayd status --json | grep -o '"phase":"running"' | wc -l)" = 2 ]; }
taken_over() { [ "$(supervisor_number generation)" = 2 ]; }
# REGULAR-EXPRESSION: the pids of the processes whose command line it matches, one a line.
processes() {
  ps -o pid,args | awk -v wanted="$1" '{pid = $1; $1 = ""} substr($0, 2) ~ wanted {print pid}'
}
daemon() { processes '^sleep 2000'; }
daemon_started() { [ -n "$(daemon)" ]; }
ours() { processes '^sleep |stayd: '; }
none_left() { [ -z "$(ours)" ]; }
memory_agrees() {
  current=$(cat "/sys/fs/cgroup/stayd.vm/$1/memory.current")
  [ "$current" -gt 0 ] && [ "$(service_number plain memory)" = "$current" ]
}

# Its parent ends at once and its session is its own: nothing but its cgroup tells whose it is.
cat >/tmp/stayd.toml <<'END'
[supervisor]
name = "vm"
when-supervisor-dies = "recover"

[service.plain]
command = ["sleep", "1000"]
oom-score-adjust = -500
limits = { nofile = "200000:300000" }

[service.forker]
command = "(setsid sleep 2000 &) ; exec sleep 1001"
shell = true
END
cd /tmp || exit 1
check 'none before' "$(ours)" ''
ulimit -n 1000  # soft and hard: to raise it takes CAP_SYS_RESOURCE
stayd up -d
check 'up -d' $? 0
wait_for both_run
stayd status
check 'status' $? 0
wait_for daemon_started
plain=$(service_number plain pid)
forker=$(service_number forker pid)
daemon=$(daemon)

check 'oom score' "$(cat "/proc/$plain/oom_score_adj")" -500
check 'oom score of another' "$(cat "/proc/$forker/oom_score_adj")" 0
check 'nofile' "$(awk '/^Max open files/ {print $4 ":" $5}' "/proc/$plain/limits")" 200000:300000
cgroup=$(cut -d/ -f3 "/proc/$plain/cgroup")
check 'cgroup' "$(cat "/proc/$plain/cgroup")" "0::/stayd.vm/$cgroup"
check 'cgroup of the daemon' "$(cat "/proc/$daemon/cgroup")" "$(cat "/proc/$forker/cgroup")"

check 'generation at first' "$(supervisor_number generation)" 1
kill -9 "$(supervisor_number pid)"
wait_for taken_over
wait_for both_run
check 'plain after the take-over' "$(service_number plain pid)" "$plain"
check 'forker after the take-over' "$(service_number forker pid)" "$forker"
check 'the daemon after the take-over' "$(daemon)" "$daemon"
check 'restarts after the take-over' "$(service_number plain restarts)" 0
# The new supervisor notices an end, too. Where an administrator has enabled the controller, what
# the kernel counts is shown.
echo +memory >/sys/fs/cgroup/cgroup.subtree_control
echo +memory >/sys/fs/cgroup/stayd.vm/cgroup.subtree_control
kill -9 "$plain"
restarted() { [ "$(service_number plain restarts)" = 1 ] && both_run; }
wait_for restarted
wait_for memory_agrees "$(cut -d/ -f3 "/proc/$(service_number plain pid)/cgroup")"

stayd stop forker
check 'stop' $? 0
check 'the daemon after stop' "$(daemon)" ''
check 'the others after stop' "$(processes '^sleep ')" "$(service_number plain pid)"

stayd down
check 'down' $? 0
wait_for none_left
check 'processes left' "$(ours)" ''
check 'cgroups left' "$(find /sys/fs/cgroup -name 'stayd*')" ''
stayd status 2>/dev/null
check 'status without a supervisor' $? 5
exit $failed
