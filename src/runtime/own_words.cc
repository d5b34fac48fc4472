// SPDX-License-Identifier: Apache-2.0
#include "runtime/own_words.h"

#include <string>

#include "os/pipe.h"

namespace stayd::runtime {
namespace {

constexpr std::size_t most_waiting = 256u << 10;

}  // namespace

OwnWords::OwnWords(os::Epoll& epoll) : pipe_(epoll, Source::own_words, most_waiting) {}

void OwnWords::say(std::string_view sentence) {
  if (!pipe_.has_room_for(sentence.size())) {
    ++dropped_;
    return;
  }
  if (dropped_ != 0) {
    pipe_.put("stayd: (" + std::to_string(dropped_) + " messages dropped)\n");
    dropped_ = 0;
  }
  pipe_.put("stayd: ");
  pipe_.put(sentence);
  pipe_.put("\n");
}

void OwnWords::end() {
  const std::string left = pipe_.end();
  if (!left.empty()) (void)os::write_all(os::FdView(2), left);
}

}  // namespace stayd::runtime
