// SPDX-License-Identifier: Apache-2.0
// The instances that have streams, and their logs: opened at the first byte, at most so many at a
// time (the least recently used one is closed), closed when the instance's last stream has ended.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "journal/datagram_target.h"
#include "journal/line_text.h"
#include "journal/open_log.h"

namespace stayd::journal {

/// A log that cannot be written, from the first failure until the supervisor knows that it is over.
struct LogTrouble {
  std::string text;           ///< why, for a person
  bool is_limit = false;      ///< `text` speaks of the rate-limit
  std::uint64_t dropped = 0;  ///< bytes of output that are lost, not yet in a gap record
  std::uint64_t dropped_in_all = 0;
  std::uint64_t limited = 0;  ///< bytes beyond the rate-limit, not yet in a gap record
  Instant record_at;          ///< of those: when the next record may be written
  RunId run = no_run;         ///< whose bytes were dropped last
  Instant over_at;            ///< with no failure until then, it is over
  bool stops_output = false;  ///< nothing is written at present
  bool over = false;
  bool begin_told = false;
};

/// A closed segment that could not be compressed, until it is, or is no more.
struct CompressionTrouble {
  std::uint64_t segment = 0;
  TargetTrouble told;
};

struct LogFile {
  std::unique_ptr<OpenLog> open;
  std::unique_ptr<LogTrouble> trouble;
  std::uint64_t last_used = 0;
  OpenLine line;  ///< of a file that holds more than the bytes of the service
  const StreamSettings* settings = nullptr;  ///< of its latest stream; owned by the StreamTable
  Instant age_at = Instant::never();         ///< when its age is to be looked at
  std::uint64_t compress_from = 0;           ///< closed segments before it could not be compressed
  std::unique_ptr<CompressionTrouble> compression;
  bool uncompressed = false;  ///< it has closed segments that are to be compressed
};

/// What is to be done beside writing, as the writing has found out.
struct Upkeep {
  Instant age_at = Instant::never();  ///< not later than that of any LogFile
  bool uncompressed = false;          ///< a LogFile says so
  std::uint64_t grown = 0;  ///< bytes written since it was last set to 0, of indexes at most
};

struct Instance {
  const std::string* name = nullptr;
  std::uint32_t uid = 0;
  std::uint32_t streams = 0;  ///< that are not at their end
  std::array<LogFile, 2> files;
  LogFile& file(LogKind kind) { return files[static_cast<std::size_t>(kind)]; }
};

class LogSet {
 public:
  /// Keeps at most `most_open` logs open (two descriptors each).
  explicit LogSet(std::size_t most_open) : most_open_(most_open) {}

  void set_log_dir(std::string log_dir);
  [[nodiscard]] const std::string& log_dir() const { return *log_dir_; }

  /// The instance called `name`, one stream more. Stays where it is until its last release().
  Instance& acquire(const std::string& name, std::uint32_t uid);
  /// One stream less; closes its logs with the last. An instance in trouble stays known until
  /// forget().
  void release(Instance& instance);
  /// Whether the instance called `name` has a stream, or a log is open for another reason.
  [[nodiscard]] bool is_in_use(const std::string& name) const;

  /// The log, opened if it is not, and opened anew if somebody moved, removed or truncated its file
  /// (seen within a second).
  Result<OpenLog*> log_of(Instance& instance, LogKind kind, Instant now);
  void close_log(LogFile& file);
  void close_all();
  /// Blocks that are reserved for hot logs become free again, on a full disk. Whether there were
  /// any.
  bool give_back_reserves();

  Upkeep& upkeep() { return upkeep_; }
  /// `bytes` were written, or its age was looked at: what is to be done about it, and when.
  void note_upkeep(LogFile& file, std::size_t bytes);

  /// Every instance (troubles are told and ended by walking over them).
  std::unordered_map<std::string, Instance>& instances() { return instances_; }
  /// Drops those without streams and troubles.
  void sweep();

 private:
  void close_least_recent();

  std::unique_ptr<std::string> log_dir_ = std::make_unique<std::string>();
  std::unordered_map<std::string, Instance> instances_;
  Upkeep upkeep_;
  std::size_t most_open_;
  std::size_t open_count_ = 0;
  std::uint64_t clock_ = 0;
};

}  // namespace stayd::journal
