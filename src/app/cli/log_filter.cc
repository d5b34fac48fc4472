// SPDX-License-Identifier: Apache-2.0
#include "app/cli/log_filter.h"

#include <utility>

namespace stayd::app {

namespace {

// Lines of an instance that wait to become context.
constexpr std::size_t most_waiting_bytes = 1u << 20;

}  // namespace

Result<bool> LogFilter::matches(const journal::LogLine& line) {
  parts_.clear();
  if (!pattern_ || line.is_notice()) return true;
  const std::string text = searched_text(style_, line);
  if (wanted_->inverted) return !TRY(pattern_->matches(text));
  if (!TRY(pattern_->matches(text))) return false;
  if (style_.colours || style_.terminal) TRY(pattern_->find_all(text, parts_));
  return true;
}

void LogFilter::print_waiting(Context& context) {
  const bool has_context = wanted_->before + wanted_->after > 0;
  if (has_context && printed_ && context.skipped) printer_.print_separator();
  for (const Kept& kept : context.before) printer_.print(*kept.source, kept.line);
  context.before.clear();
  context.before_bytes = 0;
  context.skipped = false;
  printed_ = true;
}

void LogFilter::keep(Context& context, const LogSource& source,
                     const journal::LogLine& line) const {
  context.before.push_back({.source = &source, .line = line});
  context.before_bytes += line.text.size();
  while (context.before.size() > wanted_->before || context.before_bytes > most_waiting_bytes) {
    context.before_bytes -= context.before.front().line.text.size();
    context.before.pop_front();
    context.skipped = true;
  }
}

Status LogFilter::take(const LogSource& source, const journal::LogLine& line) {
  bool is_match = TRY(matches(line));
  if (!wanted_) {
    printer_.print(source, line, parts_);
    return {};
  }
  if (is_match && ignored_ > 0 && !line.is_notice()) {
    --ignored_;
    is_match = false;
  }
  Context& context = contexts_[source.instance];
  if (is_match) {
    print_waiting(context);
    printer_.print(source, line, parts_);
    context.after_left = wanted_->after;
  } else if (context.after_left > 0) {
    --context.after_left;
    printer_.print(source, line);
  } else {
    keep(context, source, line);
  }
  return {};
}

}  // namespace stayd::app
