// SPDX-License-Identifier: Apache-2.0
// What supervisor and log writer say to each other: one message a packet on a SOCK_SEQPACKET pair,
// descriptors beside it (SCM_RIGHTS). The keeper holds both ends too, so neither sees end of file
// when only the other died, and what was sent but not read reaches a successor.
//
// After a log writer has died, the supervisor sends everything again to the next one (Configure,
// each Streams and Keep that is still open, then AllSent). The log writer ignores a stream number
// it already has: sending twice is harmless. After a supervisor has died, its successor sends
// GiveBack and gets Given for each stream and kept descriptor, then GivenBackAll; the log writer
// goes on draining.
//
// Each message: u8 version, u8 kind, the kind's fields (little-endian, texts with a u32 length). A
// reader skips fields that a newer writer added at the end, and kinds it does not know.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "model/spec.h"

namespace stayd::journal {

inline constexpr std::uint8_t protocol_version = 2;
/// No message is longer; a receiver's buffer of this size never truncates.
inline constexpr std::size_t most_message_bytes = 8192;

/// Which output of a run. `merged`: stderr goes the same way as stdout.
enum class StreamKind : std::uint8_t { stdout_only, stderr_only, merged };

/// What the log writer needs of model::Log. Equal ones are stored once by the log writer.
struct StreamSettings {
  bool to_file = true;
  bool to_console = false;
  model::LogFormat format = model::LogFormat::prefix;
  model::OnFull on_full = model::OnFull::drop_oldest;
  std::uint32_t max_files = 8;         ///< closed segments kept
  std::uint64_t max_size = 16u << 20;  ///< bytes of a segment
  model::Timestamps timestamps = model::Timestamps::index;
  bool to_syslog = false;
  bool to_journal = false;
  std::uint8_t facility = 3;
  std::string tag{};             ///< empty: the instance's name
  std::uint64_t rate_limit = 0;  ///< bytes a second; 0: none
  std::uint64_t rate_burst = 0;
  model::Compress compress = model::Compress::none;  ///< of closed segments
  Duration max_age{};                                ///< as in model::Log
  std::uint64_t max_total = 0;                       ///< as in model::Log
  bool operator==(const StreamSettings&) const = default;
};
StreamSettings settings_of(const model::Log& log);

// ---- supervisor -> log writer
// ---------------------------------------------------------------------

/// First message to every log writer; sent again when the values change.
struct Configure {
  std::string log_dir;           ///< absolute; created (0755) at the first byte that needs it
  bool colours_stdout = false;   ///< a terminal behind fd 1, and NO_COLOR unset
  bool colours_stderr = false;   ///< the same of fd 2
  std::uint16_t name_width = 0;  ///< console prefixes are padded to this many columns
  std::uint64_t max_total = 0;   ///< bytes of all files in log_dir; 0: no limit
};

/// One or two outputs of one run; descriptor i is the read end of ends[i].
struct Streams {
  struct End {
    std::uint32_t number = 0;  ///< chosen by the supervisor, never 0, never reused
    StreamKind kind = StreamKind::stdout_only;
  };
  std::string instance;  ///< "web@2"; "@stayd", "@events" for our own
  RunId run = no_run;
  std::uint32_t uid = 0;  ///< of the service: must not be able to write to its log folder
  StreamSettings settings;
  /// A regular expression (regex(7), extended): Matched is told of the first line in which it is
  /// found. Empty: none.
  std::string ready_pattern{};
  /// A command that gets each of them on its standard input; with `set_ids` as `uid`, `gid` and
  /// `groups`, else as we are.
  std::vector<std::string> exec{};
  std::uint32_t gid = 0;
  bool set_ids = false;
  std::vector<std::uint32_t> groups{};  ///< few enough for a message: config looks after that
  std::uint8_t count = 1;
  std::array<End, 2> ends;
};

/// Hold this descriptor for a successor of the supervisor. An old one with this key is closed.
struct Keep {
  std::uint64_t key = 0;
};
struct Release {
  std::uint64_t key = 0;
};

/// Drain what is there now, then close, and report Ended: what comes later is of no interest.
struct Discard {
  std::uint32_t number = 0;
};

/// Everything has been sent (again): whoever's bytes are in the private pipe is known by now.
struct AllSent {
  /// The log writer that it is meant for: one that was killed may have left the AllSent that was
  /// meant for it in the channel. 0: not known; bytes of an unknown stream then stay in the pipe.
  std::int32_t pid = 0;
};

/// A new supervisor wants streams and kept descriptors.
struct GiveBack {};

/// Drain what is there now, write it out, and exit 0. Streams are not waited for.
struct Leave {};

using ToWriter = std::variant<Configure, Streams, Keep, Release, Discard, AllSent, GiveBack, Leave>;

// ---- log writer -> supervisor
// ---------------------------------------------------------------------

/// Ready: the first message of each log writer.
struct Hello {
  std::int32_t pid = 0;
};

struct EndedStream {
  std::uint32_t number = 0;
  std::uint64_t bytes = 0;  ///< of the stream that this log writer has put into the log
};
/// End of file, and all bytes are in the file (or counted as dropped): the supervisor may close its
/// own copies of the read ends. May come twice for a number (see above).
struct Ended {
  static constexpr std::size_t most = 64;
  std::vector<EndedStream> streams;  ///< at most `most`
};

/// The stream's ready_pattern was found in a line. Told again after GiveBack, and by a successor.
struct Matched {
  std::uint32_t number = 0;
};

/// Answer to GiveBack: one stream, its read end beside it.
struct GivenStream {
  std::uint32_t number = 0;
  StreamKind kind = StreamKind::stdout_only;
  std::string instance;
  RunId run = no_run;
};
/// Answer to GiveBack: one kept descriptor beside it.
struct GivenKept {
  std::uint64_t key = 0;
};
struct GivenBackAll {};

/// An instance's log cannot be written (disk full, folder refused) or gets too much, or is well
/// again. `instance` is empty when it concerns the console.
struct Trouble {
  std::string instance;
  bool begins = true;
  std::string text;           ///< begins: why, a clause for a person
  std::uint64_t dropped = 0;  ///< ends: bytes that were lost meanwhile
  std::string target{};       ///< what it is instead of a log: "syslog (/dev/log)"
  bool limited = false;       ///< nothing is wrong with the log: its rate-limit is exceeded
};

using FromWriter =
    std::variant<Hello, Ended, GivenStream, GivenKept, GivenBackAll, Trouble, Matched>;

/// The packet for a message. Its descriptors travel beside it (os::send_message).
std::string encode(const ToWriter& message);
std::string encode(const FromWriter& message);

/// Fails with what is wrong. A kind of a newer version is an Error with number ENOTSUP, which the
/// caller ignores (its descriptors closed).
Result<ToWriter> decode_to_writer(std::string_view packet);
Result<FromWriter> decode_from_writer(std::string_view packet);

}  // namespace stayd::journal
