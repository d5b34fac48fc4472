// SPDX-License-Identifier: Apache-2.0
// Takes replies apart, by the same tables of members that wrote them.
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>

#include "base/calendar.h"
#include "base/text.h"
#include "control/client.h"
#include "control/json_reader.h"
#include "control/view_fields.h"

namespace stayd::control {
namespace {

constexpr std::int64_t ns_per_second = 1'000'000'000;

/// Digits at fixed places; the separators are not looked at, since it was us who wrote them.
std::int64_t digits(std::string_view text, std::size_t at, std::size_t count) {
  std::int64_t value = 0;
  if (at + count > text.size()) return 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return 0;
    value = value * 10 + (c - '0');
  }
  return value;
}

/// "2026-11-24T06:13:07[.fraction]Z"; zero for anything else, and for years whose nanoseconds do
/// not fit into 64 bits.
WallTime parse_time(std::string_view text) {
  const std::int64_t year = digits(text, 0, 4);
  if (text.size() < 20 || text.back() != 'Z' || year < 1700 || year > 2200) return {};
  const std::int64_t day = day_number(year, digits(text, 5, 2), digits(text, 8, 2));
  const std::int64_t second =
      day * 86'400 + digits(text, 11, 2) * 3'600 + digits(text, 14, 2) * 60 + digits(text, 17, 2);
  std::int64_t fraction = 0;
  std::int64_t unit = ns_per_second / 10;
  for (const char c : text.substr(20, text.size() - 21)) {
    if (c < '0' || c > '9') return {};
    fraction += (c - '0') * unit;
    unit /= 10;
  }
  return {second * ns_per_second + fraction};
}

/// One JSON value without structure.
struct Scalar {
  enum class Kind : std::uint8_t { text, integer, real, boolean } kind = Kind::integer;
  std::string_view text{};
  std::int64_t integer = 0;
  double real = 0;
};

void assign(std::string_view& into, const Scalar& value) {
  if (value.kind == Scalar::Kind::text) into = value.text;
}
void assign(WallTime& into, const Scalar& value) {
  if (value.kind == Scalar::Kind::text) into = parse_time(value.text);
}
void assign(Duration& into, const Scalar& value) {
  constexpr double most = 9e9;
  if (value.kind == Scalar::Kind::integer && std::abs(static_cast<double>(value.integer)) < most) {
    into = seconds(value.integer);
  } else if (value.kind == Scalar::Kind::real && std::abs(value.real) < most) {
    into = nanoseconds(std::llround(value.real * 1e9));
  }
}
void assign(bool& into, const Scalar& value) {
  if (value.kind == Scalar::Kind::boolean) into = value.integer != 0;
}
template <std::integral Number>
void assign(Number& into, const Scalar& value) {
  if (value.kind == Scalar::Kind::integer) into = static_cast<Number>(value.integer);
}

/// Finds members by name. They come in the order of the table, mostly: each search begins behind
/// the one found last.
template <typename View, std::size_t Count>
class FieldFinder {
 public:
  explicit constexpr FieldFinder(const std::array<Field<View>, Count>& fields) : fields_(fields) {}

  const Field<View>* find(std::string_view name) {
    for (std::size_t i = 0; i < Count; ++i) {
      const std::size_t at = (next_ + i) % Count;
      if (fields_[at].name != name) continue;
      next_ = at + 1;
      return &fields_[at];
    }
    return nullptr;
  }

  bool take(View& view, std::string_view name, const Scalar& value) {
    const Field<View>* field = find(name);
    if (field == nullptr) return false;
    std::visit([&](auto member) { assign(view.*member, value); }, field->member);
    return true;
  }

 private:
  const std::array<Field<View>, Count>& fields_;
  std::size_t next_ = 0;
};

enum class Place : std::uint8_t {
  nowhere,
  message,
  parameters,
  supervisor,
  instances,
  instance,
  last_exit,
  failure,
  results,
  result,
  event,
  event_names,
  skipped_over,
};

class ReplySink final : public JsonSink {
 public:
  explicit ReplySink(ReplyContent& content) : content_(content) {}

