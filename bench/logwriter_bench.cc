// SPDX-License-Identifier: Apache-2.0
// The log writer against `cat > file`, in turns, in one run:
//   logwriter_bench DIR [MIB [LINES-A-WRITE [WRITERS [ROUNDS]]]]
// Prints the medians of wall time and of the reading process's CPU, and the ratios.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "app/logwriter/logwriter.h"
#include "journal/private_pipe.h"
#include "journal/protocol.h"
#include "os/socket.h"

using namespace stayd;

namespace {

struct Sample {
  double wall = 0, cpu = 0;
};

double now() {
  timespec at{};
  clock_gettime(CLOCK_MONOTONIC, &at);
  return static_cast<double>(at.tv_sec) + static_cast<double>(at.tv_nsec) * 1e-9;
}

void write_lines(int pipe, std::size_t bytes, std::size_t lines_a_write) {
  std::string block;
  for (std::size_t i = 0; i < lines_a_write; ++i) block += std::string(99, 'x') + '\n';
  for (std::size_t done = 0; done < bytes; done += block.size()) {
    for (std::size_t at = 0; at < block.size();) {
      const ssize_t put = write(pipe, block.data() + at, block.size() - at);
      if (put <= 0) _exit(1);
      at += static_cast<std::size_t>(put);
    }
  }
  _exit(0);
}

struct Pipe {
  int read_end = -1, write_end = -1;
};
Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) _exit(1);
  return {.read_end = ends[0], .write_end = ends[1]};
}

std::vector<pid_t> start_cats(const std::string& dir, const std::vector<Pipe>& pipes) {
  std::vector<pid_t> started;
  for (std::size_t i = 0; i < pipes.size(); ++i) {
    started.push_back(fork());
    if (started.back() != 0) continue;
    const std::string path = dir + "/cat" + std::to_string(i);
    dup2(pipes[i].read_end, 0);
    dup2(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), 1);
    execlp("cat", "cat", nullptr);
    _exit(1);
  }
  return started;
}

std::vector<pid_t> start_log_writer(const std::string& dir, const std::vector<Pipe>& pipes) {
  auto pipe = journal::create_private_pipe();
  auto channel = os::create_message_pair();
  if (!pipe || !channel) _exit(1);
  const pid_t pid = fork();
  if (pid == 0) {
    for (const Pipe& each : pipes) ::close(each.read_end), ::close(each.write_end);
    const app::LogWriterFds fds{.channel = dup(channel->theirs.number()),
                                .private_read = dup(pipe->read_end.number()),
                                .private_write = dup(pipe->write_end.number()),
                                .shared_word = dup(pipe->shared.number())};
    channel->ours.reset();
    channel->theirs.reset();
    _exit(app::logwriter_main(fds));
  }
  const auto send = [&](const journal::ToWriter& message, std::span<const os::FdView> fds) {
    while (!os::send_message(channel->ours.view(), journal::encode(message), fds)) usleep(100);
  };
  send(journal::Configure{.log_dir = dir}, {});
  for (std::size_t i = 0; i < pipes.size(); ++i) {
    journal::Streams message{.instance = "s" + std::to_string(i), .run = RunId{1}};
    message.uid = getuid();
    message.settings.max_size = 100u << 20;
    message.settings.max_files = 1000;
    message.ends[0] = {.number = static_cast<std::uint32_t>(i + 1)};
    const os::FdView read_end(pipes[i].read_end);
    send(message, {&read_end, 1});
  }
  return {pid};  // its channel is closed: it ends with its last stream
}

template <typename Start>
Sample measure(const std::string& dir, std::size_t bytes, std::size_t lines, std::size_t writers,
               Start start) {
  std::filesystem::remove_all(dir);
  std::filesystem::create_directories(dir);
  std::vector<Pipe> pipes(writers);
  for (Pipe& each : pipes) each = make_pipe();
  const std::vector<pid_t> readers = start(dir, pipes);
  usleep(50000);
  const double begin = now();
  for (const Pipe& each : pipes) {
    if (fork() == 0) write_lines(each.write_end, bytes / writers, lines);
  }
  for (const Pipe& each : pipes) ::close(each.read_end), ::close(each.write_end);
  Sample sample;
  for (const pid_t reader : readers) {
    rusage usage{};
    wait4(reader, nullptr, 0, &usage);
    sample.cpu += static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                  static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
  }
  sample.wall = now() - begin;
  while (waitpid(-1, nullptr, 0) > 0) {
  }
  std::filesystem::remove_all(dir);
  return sample;
}

double median(std::vector<Sample> samples, double Sample::* field) {
  std::ranges::sort(samples, {}, field);
  return samples[samples.size() / 2].*field;
}

}  // namespace

int main(int count, char** words) {
  if (count < 2) return 2;
  const auto number = [&](int at, std::size_t usual) {
    return count > at ? static_cast<std::size_t>(std::atol(words[at])) : usual;
  };
  const std::string dir = std::string(words[1]) + "/logwriter-bench";
  const std::size_t bytes = number(2, 1024) << 20;
  std::vector<Sample> cat, own;
  for (std::size_t round = 0; round < number(5, 3); ++round) {
    cat.push_back(measure(dir, bytes, number(3, 655), number(4, 1), start_cats));
    own.push_back(measure(dir, bytes, number(3, 655), number(4, 1), start_log_writer));
  }
  const double cat_wall = median(cat, &Sample::wall), own_wall = median(own, &Sample::wall);
  const double cat_cpu = median(cat, &Sample::cpu), own_cpu = median(own, &Sample::cpu);
  std::printf(
      "cat %.3f s wall %.3f s cpu; log writer %.3f s wall %.3f s cpu; x %.2f wall %.2f cpu\n",
      cat_wall, cat_cpu, own_wall, own_cpu, own_wall / cat_wall, own_cpu / cat_cpu);
  return 0;
}
