// SPDX-License-Identifier: Apache-2.0
#include "config/environment.h"

#include <algorithm>

#include "base/text.h"

namespace stayd::config {
namespace {

constexpr std::uint32_t most_depth = 64;  // variables that speak of variables

std::pair<std::string_view, std::string_view> split(std::string_view assignment) {
  const auto equals = assignment.find('=');
  if (equals == std::string_view::npos) return {};
  return {assignment.substr(0, equals), assignment.substr(equals + 1)};
}

}  // namespace

std::optional<std::string_view> value_in(const std::vector<std::string>& environment,
                                         std::string_view name) {
  for (const std::string& one : environment) {
    if (one.size() > name.size() && one[name.size()] == '=' && one.starts_with(name)) {
      return std::string_view(one).substr(name.size() + 1);
    }
  }
  return std::nullopt;
}

void Environment::set(std::string_view name, std::string_view value) {
  if (name.empty()) return;
  const auto found = std::ranges::find(variables_, name, &Variable::name);
  if (found == variables_.end()) {
    variables_.push_back({std::string(name), escaped(value)});
  } else {
    found->value = escaped(value);
  }
}

void Environment::set_all(const std::vector<std::string>& assignments) {
  for (const std::string& one : assignments) {
    const auto [name, value] = split(one);
    set(name, value);
  }
}

void Environment::set_all(const Assignments& assignments) {
  for (const auto& [name, value] : assignments) set(name, value);
}

void Environment::remove(std::string_view name) {
  std::erase_if(variables_, [&](const Variable& v) { return v.name == name; });
}

void Environment::expand_env(const Value& env) {
  pending_.clear();
  for (const Entry& entry : env.entries) {
    if (entry.value.is(ValueKind::text)) pending_.push_back({&entry, Progress::waiting, {}});
  }
  for (Pending& pending : pending_) expand_one(pending);
  for (Pending& pending : pending_) {
    set(pending.entry->key, {});
    std::ranges::find(variables_, pending.entry->key, &Variable::name)->value =
        std::move(pending.value);
  }
  pending_.clear();
}

void Environment::expand_one(Pending& pending) {
  if (pending.progress != Progress::waiting) return;
  pending.progress = Progress::expanding;
  ++depth_;
  const Value& value = pending.entry->value;
  const Lookup look = [&](std::string_view name) { return find_for(pending, name); };
  pending.value = expand(Written{value.text, value.place}, look, report_).value_or("");
  --depth_;
  pending.progress = Progress::done;
}

std::optional<std::string> Environment::find_for(const Pending& asking, std::string_view name) {
  const std::string& own = asking.entry->key;
  const auto found =
      std::ranges::find(pending_, name, [](const Pending& p) { return p.entry->key; });
  if (found == pending_.end() || name == own) return find(name);
  if (found->progress == Progress::expanding || depth_ > most_depth) {
    report_.error(asking.entry->place,
                  "\"" + own + "\" and \"" + std::string(name) + "\" are made of each other");
    return "";
  }
  expand_one(*found);
  return found->value;
}

std::optional<std::string> Environment::special(std::string_view name) const {
  if (name == "service") return std::string(specials_.service);
  if (name == "config-dir") return escaped(specials_.config_dir);
  if (name == "state-dir") return escaped(specials_.state_dir);
  if (name == "runtime-dir") return escaped(specials_.runtime_dir);
  if (name == "instance")
    return std::string(specials_.numbered ? "${instance}" : specials_.service);
  if (name == "replica") return specials_.numbered ? "${replica}" : "1";
  return std::nullopt;
}

std::optional<std::string> Environment::below(std::string_view name) const {
  const auto found = std::ranges::find(variables_, name, &Variable::name);
  if (found == variables_.end()) return std::nullopt;
  return found->value;
}

std::optional<std::string> Environment::find(std::string_view name) {
  if (auto value = special(name)) return value;
  return below(name);
}

Lookup Environment::lookup() {
  return [this](std::string_view name) { return find(name); };
}

std::vector<std::string> Environment::assignments() const {
  std::vector<std::string> all;
  all.reserve(variables_.size());
  for (const Variable& v : variables_) all.push_back(v.name + "=" + v.value);
  std::ranges::sort(all);
  return all;
}

}  // namespace stayd::config
