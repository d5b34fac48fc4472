// SPDX-License-Identifier: Apache-2.0
// What becomes of a service's lines in a file that holds more than its bytes: a time in front of
// each line (`timestamps = "iso" | "tai64n"`), or an object for each line (`format = "json"`).
//
// Bytes pass through in pieces, however long a line is: all that is kept of it is an OpenLine. A
// line belongs to one stream; when another one writes to the same file meanwhile, it is closed.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/time.h"
#include "journal/protocol.h"

namespace stayd::journal {

enum class TextForm : std::uint8_t {
  raw,     ///< the bytes alone
  iso,     ///< "2026-11-24T06:13:07.123456789Z " and the line
  tai64n,  ///< "@4000000037c219bf2ef02e94 " and the line
  json,    ///< {"time":...,"instance":...,"run":...,"stream":...,"message":...}
};
TextForm form_of(const StreamSettings& settings);

/// A message of this length is continued in another object ("partial":true says so in the first).
inline constexpr std::size_t most_message_piece = 16u << 10;
/// No object is longer: each byte of a message may take six.
inline constexpr std::size_t most_object_bytes = 6 * most_message_piece + 2048;

struct LineSource {
  std::string_view instance;
  RunId run = no_run;
  StreamKind kind = StreamKind::stdout_only;
  std::uint32_t stream = 0;  ///< its number
};

/// The line that a file ends in, as long as it has no end.
struct OpenLine {
  std::uint32_t stream = 0;         ///< whose it is; 0: the file ends with a line end
  bool known = false;               ///< false: nobody has looked at how the file ends
  std::uint8_t carried = 0;         ///< bytes in `carry`
  std::array<char, 3> carry;        ///< json: the beginning of a UTF-8 character, not written yet
  std::uint32_t message_bytes = 0;  ///< json: of the message so far
};

/// Where append() stops.
struct PieceLimits {
  std::size_t most = 16u << 10;  ///< soon after `out` has reached this
  bool one_line = false;         ///< after the first line end
};

class LineText {
 public:
  /// Appends to `out` and keeps `line` up to date; borrows all three.
  LineText(TextForm form, const LineSource& source, OpenLine& line, std::string& out)
      : form_(form), source_(source), line_(line), out_(out) {}

  /// The front of `bytes`, which came at `at`; how many were taken: at least one.
  std::size_t append(std::string_view bytes, WallTime at, const PieceLimits& limits);
  /// Ends the open line, if there is one: it was cut off by another stream or a new file...
  void interrupt();
  /// ...or at the end of its run.
  void end();

 private:
  void begin_line(WallTime at);
  std::size_t append_plain(std::string_view bytes, std::size_t room);
  std::size_t append_message(std::string_view bytes);
  void flush_carry();
  std::size_t fill_carry(std::string_view bytes);
  void close_object(std::string_view end);

  TextForm form_;
  LineSource source_;
  OpenLine& line_;
  std::string& out_;
};

/// "@4000000037c219bf2ef02e94" (cr.yp.to/libtai/tai64.html), as multilog(8) and tai64n(8) write it:
/// 2^62 + 10 + seconds since 1970, leap seconds not counted (taia_now.c of libtai).
void append_tai64n(std::string& out, WallTime at);

/// {"time":"...","instance":"...","run":1,"stream":"stdout","message":"
void append_object_head(std::string& out, const LineSource& source, WallTime at);
inline constexpr std::string_view object_end = "\"}\n";
inline constexpr std::string_view partial_object_end = "\",\"partial\":true}\n";

/// `tail` is what stands behind the last line end of a json file whose writer was killed: how much
/// of it can stand once partial_object_end is put behind it; 0: nothing.
std::size_t sound_object_part(std::string_view tail);

}  // namespace stayd::journal
