// SPDX-License-Identifier: Apache-2.0
#include "app/cli/log_runs.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <vector>

#include "app/cli/arguments.h"
#include "app/cli/event_file.h"
#include "app/cli/output.h"
#include "base/text.h"

namespace stayd::app {
namespace {

constexpr std::size_t most_named = 10;
constexpr std::array both_kinds{journal::LogKind::out, journal::LogKind::err};

class RunSearch {
 public:
  RunSearch(LogMerge& merge, RunId run, const std::string& log_dir)
      : run_(number_of(run)), log_dir_(log_dir) {
    for (std::size_t i = 0; i < merge.size(); ++i)
      if (!is_chosen(merge.source(i).instance)) instances_.push_back(merge.source(i).instance);
  }

  /// Whether any of it stands in a log of this kind.
  [[nodiscard]] bool has_printed(journal::LogKind kind) const {
    return std::ranges::any_of(instances_, [&](const std::string& instance) {
      const auto reader = journal::LogReader::open(folder_of(instance), kind);
      return reader && reader->run_before(RunId{run_ + 1}) == RunId{run_};
    });
  }

  /// Which runs there were: the last ones that printed something, and all that are recorded.
  void find_known() {
    for (const std::string& instance : instances_)
      for (const auto kind : both_kinds) add_printed(instance, kind);
    auto events = EventFile::open(log_dir_);
    while (events) {
      const auto line = events->next();
      if (!line) break;
      add_recorded(line->event);
    }
  }

  [[nodiscard]] bool is_known() const { return known_.contains(run_); }
  /// It is recorded to have printed something.
  [[nodiscard]] bool had_output() const { return had_output_; }

  /// "run 3 of web".
  [[nodiscard]] std::string name() const {
    const auto known = known_.find(run_);
    std::string text = "run " + std::to_string(run_);
    if (known != known_.end()) return text + " of " + printable(known->second);
    return instances_.size() == 1 ? text + " of " + printable(instances_.front()) : text;
  }

  /// "1, 4, 7", with their instances where there are several.
  [[nodiscard]] std::string known_text() const {
    const std::size_t left_out = known_.size() - std::min(known_.size(), most_named);
    std::string text = left_out == 0 ? "" : "..., ";
    for (auto run = std::next(known_.begin(), static_cast<std::ptrdiff_t>(left_out));
         run != known_.end(); ++run) {
      text += std::to_string(run->first);
      if (instances_.size() > 1) text += " (" + printable(run->second) + ")";
      if (std::next(run) != known_.end()) text += ", ";
    }
    return text.empty() ? "none" : text;
  }

 private:
  [[nodiscard]] bool is_chosen(const std::string& instance) const {
    return std::ranges::find(instances_, instance) != instances_.end();
  }
  [[nodiscard]] std::string folder_of(const std::string& instance) const {
    return log_dir_ + "/" + instance;
  }

  void add_printed(const std::string& instance, journal::LogKind kind) {
    const auto reader = journal::LogReader::open(folder_of(instance), kind);
    if (!reader) return;
    std::optional<RunId> run{RunId{UINT64_MAX}};
    for (std::size_t i = 0; i < most_named; ++i) {
      run = reader->run_before(*run);
      if (!run) return;
      known_.emplace(number_of(*run), instance);
    }
  }

  void add_recorded(const EventRecord& event) {
    if (event.run == 0 || !is_chosen(event.instance)) return;
    known_.emplace(event.run, event.instance);
    had_output_ |= event.run == run_ && event.bytes.value_or(0) > 0;
  }

  std::uint64_t run_;
  std::string log_dir_;
  std::vector<std::string> instances_;
  std::map<std::uint64_t, std::string> known_;  ///< and whose it was
  bool had_output_ = false;
};

}  // namespace

std::optional<int> report_run(LogMerge& merge, const WantedLogs& wanted,
                              const std::string& log_dir) {
  RunSearch search(merge, *wanted.run, log_dir);
  const auto is_shown = [&](journal::LogKind kind) {
    return (!wanted.stream || *wanted.stream == kind) && search.has_printed(kind);
  };
  if (std::ranges::any_of(both_kinds, is_shown)) return std::nullopt;
  search.find_known();
  if (wanted.follow) {
    if (!search.is_known()) complain("there is no " + search.name() + " yet: waiting for it");
    return std::nullopt;
  }
  if (!search.is_known()) {
    complain("there is no " + search.name() + "; runs that are known: " + search.known_text());
    return exit_no_such_service;
  }
  const bool on_other_stream = std::ranges::any_of(
      both_kinds, [&](journal::LogKind kind) { return search.has_printed(kind); });
  if (search.had_output() && !on_other_stream) {
    complain("what " + search.name() + " printed is not kept any more");
    return exit_no_such_service;
  }
  complain(search.name() + " printed nothing" +
           (wanted.stream ? " on " + std::string(journal::word(*wanted.stream)) : ""));
  return exit_done;
}

}  // namespace stayd::app
