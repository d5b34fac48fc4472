// SPDX-License-Identifier: Apache-2.0
// Readiness probes, one for a run: tried at once, then each interval, until the run is ready or the
// probe is ended. `notify` is not among them (runtime/notify.h). How long a start may take is the
// core's to decide.
//
// Nothing waits: connects and answers come through the loop's epoll, one descriptor a probe at a
// time; commands through the loop, which starts and reaps them.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "model/spec.h"
#include "os/epoll.h"
#include "os/fd.h"

namespace stayd::runtime {

struct ReadyRun {
  InstanceId instance = no_instance;
  RunId run = no_run;
};

/// "http://127.0.0.1:8080/healthz", taken apart. The host is numeric or "localhost".
struct HttpTarget {
  std::string authority;  ///< as it stands in the URL, for the Host field
  std::string address;    ///< with a port, always
  std::string path;
};
Result<HttpTarget> parse_http_target(std::string_view url);
/// The status in the first line of an answer ("HTTP/1.1 200 OK"); 0 if it is none.
int http_status_in(std::string_view line);

/// What a probe is begun with.
struct ProbeStart {
  InstanceId instance = no_instance;
  RunId run = no_run;
  Instant run_started{};  ///< from where ProbeKind::delay counts
  os::Fd pipe;            ///< read end of the service's ready descriptor (ProbeKind::fd)
};

class Probes {
 public:
  struct Setting {
    os::Epoll& epoll;
    /// What is registered for a probe's descriptor.
    std::uint64_t (*token)(InstanceId, RunId);
    /// Starts a command in the context of the run's service; its end is told by command_ended.
    std::function<Status(InstanceId, RunId, std::span<const std::string>)> start_command{};
  };
  explicit Probes(Setting setting) : setting_(std::move(setting)) {}
  Probes(const Probes&) = delete;
  Probes& operator=(const Probes&) = delete;

  /// Fails on a target that is none, and where `pipe` is missing. The first try is made in tick().
  Status begin(const model::Probe& probe, ProbeStart start, Instant now);
  /// No more is told of it. A command of it that runs is the loop's to end.
  void end(InstanceId instance, RunId run);

  /// The descriptor with its token is ready.
  void ready(InstanceId instance, RunId run, Instant now, std::vector<ReadyRun>& into);
  void command_ended(InstanceId instance, RunId run, int exit_code, Instant now,
                     std::vector<ReadyRun>& into);
  void tick(Instant now, std::vector<ReadyRun>& into);
  [[nodiscard]] Instant next_deadline() const { return deadline_; }

  /// Why it is not ready yet, as a clause ("127.0.0.1:80: Connection refused"); empty: not known.
  [[nodiscard]] std::string why_not(InstanceId instance, RunId run) const;

 private:
  enum class Step : std::uint8_t { waiting, connecting, answering, commanding, listening };
  enum class Outcome : std::uint8_t { undecided, ready, not_yet };
  struct Probe {
    InstanceId instance = no_instance;
    RunId run = no_run;
    model::ProbeKind kind = model::ProbeKind::none;
    Step step = Step::waiting;
    bool second_address = false;  ///< of localhost
    std::uint16_t http_status = 0;
    int failure = 0;       ///< of the last try: errno,
    int wrong_answer = 0;  ///< or the exit code or HTTP status that came instead
    Duration interval{};
    Instant due{};       ///< of the next try, or when this one has taken too long
    std::string target;  ///< address or path
    HttpTarget http;
    std::string answer;  ///< first line, as far as it has come
    std::vector<std::string> command;
    os::Fd fd;
  };

  Probe* find(InstanceId instance, RunId run);
  void conclude(Probe& probe, Outcome outcome, Instant now, std::vector<ReadyRun>& into);
  Outcome try_once(Probe& probe);
  Outcome start_connect(Probe& probe);
  Outcome start_command(Probe& probe);
  Outcome connected(Probe& probe);
  Outcome read_answer(Probe& probe);
  Outcome read_newline(Probe& probe);
  Outcome failed(Probe& probe, int number);
  Status watch(Probe& probe, std::uint32_t events);
  void drop_descriptor(Probe& probe);
  void remove_over();
  void set_deadline();

  Setting setting_;
  std::vector<Probe> probes_;
  Instant deadline_ = Instant::never();
};

}  // namespace stayd::runtime
