// SPDX-License-Identifier: Apache-2.0
// A stand-in for the supervisor: it starts log writers in processes of their own, keeps a copy of
// every read end, and sends everything again to the next one.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/instance_folder.h"
#include "journal/private_pipe.h"
#include "journal/protocol.h"
#include "os/fd.h"
#include "os/socket.h"
#include "os/test_support.h"

namespace stayd::app {

using os::is_sanitized;

/// An empty folder for one test; removed with everything in it at the end.
class TestFolder {
 public:
  /// In $TMPDIR or /tmp; or in `parent`.
  explicit TestFolder(const std::string& parent = {});
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string content_of(const std::string& path);
/// All segments of a log in order, the current one last.
std::string whole_log(const std::string& folder, const std::string& kind = "stdout");
std::vector<std::string> names_in(const std::string& folder);
/// The numbers of closed segments of standard output, and how they are kept.
journal::FolderContent closed_in(const std::string& place);
/// What its files take.
std::uint64_t bytes_below(const std::string& place);

class Rig {
 public:
  explicit Rig(std::string log_dir);
  ~Rig();
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  /// The most descriptors that the log writers started from now on may have.
  void limit_descriptors(std::uint64_t most) { most_descriptors_ = most; }
  /// From now on each log writer finds that every write to a file fails with this errno (by a
  /// seccomp filter); 0: no longer.
  void set_write_error(int number) { write_error_ = number; }
  /// Starts a log writer, sends what a supervisor sends, and waits for Hello.
  void start();
  /// The same under ptrace(2), with Leave sent as well: it does all of its work and exits. Stands
  /// still before its n-th system call; false when it ended before that.
  bool start_until_call(int n);
  /// ... and is killed there, or goes on and ends.
  bool start_and_kill_at_call(int n);
  void go_on_and_end();
  /// SIGKILL, and reaps it.
  void kill();
  /// Waits for its end: the exit code, or -signal.
  int wait();
  [[nodiscard]] pid_t pid() const { return pid_; }

  struct Wanted {
    std::string instance = "web";
    std::uint64_t run = 1;
    journal::StreamKind kind = journal::StreamKind::stdout_only;
    journal::StreamSettings settings{};
    std::string ready_pattern{};
    std::vector<std::string> exec{};
  };
  struct Opened {
    std::uint32_t number = 0;
    os::Fd write_end;
  };
  /// A stream of the running log writer.
  Opened open(const Wanted& wanted);
  void send(const journal::ToWriter& message, const std::vector<os::FdView>& descriptors = {});

  /// Every open stream once more.
  void send_again();
  /// Our end of the channel is closed, as are our copies of the read ends.
  void hang_up();

  /// The next message; none within ten seconds. Ended closes our copy.
  std::optional<journal::FromWriter> next(os::Fd* descriptor = nullptr);
  /// A message that is there already.
  std::optional<journal::FromWriter> poll();
  /// Takes messages until this stream has ended. Whether it did in time.
  bool wait_ended(std::uint32_t number);
  /// Takes messages until a Trouble that begins, or ends.
  std::optional<journal::Trouble> wait_trouble(bool begins);
  [[nodiscard]] std::size_t open_streams() const { return streams_.size(); }
  [[nodiscard]] const journal::PrivatePipe& pipe() const { return pipe_; }

 private:
  struct Known {
    Wanted wanted;
    os::Fd read_end;
  };
  std::optional<journal::FromWriter> next(int milliseconds, os::Fd* descriptor);
  enum class Traced : std::uint8_t { no, yes };
  void start(Traced traced);
  void renew_channel();
  void send_stream(std::uint32_t number, const Known& known);

  std::string log_dir_;
  journal::PrivatePipe pipe_;
  os::SocketPair channel_;
  pid_t pid_ = -1;
  std::uint64_t most_descriptors_ = 0;  ///< 0: as many as we
  int write_error_ = 0;
  std::uint32_t last_number_ = 0;
  std::map<std::uint32_t, Known> streams_;
};

/// In a child: stops, to be traced by its parent.
void ask_to_be_traced();
/// Lets a child that has asked so run until it is about to make its n-th system call; false when it
/// ended before that (it is then reaped).
bool reaches_call(pid_t pid, int n);
/// How many calls lie between two at which a test stops: `usual`; 1 with STAYD_TEST_EVERY_CALL=1.
int call_step(int usual);

/// Numbered lines of differing length.
std::string lines_of(std::uint64_t count);
/// Writes all of it, waiting where the pipe is full.
void write_to(const os::Fd& pipe, std::string_view text);
/// Waits until `holds` does, looking at it every millisecond; false after a minute.
template <typename Condition>
bool eventually(Condition holds);
void pause_a_moment();
/// Whether there is a process of this name (comm) that is no zombie.
bool is_running(const std::string& name);
/// Memory of its own that a process has, KiB; -1: not known.
long anonymous_kib(pid_t pid);

template <typename Condition>
bool eventually(Condition holds) {
  for (int i = 0; i < 60000; ++i) {
    if (holds()) return true;
    pause_a_moment();
  }
  return false;
}

}  // namespace stayd::app
