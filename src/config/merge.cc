// SPDX-License-Identifier: Apache-2.0
#include "config/merge.h"

#include <algorithm>

#include "base/text.h"
#include "config/keys.h"

namespace stayd::config {
namespace {

/// `restart = "never"` is `restart = { policy = "never" }`, so that either merges with the other.
void expand_short_forms(Value& service) {
  Value* restart = service.find("restart");
  if (restart == nullptr || !restart->is(ValueKind::text)) return;
  Value table = table_value(restart->place);
  table.entries.push_back({"policy", restart->place, std::move(*restart)});
  *restart = std::move(table);
}

bool is_probe(std::string_view key) {
  const Key* known = find_key(Section::ready, key);
  return known != nullptr && !tunes_probe(key);
}

/// A probe of one's own stands for the inherited one.
void drop_probes(Value& base, const Value& own) {
  const bool has_own = std::ranges::any_of(own.entries, is_probe, &Entry::key);
  if (!has_own) return;
  std::erase_if(base.entries, [](const Entry& e) { return is_probe(e.key) || e.key == "status"; });
}

void merge_into(Value& base, const Value& own) {
  for (const Entry& entry : own.entries) {
    Value* inherited = base.find(entry.key);
    if (inherited == nullptr) {
      base.entries.push_back(entry);
    } else if (inherited->is(ValueKind::table) && entry.value.is(ValueKind::table)) {
      if (entry.key == "ready") drop_probes(*inherited, entry.value);
      merge_into(*inherited, entry.value);
    } else {
      *inherited = entry.value;
    }
  }
  base.place = own.place;
}

constexpr std::size_t most_steps = 32;
constexpr std::size_t most_merged = 2'000'000;

/// How many values it holds.
std::size_t size_of(const Value& value) {
  std::size_t size = 1;
  for (const Value& item : value.items) size += size_of(item);
  for (const Entry& entry : value.entries) size += size_of(entry.value);
  return size;
}

/// The name in "extends", or nullptr.
const Value* base_of(const Value& service) {
  const Value* extends = service.find("extends");
  return extends != nullptr && extends->is(ValueKind::text) ? extends : nullptr;
}

class Merger {
 public:
  Merger(const Documents& documents, Report& report) : documents_(documents), report_(report) {}

  /// Values in all merged tables; a small file that extends a large table often could fill memory.
  [[nodiscard]] bool is_too_much() const { return merged_ > most_merged; }

  Value whole(const NamedTable& one) {
    Value own = one.table;
    expand_short_forms(own);
    const Value* extends = base_of(own);
    if (extends == nullptr) return own;
    const NamedTable* base = find(extends->text);
    if (base == nullptr) {
      report_unknown(*extends);
      return own;
    }
    chain_.push_back(&one);
    Value merged = table_value(own.place);
    if (std::ranges::find(chain_, base) != chain_.end()) {
      report_cycle(base, extends->place);
    } else if (chain_.size() > most_steps || is_too_much()) {
      report_.error(extends->place, "\"extends\" copies too much",
                    "at most " + std::to_string(most_steps) + " steps, and " +
                        std::to_string(most_merged) + " values in all");
    } else {
      merged = whole(*base);
    }
    chain_.pop_back();
    // What makes a service one of its own is not inherited.
    std::erase_if(merged.entries, [](const Entry& e) { return e.key == "extends"; });
    merged_ += size_of(merged);
    merge_into(merged, own);
    return merged;
  }

 private:
  [[nodiscard]] const NamedTable* find(std::string_view name) const {
    for (const auto* list : {&documents_.templates, &documents_.services}) {
      const auto found = std::ranges::find(*list, name, &NamedTable::name);
      if (found != list->end()) return &*found;
    }
    return nullptr;
  }

  void report_unknown(const Value& extends) {
    std::vector<std::string_view> known;
    for (const auto* list : {&documents_.templates, &documents_.services}) {
      for (const NamedTable& one : *list) known.push_back(one.name);
    }
    const auto near = nearest(extends.text, known.data(), known.size());
    report_.error(extends.place,
                  "there is no service or template \"" + printable(extends.text, 80) + "\"",
                  near ? "did you mean \"" + std::string(*near) + "\"?" : "");
  }

  void report_cycle(const NamedTable* base, Place place) {
    std::string path;
    for (auto at = std::ranges::find(chain_, base); at != chain_.end(); ++at) {
      path.append((*at)->name).append(" -> ");
    }
    report_.error(place, "services extend each other: " + path + base->name);
  }

  const Documents& documents_;
  Report& report_;
  std::vector<const NamedTable*> chain_;
  std::size_t merged_ = 0;
};

}  // namespace

std::vector<Value> merge_extended(Documents& documents, Report& report) {
  std::vector<NamedTable>& services = documents.services;
  std::vector<Value> all(services.size());
  Merger merger(documents, report);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (base_of(services[i].table) != nullptr) all[i] = merger.whole(services[i]);
  }
  for (const NamedTable& unused : documents.templates) merger.whole(unused);
  // Only now, since others may extend them.
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (base_of(services[i].table) != nullptr) continue;
    all[i] = std::move(services[i].table);
    expand_short_forms(all[i]);
  }
  return all;
}

}  // namespace stayd::config
