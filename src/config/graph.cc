// SPDX-License-Identifier: Apache-2.0
#include "config/graph.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"

namespace stayd::config {
namespace {

using model::Condition;
using model::EdgeKind;

EdgeKind kind_of(Relation relation) {
  switch (relation) {
    case Relation::requires_: return EdgeKind::requires_;
    case Relation::wants: return EdgeKind::wants;
    case Relation::after:
    case Relation::before: return EdgeKind::after;
    case Relation::conflicts: return EdgeKind::conflicts;
    case Relation::part_of: return EdgeKind::part_of;
  }
  return EdgeKind::after;
}

bool waits(EdgeKind kind) {
  return kind == EdgeKind::requires_ || kind == EdgeKind::wants || kind == EdgeKind::after;
}

std::optional<Condition> condition_named(std::string_view word) {
  for (const Condition one : {Condition::started, Condition::ready, Condition::done}) {
    if (word == model::word(one)) return one;
  }
  return std::nullopt;
}

class Graph {
 public:
  Graph(std::vector<ServiceDraft>& drafts, Report& report) : drafts_(drafts), report_(report) {
    for (std::uint32_t i = 0; i < drafts.size(); ++i) {
      names_.emplace_back(drafts[i].service.name, ServiceId{i});
    }
    std::ranges::sort(names_);
  }

  void resolve() {
    for (std::uint32_t i = 0; i < drafts_.size(); ++i) {
      for (const NamedDependency& named : drafts_[i].dependencies) take(ServiceId{i}, named);
      take_on_failure(drafts_[i]);
    }
    find_cycles();
  }

 private:
  struct Arc {
    ServiceId to{};
    Place place;
  };

  std::optional<ServiceId> find(std::string_view name, Place place) {
    const auto at = std::ranges::lower_bound(names_, name, {}, &Name::first);
    if (at != names_.end() && at->first == name) return at->second;
    std::vector<std::string_view> known;
    known.reserve(names_.size());
    for (const Name& one : names_) known.push_back(one.first);
    const auto near = nearest(name, known.data(), known.size());
    report_.error(place, "there is no service \"" + printable(name, 80) + "\"",
                  near ? "did you mean \"" + std::string(*near) + "\"?" : "");
    return std::nullopt;
  }

  void take(ServiceId from, const NamedDependency& named) {
    std::string_view name = named.on.text;
    auto condition = Condition::ready;
    if (const auto colon = name.find(':'); colon != std::string_view::npos) {
      const auto given = condition_named(name.substr(colon + 1));
      const bool takes_one = waits(kind_of(named.relation));
      if (!given || !takes_one) {
        return report_.error(
            named.on.place, "\"" + printable(name, 80) + "\": there is no such condition",
            takes_one ? "expected :started, :ready or :done" : "expected a service's name alone");
      }
      condition = *given;
      name = name.substr(0, colon);
    }
    const auto on = find(name, named.on.place);
    if (!on) return;
    if (*on == from) {
      return report_.error(named.on.place, "\"" + std::string(name) + "\" names itself");
    }
    const bool turned = named.relation == Relation::before;
    add_edge(turned ? *on : from, {kind_of(named.relation), turned ? from : *on, condition},
             named.on.place);
  }

  void add_edge(ServiceId from, const model::Dependency& edge, Place place) {
    auto& list = drafts_[index_of(from)].service.dependencies;
    const auto same = std::ranges::find_if(list, [&](const model::Dependency& d) {
      return d.kind == edge.kind && d.on == edge.on && d.condition == edge.condition;
    });
    if (same != list.end()) return;
    const bool conflicts = edge.kind == EdgeKind::conflicts;
    const auto clash = std::ranges::find_if(list, [&](const model::Dependency& d) {
      const bool needs = d.kind == EdgeKind::requires_ || d.kind == EdgeKind::wants;
      return d.on == edge.on &&
             (conflicts ? needs
                        : d.kind == EdgeKind::conflicts && edge.kind != EdgeKind::after &&
                              edge.kind != EdgeKind::part_of);
    });
    if (clash != list.end()) {
      const auto& other = drafts_[index_of(edge.on)].service.name;
      return report_.error(place, "\"" + drafts_[index_of(from)].service.name +
                                      "\" cannot both need \"" + other +
                                      "\" and be in conflict with it");
    }
    list.push_back(edge);
    if (waits(edge.kind)) arcs_.emplace_back(from, Arc{edge.on, place});
  }

  void take_on_failure(ServiceDraft& draft) {
    for (const Text& name : draft.on_failure) {
      if (name.text == "shutdown") {
        draft.service.on_failure_shutdown = true;
      } else if (const auto id = find(name.text, name.place)) {
        draft.service.on_failure.push_back(*id);
      }
    }
  }

  // Depth-first search with a stack of its own: a chain of 20,000 services is no reason to fall
  // over.
  enum class Colour : std::uint8_t { white, grey, black };
  struct Visit {
    std::uint32_t service = 0;
    std::size_t next = 0;  ///< arc to follow
  };

  void find_cycles() {
    std::ranges::stable_sort(arcs_, {}, [](const auto& arc) { return index_of(arc.first); });
    first_arc_.assign(drafts_.size() + 1, 0);
    for (const auto& arc : arcs_) ++first_arc_[index_of(arc.first) + 1];
    for (std::size_t i = 1; i < first_arc_.size(); ++i) first_arc_[i] += first_arc_[i - 1];
    colours_.assign(drafts_.size(), Colour::white);
    for (std::uint32_t i = 0; i < drafts_.size(); ++i) {
      if (colours_[i] == Colour::white) visit_from(i);
    }
  }

  void visit_from(std::uint32_t start) {
    std::vector<Visit> path;
    const auto enter = [&](std::uint32_t service) {
      colours_[service] = Colour::grey;
      path.push_back({service, first_arc_[service]});
    };
    enter(start);
    while (!path.empty()) {
      Visit& top = path.back();
      if (top.next == first_arc_[top.service + 1]) {
        colours_[top.service] = Colour::black;
        path.pop_back();
        continue;
      }
      const Arc& arc = arcs_[top.next++].second;
      const auto to = index_of(arc.to);
      if (colours_[to] == Colour::white) {
        enter(to);
      } else if (colours_[to] == Colour::grey) {
        report_cycle(path, to, arc.place);
      }
    }
  }

  void report_cycle(const std::vector<Visit>& path, std::uint32_t to, Place place) {
    const auto& end = drafts_[to].service.name;
    std::string text;
    auto at = std::ranges::find(path, to, &Visit::service);
    for (; at != path.end(); ++at) text.append(drafts_[at->service].service.name).append(" -> ");
    report_.error(place, "services wait for each other: " + text + end,
                  "take one of these dependencies out");
  }

  using Name = std::pair<std::string_view, ServiceId>;
  std::vector<ServiceDraft>& drafts_;
  Report& report_;
  std::vector<Name> names_;
  std::vector<std::pair<ServiceId, Arc>> arcs_;  // who waits for whom
  std::vector<std::size_t> first_arc_;           // by service, into arcs_
  std::vector<Colour> colours_;
};

}  // namespace

void resolve_graph(std::vector<ServiceDraft>& drafts, Report& report) {
  Graph(drafts, report).resolve();
}

}  // namespace stayd::config
