// SPDX-License-Identifier: Apache-2.0
#include "model/spec.h"

namespace stayd::model {
namespace {

struct InstanceTexts {
  std::string instance;
  std::string replica;
};

/// What `text` begins with, if it is one of the three things to replace: how long it is, and what
/// stands for it.
struct Replacement {
  std::size_t length = 0;
  std::string_view text;
};
Replacement replacement_at(std::string_view text, const InstanceTexts& texts) {
  constexpr std::string_view instance = "${instance}";
  constexpr std::string_view replica = "${replica}";
  if (text.starts_with("$$")) return {2, "$"};
  if (text.starts_with(instance)) return {instance.size(), texts.instance};
  if (text.starts_with(replica)) return {replica.size(), texts.replica};
  return {};
}

void expand(std::string& text, const InstanceTexts& texts) {
  auto at = text.find('$');
  while (at != std::string::npos) {
    const auto found = replacement_at(std::string_view(text).substr(at), texts);
    text.replace(at, found.length, found.text);
    at = text.find('$', at + (found.length == 0 ? 1 : found.text.size()));
  }
}

void expand(std::vector<std::string>& list, const InstanceTexts& texts) {
  for (std::string& text : list) expand(text, texts);
}

}  // namespace

std::string instance_name(const Service& service, std::uint32_t replica) {
  if (!service.numbered) return service.name;
  return service.name + "@" + std::to_string(replica);
}

Service for_instance(Service service, std::uint32_t replica) {
  Execution& e = service.execution;
  if (e.has_instance_text) {
    const InstanceTexts texts{instance_name(service, replica), std::to_string(replica)};
    for (auto* list : {&e.command, &e.environment, &service.stop.command, &service.reload.command,
                       &service.ready.command, &service.log.exec}) {
      expand(*list, texts);
    }
    for (auto* text : {&e.directory, &e.stdin_value, &service.ready.target, &service.log.tag})
      expand(*text, texts);
    e.has_instance_text = false;
  }
  if (e.port_base != 0) {
    e.environment.push_back("PORT=" + std::to_string(e.port_base + replica - 1));
    e.port_base = 0;
  }
  return service;
}

const char* word(ServiceType value) {
  switch (value) {
    case ServiceType::daemon: return "daemon";
    case ServiceType::task: return "task";
    case ServiceType::group: return "group";
  }
  return "?";
}

const char* word(RestartPolicy value) {
  switch (value) {
    case RestartPolicy::always: return "always";
    case RestartPolicy::on_failure: return "on-failure";
    case RestartPolicy::never: return "never";
  }
  return "?";
}

const char* word(ProbeKind value) {
  switch (value) {
    case ProbeKind::none: return "none";
    case ProbeKind::notify: return "notify";
    case ProbeKind::fd: return "fd";
    case ProbeKind::tcp: return "tcp";
    case ProbeKind::unix_socket: return "unix";
    case ProbeKind::http: return "http";
    case ProbeKind::exec: return "exec";
    case ProbeKind::file: return "file";
    case ProbeKind::delay: return "delay";
    case ProbeKind::log: return "log";
  }
  return "?";
}

const char* word(Condition value) {
  switch (value) {
    case Condition::started: return "started";
    case Condition::ready: return "ready";
    case Condition::done: return "done";
  }
  return "?";
}

const char* word(EdgeKind value) {
  switch (value) {
    case EdgeKind::requires_: return "requires";
    case EdgeKind::wants: return "wants";
    case EdgeKind::after: return "after";
    case EdgeKind::conflicts: return "conflicts";
    case EdgeKind::part_of: return "part-of";
  }
  return "?";
}

const char* word(StopTo value) {
  switch (value) {
    case StopTo::group: return "group";
    case StopTo::main: return "main";
    case StopTo::all: return "all";
  }
  return "?";
}

const char* word(StderrTo value) {
  switch (value) {
    case StderrTo::separate: return "separate";
    case StderrTo::merge: return "merge";
  }
  return "?";
}

const char* word(OnFull value) {
  switch (value) {
    case OnFull::drop_oldest: return "drop-oldest";
    case OnFull::block: return "block";
    case OnFull::drop_newest: return "drop-newest";
  }
  return "?";
}

const char* word(LogFormat value) {
  switch (value) {
    case LogFormat::prefix: return "prefix";
    case LogFormat::plain: return "plain";
    case LogFormat::json: return "json";
  }
  return "?";
}

const char* word(Timestamps value) {
  switch (value) {
    case Timestamps::index: return "index";
    case Timestamps::iso: return "iso";
    case Timestamps::tai64n: return "tai64n";
  }
  return "?";
}

const char* word(Compress value) {
  switch (value) {
    case Compress::none: return "none";
    case Compress::zstd: return "zstd";
  }
  return "?";
}

const char* word(WhenSupervisorDies value) {
  switch (value) {
    case WhenSupervisorDies::kill: return "kill";
    case WhenSupervisorDies::recover: return "recover";
  }
  return "?";
}

const char* word(ExitWhen value) {
  switch (value) {
    case ExitWhen::never: return "never";
    case ExitWhen::all_done: return "all-done";
    case ExitWhen::any_exits: return "any-exits";
    case ExitWhen::any_fails: return "any-fails";
  }
  return "?";
}

}  // namespace stayd::model
