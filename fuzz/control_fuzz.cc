// SPDX-License-Identifier: Apache-2.0
// The control socket from both ends: what a peer sends is refused or understood in one way only,
// what a supervisor answers never breaks the command line, and messages are the same however the
// bytes come in.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/crc32c.h"
#include "control/client.h"
#include "control/frame.h"
#include "control/json_reader.h"
#include "control/request.h"

#define JSON_NOEXCEPTION
#include <nlohmann/json.hpp>

namespace {

using namespace stayd;
using namespace stayd::control;

void try_request(std::string_view message) {
  const auto request = decode_request(message);
  if (!request) return;
  ENSURE(request->names.size() <= most_names);
  const std::string again = encode_request(*request);
  const auto second = decode_request(again);
  ENSURE(second.has_value());
  ENSURE(encode_request(*second) == again);
}

/// Reads every byte, so that a view into memory that is gone is found.
void read_all(std::string_view text) { asm volatile("" : : "r"(crc32c(text))); }

void read_all(const InstanceView& view) {
  for (const auto text : {view.instance, view.phase, view.reason, view.failure.text,
                          view.last_exit.line, view.status_text}) {
    read_all(text);
  }
}

void try_reply(std::string_view message) {
  const auto reply = decode_reply(message);
  if (!reply) return;
  ENSURE(!reply->error.message().empty());
  read_all(reply->supervisor.name);
  read_all(reply->next);
  for (const auto& instance : reply->instances) read_all(instance);
  for (const auto& row : reply->results) {
    read_all(row.message);
    read_all(row.state);
  }
  if (!reply->event) return;
  read_all(reply->event->instance);
  for (const auto name : reply->event->names) read_all(name);
}

class DeafSink final : public JsonSink {
 public:
  bool begin_object() override { return true; }
  bool end_object() override { return true; }
  bool begin_array() override { return true; }
  bool end_array() override { return true; }
  bool key(std::string_view) override { return true; }
  bool text(std::string_view) override { return true; }
  bool integer(std::int64_t) override { return true; }
  bool real(double) override { return true; }
  bool boolean(bool) override { return true; }
  bool null() override { return true; }
};

/// What our reader takes for JSON is what nlohmann's takes, but for what that one tolerates beyond
/// RFC 8259 (a NUL as the end, a byte order mark) and numbers too small for a double.
void compare_readers(std::string_view json) {
  DeafSink sink;
  const auto outcome = read_json(json, sink);
  if (outcome == JsonOutcome::too_deep || json.size() > 300) return;
  if (json.find('\0') != std::string_view::npos || json.starts_with("\xef\xbb\xbf")) return;
  if (json.find("e-") != std::string_view::npos || json.find("E-") != std::string_view::npos)
    return;
  ENSURE((outcome == JsonOutcome::complete) == nlohmann::json::accept(json));
}

constexpr std::size_t frame_limit = 256;

/// Cuts `bytes` into pieces of `step` and gives what comes out.
std::vector<std::string> frames_of(std::string_view bytes, std::size_t step) {
  FrameReader reader(frame_limit);
  std::vector<std::string> messages;
  while (!bytes.empty()) {
    const auto piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    const auto state = reader.append(piece);
    while (const auto message = reader.next()) messages.emplace_back(*message);
    if (state == FrameState::too_long) break;
  }
  return messages;
}

void try_frames(std::string_view bytes) {
  const auto one_by_one = frames_of(bytes, 1);
  const auto in_sevens = frames_of(bytes, 7);
  const auto common = std::min(one_by_one.size(), in_sevens.size());
  for (std::size_t i = 0; i < common; ++i) ENSURE(one_by_one[i] == in_sevens[i]);
  for (const auto& message : one_by_one) ENSURE(message.size() <= frame_limit);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try_request(bytes);
  try_reply(bytes);
  try_frames(bytes);
  compare_readers(bytes);
  return 0;
}
