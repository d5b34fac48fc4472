// SPDX-License-Identifier: Apache-2.0
// What is done for the logs beside writing: closing and removing by age, compressing, and the
// limit of all logs together.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "app/logwriter/compressor.h"
#include "base/time.h"
#include "journal/log_set.h"
#include "journal/total_limit.h"

namespace stayd::app {

class Housekeeper {
 public:
  explicit Housekeeper(journal::LogSet& logs) : logs_(logs) {}

  void set_max_total(std::uint64_t bytes) { total_.set(bytes); }
  /// A stream was added: what is there already may be too old.
  void note_stream(journal::LogFile& file, Instant now);
  /// A stream of it is at its end: nobody may write its logs from now on.
  void note_end(const journal::Instance& instance, Instant now);
  /// The logs below the log folder that nobody writes are to be looked at, a second from now.
  void look_at_unused(Instant now);
  /// Does what is due. Cheap when nothing is.
  void run(Instant now);
  /// When run() wants to be called.
  [[nodiscard]] Instant deadline() const;
  /// After a SIGCHLD.
  void child_ended();
  /// What could not be compressed is tried again now.
  void retry_compression(Instant now);
  /// Whether a CompressionTrouble has begun or ended since the last call.
  bool take_news() { return std::exchange(news_, false); }

 private:
  void keep_ages(Instant now);
  void keep_unused_ages(Instant now);
  Instant keep_age(journal::Instance& instance, journal::LogKind kind, Instant now);
  [[nodiscard]] bool has_files(const journal::Instance& instance, journal::LogKind kind) const;
  enum class Found : std::uint8_t { nothing, too_young, failed, started };
  [[nodiscard]] bool may_compress() const {
    return logs_.upkeep().uncompressed && !compressor_.is_busy();
  }
  void compress_next(Instant now);
  Found compress(journal::Instance& instance, journal::LogKind kind);
  void note_failure(journal::LogFile& file, std::uint64_t segment, std::string why);

  journal::LogSet& logs_;
  journal::TotalLimit total_;
  Instant unused_at_ = Instant::never();  ///< when the age of logs that nobody writes is looked at
  Compressor compressor_;
  Instant compress_at_;                     ///< not before
  journal::LogFile* compressed_ = nullptr;  ///< whose segment the compressor is at
  bool news_ = false;
};

}  // namespace stayd::app