  bool begin_object() override { return enter(place_of_object()); }
  bool end_object() override { return leave(); }
  bool begin_array() override { return enter(place_of_array()); }
  bool end_array() override { return leave(); }
  bool key(std::string_view name) override {
    key_ = name;
    return true;
  }
  bool null() override { return true; }
  bool text(std::string_view value) override {
    return take({.kind = Scalar::Kind::text, .text = keep(value)});
  }
  bool integer(std::int64_t value) override {
    return take({.kind = Scalar::Kind::integer, .integer = value});
  }
  bool real(double value) override { return take({.kind = Scalar::Kind::real, .real = value}); }
  bool boolean(bool value) override {
    return take({.kind = Scalar::Kind::boolean, .integer = value ? 1 : 0});
  }

 private:
  [[nodiscard]] Place here() const { return depth_ == 0 ? Place::nowhere : places_[depth_ - 1]; }

  bool enter(Place place) {
    places_[depth_++] = place;
    return true;
  }
  bool leave() {
    --depth_;
    return true;
  }

  /// A copy that lives as long as the content: `texts` has room for all of the message, so that it
  /// never moves.
  std::string_view keep(std::string_view value) {
    const std::size_t at = content_.texts.size();
    content_.texts.append(value);
    return std::string_view(content_.texts).substr(at);
  }

  Place place_of_object();
  [[nodiscard]] Place place_of_array() const;
  bool take(const Scalar& value);
  void take_parameter(const Scalar& value);
  void take_instance(const Scalar& value);
  void take_last_exit(const Scalar& value);
  void take_result(const Scalar& value);
  void take_event(const Scalar& value);
  Place begin_instance(InstanceView& view) {
    instance_ = &view;
    return Place::instance;
  }

  ReplyContent& content_;
  std::array<Place, most_nesting + 1> places_{};
  std::size_t depth_ = 0;
  std::string key_;
  InstanceView* instance_ = nullptr;
  FieldFinder<InstanceView, instance_fields.size()> instance_finder_{instance_fields};
  FieldFinder<UsageView, usage_fields.size()> usage_finder_{usage_fields};
  FieldFinder<LastExitView, last_exit_fields.size()> exit_finder_{last_exit_fields};
  FieldFinder<FailureView, failure_fields.size()> failure_finder_{failure_fields};
  FieldFinder<SupervisorView, supervisor_fields.size()> supervisor_finder_{supervisor_fields};
};

Place ReplySink::place_of_object() {
  switch (here()) {
    case Place::nowhere: return Place::message;
    case Place::message: return key_ == "parameters" ? Place::parameters : Place::skipped_over;
    case Place::parameters:
      if (key_ == "supervisor") return Place::supervisor;
      if (key_ != "event") return Place::skipped_over;
      content_.event.emplace();
      return Place::event;
    case Place::instances: return begin_instance(content_.instances.emplace_back());
    case Place::instance:
      if (key_ == "last_exit") return Place::last_exit;
      return key_ == "failure" ? Place::failure : Place::skipped_over;
    case Place::results: content_.results.emplace_back(); return Place::result;
    case Place::result:
      if (key_ != "state") return Place::skipped_over;
      content_.results.back().has_state = true;
      return begin_instance(content_.results.back().state);
    case Place::event:
      if (key_ != "instance") return Place::skipped_over;
      content_.event->has_instance = true;
      return begin_instance(content_.event->instance);
    case Place::supervisor:
    case Place::last_exit:
    case Place::failure:
    case Place::event_names:
    case Place::skipped_over: return Place::skipped_over;
  }
  return Place::skipped_over;
}

Place ReplySink::place_of_array() const {
  if (here() == Place::event && key_ == "names") return Place::event_names;
  if (here() != Place::parameters) return Place::skipped_over;
  if (key_ == "instances" || key_ == "causes") return Place::instances;
  return key_ == "results" ? Place::results : Place::skipped_over;
}

bool ReplySink::take(const Scalar& value) {
  switch (here()) {
    case Place::nowhere: return false;
    case Place::message:
      if (key_ == "continues") assign(content_.continues, value);
      if (key_ == "error") content_.error.name = value.text;
      return true;
    case Place::parameters: take_parameter(value); return true;
    case Place::supervisor: supervisor_finder_.take(content_.supervisor, key_, value); return true;
    case Place::instance: take_instance(value); return true;
    case Place::last_exit: take_last_exit(value); return true;
    case Place::failure: failure_finder_.take(instance_->failure, key_, value); return true;
    case Place::result: take_result(value); return true;
    case Place::event: take_event(value); return true;
    case Place::event_names:
      if (value.kind == Scalar::Kind::text) content_.event->names.push_back(value.text);
      return true;
    case Place::instances:
    case Place::results:
    case Place::skipped_over: return true;
  }
  return true;
}

void ReplySink::take_parameter(const Scalar& value) {
  if (key_ == "next") return assign(content_.next, value);
  if (key_ == "omitted") return assign(content_.omitted, value);
  if (key_ == "skipped") return assign(content_.skipped, value);
  if (value.kind != Scalar::Kind::text) return;
  if (key_ == "nearest") {
    content_.error.nearest = value.text;
  } else if (key_ == "name" || key_ == "right" || key_ == "parameter" || key_ == "method" ||
             key_ == "interface" || key_ == "reason") {
    content_.error.subject = value.text;
  }
}

void ReplySink::take_instance(const Scalar& value) {
  if (instance_finder_.take(*instance_, key_, value)) return;
  if (usage_finder_.take(instance_->usage, key_, value)) instance_->usage.known = true;
}

void ReplySink::take_last_exit(const Scalar& value) {
  LastExitView& exit = instance_->last_exit;
  if (exit_finder_.take(exit, key_, value)) return;
  if (key_ == "code") {
    exit.kind = EndKind::code;
    assign(exit.value, value);
  } else if (key_ == "signal") {
    exit.kind = EndKind::signal;
    exit.value = parse_signal(value.text).value_or(0);
  } else if (key_ == "unknown") {
    exit.kind = EndKind::unknown;
  }
}

void ReplySink::take_result(const Scalar& value) {
  ResultRow& row = content_.results.back();
  if (key_ == "instance") assign(row.instance, value);
  if (key_ == "outcome") assign(row.outcome, value);
  if (key_ == "message") assign(row.message, value);
}

void ReplySink::take_event(const Scalar& value) {
  EventRow& row = *content_.event;
  if (key_ == "kind") assign(row.kind, value);
  if (key_ == "at") assign(row.at, value);
  if (key_ == "before") assign(row.before, value);
  if (key_ == "method") assign(row.method, value);
  if (key_ == "right") assign(row.right, value);
  if (key_ == "message") assign(row.message, value);
  if (key_ == "uid") assign(row.uid, value);
  if (key_ == "pid") assign(row.pid, value);
}

}  // namespace

