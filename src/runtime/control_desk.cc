// SPDX-License-Identifier: Apache-2.0
#include "runtime/control_desk.h"

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "core/explain.h"
#include "os/clock.h"

namespace stayd::runtime {
namespace {

using control::Continues;
using control::Method;
using control::Outcome;

constexpr std::size_t most_usage = 64;
constexpr std::size_t most_named = 5;  ///< in a message

Clocks clocks_now() { return {os::now(), os::wall_now()}; }

std::string list_of(std::span<const std::string> names) {
  if (names.empty()) return "everything";
  std::string list;
  for (std::size_t i = 0; i < names.size() && i < most_named; ++i) {
    if (i != 0) list += ", ";
    list += names[i];
  }
  if (names.size() > most_named)
    list += " and " + std::to_string(names.size() - most_named) + " more";
  return list;
}

/// "restart" of "dev.stayd.Supervisor.Restart".
std::string verb_of(Method method) {
  const std::string_view name = control::full_name(method);
  std::string verb(name.substr(name.rfind('.') + 1));
  verb[0] = static_cast<char>(verb[0] | 0x20);
  return verb;
}

/// As many names as keep an event short.
void write_call(control::JsonWriter& json, const control::Request& request,
                const control::Caller& caller) {
  constexpr std::size_t most = 100;
  json.text_field("verb", verb_of(request.method));
  json.key("names");
  json.begin_array();
  const std::size_t count = std::min(request.names.size(), most);
  for (std::size_t i = 0; i < count; ++i) json.text(request.names[i]);
  json.end_array();
  if (request.names.size() > count) json.unsigned_field("more_names", request.names.size() - count);
  json.unsigned_field("operator_uid", caller.peer.uid);
  json.number_field("operator_pid", caller.peer.pid);
}

bool tells_condition(core::Reason reason) {
  return reason == core::Reason::requirement_waiting ||
         reason == core::Reason::requirement_failed || reason == core::Reason::requirement_stopped;
}

Goal goal_of(control::WaitFor condition) {
  switch (condition) {
    case control::WaitFor::ready: return Goal::ready;
    case control::WaitFor::stopped: return Goal::down;
    case control::WaitFor::done: return Goal::done;
    case control::WaitFor::exit: return Goal::exited;
  }
  __builtin_unreachable();
}

}  // namespace

void ControlDesk::handle(control::ConnectionId connection, const control::Request& request,
                         const control::Caller& caller) {
  Call call{connection, request, caller};
  switch (request.method) {
    case Method::status: return status(call);
    case Method::start: return command(call, core::EventKind::operator_start, Goal::started);
    case Method::stop: return command(call, core::EventKind::operator_stop, Goal::stopped);
    case Method::restart: return command(call, core::EventKind::operator_restart, Goal::restarted);
    case Method::reload: return command(call, core::EventKind::operator_reload, Goal::reloaded);
    case Method::kill: return kill(call);
    case Method::wait: return wait(call);
    case Method::explain: return explain(call);
    case Method::events:
      if (!choose(call)) return;
      return server_->subscribe(connection, control::Topic::events, request.names);
    case Method::shutdown: return shut_down(call);
    case Method::get_info:
    case Method::get_interface_description: return;  // the server's own
  }
}

bool ControlDesk::choose(Call& call) {
  const auto chosen = setting_.names.choose(call.request.names, call.chosen);
  if (chosen) return true;
  const std::string& name = call.request.names[chosen.error()];
  server_->send(call.connection, control::no_such_service(name, setting_.names.nearest_to(name)));
  return false;
}

void ControlDesk::status(Call& call) {
  if (!choose(call)) return;
  if (!call.request.after.empty()) {
    const InstanceId after = setting_.names.find(call.request.after);
    if (after == no_instance) {
      const std::string nearest = setting_.names.nearest_to(call.request.after);
      return server_->send(call.connection, control::no_such_service(call.request.after, nearest));
    }
    call.chosen.erase(call.chosen.begin(), std::ranges::upper_bound(call.chosen, after));
  }
  send_pages(call, call.request.more ? Continues::yes : Continues::no);
  if (call.request.more)
    server_->subscribe(call.connection, control::Topic::status, call.request.names);
}

void ControlDesk::send_pages(const Call& call, Continues last) {
  const Clocks clocks = clocks_now();
  const control::SupervisorView supervisor = setting_.world.supervisor_view();
  const bool usage = call.request.usage && call.chosen.size() <= most_usage;
  std::size_t next = 0;
  do {
    control::StatusWriter writer(supervisor, call.request.limit);
    writer.expect(call.chosen.size() - next);
    for (; next < call.chosen.size(); ++next) {
      control::InstanceView view = views_.make(call.chosen[next], clocks);
      setting_.world.complete(call.chosen[next], view);
      if (usage) view.usage = setting_.world.usage(call.chosen[next]);
      if (writer.add(view) == control::Room::none) break;
    }
    server_->send(call.connection, std::move(writer).finish(last));
    // Without `more` the caller asks for the next page itself.
  } while (last == Continues::yes && next < call.chosen.size());
}

WaitItem ControlDesk::item_of(InstanceId id) const {
  const core::InstanceState& state = setting_.state.at(id);
  const core::Rules& rules = setting_.catalog.rules(setting_.catalog.service_of(id));
  return {.instance = id,
          .run = state.run,
          .had_process = state.pid != 0,
          .is_task = rules.type == model::ServiceType::task};
}

core::Event ControlDesk::operator_event(core::EventKind kind, InstanceId id,
                                        const control::Caller& caller) const {
  core::Event event;
  event.kind = kind;
  event.instance = id;
  event.operator_uid = caller.peer.uid;
  event.operator_pid = caller.peer.pid;
  return event;
}

bool ControlDesk::refuse(const Call& call, core::EventKind kind, WaitItem& item) const {
  const core::InstanceState& state = setting_.state.at(item.instance);
  const auto refuse_with = [&](const char* why) {
    item.settled = true;
    item.outcome = Outcome::refused;
    item.message = why;
    return true;
  };
  const bool starts =
      kind == core::EventKind::operator_start || kind == core::EventKind::operator_restart;
  if (starts && setting_.state.supervisor().shutting_down)
    return refuse_with("the supervisor is going down");
  if (call.request.method != Method::reload) return false;
  const core::Rules& rules = setting_.catalog.rules(setting_.catalog.service_of(item.instance));
  if (!rules.has_reload_command && rules.reload_signal == 0)
    return refuse_with("neither reload-command nor reload-signal is configured");
  if (state.phase != core::Phase::running) return refuse_with("it is not running");
  return false;
}

void ControlDesk::command(Call& call, core::EventKind kind, Goal goal) {
  if (!choose(call)) return;
  note_command(call);
  std::vector<WaitItem> items;
  items.reserve(call.chosen.size());
  for (const InstanceId id : call.chosen) {
    WaitItem item = item_of(id);
    if (!refuse(call, kind, item)) {
      setting_.facts.push_back(operator_event(kind, id, call.caller));
      const core::Rules& rules = setting_.catalog.rules(setting_.catalog.service_of(id));
      if (goal == Goal::reloaded && !rules.has_reload_command) {
        item.settled = true;
        item.outcome = Outcome::reloaded;
      }
    }
    items.push_back(std::move(item));
  }
  start_wait(call, call.request.wait ? goal : Goal::accepted, std::move(items));
}

void ControlDesk::kill(Call& call) {
  if (!choose(call)) return;
  note_command(call);
  std::vector<WaitItem> items;
  for (const InstanceId id : call.chosen) {
    WaitItem item = item_of(id);
    item.settled = true;
    item.outcome = item.had_process ? Outcome::signalled : Outcome::refused;
    if (item.had_process) {
      core::Event event = operator_event(core::EventKind::operator_kill, id, call.caller);
      event.signal = call.request.signal;
      event.whom = call.request.whom;
      setting_.facts.push_back(event);
    } else {
      item.message = "it is not running";
    }
    items.push_back(std::move(item));
  }
  start_wait(call, Goal::accepted, std::move(items));
}

void ControlDesk::wait(Call& call) {
  if (!choose(call)) return;
  std::vector<WaitItem> items;
  items.reserve(call.chosen.size());
  // All that is to be ready is all that is wanted; who names it waits for it in any case.
  const bool wanted_only =
      call.request.names.empty() && call.request.condition == control::WaitFor::ready;
  for (const InstanceId id : call.chosen) {
    if (!wanted_only || setting_.state.at(id).want == core::Want::up) items.push_back(item_of(id));
  }
  start_wait(call, goal_of(call.request.condition), std::move(items));
}

void ControlDesk::start_wait(const Call& call, Goal goal, std::vector<WaitItem> items) {
  Wait wait{.connection = call.connection, .goal = goal, .items = std::move(items)};
  if (call.request.timeout.ns > 0) wait.deadline = os::now() + call.request.timeout;
  waits_.add(std::move(wait));
}

void ControlDesk::explain(const Call& call) {
  const InstanceId first = setting_.names.find(call.request.name);
  if (first == no_instance) {
    const std::string nearest = setting_.names.nearest_to(call.request.name);
    return server_->send(call.connection, control::no_such_service(call.request.name, nearest));
  }
  const Clocks clocks = clocks_now();
  const std::vector<core::Link> chain = core::explain(setting_.state, setting_.catalog, first);
  std::vector<ViewMaker> makers;  // each lends its view's texts
  makers.reserve(chain.size());
  std::deque<std::string> status_texts;  // which the world lends for a moment only
  std::vector<control::InstanceView> views;
  for (const core::Link& link : chain) {
    makers.emplace_back(setting_.names, setting_.spec, setting_.catalog, setting_.state);
    control::InstanceView view = makers.back().make(link.instance, clocks);
    setting_.world.complete(link.instance, view);
    view.status_text = status_texts.emplace_back(view.status_text);
    view.cgroup = {};
    views.push_back(view);
    if (views.size() < 2) continue;
    control::InstanceView& before = views[views.size() - 2];
    before.cause = views.back().instance;
    if (tells_condition(link.reason)) before.condition = model::word(link.condition);
  }
  server_->send(call.connection, control::explain_reply(views));
}

void ControlDesk::shut_down(const Call& call) {
  note_command(call);
  server_->send(call.connection, control::empty_reply());
  core::Event event = operator_event(core::EventKind::shutdown, no_instance, call.caller);
  setting_.facts.push_back(event);
  const bool begun = setting_.state.supervisor().shutting_down;
  if (call.request.mode == control::ShutdownMode::now && !begun) setting_.facts.push_back(event);
}

void ControlDesk::note_command(const Call& call) {
  const os::Peer& peer = call.caller.peer;
  std::string text = verb_of(call.request.method);
  if (call.request.method != Method::shutdown) text += " of " + list_of(call.request.names);
  setting_.words.say(text + " asked for by " + format_user(peer.uid) + ", pid " +
                     std::to_string(peer.pid));
  setting_.events.record("command", [&](control::JsonWriter& json) {
    write_call(json, call.request, call.caller);
    if (call.request.method == Method::kill) json.number_field("signal", call.request.signal);
    json.text_field("text", text);
  });
  control::EventView event;
  event.kind = control::EventKind::command;
  event.method = control::full_name(call.request.method);
  event.names = call.request.names;
  event.uid = peer.uid;
  event.pid = peer.pid;
  publish_event(event, {}, {});
}

void ControlDesk::refused(const control::Request& request, const control::Caller& caller) {
  const control::Right right = control::needed_right(request.method);
  std::string text = verb_of(request.method);
  text += " refused to uid " + std::to_string(caller.peer.uid) + ", pid " +
          std::to_string(caller.peer.pid) + ": lacks the right ";
  setting_.words.say(text += control::word(right));
  setting_.events.record("refused", [&](control::JsonWriter& json) {
    write_call(json, request, caller);
    json.text_field("right", control::word(right));
    json.text_field("text", text);
  });
  control::EventView event;
  event.kind = control::EventKind::refused;
  event.method = control::full_name(request.method);
  event.right = right;
  event.uid = caller.peer.uid;
  event.pid = caller.peer.pid;
  publish_event(event, {}, {});
}

void ControlDesk::publish_event(const control::EventView& event, std::string_view service,
                                std::string_view instance) {
  if (server_ == nullptr || !server_->has_subscribers(control::Topic::events)) return;
  control::EventView timed = event;
  timed.at = os::wall_now();
  control::Reply reply = control::event_reply(timed);
  reply.continues = Continues::yes;
  server_->publish(control::Topic::events, service, instance, reply);
}

void ControlDesk::notice(std::string_view message) {
  control::EventView event;
  event.kind = control::EventKind::notice;
  event.message = message;
  publish_event(event, {}, {});
}

void ControlDesk::touched(InstanceId id) {
  if (!waits_.empty()) waits_.touched(id, setting_.state.at(id));
  if (server_ == nullptr || !server_->has_subscribers(control::Topic::status)) return;
  control::InstanceView view = views_.make(id, clocks_now());
  setting_.world.complete(id, view);
  control::StatusWriter writer(setting_.world.supervisor_view(), 1);
  (void)writer.add(view);
  server_->publish(control::Topic::status, view.service, view.instance,
                   std::move(writer).finish(Continues::yes));
}

void ControlDesk::announce(InstanceId id, core::Phase before) {
  if (server_ == nullptr || !server_->has_subscribers(control::Topic::events)) return;
  control::InstanceView view = views_.make(id, clocks_now());
  setting_.world.complete(id, view);
  control::EventView event;
  event.kind = control::EventKind::phase;
  event.instance = &view;
  event.before = core::word(before);
  publish_event(event, view.service, view.instance);
}

void ControlDesk::answer_waits(Instant now) {
  const auto state_of = [this](InstanceId id) -> const core::InstanceState& {
    return setting_.state.at(id);
  };
  for (const Wait& wait : waits_.take_settled(now, state_of)) answer(wait);
}

void ControlDesk::answer(const Wait& wait) {
  const Clocks clocks = clocks_now();
  control::ResultsWriter writer;
  for (const WaitItem& item : wait.items) {
    control::InstanceView view = views_.make(item.instance, clocks);
    const bool tells = item.outcome == Outcome::failed || item.outcome == Outcome::timed_out;
    if (tells) setting_.world.complete(item.instance, view);
    writer.add({.instance = view.instance,
                .outcome = item.outcome,
                .message = item.message,
                .state = tells ? &view : nullptr});
  }
  server_->send(wait.connection, std::move(writer).finish());
}

}  // namespace stayd::runtime
