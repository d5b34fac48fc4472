// SPDX-License-Identifier: Apache-2.0
#include "control/json_reader.h"

// Without streams and exceptions: the SAX parser reports errors by a call, and never throws.
#ifndef JSON_NO_IO
#define JSON_NO_IO
#endif
#ifndef JSON_NOEXCEPTION
#define JSON_NOEXCEPTION
#endif
#include <nlohmann/json.hpp>

namespace stayd::control {
namespace {

/// Between nlohmann's interface and ours: counts the nesting and remembers why it ended.
class Adapter final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Adapter(JsonSink& sink) : sink_(sink) {}

  [[nodiscard]] JsonOutcome failure() const { return failure_; }

  bool null() override { return heeded(sink_.null()); }
  bool boolean(bool value) override { return heeded(sink_.boolean(value)); }
  bool number_integer(number_integer_t value) override { return heeded(sink_.integer(value)); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<number_unsigned_t>(INT64_MAX)) {
      return heeded(sink_.real(static_cast<double>(value)));
    }
    return heeded(sink_.integer(static_cast<std::int64_t>(value)));
  }
  bool number_float(number_float_t value, const string_t& /*text*/) override {
    return heeded(sink_.real(value));
  }
  bool string(string_t& value) override { return heeded(sink_.text(value)); }
  bool binary(binary_t& /*value*/) override { return heeded(false); }
  bool key(string_t& name) override { return heeded(sink_.key(name)); }
  bool start_object(std::size_t /*elements*/) override {
    return deeper() && heeded(sink_.begin_object());
  }
  bool end_object() override {
    --depth_;
    return heeded(sink_.end_object());
  }
  bool start_array(std::size_t /*elements*/) override {
    return deeper() && heeded(sink_.begin_array());
  }
  bool end_array() override {
    --depth_;
    return heeded(sink_.end_array());
  }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::json::exception& /*error*/) override {
    failure_ = JsonOutcome::malformed;
    return false;
  }

 private:
  bool heeded(bool goes_on) {
    if (!goes_on) failure_ = JsonOutcome::stopped;
    return goes_on;
  }
  bool deeper() {
    if (++depth_ <= most_nesting) return true;
    failure_ = JsonOutcome::too_deep;
    return false;
  }

  JsonSink& sink_;
  std::uint32_t depth_ = 0;
  JsonOutcome failure_ = JsonOutcome::malformed;
};

}  // namespace

JsonOutcome read_json(std::string_view json, JsonSink& sink) {
  Adapter adapter(sink);
  const bool whole = nlohmann::json::sax_parse(json.begin(), json.end(), &adapter);
  return whole ? JsonOutcome::complete : adapter.failure();
}

}  // namespace stayd::control