Result<ReplyContent> decode_reply(std::string_view message) {
  // At least 64: texts shorter than std::string's inner buffer would move with it.
  constexpr std::size_t least_room = 64;
  constexpr std::size_t usual_instance_bytes = 256;
  ReplyContent content;
  content.texts.reserve(message.size() + least_room);
  content.instances.reserve(message.size() / usual_instance_bytes);
  ReplySink sink(content);
  if (read_json(message, sink) != JsonOutcome::complete) {
    return failure("the supervisor's reply is not what it should be");
  }
  return content;
}

std::string RemoteError::message() const {
  const auto dot = name.rfind('.');
  const std::string kind = name.substr(dot == std::string::npos ? 0 : dot + 1);
  const std::string quoted = "\"" + printable(subject) + "\"";
  if (kind == "NoSuchService") {
    const std::string hint = nearest.empty() ? "" : " (did you mean \"" + nearest + "\"?)";
    return "there is no service " + quoted + hint;
  }
  if (kind == "NotPermitted") {
    return "not permitted: it takes " + subject + " rights (the configuration's " +
           (subject == "owner" ? "owner or root has them" : "supervisor." + subject + "s") + ")";
  }
  if (kind == "ShuttingDown") return "the supervisor is going down";
  if (kind == "TooManyConnections") return "the supervisor has too many connections; try again";
  if (kind == "MethodNotFound" || kind == "InterfaceNotFound" || kind == "InvalidParameter") {
    return "the supervisor does not know " + quoted +
           "; it may be of another version (see stayd version)";
  }
  return "the supervisor refused: " + kind + (subject.empty() ? "" : " " + printable(subject));
}

}  // namespace stayd::control
