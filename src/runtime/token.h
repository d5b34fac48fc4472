// SPDX-License-Identifier: Apache-2.0
// What epoll carries for each descriptor: whose it is, which one, and in which of its lives, since
// a closed descriptor whose copy lives elsewhere still reports.
#pragma once

#include <cstdint>

namespace stayd::runtime {

/// In the order in which a batch is worked through: exits, readiness, signals, timers, requests.
enum class Source : std::uint8_t {
  process,      ///< index: instance; generation: its run
  helper,       ///< index: place in Helpers; generation: its own
  log_writer,   ///< its process; generation: counted
  containment,  ///< index and generation: Containment's own
  notify,       ///< index: instance; generation: its run
  probe,        ///< index: instance; generation: its run
  keeper,
  signals,
  timer,
  log_channel,
  own_words,  ///< the pipe of `@stayd`, while something waits for it
  events,     ///< the pipe of `@events`, likewise
  control,    ///< index: control::Server's token
};

struct Token {
  Source source = Source::process;
  std::uint32_t index = 0;
  std::uint64_t generation = 0;  ///< 24 bits of it are carried
};

inline constexpr std::uint64_t generation_mask = 0xff'ffff;

constexpr std::uint64_t pack(const Token& token) {
  return static_cast<std::uint64_t>(token.source) << 56U |
         (token.generation & generation_mask) << 32U | token.index;
}

constexpr Token unpack(std::uint64_t packed) {
  return {static_cast<Source>(packed >> 56U), static_cast<std::uint32_t>(packed),
          packed >> 32U & generation_mask};
}

/// Whether a token speaks of `run`.
constexpr bool is_of(const Token& token, std::uint64_t generation) {
  return token.generation == (generation & generation_mask);
}

}  // namespace stayd::runtime
