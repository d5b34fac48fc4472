// SPDX-License-Identifier: Apache-2.0
// A command that gets an output of a run on its standard input (`to = { exec = [...] }`).
//
// It is started with the first bytes, started again when it ends before its stream does, and ended
// by end of file. What is in the pipe between is kept when it dies: we hold both ends, so its
// successor goes on there. What it had read is its own. It never holds up the service, but with
// `on-full = "block"`: up to 256 KiB wait besides the pipe, and what comes beyond is dropped and
// counted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "journal/datagram_target.h"
#include "journal/protocol.h"
#include "os/fd.h"
#include "os/process.h"
#include "os/spawn.h"

namespace stayd::journal {

struct ConsumerWords {
  std::vector<std::string> command;  ///< argv; [0] an absolute path
  std::string instance;
  RunId run = no_run;
  StreamKind kind = StreamKind::stdout_only;
  bool set_ids = false;  ///< it runs as these, else as we do
  std::uint32_t uid = 0, gid = 0;
  std::vector<std::uint32_t> groups{};  ///< supplementary
};

class Consumer {
 public:
  /// All of them share `spawner`, which the first start makes.
  Consumer(ConsumerWords words, std::optional<os::Spawner>& spawner)
      : words_(std::move(words)), spawner_(spawner) {}
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;
  ~Consumer();

  void feed(std::string_view bytes, Instant now);
  /// Writes what waits, as far as the pipe takes it.
  void drain(Instant now);
  /// No more comes: it reads an end of file once it has read all.
  void end_input(Instant now);
  /// Its process may have ended (SIGCHLD): reaps it then; starts the next one, now or at
  /// deadline().
  void look(Instant now);
  /// Starts it when that is due; kills one that has not ended long after its end of file.
  void tick(Instant now);
  [[nodiscard]] Instant deadline() const { return deadline_; }

  /// Whether more would only wait.
  [[nodiscard]] bool is_full() const { return !waiting_.empty(); }
  /// Closed, and its process gone.
  [[nodiscard]] bool is_over() const { return over_; }
  /// To be watched for being writable while is_full().
  [[nodiscard]] os::FdView pipe() const { return write_end_.view(); }
  [[nodiscard]] const ConsumerWords& words() const { return words_; }
  TargetTrouble& trouble() { return trouble_; }
  [[nodiscard]] bool in_trouble() const { return !trouble_.text.empty(); }

 private:
  int make_pipe();
  void start(Instant now);
  Status spawn();
  void ended(const os::ExitStatus& status, Instant now);
  void finish_closing(Instant now);
  void give_up_after_a_while(Instant now);
  std::size_t write(std::string_view bytes);
  void drop(std::size_t bytes, Instant now);

  ConsumerWords words_;
  std::optional<os::Spawner>& spawner_;
  os::Fd read_end_, write_end_;
  os::Fd process_;
  std::uint32_t starts_since_close_ = 0;
  std::string waiting_;
  Instant started_{};
  Instant deadline_ = Instant::never();
  bool closing_ = false;
  bool over_ = false;
  TargetTrouble trouble_;
};

}  // namespace stayd::journal
