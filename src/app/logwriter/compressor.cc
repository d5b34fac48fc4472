// SPDX-License-Identifier: Apache-2.0
#include "app/logwriter/compressor.h"

#include <utility>

#include "base/check.h"
#include "journal/segment_compressor.h"
#include "os/files.h"
#include "os/process.h"
#include "os/worker.h"

namespace stayd::app {

Status Compressor::start(os::Fd folder, journal::LogKind kind, std::uint64_t segment) {
  ENSURE(!is_busy());
  const std::int32_t pid = TRY(os::fork_worker("stayd-compress", folder.view()));
  if (pid == 0) {
    const os::FdView kept(os::kept_descriptor);
    os::exit_now(journal::compress_segment(kept, kind, segment) ? 0 : 1);
  }
  pid_ = pid;
  folder_ = std::move(folder);
  kind_ = kind;
  segment_ = segment;
  return {};
}

std::optional<bool> Compressor::take_end() {
  if (!is_busy()) return std::nullopt;
  const os::Waited waited = os::peek_exit_of(pid_);
  if (waited.outcome == os::WaitOutcome::alive) return std::nullopt;
  os::reap_pid(std::exchange(pid_, 0));
  const bool done = !waited.status.signalled && waited.status.value == 0;
  if (!done) (void)os::remove_at(folder_.view(), journal::unfinished_text_name(kind_, segment_));
  folder_.reset();
  return done;
}

}  // namespace stayd::app
