// SPDX-License-Identifier: Apache-2.0
// For the tests of os/: a command, started as a service would be, and what it printed.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include "os/fd.h"
#include "os/pipe.h"
#include "os/process.h"
#include "os/spawn.h"
#include "os/test_support.h"

namespace stayd::os::test {

inline constexpr int deadline_ms = 60'000;

/// The one Spawner of this test program.
inline Spawner& spawner() {
  static Spawner the_one = *Spawner::create();
  return the_one;
}

inline bool wait_readable(FdView fd, int milliseconds = deadline_ms) {
  pollfd waited{.fd = fd.number(), .events = POLLIN, .revents = 0};
  return ::poll(&waited, 1, milliseconds) == 1;
}

/// Everything until the end of file.
inline std::string read_all(FdView fd) {
  std::string all;
  char chunk[4096];
  while (wait_readable(fd)) {
    const ssize_t size = ::read(fd.number(), chunk, sizeof chunk);
    if (size <= 0) break;
    all.append(chunk, static_cast<std::size_t>(size));
  }
  return all;
}

/// Waits for the end of a child of ours, and reaps it.
inline ExitStatus end_of(const Fd& process) {
  if (!wait_readable(process.view())) return {};
  const Result<Waited> waited = peek_exit(process.view());
  reap(process.view());
  return waited && waited->outcome == WaitOutcome::ended ? waited->status : ExitStatus{};
}

struct Ran {
  bool started = false;
  Error error;  ///< when not started
  ExitStatus status;
  std::string output;  ///< both streams
};

/// A program with standard input from /dev/null and both outputs into a pipe of ours.
class Command {
 public:
  explicit Command(std::vector<std::string> words) : words_(std::move(words)) {
    for (std::string& word : words_) arguments_.push_back(word.data());
    arguments_.push_back(nullptr);
    plan.executable = words_[0].c_str();
    plan.arguments = arguments_.data();
    plan.environment = environment_.data();
  }
  static Command shell(const std::string& script) { return Command({"/bin/sh", "-c", script}); }

  /// More than the standard streams: `from` as `to`.
  void add(FdView from, int to) { more_.push_back({from, to}); }

  Result<Spawned> start(Spawner& with = spawner()) {
    begin(with);
    return finish(with);
  }

  /// The two halves of start.
  void begin(Spawner& with = spawner()) {
    null_ = Fd(::open("/dev/null", O_RDWR | O_CLOEXEC));
    pipe_ = std::move(*create_pipe());
    planned_ = {{null_.view(), 0}, {pipe_.write_end.view(), 1}, {pipe_.write_end.view(), 2}};
    planned_.insert(planned_.end(), more_.begin(), more_.end());
    plan.descriptors = planned_;
    with.begin(plan);
  }
  Result<Spawned> finish(Spawner& with = spawner()) {
    Result<Spawned> spawned = with.finish();
    pipe_.write_end.reset();
    return spawned;
  }

  Ran run(Spawner& with = spawner()) {
    Result<Spawned> spawned = start(with);
    if (!spawned)
      return Ran{.started = false, .error = spawned.error(), .status = {}, .output = {}};
    Ran ran{.started = true, .error = {}, .status = {}, .output = read_all(pipe_.read_end.view())};
    ran.status = end_of(spawned->process);
    return ran;
  }

  [[nodiscard]] FdView output() const { return pipe_.read_end.view(); }

  SpawnPlan plan;

 private:
  std::vector<std::string> words_;
  std::vector<char*> arguments_;
  std::array<char*, 1> environment_{nullptr};
  Fd null_;
  Pipe pipe_;
  std::vector<PlannedDescriptor> planned_;
  std::vector<PlannedDescriptor> more_;
};

/// Runs `body` in a forked copy of this program, which may spoil itself; gives the text that it
/// returned. It travels by a pipe, which `answer_at` gives a number of the test's choice.
template <typename Body>
std::string in_copy(Body body, int answer_at = -1) {
  Pipe pipe = std::move(*create_pipe());
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (answer_at >= 0) ::dup2(pipe.write_end.number(), answer_at);
    const int answer = answer_at >= 0 ? answer_at : pipe.write_end.number();
    const std::string text = body();
    (void)!::write(answer, text.data(), text.size());
    ::_exit(0);
  }
  pipe.write_end.reset();
  std::string text = read_all(pipe.read_end.view());
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (!WIFEXITED(status)) text += " [killed by signal " + std::to_string(WTERMSIG(status)) + "]";
  return text;
}

}  // namespace stayd::os::test
