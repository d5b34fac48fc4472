// SPDX-License-Identifier: Apache-2.0
// The supervisor's side of the log writer: makes the pipes of each run, hands one read end over,
// keeps the other until the log writer has reported its end, and starts the log writer again when
// it dies (then everything that is open is sent again, journal/protocol.h).
//
// Nothing here waits: what the channel does not take now stands in the table and goes out when the
// channel is writable. A log writer that is stopped holds up no one but services whose pipe is
// full.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "journal/private_pipe.h"
#include "journal/protocol.h"
#include "model/spec_codec.h"
#include "os/epoll.h"
#include "os/fd.h"
#include "os/spawn.h"
#include "runtime/names.h"

namespace stayd::runtime {

/// What the keeper holds of it for all supervisors.
struct LogChannel {
  os::Fd ours;
  os::Fd theirs;
  journal::PrivatePipe private_pipe;

  static Result<LogChannel> create();
};

/// A run's outputs are at their end.
struct OutputEnd {
  InstanceId instance = no_instance;
  RunId run = no_run;
  std::optional<std::uint64_t> bytes{};  ///< that its log has; none: more than one log writer took
                                         ///< them, or another supervisor was told of some
};

/// What the log writer reports.
struct LogNews {
  std::vector<journal::Trouble> troubles{};
  std::vector<OutputEnd> outputs{};
};

/// The write ends for one run's child, and the numbers of their streams.
struct RunOutputs {
  os::Fd out;
  os::Fd err;  ///< invalid: stderr goes to `out`, or nowhere when that is invalid too
  std::uint32_t out_stream = 0;
  std::uint32_t err_stream = 0;
};

/// A run in whose output its service's ready pattern was found.
struct MatchedRun {
  InstanceId instance = no_instance;
  RunId run = no_run;
};

class LogLink {
 public:
  struct Setting {
    os::Spawner& spawner;
    os::Epoll& epoll;
    const Names& names;
    const model::SpecView& spec;
    os::FdView executable;
    std::string supervisor_name{};
    journal::Configure configure{};
    journal::StreamSettings events{};
    std::uint64_t generation = 1;
    bool foreground = false;
  };

  LogLink(Setting setting, LogChannel channel);
  LogLink(const LogLink&) = delete;
  LogLink& operator=(const LogLink&) = delete;

  /// Watches the channel.
  Status begin();
  /// Opens the stream `@stayd`: its write end.
  Result<os::Fd> open_own_words();
  /// Opens the stream `@events`: its write end.
  Result<os::Fd> open_events();
  /// Starts a log writer, now that there is none. It is sent everything that is open.
  Status start_writer();
  /// A take-over: the log writer `pid` goes on. Asks it for its streams and waits for them until
  /// `most` has passed; what comes later is taken too. Fails when it is no longer there.
  Status resume_writer(std::int32_t pid, Duration most);

  /// Pipes for a run as its settings ask; their read ends are on their way to the log writer.
  Result<RunOutputs> open(InstanceId instance, RunId run, const model::Service& service);
  /// A write end of the run's (stderr's, if that is apart) for a command beside it; invalid when
  /// the stream is at its end.
  [[nodiscard]] os::Fd writer_for(RunId run);
  /// The log writer keeps `descriptor` for our successor, until release. Borrowed till then.
  void keep(std::uint64_t key, os::FdView descriptor);
  void release(std::uint64_t key);
  /// One that the log writer kept for us, after resume_writer.
  [[nodiscard]] os::Fd take_kept(std::uint64_t key);
  /// What nobody took is of no use any more.
  void release_untaken();

