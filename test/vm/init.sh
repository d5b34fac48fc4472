#!/bin/sh
# pid1: /bin/stayd init -- /test/last
# `stayd init` as the machine's PID 1: orphans are reaped, signals and statuses passed on.
failed=0
check() {  # what, got, wanted
  [ "$2" = "$3" ] && return
  echo "FAILED $1: got '$2', wanted '$3'"
  failed=1
}

check 'PID 1' "$(tr '\0' ' ' </proc/1/cmdline)" '/bin/stayd init -- /test/last '

# Each orphan says its number and ends; none stays a zombie, none keeps its number.
orphans=$(for i in 1 2 3 4 5 6 7 8; do (setsid sh -c 'echo $$; exec >/dev/null; exit 3' &); done)
check 'orphans made' "$(echo "$orphans" | wc -l)" 8
left=1200
while [ $left -gt 0 ] && for pid in $orphans; do [ -d "/proc/$pid" ] && break; done; do
  usleep 50000
  left=$((left - 1))
done
for pid in $orphans; do
  [ -d "/proc/$pid" ] && check "orphan $pid" "$(grep State "/proc/$pid/status")" 'reaped'
done

# A daemon's parent is PID 1 while it lives; stopped, it is not taken for ended.
daemon=$(setsid sh -c 'sleep 1000 >/dev/null & echo $!')
check 'parent of a daemon' "$(awk '/^PPid/ {print $2}' "/proc/$daemon/status")" 1
kill -STOP "$daemon"
kill -CONT "$daemon"
kill -KILL "$daemon"

# WINCH, which nobody minds but who traps it.
got=0
trap 'got=$((got + 1))' WINCH
kill -WINCH 1
left=1200
while [ $left -gt 0 ] && [ $got = 0 ]; do
  usleep 50000
  left=$((left - 1))
done
check 'signal passed on' $got 1

# PID 1 of a namespace, and an ordinary process: the status is the command's.
for init in 'stayd init --' 'unshare -p -f stayd init --'; do
  for code in 0 1 7 126 127 255; do
    $init sh -c "exit $code"
    check "$init: exit $code" $? $code
  done
  $init sh -c 'kill -KILL $$'
  check "$init: KILL" $? 137
  $init sh -c 'kill -TERM $$'
  check "$init: TERM" $? 143
  $init /nonexistent 2>/dev/null
  check "$init: not found" $? 127
  $init /tmp 2>/dev/null
  check "$init: not executable" $? 126
done
exit $failed
