// SPDX-License-Identifier: Apache-2.0
// Services as configured, decoded one at a time. Those that were started last are kept: what ends
// is most often started again.
#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "base/ids.h"
#include "base/result.h"
#include "model/spec_codec.h"
#include "runtime/names.h"

namespace stayd::runtime {

class Services {
 public:
  /// Both must outlive it.
  Services(const model::SpecView& spec, const Names& names) : spec_(spec), names_(names) {}

  /// With the texts of this instance.
  Result<std::shared_ptr<const model::Service>> of(InstanceId id);

 private:
  struct Kept {
    InstanceId instance = no_instance;
    std::shared_ptr<const model::Service> service;
  };
  const model::SpecView& spec_;
  const Names& names_;
  std::array<Kept, 8> kept_;
  std::size_t oldest_ = 0;  ///< index in kept_
};

}  // namespace stayd::runtime
