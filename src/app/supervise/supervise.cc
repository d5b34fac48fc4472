// SPDX-License-Identifier: Apache-2.0
#include "app/supervise/supervise.h"

#include <string>

#include "os/pipe.h"
#include "runtime/supervisor.h"

namespace stayd::app {
namespace {

// docs/reference/cli.md
constexpr int failed = 1;
constexpr int own_failure = 125;

int complain(const Error& error, int status) {
  const std::string text = "stayd: the supervisor cannot start: " + error.message + "\n";
  (void)os::write_all(os::FdView(2), text);
  return status;
}

}  // namespace

int supervise_main() {
  auto foundation = runtime::lay_foundation();
  if (!foundation) return complain(foundation.error(), own_failure);
  const bool passes_status = foundation->settings.pass_status;
  auto supervisor = runtime::Supervisor::create(std::move(*foundation));
  if (!supervisor) return complain(supervisor.error(), passes_status ? own_failure : failed);
  return (*supervisor)->run();
}

}  // namespace stayd::app