  /// The channel is ready: takes what came, sends what waits. Appends what the log writer reports.
  void ready(std::uint32_t events, LogNews& news);
  /// Runs whose ready pattern was found since the last call.
  [[nodiscard]] std::vector<MatchedRun> take_matched() { return std::exchange(matched_, {}); }
  [[nodiscard]] bool has_matched() const { return !matched_.empty(); }
  /// The log writer's process of this generation has ended, and is reaped. False: an old one.
  bool writer_ended(std::uint64_t generation);
  [[nodiscard]] os::FdView writer() const { return writer_.view(); }
  /// Starts the next one when that is due. The Error is to be told; it is tried again.
  Status tick(Instant now);
  [[nodiscard]] Instant next_deadline() const { return restart_at_; }
  /// The last one could not be started, or did not come to work; the next is started at
  /// next_deadline().
  [[nodiscard]] bool lacks_writer() const { return !writer_.valid() && !leave_sent_; }
  [[nodiscard]] std::int32_t writer_pid() const { return writer_pid_; }
  [[nodiscard]] std::uint64_t writer_generation() const { return writer_generation_; }
  /// Its streams are many when descriptors get scarce: how many are open.
  [[nodiscard]] std::size_t stream_count() const { return open_; }

  /// No more starts: the log writer writes out what it has, and ends.
  void leave();
  [[nodiscard]] bool has_left() const { return leave_sent_ && !writer_.valid(); }
  /// What the keeper is to hold.
  [[nodiscard]] const LogChannel& channel() const { return channel_; }

 private:
  struct Entry {
    std::uint32_t number = 0;
    InstanceId instance = no_instance;
    RunId run = no_run;
    journal::StreamKind kind = journal::StreamKind::stdout_only;
    os::Fd read_end;
    std::uint64_t bytes = 0;  ///< that are in the log, once it has ended
    bool is_counted = true;   ///< by one log writer from its beginning
    bool is_over = false;     ///< the end of its run's outputs has been told
  };
  struct Kept {
    std::uint64_t key = 0;
    os::FdView borrowed;
    os::Fd given;
    bool sent = false;
  };
  enum class Sent : std::uint8_t { yes, later, never };
  /// A stream of ours.
  struct Own {
    Entry entry;
    bool sent = false;
  };

  Result<os::Fd> open_own(Own& own, std::uint32_t number, journal::StreamKind kind);
  Result<os::Fd> add_stream(Entry entry);
  void flush();
  bool flush_own(Own& own);
  bool flush_streams();
  bool flush_kept();
  bool flush_released();
  Sent send(const journal::ToWriter& message, std::span<const os::FdView> descriptors = {});
  bool put(const journal::ToWriter& message);
  [[nodiscard]] journal::Streams describe(const Entry& entry) const;
  [[nodiscard]] journal::Streams describe_own(const Own& own) const;
  void compact();
  void watch_writable(bool wanted);
  void take(const journal::FromWriter& message, os::Fd descriptor, LogNews& news);
  void take_stream(const journal::GivenStream& given, os::Fd descriptor);
  void receive(LogNews& news);
  void ended(const journal::EndedStream& end, LogNews& news);
  void forget_everything_sent();
  Entry* find(std::uint32_t number);
  Status watch_writer(std::int32_t pid, os::Fd process);

  Setting setting_;
  LogChannel channel_;
  std::uint32_t own_uid_;
  std::vector<Entry> entries_;  ///< by number; those that have ended without read_end
  Own own_words_, events_;
  const model::Service* opening_ = nullptr;  ///< of the last entries, while they are being opened
  std::size_t open_ = 0;
  std::size_t unsent_ = 0;  ///< first entry that has not been sent to the present log writer
  std::vector<MatchedRun> matched_;
  std::vector<Kept> kept_;
  std::vector<std::uint64_t> released_;  ///< keys of which the log writer is yet to be told
  os::Fd writer_;
  std::int32_t writer_pid_ = 0;
  std::uint64_t writer_generation_ = 0;
  Instant restart_at_ = Instant::never();
  bool writer_said_hello_ = false;
  bool configured_ = false;
  bool all_sent_ = false;
  bool given_back_ = true;
  bool leaving_ = false;
  bool leave_sent_ = false;
  bool watching_writable_ = false;
};

}  // namespace stayd::runtime
