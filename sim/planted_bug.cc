// SPDX-License-Identifier: Apache-2.0
#include "sim/planted_bug.h"

#include <algorithm>

namespace stayd::sim {

using core::ActionKind;
using core::EventKind;
using model::EdgeKind;

const char* word(PlantedBug bug) {
  switch (bug) {
    case PlantedBug::none: return "none";
    case PlantedBug::lost_kill: return "lost-kill";
    case PlantedBug::early_release: return "early-release";
    case PlantedBug::stale_accepted: return "stale-accepted";
    case PlantedBug::forgotten_requirement: return "forgotten-requirement";
    case PlantedBug::forgotten_order: return "forgotten-order";
    case PlantedBug::forgotten_conflict: return "forgotten-conflict";
    case PlantedBug::no_backoff: return "no-backoff";
    case PlantedBug::lost_deadline: return "lost-deadline";
    case PlantedBug::doubled_spawn: return "doubled-spawn";
    case PlantedBug::forgotten_resume: return "forgotten-resume";
    case PlantedBug::early_leave: return "early-leave";
    case PlantedBug::too_many_starts: return "too-many-starts";
    case PlantedBug::forgotten_stop: return "forgotten-stop";
    case PlantedBug::forgotten_limit: return "forgotten-limit";
    case PlantedBug::early_limit: return "early-limit";
  }
  return "?";
}

std::optional<PlantedBug> planted_bug_from(std::string_view text) {
  for (std::uint32_t i = 0; i < planted_bug_count; ++i)
    if (text == word(static_cast<PlantedBug>(i))) return static_cast<PlantedBug>(i);
  return std::nullopt;
}

model::Spec seen_by(PlantedBug bug, model::Spec spec) {
  const auto forget = [&](EdgeKind kind) {
    for (model::Service& service : spec.services)
      std::erase_if(service.dependencies,
                    [&](const model::Dependency& d) { return d.kind == kind; });
  };
  if (bug == PlantedBug::forgotten_requirement) forget(EdgeKind::requires_);
  if (bug == PlantedBug::forgotten_order) forget(EdgeKind::after);
  if (bug == PlantedBug::forgotten_conflict) forget(EdgeKind::conflicts);
  if (bug == PlantedBug::no_backoff)
    for (model::Service& service : spec.services) service.restart.delay = {};
  for (model::Service& service : spec.services) {
    std::uint32_t& limit = service.restart.limit;
    if (bug == PlantedBug::forgotten_limit) limit = 0;
    if (bug == PlantedBug::early_limit && limit > 1) --limit;
  }
  if (bug == PlantedBug::too_many_starts) spec.supervisor.max_parallel_starts = 0;
  return spec;
}

void bend(PlantedBug bug, core::Event& event, const core::State& state) {
  if (event.run == no_run) return;
  const core::InstanceState& instance = state.at(event.instance);
  if (bug == PlantedBug::stale_accepted) event.run = instance.run;
}

void bend(PlantedBug bug, const core::Event& event, core::Outcome& outcome, Random& random) {
  const auto is = [](ActionKind kind) {
    return [kind](const core::Action& action) { return action.kind == kind; };
  };
  std::vector<core::Action>& actions = outcome.actions;
  if (bug == PlantedBug::lost_kill) std::erase_if(actions, is(ActionKind::kill));
  if (bug == PlantedBug::doubled_spawn && random.chance(5)) {
    const auto spawn = std::ranges::find_if(actions, is(ActionKind::spawn));
    if (spawn != actions.end()) actions.push_back(*spawn);
  }
  if (bug == PlantedBug::early_leave && event.kind == EventKind::shutdown &&
      std::ranges::none_of(actions, is(ActionKind::leave)))
    actions.push_back({.kind = ActionKind::leave});
}

void bend(PlantedBug bug, core::InstanceState& instance) {
  if (bug == PlantedBug::forgotten_stop && instance.phase == core::Phase::stopped &&
      instance.want_reason == core::Reason::operator_stop) {
    instance.phase = core::Phase::waiting;
    instance.want = core::Want::up;
  }
}

}  // namespace stayd::sim
