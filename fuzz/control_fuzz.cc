// SPDX-License-Identifier: Apache-2.0
// The control socket from both ends: what a peer sends is refused or understood in one way only,
// what a supervisor answers never breaks the command line, and messages are the same however the
// bytes come in.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "control/client.h"
#include "control/frame.h"
#include "control/request.h"

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

void try_reply(std::string_view message) {
  const auto reply = decode_reply(message);
  if (!reply) return;
  ENSURE(!reply->error.message().empty());
  // Every view must lie within the texts that it borrows.
  std::size_t bytes = reply->supervisor.name.size() + reply->next.size();
  for (const auto& instance : reply->instances) {
    bytes +=
        instance.instance.size() + instance.failure.text.size() + instance.last_exit.line.size();
  }
  for (const auto& row : reply->results) bytes += row.message.size() + row.state.phase.size();
  if (reply->event) {
    for (const auto name : reply->event->names) bytes += name.size();
  }
  static volatile std::size_t sink;
  sink = bytes;
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
  return 0;
}
