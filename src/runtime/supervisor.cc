// SPDX-License-Identifier: Apache-2.0
#include "runtime/supervisor.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "os/allocator.h"
#include "os/files.h"
#include "os/process.h"
#include "runtime/guarded.h"
#include "runtime/phase_words.h"

namespace stayd::runtime {
namespace {

constexpr Duration signal_words_interval = seconds(10);
constexpr Duration same_signal_interval = milliseconds(500);
constexpr std::size_t most_changes = 4;  // a restart makes two; many at once are told as they come

// signal(7)
constexpr int hangup = 1, interrupt = 2, quit = 3, terminate = 15, child_changed = 17,
              window_changed = 28;

journal::Configure log_settings(const Foundation& base) {
  const bool coloured = os::environment("NO_COLOR").empty() && os::environment("TERM") != "dumb";
  journal::Configure configure;
  configure.log_dir = base.settings.log_dir;
  configure.max_total = base.settings.log_max_total;
  configure.colours_stdout = coloured && os::is_terminal(os::FdView(1));
  configure.colours_stderr = coloured && os::is_terminal(os::FdView(2));
  configure.name_width = static_cast<std::uint16_t>(base.names.widest());
  return configure;
}

}  // namespace

Supervisor::Supervisor(Foundation foundation, const SupervisorRecord& record, LogChannel channel)
    : base_(std::move(foundation)),
      state_(base_.catalog),
      record_(record),
      runs_(base_.catalog.instance_count()),
      reaper_({.keeper = base_.keeper.view(),
               .epoll = base_.epoll,
               .runs = runs_,
               .facts = facts_,
               .orphan = [this](const os::ExitStatus& end) { orphan_ended(end.pid); },
               .is_awaited =
                   [this](std::int32_t pid) {
                     return helpers_.has(pid) ||
                            (logs_.writer().valid() && logs_.writer_pid() == pid);
                   }}),
      containment_(Containment::create(
          {.name = base_.settings.name,
           .keeper = os::parent_pid(),
           .next_leaf = record.next_cgroup,
           .take_over = base_.generation > 1,
           .is_main = [this](std::int32_t pid) { return runs_.by_pid.find(pid) != no_instance; }},
          base_.spawner)),
      helpers_(base_.epoll, reaper_),
      words_(base_.epoll),
      events_(base_.epoll),
      instance_events_({.log = events_, .names = base_.names, .spec = base_.spec}),
      logs_({.spawner = base_.spawner,
             .epoll = base_.epoll,
             .names = base_.names,
             .spec = base_.spec,
             .executable = base_.at(Held::executable).view(),
             .supervisor_name = base_.settings.name,
             .configure = log_settings(base_),
             .events = {.max_files = base_.settings.events_max_files,
                        .max_size = base_.settings.events_max_size},
             .generation = base_.generation,
             .foreground = base_.settings.foreground},
            std::move(channel)),
      services_(base_.spec, base_.names),
      launcher_(base_.spawner, logs_, base_.names, base_.inheritance),
      readiness_({.epoll = base_.epoll,
                  .logs = logs_,
                  .containment = containment_,
                  .facts = facts_,
                  .notify_folder = base_.settings.runtime_dir + "/notify",
                  .start_command =
                      [this](InstanceId id, RunId run, std::span<const std::string> command) {
                        return start_probe_command(id, run, command);
                      }}),
      desk_({.names = base_.names,
             .spec = base_.spec,
             .catalog = base_.catalog,
             .state = state_,
             .facts = facts_,
             .words = words_,
             .events = events_,
             .world = *this}),
      own_pid_(os::own_pid()),
      keeper_pid_(os::parent_pid()) {
  changes_.reserve(most_changes);
  starting_.reserve(Launcher::most_under_way);
}

Supervisor::~Supervisor() = default;

int Supervisor::run() {
  while (!over_) turn();
  const int status = exit_status_.value_or(1);
  (void)send_link(base_.keeper.view(), {.kind = LinkKind::leaving, .number = status});
  return status;
}

/// One look at epoll, and everything that follows from it.
void Supervisor::turn() {
  std::array<os::Ready, 64> buffer;
  const bool busy = !actions_.empty() || reaper_.wants_look() || logs_.has_matched();
  if (!busy || words_.is_much()) words_.flush();
  if (!busy || events_.is_much()) events_.flush();
  arm_timer();
  if (!busy && !std::exchange(start_is_over_, true)) {
    base_.spec_bytes.drop_resident();
    os::release_startup_memory();
  }
  if (actions_.empty()) dying_.give_way();
  const auto waited = base_.epoll.wait(buffer, busy ? Duration{} : Duration{-1});
  now_ = os::now();
  wall_ = os::wall_now();
  events_.set_time(now_, wall_);
  if (waited) {
    if (waited->size() > 1) {
      std::ranges::stable_sort(*waited, {},
                               [](const os::Ready& r) { return unpack(r.token).source; });
    }
    for (const os::Ready& ready : *waited) guarded([&] { dispatch(ready); });
  }
  settle();
  carry_out_some();
  // It reaps, and walks over all children: only now that what ended is being started again.
  reaper_.look();
  readiness_.tick(now_);
  if (logs_.has_matched()) {
    for (const MatchedRun& found : logs_.take_matched()) readiness_.matched(found);
  }
  settle();
  tell_changes();
  desk_.answer_waits(now_);
  finish_leaving();
}

void Supervisor::dispatch(const os::Ready& ready) {
  const Token token = unpack(ready.token);
  switch (token.source) {
    case Source::process: return reaper_.process_ready(token);
    case Source::helper: return helper_ready(token);
    case Source::log_writer: return log_writer_ready(token);
    case Source::containment: return containment_.ready();
    case Source::notify: return notify_ready(token);
    case Source::probe: return probe_ready(token);
    case Source::keeper: return keeper_ready();
    case Source::signals: return signals_ready();
    case Source::timer: return tick();
    case Source::log_channel: return log_channel_ready(ready.events);
    case Source::own_words: return words_.flush();
    case Source::events: return events_.flush();
    case Source::control:
      if (server_) server_->ready(token.index, ready.events, now_);
      return;
  }
}

/// Until every fact that is there has been decided upon.
void Supervisor::settle() {
  do {
    while (!facts_.empty()) step_facts();
    settle_containment();
  } while (!facts_.empty());
}

void Supervisor::step_facts() {
  std::swap(facts_, facts_under_way_);
  for (core::Event& event : facts_under_way_) {
    event.wall = wall_;
    if (event.kind == core::EventKind::main_exited) note_oom_kill(event);
    step(event);
  }
  facts_under_way_.clear();
  std::ranges::sort(outcome_.touched);
  const auto doubled = std::ranges::unique(outcome_.touched);
  outcome_.touched.erase(doubled.begin(), doubled.end());
  write_ledger();
  reaper_.release_noted();
  spread_outcome();
}

void Supervisor::step(const core::Event& event) {
  const bool is_of_one = event.instance != no_instance && events_.is_on();
  const core::InstanceState before = is_of_one ? state_.at(event.instance) : core::InstanceState{};
  const std::size_t first_action = outcome_.actions.size();
  const bool was_going_down = state_.supervisor().shutting_down;
  core::step(state_, base_.catalog, event, now_, outcome_);
  for (std::size_t i = first_action; i < outcome_.actions.size(); ++i)
    if (outcome_.actions[i].kind == core::ActionKind::announce)
      note_change(event, before, outcome_.actions[i]);
  const core::SupervisorState& now = state_.supervisor();
  const bool by_itself = now.shutting_down && !was_going_down && !now.leaving &&
                         event.kind != core::EventKind::shutdown;
  if (by_itself && event.instance != no_instance)
    say(base_.names.instance(event.instance) + " has ended, stopping everything in order");
}

/// Told after what the step asks for is done: a restart does not wait for words.
void Supervisor::note_change(const core::Event& event, const core::InstanceState& before,
                             const core::Action& announce) {
  if (changes_.size() == most_changes) tell_changes();
  changes_.push_back({.event = event,
                      .before = before,
                      .after = state_.at(announce.instance),
                      .usage = runs_.at(announce.instance).usage,
                      .instance = announce.instance,
                      .phase_before = announce.before,
                      .now = now_});
}

/// To the own log and to the record; neither is written before the ledger.
void Supervisor::tell_changes() {
  for (const PhaseChange& change : changes_) {
    std::string text;
    (void)guarded([&] {
      text = instance_events_.words(change);
      if (!text.empty()) words_.say(text);
    });
    instance_events_.record(change, std::move(text));
  }
  changes_.clear();
}

/// Our own record first, as the core expects it of a ledger whose writer died (core/step.cc: a
/// shutdown, or the first start, that did not reach every slot).
void Supervisor::write_ledger() {
  write_supervisor_record();
  for (const InstanceId id : outcome_.touched)
    base_.ledger.write(id, InstanceRecord{state_.at(id), runs_.at(id).record});
}

void Supervisor::write_supervisor_record() {
  const core::SupervisorState& state = state_.supervisor();
  const std::int32_t writer = logs_.writer_pid();
  const std::uint32_t leaf = containment_.next_leaf();
  if (state == record_.state && record_.log_writer_pid == writer && record_.next_cgroup == leaf)
    return;
  record_.state = state;
  record_.log_writer_pid = writer;
  record_.next_cgroup = leaf;
  base_.ledger.write(record_);
}

void Supervisor::spread_outcome() {
  for (const core::Action& action : outcome_.actions) {
    if (action.kind != core::ActionKind::announce) {
      actions_.push(action);
      continue;
    }
    desk_.announce(action.instance, action.before);
  }
  for (const InstanceId id : outcome_.touched) desk_.touched(id);
  outcome_.clear();
}

void Supervisor::arm_timer() {
  Instant next = std::min(state_.next_deadline(), logs_.next_deadline());
  next = std::min({next, desk_.next_deadline(), containment_.next_deadline(),
                   readiness_.next_deadline(), leave_deadline_, outputs_deadline_});
  if (server_) next = std::min(next, server_->next_deadline());
  (void)base_.timer.arm(next);
}

void Supervisor::tick() {
  base_.timer.drain();
  if (state_.next_deadline() <= now_) facts_.push_back({.kind = core::EventKind::tick});
  if (const auto started = logs_.tick(now_); !started) say(started.error().message);
  if (server_ && server_->next_deadline() <= now_) server_->tick(now_);
  if (leave_deadline_ <= now_) over_ = true;
}

void Supervisor::keeper_ready() {
  while (!over_) {
    const auto received = receive_link(base_.keeper.view());
    if (!received) return;
    if (received->closed) return keeper_gone();
    const LinkMessage& message = received->message;
    if (message.kind == LinkKind::signal) {
      take_signal({.number = message.number,
                   .sender_pid = message.pid,
                   .sender_uid = message.uid,
                   .from_kernel = message.flag != 0});
    } else {
      reaper_.keeper_says(message);
    }
  }
}

void Supervisor::signals_ready() {
  while (const auto signal = base_.signals.next()) {
    if (signal->number == child_changed)
      reaper_.children_changed();
    else
      take_signal(*signal);
  }
}

/// timeout(1) signals its child, then its process group, and means one end by both.
bool Supervisor::repeats(const os::SignalInfo& signal) const {
  return signal.sender_pid != 0 && signal.sender_pid == first_end_.signal.sender_pid &&
         signal.number == first_end_.signal.number && now_ - first_end_.at < same_signal_interval;
}

void Supervisor::take_signal(const os::SignalInfo& signal) {
  const bool hung_up = signal.number == hangup && base_.settings.foreground;
  const bool ends =
      signal.number == terminate || signal.number == interrupt || signal.number == quit || hung_up;
  if (ends && repeats(signal)) return;
  if (ends) {
    if (!state_.supervisor().shutting_down) first_end_ = {signal, now_};
    core::Event event{.kind = core::EventKind::shutdown};
    event.signal = signal.number == interrupt ? interrupt : terminate;
    event.operator_uid = signal.sender_uid;
    event.operator_pid = signal.sender_pid;
    record_signal(signal);
    say(state_.supervisor().shutting_down
            ? "killing everything that is left"
            : "got " + signal_name(signal.number) + ", stopping everything in order");
    return facts_.push_back(event);
  }
  if (signal.number == window_changed) return;  // a terminal says so to whoever it has
  if (now_ - last_signal_said_ < signal_words_interval) return;
  last_signal_said_ = now_;
  const std::string name = signal_name(signal.number);
  if (signal.number == hangup)
    return say("got HUP: reading the configuration again is not supported yet, nothing is done");
  say("got " + name + ", which means nothing to stayd; stayd kill -s " + name +
      " NAME sends it to a service");
}

void Supervisor::probe_ready(const Token& token) {
  const InstanceId id{token.index};
  const RunId run = runs_.at(id).record.run;
  if (is_of(token, number_of(run))) readiness_.probe_ready(id, run, now_);
}

void Supervisor::notify_ready(const Token& token) {
  const InstanceId id{token.index};
  Run& run = runs_.at(id);
  if (!is_of(token, number_of(run.record.run))) return;
  Notified notified = readiness_.notified(contained(id), now_);
  if (!notified.complaint.empty()) say(base_.names.instance(id) + ": " + notified.complaint);
  if (notified.status) desk_.touched(id);
  if (notified.main_pid == 0 || notified.main_pid == run.pid) return;
  const auto replaced = reaper_.replace(id, std::move(notified.main_process), notified.main_pid);
  if (!replaced) return say(replaced.error().message);
  run.record.main_pid = notified.main_pid;
  base_.ledger.write(id, InstanceRecord{state_.at(id), run.record});
}

void Supervisor::helper_ready(const Token& token) {
  const auto ended = helpers_.ready(token);
  if (!ended) return;
  if (ended->helper.kind == HelperKind::probe)
    return readiness_.command_ended(ended->helper.instance, ended->helper.run, ended->exit, now_);
  const Helper& helper = ended->helper;
  const bool well = ended->exit.kind == core::ExitKind::code && ended->exit.value == 0;
  const bool reloads = helper.kind == HelperKind::reload_command;
  const std::string failure = well ? "" : end_words(ended->exit);
  if (reloads) desk_.reload_ended(helper.instance, well ? "" : "its reload-command " + failure);
  // What is gone already needed no stop-command.
  if (!well && (reloads || state_.at(helper.instance).phase == core::Phase::stopping)) {
    say((reloads ? "reload-command of " : "stop-command of ") +
        base_.names.instance(helper.instance) + " " + failure);
  }
  core::Event event{.kind = core::EventKind::command_ended, .instance = helper.instance};
  event.run = helper.run;
  event.exit = ended->exit;
  facts_.push_back(event);
}

void Supervisor::log_writer_ready(const Token& token) {
  if (!is_of(token, logs_.writer_generation()) || !logs_.writer().valid()) return;
  const auto exit = reaper_.finish(logs_.writer(), logs_.writer_pid());
  if (!exit) return;
  logs_.writer_ended(token.generation);
  if (logs_.has_left()) {
    over_ = true;
    return;
  }
  forget_troubles();
  record_log_writer_end(*exit);
  say("the log writer " + end_words(*exit) + ", starting another one");
  if (const auto started = logs_.tick(now_); !started) say(started.error().message);
  write_supervisor_record();
}

namespace {

std::string words_of(const journal::Trouble& trouble) {
  std::string text = trouble.instance.empty() ? "the console" : "the log of " + trouble.instance;
  if (!trouble.target.empty()) text = trouble.target;
  if (trouble.limited) {
    text = trouble.instance + (trouble.begins ? " prints " : " keeps to its rate-limit again");
    text += trouble.text;
  } else {
    text += trouble.begins ? " cannot be written: " + trouble.text : " is written again";
  }
  if (trouble.dropped != 0) text += ", " + format_bytes(trouble.dropped) + " were lost";
  return text;
}

}  // namespace

void Supervisor::log_channel_ready(std::uint32_t events) {
  news_.troubles.clear();
  news_.outputs.clear();
  logs_.ready(events, news_);
  for (const OutputEnd& output : news_.outputs) record_output(output);
  for (const journal::Trouble& trouble : news_.troubles) {
    const std::string text = words_of(trouble);
    record_trouble(trouble, text);
    say(text);
    std::erase_if(troubles_, [&](const journal::Trouble& old) {
      return old.instance == trouble.instance && old.target == trouble.target;
    });
    if (trouble.begins) troubles_.push_back(trouble);
    if (const InstanceId id = base_.names.find(trouble.instance); id != no_instance)
      desk_.touched(id);
  }
}

/// They were those of a log writer that is no more: the next one tells its own.
void Supervisor::forget_troubles() {
  for (const journal::Trouble& trouble : std::exchange(troubles_, {})) {
    if (const InstanceId id = base_.names.find(trouble.instance); id != no_instance)
      desk_.touched(id);
  }
}

/// A SIGKILL that the kernel sent for want of memory, if the cgroup's accounting says so.
void Supervisor::note_oom_kill(core::Event& exit) {
  constexpr std::uint8_t kill_signal = 9;
  if (exit.exit.kind == core::ExitKind::signal && exit.exit.value == kill_signal)
    exit.exit.oom_killed = containment_.has_oom_kill(contained(exit.instance));
}

void Supervisor::say(std::string_view sentence) {
  tell_changes();
  words_.say(sentence);
  desk_.notice(sentence);
}

}  // namespace stayd::runtime
