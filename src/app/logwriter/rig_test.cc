// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

#include "app/logwriter/logwriter.h"
#include "app/logwriter/rig_test_support.h"
#include "os/files.h"

namespace stayd::app {

TestFolder::TestFolder(const std::string& parent) {
  const char* place = ::getenv("TMPDIR");
  path_ = (!parent.empty() ? parent : std::string(place != nullptr ? place : "/tmp")) +
          "/stayd-logwriter-XXXXXX";
  REQUIRE(::mkdtemp(path_.data()) != nullptr);
}
TestFolder::~TestFolder() { std::filesystem::remove_all(path_); }

std::string content_of(const std::string& path) {
  return os::read_file(path, 1u << 30).value_or(std::string());
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  if (DIR* listing = ::opendir(folder.c_str())) {
    while (const dirent* entry = ::readdir(listing)) {
      if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    }
    ::closedir(listing);
  }
  std::ranges::sort(names);
  return names;
}

std::string whole_log(const std::string& folder, const std::string& kind) {
  std::string all;
  for (const std::string& name : names_in(folder)) {
    const bool closed = name.starts_with(kind + ".0") && name.ends_with(".log");
    if (closed) all += content_of(folder + "/" + name);
  }
  return all + content_of(folder + "/" + kind + ".log");
}

Rig::Rig(std::string log_dir) : log_dir_(std::move(log_dir)) {
  auto pipe = journal::create_private_pipe();
  REQUIRE(pipe.has_value());
  pipe_ = std::move(*pipe);
  renew_channel();
}

void Rig::renew_channel() {
  auto channel = os::create_message_pair();
  REQUIRE(channel.has_value());
  channel_ = std::move(*channel);
}

Rig::~Rig() {
  if (pid_ > 0) kill();
}

void Rig::set_console(int out, int err) {
  console_out_ = out;
  console_err_ = err;
}

void Rig::start() { start(Traced::no); }

bool Rig::start_and_kill_at_call(int n) {
  start(Traced::yes);
  send(journal::Leave{});
  int status = 0;
  REQUIRE(::waitpid(pid_, &status, 0) == pid_);  // the stop that it begins with
  REQUIRE(::ptrace(PTRACE_SETOPTIONS, pid_, nullptr, PTRACE_O_TRACESYSGOOD) == 0);
  for (int calls = 0; calls < 2 * n;) {  // a call stops at its entry and at its exit
    REQUIRE(::ptrace(PTRACE_SYSCALL, pid_, nullptr, nullptr) == 0);
    REQUIRE(::waitpid(pid_, &status, 0) == pid_);
    if (WIFEXITED(status)) {
      pid_ = -1;
      return false;
    }
    REQUIRE(WIFSTOPPED(status));
    if (WSTOPSIG(status) == (SIGTRAP | 0x80)) ++calls;
    if (calls == 2 * n - 1) break;
  }
  kill();
  renew_channel();  // its Leave may still be there
  return true;
}

void Rig::start(Traced traced) {
  pid_ = ::fork();
  REQUIRE(pid_ >= 0);
  if (pid_ == 0) {
    if (traced == Traced::yes) {
      ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
      ::raise(SIGSTOP);
    }
    if (console_out_ >= 0) ::dup2(console_out_, 1);
    if (console_err_ >= 0) ::dup2(console_err_, 2);
    const LogWriterFds fds{.channel = ::dup(channel_.theirs.number()),
                           .private_read = ::dup(pipe_.read_end.number()),
                           .private_write = ::dup(pipe_.write_end.number()),
                           .shared_word = ::dup(pipe_.shared.number())};
    channel_.ours.reset();
    channel_.theirs.reset();
    // What a real log writer has not: our copies of the services' pipes.
    streams_.clear();
    ::_exit(logwriter_main(fds));
  }
  send(journal::Configure{.log_dir = log_dir_});
  send_again();
  send(journal::AllSent{.pid = pid_});
}

void Rig::send_again() {
  for (const auto& [number, known] : streams_) send_stream(number, known);
}

void Rig::hang_up() {
  channel_.ours.reset();
  channel_.theirs.reset();
  streams_.clear();
}

void Rig::kill() {
  REQUIRE(::kill(pid_, SIGKILL) == 0);
  REQUIRE(wait() == -SIGKILL);
}

int Rig::wait() {
  int status = 0;
  REQUIRE(::waitpid(pid_, &status, 0) == pid_);
  pid_ = -1;
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

Rig::Opened Rig::open(const Wanted& wanted) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const std::uint32_t number = ++last_number_;
  const auto at = streams_.emplace(number, Known{wanted, os::Fd(ends[0])}).first;
  if (pid_ > 0) send_stream(number, at->second);
  return {.number = number, .write_end = os::Fd(ends[1])};
}

void Rig::send_stream(std::uint32_t number, const Known& known) {
  journal::Streams message{.instance = known.wanted.instance,
                           .run = RunId{known.wanted.run},
                           .uid = ::getuid(),
                           .settings = known.wanted.settings,
                           .ready_pattern = known.wanted.ready_pattern,
                           .count = 1,
                           .ends = {}};
  message.ends[0] = {.number = number, .kind = known.wanted.kind};
  send(message, {known.read_end.view()});
}

void Rig::send(const journal::ToWriter& message, const std::vector<os::FdView>& descriptors) {
  const std::string packet = journal::encode(message);
  const bool sent = eventually(
      [&] { return os::send_message(channel_.ours.view(), packet, descriptors).has_value(); });
  REQUIRE(sent);
}

std::optional<journal::FromWriter> Rig::next(os::Fd* descriptor) { return next(10000, descriptor); }

std::optional<journal::FromWriter> Rig::poll() { return next(0, nullptr); }

std::optional<journal::FromWriter> Rig::next(int milliseconds, os::Fd* descriptor) {
  pollfd look{.fd = channel_.ours.number(), .events = POLLIN, .revents = 0};
  if (::poll(&look, 1, milliseconds) != 1) return std::nullopt;
  std::array<char, journal::most_message_bytes> packet;
  auto received = os::receive_message(channel_.ours.view(), packet);
  REQUIRE(received.has_value());
  if (received->size == 0) return std::nullopt;
  if (descriptor != nullptr) *descriptor = std::move(received->descriptors[0]);
  auto message = journal::decode_from_writer({packet.data(), received->size});
  REQUIRE(message.has_value());
  if (const auto* ended = std::get_if<journal::Ended>(&*message)) streams_.erase(ended->number);
  return std::move(*message);
}

bool Rig::wait_ended(std::uint32_t number) {
  while (streams_.contains(number)) {
    if (!next()) return false;
  }
  return true;
}

std::optional<journal::Trouble> Rig::wait_trouble(bool begins) {
  while (auto message = next()) {
    const auto* trouble = std::get_if<journal::Trouble>(&*message);
    if (trouble != nullptr && trouble->begins == begins) return *trouble;
  }
  return std::nullopt;
}

std::string lines_of(std::uint64_t count) {
  std::string text;
  for (std::uint64_t i = 0; i < count; ++i) {
    text += std::to_string(i) + std::string(i * 7 % 90, 'x') + '\n';
  }
  return text;
}

void write_to(const os::Fd& pipe, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::write(pipe.number(), text.data(), text.size());
    REQUIRE(put > 0);
    text.remove_prefix(static_cast<std::size_t>(put));
  }
}

void pause_a_moment() {
  const timespec span{.tv_sec = 0, .tv_nsec = 1000000};
  ::nanosleep(&span, nullptr);
}

}  // namespace stayd::app
