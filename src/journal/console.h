// SPDX-License-Identifier: Apache-2.0
// The console: what services print, on the standard output and error of the log writer.
//
// `prefix`: whole lines, each with its instance's name in front, in a colour of its own on a
// terminal; stdout's lines go to descriptor 1, stderr's to 2. A line is shown when it is whole, or
// after a quarter of a second without its end (a question at a terminal); at most 16 KiB of it.
// Control bytes are escaped (journal/shown_text.h); colours pass on a terminal. `plain` (`stayd
// run`): bytes untouched.
//
// On a terminal a line that is overwritten (carriage returns: a progress bar) is drawn again in
// place, in its last state, four times a second; once a second where others print meanwhile.
//
// A console that takes nothing more (a stopped terminal, a full pipe) never holds up the files: up
// to 256 KiB wait for it, what comes beyond is skipped, and it says how much.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/time.h"
#include "os/console.h"
#include "os/fd.h"

namespace stayd::journal {

enum class ConsoleSide : std::uint8_t { output, error };

struct ConsoleOptions {
  bool colours_stdout = false;
  bool colours_stderr = false;
  std::uint16_t name_width = 0;
};

/// Who prints.
struct ConsoleSource {
  std::uint32_t stream = 0;  ///< its number
  std::string_view name;
  ConsoleSide side = ConsoleSide::output;
  bool plain = false;
};

/// One of the two descriptors: what waits for it, and what was skipped.
class ConsoleEnd {
 public:
  explicit ConsoleEnd(os::ConsoleDevice device) : device_(std::move(device)) {}
  /// Writes what goes and queues the rest. False: skipped, there is no room for it.
  bool put(std::string_view text);
  /// Writes what goes. False: something still waits.
  bool drain();
  [[nodiscard]] bool waits() const { return !waiting_.empty(); }
  [[nodiscard]] os::FdView fd() const { return device_.fd(); }

 private:
  std::size_t write(std::string_view text);

  os::ConsoleDevice device_;
  std::string waiting_;
  std::size_t written_ = 0;  ///< of waiting_
  std::uint64_t skipped_ = 0;
  bool gone_ = false;  ///< nobody reads it any more
};

class Console {
 public:
  /// On these descriptors as they are now.
  explicit Console(int output = 1, int error = 2);
  void configure(const ConsoleOptions& options) { options_ = options; }

  void show(const ConsoleSource& source, std::string_view bytes, Instant now);
  /// Whole lines that are formatted already.
  void show_whole(ConsoleSide side, std::string_view lines);
  /// The stream is at its end: shows the rest of its last line.
  void source_ended(const ConsoleSource& source);
  /// When show_unfinished() wants to be called; never if no line waits for its end.
  [[nodiscard]] Instant deadline() const { return deadline_; }
  void show_unfinished(Instant now);
  ConsoleEnd& end(ConsoleSide side) { return ends_[static_cast<std::size_t>(side)]; }

 private:
  /// A line whose end has not come.
  struct Unfinished {
    std::string text;  ///< that has not been shown
    std::string name;
    ConsoleSide side = ConsoleSide::output;
    Instant since;                   ///< when `text` began
    std::size_t shown = 0;           ///< bytes of the line that were shown before
    std::uint64_t beyond_limit = 0;  ///< bytes of it that are not shown
    bool returned = false;           ///< a carriage return came last, which `text` has not
    bool overwritten = false;        ///< `text` takes the place of what was shown
  };
  enum class LineEnd : std::uint8_t { open, complete };

  void take_piece(const ConsoleSource& source, std::string_view piece, Instant now);
  std::string_view take_returns(Unfinished& line, std::string_view piece) const;
  void show_line(std::uint32_t stream, Unfinished& line, LineEnd end);
  void begin_line(std::uint32_t stream, const Unfinished& line);
  void break_open_line(ConsoleSide side, std::uint32_t stream);
  [[nodiscard]] bool colours(ConsoleSide side) const;
  [[nodiscard]] Instant due(std::uint32_t stream, const Unfinished& line) const;
  void flush(ConsoleSide side);
  void renew_deadline();

  ConsoleOptions options_;
  std::array<ConsoleEnd, 2> ends_;
  std::array<bool, 2> is_terminal_;
  std::map<std::uint32_t, Unfinished> unfinished_;  ///< by stream number; few
  std::array<std::uint32_t, 2> open_line_{};        ///< whose unfinished line stands on each end
  std::string out_;                                 ///< formatted, to be put
  Instant deadline_ = Instant::never();
};

}  // namespace stayd::journal
