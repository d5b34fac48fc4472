// SPDX-License-Identifier: Apache-2.0
#include "control/request.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <utility>

#include "control/json_reader.h"
#include "control/json_writer.h"

namespace stayd::control {
namespace {

enum class Parameter : std::uint8_t {
  names,
  name,
  after,
  limit,
  usage,
  wait,
  timeout,
  signal,
  whom,
  condition,
  mode,
  interface,
  none,
};

struct ParameterName {
  std::string_view name;
  Parameter parameter;
};
constexpr std::array parameter_names{
    ParameterName{"names", Parameter::names},     ParameterName{"name", Parameter::name},
    ParameterName{"after", Parameter::after},     ParameterName{"limit", Parameter::limit},
    ParameterName{"usage", Parameter::usage},     ParameterName{"wait", Parameter::wait},
    ParameterName{"timeout", Parameter::timeout}, ParameterName{"signal", Parameter::signal},
    ParameterName{"whom", Parameter::whom},       ParameterName{"condition", Parameter::condition},
    ParameterName{"mode", Parameter::mode},       ParameterName{"interface", Parameter::interface},
};

using ParameterSet = std::uint32_t;

constexpr ParameterSet one(Parameter parameter) {
  return 1U << static_cast<std::uint32_t>(parameter);
}
template <typename... Parameters>
constexpr ParameterSet set_of(Parameters... parameters) {
  return (0U | ... | one(parameters));
}

enum class Replies : std::uint8_t { one_only, one_or_more, more_only };

struct MethodRow {
  Method method;
  std::string_view interface;
  std::string_view name;
  std::string_view full;
  Right right;
  Replies replies;
  ParameterSet accepted;
  ParameterSet demanded;
};

using enum Parameter;
constexpr auto command_set = set_of(names, wait, timeout);

constexpr std::array methods{
    MethodRow{Method::get_info, "org.varlink.service", "GetInfo", "org.varlink.service.GetInfo",
              Right::none, Replies::one_only, 0, 0},
    MethodRow{Method::get_interface_description, "org.varlink.service", "GetInterfaceDescription",
              "org.varlink.service.GetInterfaceDescription", Right::none, Replies::one_only,
              set_of(interface), set_of(interface)},
    MethodRow{Method::status, interface_name, "Status", "dev.stayd.Supervisor.Status",
              Right::viewer, Replies::one_or_more, set_of(names, usage, after, limit), 0},
    MethodRow{Method::start, interface_name, "Start", "dev.stayd.Supervisor.Start",
              Right::operator_, Replies::one_only, command_set, set_of(names)},
    MethodRow{Method::stop, interface_name, "Stop", "dev.stayd.Supervisor.Stop", Right::operator_,
              Replies::one_only, command_set, set_of(names)},
    MethodRow{Method::restart, interface_name, "Restart", "dev.stayd.Supervisor.Restart",
              Right::operator_, Replies::one_only, command_set, set_of(names)},
    MethodRow{Method::reload, interface_name, "Reload", "dev.stayd.Supervisor.Reload",
              Right::operator_, Replies::one_only, command_set, set_of(names)},
    MethodRow{Method::kill, interface_name, "Kill", "dev.stayd.Supervisor.Kill", Right::operator_,
              Replies::one_only, set_of(names, signal, whom), set_of(names)},
    MethodRow{Method::wait, interface_name, "Wait", "dev.stayd.Supervisor.Wait", Right::viewer,
              Replies::one_only, set_of(names, condition, timeout), set_of(condition)},
    MethodRow{Method::explain, interface_name, "Explain", "dev.stayd.Supervisor.Explain",
              Right::viewer, Replies::one_only, set_of(name), set_of(name)},
    MethodRow{Method::events, interface_name, "Events", "dev.stayd.Supervisor.Events",
              Right::viewer, Replies::more_only, set_of(names), 0},
    MethodRow{Method::shutdown, interface_name, "Shutdown", "dev.stayd.Supervisor.Shutdown",
              Right::owner, Replies::one_only, set_of(mode), 0},
};

constexpr bool table_is_in_order() {
  for (std::size_t i = 0; i < methods.size(); ++i) {
    if (static_cast<std::size_t>(methods[i].method) != i) return false;
  }
  return true;
}
static_assert(table_is_in_order());

const MethodRow& row_of(Method method) { return methods[static_cast<std::size_t>(method)]; }

template <typename Enum>
struct Word {
  std::string_view text;
  Enum value;
};
constexpr std::array wait_words{
    Word<WaitFor>{"ready", WaitFor::ready}, Word<WaitFor>{"stopped", WaitFor::stopped},
    Word<WaitFor>{"done", WaitFor::done}, Word<WaitFor>{"exit", WaitFor::exit}};
constexpr std::array mode_words{Word<ShutdownMode>{"ordered", ShutdownMode::ordered},
                                Word<ShutdownMode>{"now", ShutdownMode::now}};

template <typename Enum, std::size_t Count>
std::optional<Enum> from_word(const std::array<Word<Enum>, Count>& words, std::string_view text) {
  const auto found = std::ranges::find(words, text, &Word<Enum>::text);
  if (found == words.end()) return std::nullopt;
  return found->value;
}

template <typename Enum, std::size_t Count>
std::string_view to_word(const std::array<Word<Enum>, Count>& words, Enum value) {
  return std::ranges::find(words, value, &Word<Enum>::value)->text;
}

/// Takes a call apart. The members of `parameters` may come before the method is known, so they are
/// taken into the Request as they come and compared with the method's own at the end.
class RequestSink final : public JsonSink {
 public:
  Request request;
  std::string method;
  ParameterSet given = 0;
  std::string invalid;        ///< the first parameter that is not what it should be
  bool top_is_wrong = false;  ///< not an object, or method, more, ... of a wrong type

