// SPDX-License-Identifier: Apache-2.0
#include "journal/consumer.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/text.h"
#include "journal/segment_names.h"
#include "os/error.h"
#include "os/pipe.h"
#include "os/splice.h"

namespace stayd::journal {

namespace {

constexpr std::size_t most_waiting = 256u << 10;
constexpr std::size_t wanted_capacity = 256u << 10;
constexpr Duration retry_period = seconds(1);  ///< after one that ended sooner than this
constexpr Duration calm = seconds(2);          ///< trouble is over after so long without another
constexpr Duration patience = seconds(10);     ///< with one that has its end of file
constexpr std::uint32_t most_last_starts = 3;  ///< for what is left after the end
constexpr int kill_signal = 9;

std::string words_of(const os::ExitStatus& status, const std::string& program) {
  const std::string name = program.substr(program.rfind('/') + 1);
  if (status.signalled) return name + " was killed by " + signal_name(status.value);
  return name + " ended with code " + std::to_string(status.value);
}

}  // namespace

Consumer::~Consumer() {
  if (process_) (void)os::send_signal(process_.view(), kill_signal);
}

int Consumer::make_pipe() {
  auto pipe = os::create_pipe();
  if (!pipe) return pipe.error().number;
  (void)os::set_pipe_capacity(pipe->write_end.view(), wanted_capacity);
  if (!os::set_nonblocking(pipe->write_end.view())) return EIO;
  read_end_ = std::move(pipe->read_end);
  write_end_ = std::move(pipe->write_end);
  return 0;
}

void Consumer::feed(std::string_view bytes, Instant now) {
  if (closing_) return;
  if (!write_end_) {
    if (const int number = make_pipe(); number != 0) {
      drop(bytes.size(), now);
      return trouble_.note_failure(os::error_text(number), now + calm);
    }
  }
  if (!process_ && deadline_ == Instant::never()) start(now);
  if (waiting_.empty()) bytes.remove_prefix(write(bytes));
  const std::size_t room = most_waiting - std::min(most_waiting, waiting_.size());
  waiting_ += bytes.substr(0, room);
  if (bytes.size() <= room) return;
  drop(bytes.size() - room, now);
  trouble_.note_failure("it takes too little", now + calm);
}

std::size_t Consumer::write(std::string_view bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto put = os::write_some(write_end_.view(), bytes.substr(done));
    if (!put) break;
    done += *put;
  }
  return done;
}

void Consumer::drain(Instant now) {
  if (!write_end_ || waiting_.empty()) return;
  waiting_.erase(0, write(waiting_));
  if (waiting_.empty()) std::string().swap(waiting_);
  finish_closing(now);
}

void Consumer::end_input(Instant now) {
  if (closing_) return;
  closing_ = true;
  finish_closing(now);
}

// The end of file comes once everything that waited is in the pipe.
void Consumer::finish_closing(Instant now) {
  if (!closing_ || !waiting_.empty()) return;
  write_end_.reset();
  if (process_) {
    deadline_ = now + patience;
  } else if (!read_end_ || os::bytes_in_pipe(read_end_.view()) == 0) {
    over_ = true;
    deadline_ = Instant::never();
  }
}

void Consumer::look(Instant now) {
  if (!process_) return;
  const auto waited = os::peek_exit(process_.view());
  if (waited && waited->outcome == os::WaitOutcome::alive) return;
  os::ExitStatus status;
  if (waited && waited->outcome == os::WaitOutcome::ended) {
    status = waited->status;
    os::reap(process_.view());
  }
  process_.reset();
  ended(status, now);
}

void Consumer::ended(const os::ExitStatus& status, Instant now) {
  deadline_ = Instant::never();
  const bool has_all = closing_ && !write_end_ && os::bytes_in_pipe(read_end_.view()) == 0;
  if (has_all) {
    over_ = true;
    return;
  }
  trouble_.note_failure(words_of(status, words_.command[0]) + " and is started again", now + calm);
  deadline_ = now - started_ >= retry_period ? now : started_ + retry_period;
  if (closing_) give_up_after_a_while(now);
}

// The run is over: what is left is not kept for ever.
void Consumer::give_up_after_a_while(Instant now) {
  if (++starts_since_close_ <= most_last_starts) return;
  drop(os::bytes_in_pipe(read_end_.view()) + waiting_.size(), now);
  over_ = true;
  deadline_ = Instant::never();
}

void Consumer::tick(Instant now) {
  if (in_trouble() && now >= trouble_.over_at && (process_ || over_)) trouble_.over = true;
  if (now < deadline_ || over_) return;
  deadline_ = Instant::never();
  if (!process_) return start(now);
  if (closing_) (void)os::send_signal(process_.view(), kill_signal);
}

void Consumer::start(Instant now) {
  started_ = now;
  if (const Status started = spawn(); !started) {
    trouble_.note_failure(started.error().message, now + calm);
    deadline_ = now + retry_period;
    if (closing_) give_up_after_a_while(now);
    return;
  }
  if (closing_ && waiting_.empty()) finish_closing(now);
}

Status Consumer::spawn() {
  if (!spawner_) spawner_.emplace(TRY(os::Spawner::create()));
  std::vector<char*> arguments;
  arguments.reserve(words_.command.size() + 1);
  for (std::string& word : words_.command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::array<std::string, 4> variables{
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "STAYD_INSTANCE=" + words_.instance, "STAYD_RUN=" + std::to_string(number_of(words_.run)),
      std::string("STAYD_STREAM=") + word(log_kind_of(words_.kind))};
  std::array<char*, 5> environment{};
  for (std::size_t i = 0; i < variables.size(); ++i) environment[i] = variables[i].data();
  const std::array<os::PlannedDescriptor, 3> descriptors{
      {{read_end_.view(), 0}, {os::FdView(1), 1}, {os::FdView(2), 2}}};
  os::SpawnPlan plan;
  plan.executable = words_.command[0].c_str();
  plan.arguments = arguments.data();
  plan.environment = environment.data();
  plan.directory = "/";
  plan.descriptors = descriptors;
  plan.set_oom_score = false;
  plan.set_ids = words_.set_ids;
  plan.uid = words_.uid;
  plan.gid = words_.gid;
  plan.groups = words_.groups;
  os::Spawned spawned = TRY(spawner_->spawn(plan));
  process_ = std::move(spawned.process);
  return {};
}

void Consumer::drop(std::size_t bytes, Instant now) {
  trouble_.dropped_bytes += bytes;
  trouble_.over_at = now + calm;
}

}  // namespace stayd::journal
