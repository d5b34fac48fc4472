// SPDX-License-Identifier: Apache-2.0
#include "app/cli/event_record.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <variant>

#include "app/cli/log_time.h"
#include "control/json_reader.h"
#include "control/names.h"

namespace stayd::app {
namespace {

using Member = std::variant<
    std::string EventRecord::*, std::int64_t EventRecord::*, std::uint64_t EventRecord::*,
    bool EventRecord::*, std::optional<std::int64_t> EventRecord::*,
    std::optional<std::uint64_t> EventRecord::*, std::optional<Duration> EventRecord::*>;

struct Field {
  std::string_view name;
  Member member;
};

constexpr std::array fields{
    Field{"v", &EventRecord::version},
    Field{"kind", &EventRecord::kind},
    Field{"instance", &EventRecord::instance},
    Field{"run", &EventRecord::run},
    Field{"from", &EventRecord::from},
    Field{"to", &EventRecord::to},
    Field{"reason", &EventRecord::reason},
    Field{"cause", &EventRecord::cause},
    Field{"text", &EventRecord::text},
    Field{"pid", &EventRecord::pid},
    Field{"operator_uid", &EventRecord::operator_uid},
    Field{"operator_pid", &EventRecord::operator_pid},
    Field{"code", &EventRecord::code},
    Field{"signal", &EventRecord::signal},
    Field{"core", &EventRecord::core},
    Field{"oom", &EventRecord::oom},
    Field{"ran_for", &EventRecord::ran_for},
    Field{"cpu_seconds", &EventRecord::cpu},
    Field{"peak_memory", &EventRecord::peak_memory},
    Field{"ready_after", &EventRecord::ready_after},
    Field{"bytes", &EventRecord::bytes},
    Field{"verb", &EventRecord::verb},
    Field{"right", &EventRecord::right},
};

/// Puts a value where its field has room for its type; others are left alone.
struct Setter {
  EventRecord& event;

  void text(const Member& member, std::string_view value) const {
    if (const auto* to = std::get_if<std::string EventRecord::*>(&member)) event.** to = value;
  }
  void boolean(const Member& member, bool value) const {
    if (const auto* to = std::get_if<bool EventRecord::*>(&member)) event.** to = value;
  }
  void integer(const Member& member, std::int64_t value) const {
    const auto natural = static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0));
    if (const auto* to = std::get_if<std::int64_t EventRecord::*>(&member)) event.** to = value;
    if (const auto* to = std::get_if<std::uint64_t EventRecord::*>(&member)) event.** to = natural;
    if (const auto* to = std::get_if<std::optional<std::int64_t> EventRecord::*>(&member))
      event.** to = value;
    if (const auto* to = std::get_if<std::optional<std::uint64_t> EventRecord::*>(&member))
      event.** to = natural;
    real(member, static_cast<double>(value));
  }
  void real(const Member& member, double value) const {
    constexpr double most = 9e9;  // seconds that fit into 64 bits of nanoseconds
    const auto* to = std::get_if<std::optional<Duration> EventRecord::*>(&member);
    if (to == nullptr || !(std::abs(value) < most)) return;
    event.** to = nanoseconds(static_cast<std::int64_t>(std::llround(value * 1e9)));
  }
};

class EventSink final : public control::JsonSink {
 public:
  explicit EventSink(EventRecord& event) : set_{event} {}
  [[nodiscard]] bool has_time() const { return has_time_; }

  bool begin_object() override { return ++depth_ > 0; }
  bool end_object() override { return depth_-- > 0; }
  bool begin_array() override { return begin_object(); }
  bool end_array() override { return end_object(); }
  bool key(std::string_view name) override {
    if (depth_ != 1) return true;
    member_ = nullptr;
    is_names_ = name == "names";
    is_time_ = name == "at";
    for (const Field& field : fields)
      if (field.name == name) member_ = &field.member;
    return true;
  }
  bool text(std::string_view value) override {
    if (depth_ == 2 && is_names_) set_.event.names.emplace_back(value);
    if (depth_ != 1) return depth_ > 0;
    if (is_time_) {
      const auto at = parse_rfc3339(value);
      has_time_ = at.has_value();
      set_.event.at = at.value_or(WallTime{});
    } else if (member_ != nullptr) {
      set_.text(*member_, value);
    }
    return true;
  }
  bool integer(std::int64_t value) override {
    if (depth_ == 1 && member_ != nullptr) set_.integer(*member_, value);
    return depth_ > 0;
  }
  bool real(double value) override {
    if (depth_ == 1 && member_ != nullptr) set_.real(*member_, value);
    return depth_ > 0;
  }
  bool boolean(bool value) override {
    if (depth_ == 1 && member_ != nullptr) set_.boolean(*member_, value);
    return depth_ > 0;
  }
  bool null() override { return depth_ > 0; }

 private:
  Setter set_;
  const Member* member_ = nullptr;
  int depth_ = 0;
  bool is_names_ = false, is_time_ = false, has_time_ = false;
};

/// Either names the other: somebody who stopped "w*" stopped web.
bool meet(std::string_view wanted, std::string_view commanded) {
  return control::chooses(wanted, control::service_of(commanded), commanded) ||
         control::chooses(commanded, control::service_of(wanted), wanted);
}

}  // namespace

std::optional<EventRecord> read_event(std::string_view line) {
  EventRecord event;
  EventSink sink(event);
  if (control::read_json(line, sink) != control::JsonOutcome::complete) return std::nullopt;
  if (!sink.has_time() || event.kind.empty()) return std::nullopt;
  return event;
}

bool is_about(const EventRecord& event, std::span<const std::string_view> names) {
  if (names.empty()) return true;
  const bool is_call = event.kind == "command" || event.kind == "refused";
  if (is_call && event.names.empty()) return true;
  return std::ranges::any_of(names, [&](std::string_view wanted) {
    if (!event.instance.empty())
      return control::chooses(wanted, control::service_of(event.instance), event.instance);
    return std::ranges::any_of(
        event.names, [&](const std::string& commanded) { return meet(wanted, commanded); });
  });
}

}  // namespace stayd::app
