// SPDX-License-Identifier: Apache-2.0
#include "os/clock.h"

#include <sys/random.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "os/error.h"
#include "os/retry.h"

namespace stayd::os {

namespace {

constexpr std::int64_t second = 1'000'000'000;

std::int64_t read_clock(clockid_t clock) {
  timespec at{};
  ::clock_gettime(clock, &at);
  return at.tv_sec * second + at.tv_nsec;
}

}  // namespace

Instant now() { return {read_clock(CLOCK_BOOTTIME)}; }

WallTime wall_now() { return {read_clock(CLOCK_REALTIME)}; }

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  if (::getrandom(&seed, sizeof seed, GRND_NONBLOCK) == sizeof seed) return seed;
  constexpr std::uint64_t golden_ratio = 0x9e37'79b9'7f4a'7c15;
  return static_cast<std::uint64_t>(read_clock(CLOCK_REALTIME)) * golden_ratio ^
         static_cast<std::uint64_t>(read_clock(CLOCK_BOOTTIME));
}

void nap(Duration span) {
  timespec left{.tv_sec = span.ns / second, .tv_nsec = span.ns % second};
  while (::clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
  }
}

Result<Timer> Timer::create() {
  Fd fd(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!fd.valid()) return last_error("cannot create a timer");
  return Timer(std::move(fd));
}

Status Timer::arm(Instant at) {
  if (at == armed_) return {};
  itimerspec setting{};  // all zero: disarmed
  if (at != Instant::never()) {
    const std::int64_t ns = std::max<std::int64_t>(at.ns, 1);
    setting.it_value = {.tv_sec = ns / second, .tv_nsec = ns % second};
  }
  if (::timerfd_settime(fd_.number(), TFD_TIMER_ABSTIME, &setting, nullptr) != 0) {
    return last_error("cannot set a timer");
  }
  armed_ = at;
  return {};
}

void Timer::drain() {
  std::uint64_t expiries = 0;
  const auto got = retry([&] { return ::read(fd_.number(), &expiries, sizeof expiries); });
  if (got == sizeof expiries) armed_ = Instant::never();
}

}  // namespace stayd::os
