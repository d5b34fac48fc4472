# SPDX-License-Identifier: Apache-2.0
# Sourced by the other tools: the Debian packages that each job needs, and their installation.

packages_build="g++ cmake ninja-build libtomlplusplus-dev nlohmann-json3-dev libpcre2-dev libzstd-dev"
packages_shop="nginx-light redis-server python3"
packages_test="doctest-dev python3 git clang-19 clang-tidy-19 clang-format-19 libclang-rt-19-dev
  golang-go golang-github-varlink-go-dev util-linux procps nginx-light redis-server tini dumb-init
  podman runc qemu-system-x86 linux-image-cloud-amd64 busybox-static cpio tmux"
packages_bench="libbenchmark-dev s6 runit daemontools supervisor musl-tools"

# install_packages NAME...: installs those that are missing; says what to do where it may not.
install_packages() {
  missing=""
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" -eq 0 ]; then
    as_root=""
  elif command -v sudo >/dev/null 2>&1; then
    as_root="sudo"
  else
    echo "missing packages; as root: apt-get install$missing" >&2
    return 1
  fi
  echo "installing:$missing"
  # Their services are not to be started: they are wanted as programs.
  policy=/usr/sbin/policy-rc.d
  made_policy=""
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
    $as_root chmod +x $policy
    made_policy=yes
  fi
  status=0
  # shellcheck disable=SC2086  # a list of words
  { $as_root apt-get update -qq &&
    $as_root env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends $missing >/dev/null; } || status=$?
  [ -z "$made_policy" ] || $as_root rm -f $policy
  return $status
}
