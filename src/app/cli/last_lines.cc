// SPDX-License-Identifier: Apache-2.0
#include "app/cli/last_lines.h"

#include <algorithm>
#include <array>

#include "journal/index_format.h"
#include "journal/segment_names.h"
#include "os/file_bytes.h"
#include "os/files.h"

namespace stayd::app {
namespace {

using journal::IndexRecord;
using journal::LogKind;

constexpr std::uint64_t most_text_bytes = 64U << 10U;
constexpr std::uint64_t most_records = 256;
constexpr std::size_t most_line_bytes = 4096;

/// The last `most` bytes of a file, or all of it, from an offset that is a multiple of `unit`.
struct Tail {
  std::uint64_t offset = 0;
  std::string bytes;
};
Tail tail_of(os::FdView file, std::uint64_t most, std::uint64_t unit) {
  const auto status = os::status_of(file);
  if (!status) return {};
  Tail tail;
  if (status->size > most) tail.offset = (status->size - most) / unit * unit;
  tail.bytes.resize(status->size - tail.offset);
  tail.bytes.resize(os::read_at(file, tail.offset, tail.bytes).bytes);
  return tail;
}

/// The end of one of an instance's logs: its text, and the records that tell of it.
class LogEnd {
 public:
  LogEnd(os::FdView log_dir, std::string_view instance, LogKind kind) : kind_(kind) {
    const auto folder = std::string(instance) + "/";
    const auto open = [&](const std::string& name) {
      return os::open_beneath(log_dir, folder + name, os::OpenFor::read, 0);
    };
    const auto text = open(journal::current_text_name(kind));
    const auto index = open(journal::current_index_name(kind));
    if (!text || !index) return;
    records_ = tail_of(index->view(), most_records * journal::index_entry_bytes,
                       journal::index_entry_bytes);
    text_ = tail_of(text->view(), most_text_bytes, 1);
  }

  /// Bursts of `run`, or of all runs.
  [[nodiscard]] std::vector<Burst> bursts(RunId run) const {
    std::vector<Burst> found;
    std::string_view rest = records_.bytes;
    while (rest.size() >= journal::index_entry_bytes) {
      const auto entry = rest.substr(0, journal::index_entry_bytes);
      rest.remove_prefix(journal::index_entry_bytes);
      const auto record = journal::decode_record(entry);
      if (!record || record->kind != journal::RecordKind::burst) continue;
      if (run != no_run && record->run != run) continue;
      const auto text = text_of(*record);
      if (!text.empty()) found.push_back({record->at.wall.ns, kind_ == LogKind::err, text});
    }
    return found;
  }

 private:
  [[nodiscard]] std::string_view text_of(const IndexRecord& record) const {
    const auto end = text_.offset + text_.bytes.size();
    const auto first = std::clamp(record.offset, text_.offset, end);
    const auto last = std::clamp(record.offset + record.length, first, end);
    return std::string_view(text_.bytes).substr(first - text_.offset, last - first);
  }

  LogKind kind_;
  Tail records_;
  Tail text_;
};

void append_line(std::vector<std::string>& lines, std::string& line) {
  if (line.ends_with('\r')) line.pop_back();
  if (!line.empty()) lines.push_back(line);
  line.clear();
}

void take_text(std::vector<std::string>& lines, std::string& unfinished, std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto piece = text.substr(0, end);
    unfinished.append(piece, 0, most_line_bytes - std::min(most_line_bytes, unfinished.size()));
    if (end == std::string_view::npos) return;
    append_line(lines, unfinished);
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::vector<std::string> lines_of(std::vector<Burst> bursts) {
  std::ranges::stable_sort(bursts, {}, &Burst::at);
  std::vector<std::string> lines;
  std::array<std::string, 2> unfinished;
  for (const Burst& burst : bursts)
    take_text(lines, unfinished[burst.is_error ? 1 : 0], burst.text);
  for (std::string& line : unfinished) append_line(lines, line);
  return lines;
}

std::vector<std::string> last_lines(const std::string& log_dir, std::string_view instance,
                                    std::size_t count) {
  if (log_dir.empty() || !journal::is_instance_name(instance)) return {};
  const auto folder = os::open_folder(log_dir);
  if (!folder) return {};
  const LogEnd out(folder->view(), instance, LogKind::out);
  const LogEnd err(folder->view(), instance, LogKind::err);
  auto bursts = out.bursts(no_run);
  for (const Burst& burst : err.bursts(no_run)) bursts.push_back(burst);
  auto lines = lines_of(std::move(bursts));
  if (lines.size() > count)
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(count));
  return lines;
}

std::string last_words(const std::string& log_dir, const control::InstanceView& instance) {
  const RunId run{instance.last_exit.run};
  if (run == no_run || log_dir.empty() || !journal::is_instance_name(instance.instance)) return {};
  const auto folder = os::open_folder(log_dir);
  if (!folder) return {};
  for (const auto kind : {LogKind::err, LogKind::out}) {
    const LogEnd end(folder->view(), instance.instance, kind);
    auto lines = lines_of(end.bursts(run));
    if (!lines.empty()) return std::move(lines.back());
  }
  return {};
}

}  // namespace stayd::app
