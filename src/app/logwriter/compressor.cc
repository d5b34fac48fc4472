// SPDX-License-Identifier: Apache-2.0
#include "app/logwriter/compressor.h"

#include <cerrno>
#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "journal/segment_compressor.h"
#include "os/error.h"
#include "os/files.h"
#include "os/process.h"
#include "os/worker.h"

namespace stayd::app {

namespace {

constexpr int most_exit_code = 124;  // errno, but for those that the child has besides

int exit_code_of(const Status& done) {
  if (done) return 0;
  const int number = done.error().number;
  return number > 0 && number <= most_exit_code ? number : EIO;
}

std::string words_of(const os::ExitStatus& status) {
  if (status.signalled) return "its compressor was killed by " + signal_name(status.value);
  return status.value == 0 ? ""
                           : os::error_text(status.value <= most_exit_code ? status.value : EIO);
}

}  // namespace

Status Compressor::start(os::Fd folder, journal::LogKind kind, std::uint64_t segment) {
  ENSURE(!is_busy());
  const std::int32_t pid = TRY(os::fork_worker("stayd-compress", folder.view()));
  if (pid == 0) {
    const os::FdView kept(os::kept_descriptor);
    os::exit_now(exit_code_of(journal::compress_segment(kept, kind, segment)));
  }
  pid_ = pid;
  folder_ = std::move(folder);
  kind_ = kind;
  segment_ = segment;
  return {};
}

std::optional<std::string> Compressor::take_end() {
  if (!is_busy()) return std::nullopt;
  const os::Waited waited = os::peek_exit_of(pid_);
  if (waited.outcome == os::WaitOutcome::alive) return std::nullopt;
  os::reap_pid(std::exchange(pid_, 0));
  std::string why = words_of(waited.status);
  if (!why.empty()) {
    (void)os::remove_at(folder_.view(), journal::unfinished_text_name(kind_, segment_));
  }
  folder_.reset();
  return why;
}

}  // namespace stayd::app
