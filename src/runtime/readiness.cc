// SPDX-License-Identifier: Apache-2.0
#include "runtime/readiness.h"

#include <algorithm>
#include <utility>

#include "os/pipe.h"
#include "runtime/token.h"

namespace stayd::runtime {
namespace {

// Keys of what the log writer keeps.
std::uint64_t socket_key(RunId run) { return number_of(run) * 2; }
std::uint64_t pipe_key(RunId run) { return number_of(run) * 2 + 1; }

std::uint64_t probe_token(InstanceId id, RunId run) {
  return pack({Source::probe, index_of(id), number_of(run)});
}

}  // namespace

Readiness::Readiness(Setting setting)
    : setting_(std::move(setting)),
      notify_(setting_.notify_folder, setting_.containment),
      probes_({.epoll = setting_.epoll,
               .token = probe_token,
               .start_command = setting_.start_command}) {}

Status Readiness::prepare(const model::Service& service, Launch& launch) {
  if (service.ready.kind == model::ProbeKind::notify) {
    const os::FdView socket = TRY(notify_.open(launch.instance, launch.run));
    setting_.logs.keep(socket_key(launch.run), socket);
    launch.notify_path = notify_.path_of(launch.run);
  }
  if (service.ready.kind == model::ProbeKind::fd) {
    os::Pipe pipe = TRY(os::create_pipe());
    setting_.logs.keep(pipe_key(launch.run), pipe.read_end.view());
    pipes_.push_back({launch.run, std::move(pipe.read_end)});
    launch.ready_pipe = std::move(pipe.write_end);
  }
  return {};
}

Status Readiness::watch_notify(InstanceId id, RunId run) {
  os::FdView socket = notify_.socket_of(id, run);
  if (!socket.valid()) {
    // After a take-over: the predecessor's own, or else a new one in its place.
    os::Fd kept = setting_.logs.take_kept(socket_key(run));
    const bool is_new = !kept.valid();
    socket = is_new ? TRY(notify_.open(id, run)) : notify_.adopt(id, run, std::move(kept));
    if (is_new) setting_.logs.keep(socket_key(run), socket);
  }
  return setting_.epoll.add(socket, os::readable,
                            pack({Source::notify, index_of(id), number_of(run)}));
}

os::Fd Readiness::take_pipe(RunId run) {
  const auto at = std::ranges::find(pipes_, run, &ReadyPipe::run);
  if (at == pipes_.end()) return setting_.logs.take_kept(pipe_key(run));
  os::Fd read_end = std::move(at->read_end);
  pipes_.erase(at);
  return read_end;
}

Status Readiness::watch(const model::Service& service, InstanceId id, RunId run,
                        Instant run_started, Instant now) {
  if (service.ready.kind == model::ProbeKind::notify) return watch_notify(id, run);
  ProbeStart start{.instance = id, .run = run, .run_started = run_started};
  if (service.ready.kind == model::ProbeKind::fd) start.pipe = take_pipe(run);
  return probes_.begin(service.ready, std::move(start), now);
}

Status Readiness::resume(const model::Service& service, InstanceId id, RunId run) {
  return service.ready.kind == model::ProbeKind::notify ? watch_notify(id, run) : Status{};
}

void Readiness::release(InstanceId id, RunId run) {
  probes_.end(id, run);
  if (const os::FdView socket = notify_.socket_of(id, run); socket.valid()) {
    setting_.epoll.remove(socket);
    setting_.logs.release(socket_key(run));
    notify_.end(id, run);
  }
  setting_.logs.release(pipe_key(run));
  std::erase_if(pipes_, [&](const ReadyPipe& pipe) { return pipe.run == run; });
  std::erase_if(statuses_, [&](const StatusText& status) { return status.instance == id; });
}

void Readiness::probe_ready(InstanceId id, RunId run, Instant now) {
  probes_.ready(id, run, now, became_ready_);
  tell();
}

void Readiness::command_ended(InstanceId id, RunId run, const core::LastExit& exit, Instant now) {
  const int code = exit.kind == core::ExitKind::code ? exit.value : 128 + exit.value;
  probes_.command_ended(id, run, code, now, became_ready_);
  tell();
}

void Readiness::tick(Instant now) {
  if (probes_.next_deadline() > now) return;
  probes_.tick(now, became_ready_);
  tell();
}

void Readiness::matched(const MatchedRun& found) {
  became_ready_.push_back({found.instance, found.run});
  tell();
}

void Readiness::tell() {
  for (const ReadyRun& ready : became_ready_) {
    core::Event event;
    event.kind = core::EventKind::became_ready;
    event.instance = ready.instance;
    event.run = ready.run;
    setting_.facts.push_back(event);
  }
  became_ready_.clear();
}

Notified Readiness::notified(const ContainedRun& run, Instant now) {
  Notified notified = notify_.receive(run, now);
  if (notified.ready) {
    became_ready_.push_back({run.instance, run.run});
    tell();
  }
  if (notified.status) note_status(run.instance, *notified.status);
  return notified;
}

std::string Readiness::awaited(const model::Probe& probe) {
  if (probe.kind == model::ProbeKind::log) {
    return "waits for a line with \"" + probe.target + "\" in it";
  }
  if (probe.kind == model::ProbeKind::notify) return "waits for its READY=1 (sd_notify)";
  if (probe.kind == model::ProbeKind::fd) {
    return "waits for a line end on its descriptor " + std::to_string(probe.fd);
  }
  return {};
}

void Readiness::note_status(InstanceId id, std::string text) {
  const auto at = std::ranges::find(statuses_, id, &StatusText::instance);
  if (at == statuses_.end())
    statuses_.push_back({id, std::move(text)});
  else
    at->text = std::move(text);
}

std::string_view Readiness::status_text(InstanceId id) const {
  const auto at = std::ranges::find(statuses_, id, &StatusText::instance);
  return at == statuses_.end() ? std::string_view{} : std::string_view{at->text};
}

}  // namespace stayd::runtime
