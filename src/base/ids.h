// SPDX-License-Identifier: Apache-2.0
// Numbers that name things. Distinct types, so that one is never taken for another.
#pragma once

#include <compare>
#include <cstdint>

namespace stayd {

/// Index of a service in a Spec.
enum class ServiceId : std::uint32_t {};

/// Index of an instance (web, web@2) in the core's catalog; also the number of its ledger slot.
enum class InstanceId : std::uint32_t {};
inline constexpr InstanceId no_instance{0xffff'ffff};

/// One life of a process. Counted from 1 for all of a supervisor's existence, take-overs included;
/// never reused. 0: no run.
enum class RunId : std::uint64_t {};
inline constexpr RunId no_run{0};

constexpr std::uint32_t index_of(ServiceId id) { return static_cast<std::uint32_t>(id); }
constexpr std::uint32_t index_of(InstanceId id) { return static_cast<std::uint32_t>(id); }
constexpr std::uint64_t number_of(RunId id) { return static_cast<std::uint64_t>(id); }

}  // namespace stayd
