// SPDX-License-Identifier: Apache-2.0
#include "app/supervise/supervise.h"

#include <string>

#include "os/pipe.h"
#include "runtime/supervisor.h"

namespace stayd::app {
namespace {

constexpr int own_failure = 125;

int complain(const Error& error) {
  const std::string text = "stayd: the supervisor cannot start: " + error.message + "\n";
  (void)os::write_all(os::FdView(2), text);
  return own_failure;
}

}  // namespace

int supervise_main() {
  auto foundation = runtime::lay_foundation();
  if (!foundation) return complain(foundation.error());
  auto supervisor = runtime::Supervisor::create(std::move(*foundation));
  if (!supervisor) return complain(supervisor.error());
  return (*supervisor)->run();
}

}  // namespace stayd::app
