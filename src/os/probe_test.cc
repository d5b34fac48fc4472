// SPDX-License-Identifier: Apache-2.0
#include "os/probe.h"

#include <doctest/doctest.h>

#include <cerrno>

#include "os/error.h"

namespace stayd::os {

TEST_CASE("what every supported kernel has is found, and the rest is found or refused by name") {
  for (const auto facility : {Facility::pidfd_open, Facility::pidfd_signal, Facility::pidfd_wait,
                              Facility::sealed_memory, Facility::signalfd}) {
    CHECK_EQ(probe(facility), 0);
  }
  for (const auto facility :
       {Facility::pidfd_group_signal, Facility::pidfd_exit_info, Facility::clone3,
        Facility::close_range, Facility::openat2, Facility::peer_pidfd}) {
    const int number = probe(facility);
    CAPTURE(error_name(number));
    const bool is_refusal = number == ENOSYS || number == EPERM || number == EINVAL ||
                            number == ENOTTY || number == ENOPROTOOPT;
    CHECK((number == 0 || is_refusal));
  }
}

}  // namespace stayd::os
