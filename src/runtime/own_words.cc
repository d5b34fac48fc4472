// SPDX-License-Identifier: Apache-2.0
#include "runtime/own_words.h"

#include "os/pipe.h"
#include "runtime/token.h"

namespace stayd::runtime {
namespace {

constexpr std::size_t most_waiting = 256u << 10;

}  // namespace

void OwnWords::say(std::string_view sentence) {
  if (waiting_.size() + sentence.size() > most_waiting) {
    ++dropped_;
    return;
  }
  if (dropped_ != 0) {
    waiting_ += "stayd: (" + std::to_string(dropped_) + " messages dropped)\n";
    dropped_ = 0;
  }
  waiting_ += "stayd: ";
  waiting_ += sentence;
  waiting_ += '\n';
}

void OwnWords::flush() {
  if (waiting_.empty() || !pipe_.valid()) return watch(false);
  const auto written = os::write_some(pipe_.view(), waiting_);
  if (written) waiting_.erase(0, *written);
  if (waiting_.empty() && waiting_.capacity() > 4096) waiting_.shrink_to_fit();
  watch(!waiting_.empty());
}

void OwnWords::watch(bool wanted) {
  if (wanted == watching_ || !pipe_.valid()) return;
  if (wanted) {
    watching_ = epoll_.add(pipe_.view(), os::writable, pack({Source::own_words, 0, 0})).has_value();
  } else {
    epoll_.remove(pipe_.view());
    watching_ = false;
  }
}

void OwnWords::end() {
  flush();
  watch(false);
  if (!waiting_.empty()) (void)os::write_all(os::FdView(2), waiting_);
  waiting_.clear();
  pipe_.reset();
}

}  // namespace stayd::runtime
