// SPDX-License-Identifier: Apache-2.0
#include "runtime/services.h"

#include <algorithm>
#include <utility>

namespace stayd::runtime {

Result<std::shared_ptr<const model::Service>> Services::of(InstanceId id) {
  const auto found = std::ranges::find(kept_, id, &Kept::instance);
  if (found != kept_.end()) return found->service;
  auto service = std::make_shared<const model::Service>(TRY(service_of(spec_, names_, id)));
  kept_[std::exchange(oldest_, (oldest_ + 1) % kept_.size())] = {id, service};
  return service;
}

}  // namespace stayd::runtime
