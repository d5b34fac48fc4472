// SPDX-License-Identifier: Apache-2.0
// The names of instances, both ways: what of a Spec the supervisor holds for all of its life. The
// rest is decoded one service at a time, when it is about to be started.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "model/spec_codec.h"

namespace stayd::runtime {

class Names {
 public:
  /// Services in the order of their ids.
  void add(const model::Service& service);
  /// Ends the building.
  void finish();

  [[nodiscard]] std::string_view service(ServiceId id) const;
  [[nodiscard]] ServiceId owner(InstanceId id) const;
  [[nodiscard]] std::string_view service_of(InstanceId id) const { return service(owner(id)); }
  /// From 1.
  [[nodiscard]] std::uint32_t replica_of(InstanceId id) const;
  /// Sets `into` to "web" or "web@2".
  void instance(InstanceId id, std::string& into) const;
  [[nodiscard]] std::string instance(InstanceId id) const;
  [[nodiscard]] std::uint32_t instance_count() const { return instances_; }
  /// Columns of the longest instance name.
  [[nodiscard]] std::uint32_t widest() const { return widest_; }

  /// Appends the instances that `names` choose (control/names.h), each once, in the order of the
  /// configuration; no names choose all. Fails at the first name that chooses none: its index.
  std::expected<void, std::size_t> choose(std::span<const std::string> names,
                                          std::vector<InstanceId>& into) const;
  /// The instance with exactly this name, or no_instance.
  [[nodiscard]] InstanceId find(std::string_view instance) const;
  /// The name of a service or instance that may have been meant; empty if none is near.
  [[nodiscard]] std::string nearest_to(std::string_view name) const;

 private:
  struct Entry {
    std::uint32_t text = 0;  ///< where its name begins in texts_
    std::uint32_t first = 0;
    std::uint32_t replicas = 1;
    std::uint8_t length = 0;
    bool numbered = false;
  };
  [[nodiscard]] const Entry* find_service(std::string_view name) const;
  void choose_one(const std::string& name, std::vector<InstanceId>& into) const;
  void choose_glob(const std::string& glob, std::vector<InstanceId>& into) const;
  static void append(const Entry& entry, std::vector<InstanceId>& into);
  [[nodiscard]] std::string_view text(const Entry& entry) const {
    return {texts_.data() + entry.text, entry.length};
  }

  std::string texts_;
  std::vector<Entry> entries_;          ///< by ServiceId
  std::vector<std::uint32_t> by_name_;  ///< indices of entries_, sorted by name
  std::uint32_t instances_ = 0;
  std::uint32_t widest_ = 0;
};

/// As configured, with the texts of this instance.
Result<model::Service> service_of(const model::SpecView& spec, const Names& names, InstanceId id);

}  // namespace stayd::runtime
