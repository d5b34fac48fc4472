// SPDX-License-Identifier: Apache-2.0
#include "runtime/line_pipe.h"

#include <utility>

#include "os/pipe.h"

namespace stayd::runtime {
namespace {

constexpr std::size_t pipe_buf = 4096;

/// The whole lines at the front of `text` that one write takes or refuses together; a longer line
/// alone.
std::string_view next_piece(std::string_view text) {
  if (text.size() <= pipe_buf) return text;
  auto end = text.rfind('\n', pipe_buf - 1);
  if (end == std::string_view::npos) end = text.find('\n');
  return end == std::string_view::npos ? text : text.substr(0, end + 1);
}

}  // namespace

void LinePipe::flush() {
  if (waiting_.empty() || !pipe_.valid()) return watch(false);
  std::string_view rest = waiting_;
  while (!rest.empty()) {
    const auto written = os::write_some(pipe_.view(), next_piece(rest));
    if (!written) break;
    rest.remove_prefix(*written);
  }
  waiting_.erase(0, waiting_.size() - rest.size());
  if (waiting_.empty() && waiting_.capacity() > 4096) waiting_.shrink_to_fit();
  watch(!waiting_.empty());
}

void LinePipe::watch(bool wanted) {
  if (wanted == watching_ || !pipe_.valid()) return;
  if (wanted) {
    watching_ = epoll_.add(pipe_.view(), os::writable, pack({source_, 0, 0})).has_value();
  } else {
    epoll_.remove(pipe_.view());
    watching_ = false;
  }
}

std::string LinePipe::end() {
  flush();
  watch(false);
  pipe_.reset();
  return std::exchange(waiting_, {});
}

}  // namespace stayd::runtime
