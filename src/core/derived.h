// SPDX-License-Identifier: Apache-2.0
// What step keeps beside the ledger's content so that an event costs no more than what it touches:
// counts by service, the deadline heap, the work lists. All of it follows from the instances and is
// rebuilt by State::restore.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "core/deadline_heap.h"
#include "core/state.h"

namespace stayd::core {

/// Properties of an instance that somebody counts. They follow from its state and its rules alone
/// (accounts.cc: traits_of).
enum class Trait : std::uint8_t {
  started,     ///< meets the condition :started
  ready,       ///< meets :ready
  done,        ///< meets :done
  over,        ///< not up and not coming up: not wanted, failed or done
  down,        ///< not wanted
  leaving,     ///< is there (or a group that counts as up) and has to go
  waiting,     ///< in phase waiting
  alive,       ///< something of it is there, or soon: from preparing to cleaning
  slot,        ///< takes a start slot
  unfinished,  ///< exit-when all-done waits for it
  finished,    ///< ... and this one has ended for good
};
inline constexpr std::size_t trait_count = 11;
inline constexpr std::size_t service_trait_count = 8;  ///< the first eight are counted by service

using Traits = std::uint16_t;
constexpr unsigned bit(Trait trait) { return 1u << static_cast<unsigned>(trait); }

/// What the condition of an edge has come to, seen from the dependent.
enum class Verdict : std::uint8_t { waiting, met, failed };

struct ServiceCounts {
  std::array<std::uint32_t, service_trait_count> of{};
  std::uint32_t holders = 0;  ///< edges of ordering kind whose dependent has somebody leaving
  std::uint8_t changes = 0;   ///< Change bits not yet passed on to dependents
  [[nodiscard]] std::uint32_t operator[](Trait trait) const {
    return of[static_cast<std::size_t>(trait)];
  }
};

/// What of a service its neighbours have to be told.
enum Change : std::uint8_t { verdict_changed = 1, all_down = 2, gone = 4, restarted = 8 };

struct Mark {
  Traits traits = 0;
  bool queued = false;   ///< in `work`
  bool touched = false;  ///< in the step's outcome
  bool pull = false;     ///< in `pulls`
  bool in_starts = false;
  bool inherited = false;         ///< in the phase in which it was taken over
  Phase before = Phase::stopped;  ///< when first touched in this step
  std::uint32_t watched = 0;      ///< edge at which the last look for an unmet one ended
};

/// First in, first out; the memory is kept.
template <typename T>
class Fifo {
 public:
  void push(T value) { items_.push_back(value); }
  void reserve(std::size_t count) { items_.reserve(count); }
  [[nodiscard]] bool empty() const { return head_ == items_.size(); }
  [[nodiscard]] std::size_t size() const { return items_.size() - head_; }
  T pop() {
    const T value = items_[head_++];
    if (head_ == items_.size()) {
      clear();
    } else if (head_ > 64 && head_ * 2 > items_.size()) {
      items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
    return value;
  }
  void clear() {
    items_.clear();
    head_ = 0;
  }

 private:
  std::vector<T> items_;
  std::size_t head_ = 0;
};

struct Derived {
  std::vector<Mark> marks;              ///< by instance
  std::vector<ServiceCounts> services;  ///< by service
  std::array<std::uint32_t, trait_count> totals{};
  DeadlineHeap deadlines;
  Fifo<InstanceId> pulls;   ///< newly wanted: start what they need, stop what they conflict with
  Fifo<InstanceId> work;    ///< to be settled
  Fifo<ServiceId> changed;  ///< to be passed on
  Fifo<InstanceId> starts;  ///< nothing but a start slot keeps them waiting; longest first
  [[nodiscard]] std::uint32_t total(Trait trait) const {
    return totals[static_cast<std::size_t>(trait)];
  }
};

}  // namespace stayd::core
