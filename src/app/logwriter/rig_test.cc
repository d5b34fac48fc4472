// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <filesystem>

#include "app/logwriter/logwriter.h"
#include "app/logwriter/rig_test_support.h"
#include "journal/instance_folder.h"
#include "journal/segment_source.h"
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

journal::FolderContent closed_in(const std::string& place) {
  const auto folder = os::open_folder(place);
  return folder ? journal::content_of(folder->view(), journal::LogKind::out)
                : journal::FolderContent{};
}

std::uint64_t bytes_below(const std::string& place) {
  std::uint64_t sum = 0;
  for (const std::string& name : names_in(place)) {
    struct stat found{};
    if (::stat(std::string(place).append("/").append(name).c_str(), &found) == 0) {
      sum += static_cast<std::uint64_t>(found.st_size);
    }
  }
  return sum;
}

std::string whole_log(const std::string& folder, const std::string& kind) {
  std::string all;
  const auto opened = os::open_folder(folder);
  if (!opened) return all;
  const journal::LogKind which = kind == "stderr" ? journal::LogKind::err : journal::LogKind::out;
  for (const std::uint64_t segment : journal::content_of(opened->view(), which).texts) {
    auto source = journal::SegmentSource::open(opened->view(), which, segment);
    if (!source) continue;  // removed meanwhile
    std::string text(source->size(), '\0');
    text.resize(source->read_at(0, text).bytes);
    all += text;
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

void Rig::start() { start(Traced::no); }

namespace {

// splice(2) with an offset to write at (its fourth argument), and fallocate(2), by which a log
// writer finds out whether it may write again.
void make_writes_fail(int number) {
  const auto fails = SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(number);
  std::array filter{
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fallocate, 3, 0),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_splice, 0, 3),
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[3])),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
      sock_filter BPF_STMT(BPF_RET | BPF_K, fails),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{.len = filter.size(), .filter = filter.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    ::_exit(1);
  }
}

}  // namespace

bool is_running(const std::string& name) {
  return std::ranges::any_of(names_in("/proc"), [&](const std::string& pid) {
    return content_of("/proc/" + pid + "/comm") == name + "\n" &&
           content_of("/proc/" + pid + "/stat").find(") Z ") == std::string::npos;
  });
}

long anonymous_kib(pid_t pid) {
  const std::string status = content_of("/proc/" + std::to_string(pid) + "/status");
  const std::size_t at = status.find("\nRssAnon:");
  return at == std::string::npos ? -1 : std::atol(status.c_str() + at + 9);
}

void ask_to_be_traced() {
  ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
  ::raise(SIGSTOP);
}

bool reaches_call(pid_t pid, int n) {
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);  // the stop that it begins with
  REQUIRE(::ptrace(PTRACE_SETOPTIONS, pid, nullptr, PTRACE_O_TRACESYSGOOD) == 0);
  for (int calls = 0; calls < 2 * n - 1;) {  // a call stops at its entry and at its exit
    const bool is_call = WSTOPSIG(status) == (SIGTRAP | 0x80) || WSTOPSIG(status) == SIGSTOP;
    const long signal = is_call ? 0 : WSTOPSIG(status);
    REQUIRE(::ptrace(PTRACE_SYSCALL, pid, nullptr, signal) == 0);
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    if (WIFEXITED(status)) return false;
    REQUIRE(WIFSTOPPED(status));
    if (WSTOPSIG(status) == (SIGTRAP | 0x80)) ++calls;
  }
  return true;
}

int call_step(int usual) { return ::getenv("STAYD_TEST_EVERY_CALL") != nullptr ? 1 : usual; }

bool Rig::start_until_call(int n) {
  start(Traced::yes);
  send(journal::Leave{});
  if (reaches_call(pid_, n)) return true;
  pid_ = -1;
  return false;
}

bool Rig::start_and_kill_at_call(int n) {
  if (!start_until_call(n)) return false;
  kill();
  renew_channel();  // its Leave may still be there
  return true;
}

void Rig::go_on_and_end() {
  REQUIRE(::ptrace(PTRACE_DETACH, pid_, nullptr, nullptr) == 0);
  REQUIRE(wait() == 0);
}

void Rig::start(Traced traced) {
  pid_ = ::fork();
  REQUIRE(pid_ >= 0);
  if (pid_ == 0) {
    if (traced == Traced::yes) ask_to_be_traced();
    if (write_error_ != 0) make_writes_fail(write_error_);
    const rlimit most{.rlim_cur = most_descriptors_, .rlim_max = most_descriptors_};
    if (most_descriptors_ != 0 && ::setrlimit(RLIMIT_NOFILE, &most) != 0) ::_exit(1);
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
                           .exec = known.wanted.exec,
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

std::optional<journal::FromWriter> Rig::next(os::Fd* descriptor) {
  return next(20'000, descriptor);
}

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
  if (const auto* ended = std::get_if<journal::Ended>(&*message)) {
    for (const journal::EndedStream& stream : ended->streams) streams_.erase(stream.number);
  }
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