  bool begin_object() override {
    if (depth_ == 1 && top_key_ == "parameters")
      parameter_ = none;
    else if (depth_ != 0)
      reject();
    ++depth_;
    return true;
  }
  bool end_object() override {
    --depth_;
    return true;
  }
  bool begin_array() override {
    if (depth_ == 0)
      top_is_wrong = true;
    else if (depth_ != 2 || parameter_ != names)
      reject();
    ++depth_;
    return depth_ > 1;
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool key(std::string_view name) override {
    if (depth_ == 1) {
      top_key_ = name;
      if (name == "method" && !method.empty()) top_is_wrong = true;
      if (name == "parameters" && std::exchange(had_parameters_, true)) top_is_wrong = true;
      return true;
    }
    if (depth_ == 2 && top_key_ == "parameters") begin_parameter(name);
    return true;
  }
  bool null() override {
    if (depth_ == 2 && in_parameters()) {
      if (parameter_ != none) given &= ~one(parameter_);
      return true;
    }
    if (depth_ == 1 && top_key_ != "method") return true;
    return reject();
  }
  bool text(std::string_view value) override {
    if (depth_ == 1) return take_top_text(value);
    if (!in_parameters()) return true;
    if (depth_ == 3) return parameter_ == names ? take_name(value) : true;
    return take_text(value) || reject();
  }
  bool integer(std::int64_t value) override {
    if (depth_ != 2) return reject();
    return !in_parameters() || take_integer(value) || reject();
  }
  bool real(double value) override {
    if (depth_ != 2) return reject();
    return !in_parameters() || take_real(value) || reject();
  }
  bool boolean(bool value) override {
    if (depth_ == 1) return take_top_boolean(value);
    if (depth_ != 2) return reject();
    return !in_parameters() || take_boolean(value) || reject();
  }

 private:
  [[nodiscard]] bool in_parameters() const { return top_key_ == "parameters"; }

  /// A value of a type that has no place here.
  bool reject() {
    if (depth_ == 0 || (depth_ == 1 && is_ours(top_key_))) {
      top_is_wrong = true;
      return false;
    }
    if (in_parameters() && depth_ >= 2 && invalid.empty()) invalid = parameter_text_;
    return true;
  }

  static bool is_ours(std::string_view top) {
    return top == "method" || top == "parameters" || top == "more" || top == "oneway" ||
           top == "upgrade";
  }

  void begin_parameter(std::string_view name) {
    parameter_text_ = name.substr(0, most_name_bytes);
    const auto found = std::ranges::find(parameter_names, name, &ParameterName::name);
    parameter_ = found == parameter_names.end() ? none : found->parameter;
    if (parameter_ == none || (given & one(parameter_)) != 0) {
      if (invalid.empty()) invalid = parameter_text_;
      return;
    }
    given |= one(parameter_);
  }

  bool take_top_text(std::string_view value) {
    if (top_key_ != "method") return reject();
    method = value.substr(0, most_name_bytes);
    return true;
  }

  bool take_top_boolean(bool value) {
    if (top_key_ == "more")
      request.more = value;
    else if (top_key_ == "oneway")
      request.oneway = value;
    else if (top_key_ == "upgrade")
      top_is_wrong = top_is_wrong || value;
    else
      return reject();
    return true;
  }

  bool take_name(std::string_view value) {
    if (value.empty() || value.size() > most_name_bytes || request.names.size() >= most_names) {
      return reject();
    }
    request.names.emplace_back(value);
    return true;
  }

  template <typename Enum>
  static bool take_word(Enum& into, std::optional<Enum> value) {
    if (value) into = *value;
    return value.has_value();
  }

  bool take_short(std::string& into, std::string_view value) const {
    if (value.empty() || value.size() > most_name_bytes) return false;
    into = value;
    return true;
  }

  bool take_text(std::string_view value) {
    switch (parameter_) {
      case name: return take_short(request.name, value);
      case after: return take_short(request.after, value);
      case interface: return take_short(request.interface, value);
      case whom: return take_word(request.whom, whom_from(value));
      case condition: return take_word(request.condition, wait_condition(value));
      case mode: return take_word(request.mode, from_word(mode_words, value));
      case names:
      case limit:
      case usage:
      case wait:
      case timeout:
      case signal:
      case none: return false;
    }
    return false;
  }

  bool take_integer(std::int64_t value) {
    switch (parameter_) {
      case limit:
        if (value < 1 || value > INT32_MAX) return false;
        request.limit = static_cast<std::uint32_t>(value);
        return true;
      case signal:
        if (value < 1 || value > 64) return false;
        request.signal = static_cast<std::int32_t>(value);
        return true;
      case timeout: return take_real(static_cast<double>(value));
      case names:
      case name:
      case after:
      case usage:
      case wait:
      case whom:
      case condition:
      case mode:
      case interface:
      case none: return false;
    }
    return false;
  }

  bool take_real(double value) {
    const double longest = static_cast<double>(longest_timeout.ns) / 1e9;
    if (parameter_ != timeout || !(value > 0.0) || value > longest) return false;
    request.timeout = nanoseconds(std::max<std::int64_t>(1, std::llround(value * 1e9)));
    return true;
  }

  bool take_boolean(bool value) {
    if (parameter_ == usage)
      request.usage = value;
    else if (parameter_ == wait)
      request.wait = value;
    else
      return false;
    return true;
  }

  std::uint32_t depth_ = 0;
  std::string top_key_;
  std::string parameter_text_;
  Parameter parameter_ = none;
  bool had_parameters_ = false;
};

RequestError fault(RequestFault kind, std::string_view subject = {}) {
  return {.fault = kind, .subject = std::string(subject)};
}

std::string_view name_of(Parameter parameter) {
  const auto found = std::ranges::find(parameter_names, parameter, &ParameterName::parameter);
  return found == parameter_names.end() ? std::string_view() : found->name;
}

/// The first of `set`; it is not empty.
std::string_view first_of(ParameterSet set) {
  return name_of(static_cast<Parameter>(std::countr_zero(set)));
}

std::expected<const MethodRow*, RequestError> find_method(std::string_view full) {
  const auto row = std::ranges::find(methods, full, &MethodRow::full);
  if (row != methods.end()) return &*row;
  const auto interface = full.substr(0, std::min(full.rfind('.'), full.size()));
  if (std::ranges::find(methods, interface, &MethodRow::interface) == methods.end()) {
    return std::unexpected(fault(RequestFault::interface_not_found, interface));
  }
  return std::unexpected(fault(RequestFault::method_not_found, full));
}

std::expected<Method, RequestError> check_call(const RequestSink& sink) {
  const auto found = find_method(sink.method);
  if (!found) return std::unexpected(found.error());
  const MethodRow& row = **found;
  const auto invalid = [](std::string_view parameter) {
    return std::unexpected(fault(RequestFault::invalid_parameter, parameter));
  };
  if (!sink.invalid.empty()) return invalid(sink.invalid);
  if (const auto foreign = sink.given & ~row.accepted; foreign != 0) {
    return invalid(first_of(foreign));
  }
  if (const auto missing = row.demanded & ~sink.given; missing != 0) {
    return invalid(first_of(missing));
  }
  if (row.replies == Replies::more_only && !sink.request.more) {
    return std::unexpected(fault(RequestFault::expected_more));
  }
  return row.method;
}

}  // namespace

std::expected<Request, RequestError> decode_request(std::string_view message) {
  RequestSink sink;
  const JsonOutcome outcome = read_json(message, sink);
  if (outcome == JsonOutcome::too_deep) {
    return std::unexpected(fault(RequestFault::malformed, "nested too deep"));
  }
  if (outcome == JsonOutcome::malformed) {
    return std::unexpected(fault(RequestFault::malformed, "not JSON"));
  }
  if (sink.top_is_wrong || outcome == JsonOutcome::stopped || sink.method.empty()) {
    return std::unexpected(fault(RequestFault::malformed, "not a Varlink call"));
  }
  auto method = check_call(sink);
  if (!method) {
    method.error().oneway = sink.request.oneway;
    return std::unexpected(std::move(method).error());
  }
  sink.request.method = *method;
  if (row_of(*method).replies == Replies::one_only) sink.request.more = false;
  return std::move(sink.request);
}

std::string_view full_name(Method method) { return row_of(method).full; }
Right needed_right(Method method) { return row_of(method).right; }

std::string_view word(Right right) {
  switch (right) {
    case Right::none: return "none";
    case Right::viewer: return "viewer";
    case Right::operator_: return "operator";
    case Right::owner: return "owner";
  }
  return "none";
}

std::string_view word(WaitFor condition) { return to_word(wait_words, condition); }
std::string_view word(ShutdownMode mode) { return to_word(mode_words, mode); }

std::optional<WaitFor> wait_condition(std::string_view text) { return from_word(wait_words, text); }
std::optional<model::StopTo> whom_from(std::string_view text) {
  for (const auto whom : {model::StopTo::group, model::StopTo::main, model::StopTo::all}) {
    if (text == model::word(whom)) return whom;
  }
  return std::nullopt;
}

namespace {

void write_names(JsonWriter& json, const std::vector<std::string>& all) {
  json.key("names");
  json.begin_array();
  for (const auto& each : all) json.text(each);
  json.end_array();
}

void write_parameter(JsonWriter& json, const Request& request, Parameter parameter) {
  const auto key = name_of(parameter);
  switch (parameter) {
    case names: return write_names(json, request.names);
    case name: return json.text_field(key, request.name);
    case after:
      if (!request.after.empty()) json.text_field(key, request.after);
      return;
    case limit:
      if (request.limit != 0) json.unsigned_field(key, request.limit);
      return;
    case usage:
      if (request.usage) json.boolean_field(key, true);
      return;
    case wait:
      if (request.wait) json.boolean_field(key, true);
      return;
    case timeout:
      if (request.timeout > Duration{}) json.seconds_field(key, request.timeout);
      return;
    case signal: return json.number_field(key, request.signal);
    case whom: return json.text_field(key, word(request.whom));
    case condition: return json.text_field(key, word(request.condition));
    case mode: return json.text_field(key, word(request.mode));
    case interface: return json.text_field(key, request.interface);
    case none: return;
  }
}

}  // namespace

std::string encode_request(const Request& request) {
  const MethodRow& row = row_of(request.method);
  JsonWriter json;
  json.begin_object();
  json.text_field("method", row.full);
  json.key("parameters");
  json.begin_object();
  for (const auto& [key, parameter] : parameter_names) {
    if ((row.accepted & one(parameter)) != 0) write_parameter(json, request, parameter);
  }
  json.end_object();
  if (request.more) json.boolean_field("more", true);
  if (request.oneway) json.boolean_field("oneway", true);
  json.end_object();
  return json.take();
}

}  // namespace stayd::control
