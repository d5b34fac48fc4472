// SPDX-License-Identifier: Apache-2.0
// Between a tree and a Spec: values that have their final type already, and texts that are still to
// be expanded and looked up.
#pragma once

#include <string>
#include <vector>

#include "config/keys.h"
#include "config/report.h"
#include "config/tree.h"
#include "model/spec.h"

namespace stayd::config {

/// A text from the file; place.line 0 and empty: not given.
struct Text {
  std::string text;
  Place place;
  bool given = false;
};

enum class Relation : std::uint8_t { requires_, wants, after, before, conflicts, part_of };

struct NamedDependency {
  Relation relation{};
  Text on;  ///< "db" or "db:ready"
};

struct ServiceDraft {
  model::Service& service;   ///< what becomes of it
  Place place;               ///< of its name
  std::uint32_t source = 0;  ///< in whose folder relative paths begin

  // Values that are left for later; owned by the tree.
  const Value* command = nullptr;
  const Value* stop_command = nullptr;
  const Value* reload_command = nullptr;
  const Value* ready_command = nullptr;
  const Value* log_command = nullptr;
  const Value* env = nullptr;
  const Value* inherit_env = nullptr;
  bool shell = false;
  Text directory, user, group, stdin_text, log_tag;
  Text ready_target, ready_key;  ///< ready_key: the probe's key, which is to be the only one
  Text probeless_key;            ///< of `ready`, where that has no probe's key
  std::vector<Text> groups, env_files, on_failure;
  std::vector<NamedDependency> dependencies;

  Text delay, max_delay;                              ///< of restart, as written
  Place timestamps_place;                             ///< of log.timestamps, where that is given
  Text facility_key, rate_limit_key, rate_burst_key;  ///< where these of log are given

  // Whether the file says so, or a default applies.
  bool stop_timeout_given = false, policy_given = false, command_given = false,
       log_to_given = false;
};

struct SupervisorDraft {
  model::Supervisor supervisor;
  Text runtime_dir, state_dir, log_dir;
  std::vector<Text> operators, viewers;
  Duration stop_timeout = seconds(10);
  bool exit_when_given = false, when_dies_given = false;
};

/// What a Setter works on.
struct Reading {
  Report& report;
  ServiceDraft* service = nullptr;
  SupervisorDraft* supervisor = nullptr;
  const Key* key = nullptr;
  Section section{};
};

/// Reports each key in a table as it is written, and in the tables below it, that its section does
/// not have, or not yet. `owner` is the service's or template's ("service.web"), or empty.
void check_keys(Report& report, Section section, std::string_view owner, const Value& table);

/// Hands each entry of `table` to its key's setter. What check_keys reports is passed over: here a
/// table may hold keys of those that it extends, which stand elsewhere.
void read_section(Reading reading, Section section, const Value& table);

}  // namespace stayd::config
