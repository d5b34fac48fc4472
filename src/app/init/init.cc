// SPDX-License-Identifier: Apache-2.0
#include "app/init/init.h"

#include <cerrno>
#include <string>

#include "app/cli/arguments.h"
#include "app/cli/output.h"
#include "app/cli/verbs.h"
#include "app/init/init_options.h"
#include "base/text.h"
#include "os/init_child.h"
#include "os/process.h"
#include "os/signals.h"

namespace stayd::app {
namespace {

constexpr Duration stop_patience = milliseconds(200);
constexpr int hup = 1, term = 15, chld = 17, cont = 18, tstp = 20, ttin = 21, ttou = 22;

// For help alone: parse_init_options has the dialects' own grammar.
constexpr Option init_options[] = {
    {.name = "single-child",
     .letter = 'c',
     .meaning = "signals go to the child alone, which stays in our process group"},
    {.letter = 'g',
     .meaning = "signals go to the child's process group (the default but for tini)"},
    {.name = "rewrite",
     .letter = 'r',
     .value = "S:R",
     .meaning = "signal S is passed on as R; 0: not at all"},
    {.letter = 'e',
     .value = "CODE",
     .meaning = "exit code CODE of the child becomes 0; may be given again"},
    {.letter = 's', .meaning = "reap orphans even when we are not PID 1"},
    {.letter = 'p', .value = "SIGNAL", .meaning = "we get SIGNAL when our parent ends"},
    {.letter = 'w', .meaning = "say when an orphan is reaped"},
    {.name = "verbose", .letter = 'v', .meaning = "say what is done"},
    {.letter = 'l', .meaning = "show the license"},
    {.name = "version", .letter = 'V', .meaning = "show the version"},
};

/// Runs the one child until its end.
class Init {
 public:
  /// `parent`: who was it when the program began.
  Init(const InitOptions& options, std::int32_t parent) : options_(options), parent_(parent) {}

  int run() {
    if (options_.subreaper)
      if (const Status done = os::become_subreaper(); !done) return own_failure(done.error());
    const os::InheritedSignals before = os::take_all_signals();
    if (options_.parent_death_signal != 0) {
      const Status done = os::end_with_parent(options_.parent_death_signal, parent_);
      if (!done) return own_failure(done.error());
    }
    if (options_.own_session && os::detach_from_terminal()) {
      skip_[hup] = true;
      skip_[cont] = true;
    }
    const auto child = os::start_init_child(options_.command.data(), group(), before);
    if (!child) return cannot_execute(child.error());
    child_ = *child;
    say(1, "started " + std::string(options_.command[0]) + " as process " + std::to_string(child_));
    while (!has_ended_) take(os::wait_for_signal());
    return status_;
  }

 private:
  [[nodiscard]] os::ChildGroup group() const {
    if (options_.single_child) return os::ChildGroup::ours;
    return options_.own_session ? os::ChildGroup::session : os::ChildGroup::group;
  }

  void say(int verbosity, const std::string& words) const {
    if (options_.verbosity >= verbosity) complain(words);
  }

  static int own_failure(const Error& error) {
    complain(error.message);
    return exit_own_failure;
  }

  static int cannot_execute(const Error& error) {
    complain(error.message);
    if (error.number == ENOENT) return exit_not_found;
    const bool by_the_file = error.number == EACCES || error.number == ENOEXEC ||
                             error.number == ENOTDIR || error.number == EISDIR;
    return by_the_file ? exit_not_executable : exit_own_failure;
  }

  void take(int signal) {
    if (signal < 1 || signal > 64) return;
    const auto index = static_cast<std::size_t>(signal);
    if (signal == chld) return reap_all();
    if (skip_[index]) {
      skip_[index] = false;  // the kernel's own, for the terminal that we gave up
      return;
    }
    pass_on(signal);
    if (options_.own_session && (signal == tstp || signal == ttin || signal == ttou)) suspend();
  }

  /// Not before the child: the shell takes the terminal when we stop, and a child that goes on
  /// would read what is typed for it.
  void suspend() {
    os::await_stop_of_child(child_, stop_patience);
    reap_all();
    if (!has_ended_) os::suspend_ourselves();
  }

  void pass_on(int signal) {
    const auto index = static_cast<std::size_t>(signal);
    const int into = options_.is_rewritten[index] ? options_.rewrite[index] : signal;
    say(1, "signal " + signal_name(signal) +
               (into == 0 ? " is not passed on" : " is passed on as " + signal_name(into)));
    if (into == 0) return;
    if (options_.to_group && !options_.single_child)
      os::pass_to_group_of_child(child_, into);
    else
      os::pass_to_child(child_, into);
  }

  void reap_all() {
    while (const std::optional<os::ExitStatus> ended = os::peek_any_exit()) {
      if (ended->pid == child_)
        note_end(*ended);
      else if (options_.warn_of_reaping)
        complain("reaped orphan " + std::to_string(ended->pid));
      os::reap_pid(ended->pid);
    }
  }

  /// What is left of its group is asked to end, as dumb-init does; by its number, which is the
  /// child's and so not free before the child is reaped.
  void note_end(const os::ExitStatus& ended) {
    has_ended_ = true;
    status_ = ended.signalled ? 128 + ended.value : ended.value;
    if (options_.success_codes.test(static_cast<std::size_t>(status_))) status_ = 0;
    if (options_.own_session) os::pass_to_group_of_child(child_, term);
    say(1, "the command has ended, status " + std::to_string(status_));
  }

  const InitOptions& options_;
  std::int32_t parent_;
  std::int32_t child_ = 0;
  std::array<bool, 65> skip_{};
  bool has_ended_ = false;
  int status_ = 0;
};

Dialect dialect_of(std::string_view name) {
  if (name == "tini") return Dialect::tini;
  return name == "dumb-init" ? Dialect::dumb_init : Dialect::stayd;
}

}  // namespace

constinit const Syntax init_syntax{.verb = "init",
                                   .operands = "COMMAND...",
                                   .options = init_options,
                                   .summary = "is PID 1 of a container: one command, nothing else",
                                   .details =
                                       "Runs COMMAND as the only child: passes every signal "
                                       "on to it, reaps what is orphaned, and\n"
                                       "ends with its status. Also what stayd is when it is "
                                       "called as tini or dumb-init.",
                                   .least_operands = 1,
                                   .style = OperandStyle::command};

int init_main(std::string_view called_as, std::span<char* const> arguments) {
  const std::int32_t parent = os::parent_pid();
  const Dialect dialect = dialect_of(called_as);
  const Result<InitOptions> options = parse_init_options(dialect, arguments);
  if (!options) {
    complain("init: " + options.error().message + "; see stayd init --help");
    return dialect == Dialect::stayd ? exit_usage : exit_failed;
  }
  switch (options->request) {
    case InitRequest::run: return Init(*options, parent).run();
    case InitRequest::help: print(help_text(init_syntax)); return exit_done;
    case InitRequest::version:
      print(std::string("stayd ") + STAYD_VERSION + "\n");
      return exit_done;
    case InitRequest::license:
      print("Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0\n");
      return exit_done;
  }
  return exit_own_failure;
}

}  // namespace stayd::app
