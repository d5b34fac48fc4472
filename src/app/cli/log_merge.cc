// SPDX-License-Identifier: Apache-2.0
#include "app/cli/log_merge.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "app/cli/log_object.h"
#include "os/clock.h"
#include "os/files.h"

namespace stayd::app {

namespace {

constexpr std::size_t many_sources = 64;
constexpr std::size_t small_block = 8u << 10;

}  // namespace

bool LogMerge::has(const std::string& instance) const {
  return std::ranges::any_of(sources_,
                             [&](const LogSource& source) { return source.instance == instance; });
}

/// The run that is shown; none: every one.
Result<std::optional<RunId>> LogMerge::run_of(const std::string& folder) const {
  if (!wanted_.previous) return wanted_.run;
  RunId bound{UINT64_MAX};
  for (int back = 0; back < 2; ++back) {
    RunId greatest = no_run;
    for (const auto kind : {journal::LogKind::out, journal::LogKind::err}) {
      const auto reader = TRY(journal::LogReader::open(folder, kind));
      greatest = std::max(greatest, reader.run_before(bound).value_or(no_run));
    }
    bound = greatest;
  }
  return bound;  // no_run: nothing is shown
}

Status LogMerge::add(const std::string& folder, const std::string& instance) {
  if (const auto entry = os::open_folder(folder); !entry) {
    const int number = entry.error().number;
    if (number == ENOTDIR || number == ENOENT) return {};
    return std::unexpected(entry.error());
  }
  const auto run = TRY(run_of(folder));
  if (run == no_run) return {};
  for (const auto kind : {journal::LogKind::out, journal::LogKind::err}) {
    if (wanted_.stream && *wanted_.stream != kind) continue;
    auto reader = TRY(journal::LogReader::open(folder, kind));
    if (sources_.size() > many_sources) reader.set_block(small_block);
    if (run) {
      reader.seek_run(*run);
    } else if (wanted_.since) {
      reader.seek_time(*wanted_.since);
    }
    const auto begin = reader.position();
    sources_.push_back({.instance = instance,
                        .kind = kind,
                        .reader = std::move(reader),
                        .run = run,
                        .begin = begin,
                        .line = {}});
  }
  return {};
}

bool LogMerge::passes(const LogSource& source, const journal::LogLine& line) const {
  if (wanted_.since && line.at.wall < *wanted_.since) return false;
  if (!source.run || line.run == *source.run) return true;
  return line.is_notice() && line.run == no_run;
}

// Not again and again where the index is lost.
bool LogMerge::is_to_wait(LogSource& source, const journal::LogLine& line) {
  const bool is_known = line.is_notice() || line.time_known || line.run != no_run;
  if (is_known || !source.reader.is_ahead_of_index()) {
    source.waits_since = Instant::never();
    return false;
  }
  const Instant now = os::now();
  if (source.waits_since == Instant::never()) source.waits_since = now;
  return now < source.waits_since + most_index_delay;
}

bool LogMerge::waits_for_index() const {
  return std::ranges::any_of(sources_, [](const LogSource& source) {
    return !source.line && source.waits_since != Instant::never();
  });
}

std::optional<journal::LogLine> LogMerge::read_ahead(LogSource& source) {
  const auto here = source.reader.position();
  auto line = source.reader.next();
  if (line && wanted_.follow && is_to_wait(source, *line)) {
    source.reader.go_back(here);
    return std::nullopt;
  }
  if (!line && !wanted_.follow) line = source.reader.rest();
  if (line && wanted_.until && line->at.wall > *wanted_.until) source.is_over = true;
  return line;
}

std::optional<journal::LogLine> LogMerge::read_behind(LogSource& source) {
  source.before_line = source.reader.position();
  source.is_over = source.begin.reaches(source.before_line);
  if (source.is_over) return std::nullopt;
  return source.reader.previous();
}

void LogMerge::advance(LogSource& source) {
  source.line.reset();
  while (!source.is_over) {
    auto line = direction_ == Direction::ahead ? read_ahead(source) : read_behind(source);
    if (!line || source.is_over) return;
    if (!passes(source, *line)) continue;
    if (wanted_.format != LogFormat::plain) unwrap_object(*line, source.instance, source.kind);
    source.line = std::move(line);
    return;
  }
}

// Of lines of the same time, that of the log which was opened first comes first.
bool LogMerge::comes_later(std::size_t a, std::size_t b) const {
  const auto one = std::pair(sources_[a].line->at.wall, a);
  const auto other = std::pair(sources_[b].line->at.wall, b);
  return direction_ == Direction::ahead ? one > other : one < other;
}

void LogMerge::enter(std::size_t source) {
  if (!sources_[source].line) return;
  heap_.push_back(source);
  std::ranges::push_heap(heap_, [this](auto a, auto b) { return comes_later(a, b); });
}

void LogMerge::begin_ahead() {
  direction_ = Direction::ahead;
  given_last_.reset();
  goes_on_ = false;
  heap_.clear();
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    advance(sources_[i]);
    enter(i);
  }
}

void LogMerge::begin_behind() {
  direction_ = Direction::behind;
  heap_.clear();
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    LogSource& source = sources_[i];
    if (wanted_.until) {
      source.reader.seek_time_end(*wanted_.until);
    } else if (source.run) {
      source.reader.seek_run_end(*source.run);
      (void)source.reader.next();
    } else {
      source.reader.seek_end();
    }
    advance(source);
    enter(i);
  }
}

void LogMerge::turn_ahead() {
  for (LogSource& source : sources_) {
    if (source.line) source.reader.go_back(source.before_line);
    source.line.reset();
    source.is_over = false;
  }
  begin_ahead();
}

std::optional<LogMerge::Given> LogMerge::hand_out(std::size_t source) {
  Given given{.source = source, .line = *std::exchange(sources_[source].line, std::nullopt)};
  given_last_ = source;
  goes_on_ = direction_ == Direction::ahead && given.line.end == journal::LineEnd::more;
  return given;
}

std::optional<LogMerge::Given> LogMerge::take() {
  if (given_last_) {
    const std::size_t last = *std::exchange(given_last_, std::nullopt);
    advance(sources_[last]);
    // The pieces of a line stay together.
    const bool stays = goes_on_ || heap_.empty() || !comes_later(last, heap_.front());
    if (sources_[last].line && stays) return hand_out(last);
    enter(last);
  }
  goes_on_ = false;
  if (heap_.empty()) return std::nullopt;
  std::ranges::pop_heap(heap_, [this](auto a, auto b) { return comes_later(a, b); });
  const std::size_t first = heap_.back();
  heap_.pop_back();
  return hand_out(first);
}

void LogMerge::look_again(std::size_t source) {
  if (given_last_ == source || sources_[source].line || sources_[source].is_over) return;
  advance(sources_[source]);
  enter(source);
}

std::optional<journal::LogLine> LogMerge::take_unfinished(std::size_t source) {
  LogSource& of = sources_[source];
  if (of.line || of.is_over) return std::nullopt;
  const auto here = of.reader.position();
  auto line = of.reader.rest();
  if (!line || !passes(of, *line)) return std::nullopt;
  if (begins_object(line->text, of.instance,
                    of.kind)) {  // its message can be shown once it is whole
    of.reader.go_back(here);
    return std::nullopt;
  }
  line->end = journal::LineEnd::more;
  return line;
}

}  // namespace stayd::app
