// SPDX-License-Identifier: Apache-2.0
#include "journal/total_limit.h"

#include <algorithm>
#include <vector>

#include "journal/instance_folder.h"
#include "journal/retention.h"
#include "os/files.h"

namespace stayd::journal {

namespace {

// Candidates that are held in memory at a time; when they do not suffice, there is another walk.
constexpr std::size_t most_candidates = 512;
constexpr int most_rounds = 64;
constexpr std::uint64_t worth_a_walk = 64u << 10;  // bytes grown

struct Candidate {
  std::string instance;
  LogKind kind = LogKind::out;
  std::uint64_t segment = 0;
  std::uint64_t bytes = 0;
  std::int64_t modified_ns = 0;
};

bool is_older(const Candidate& a, const Candidate& b) { return a.modified_ns < b.modified_ns; }

/// What all logs take, and the oldest of their closed segments.
class Walk {
 public:
  explicit Walk(os::FdView log_dir) {
    for (const std::string& instance : os::list_folder(log_dir)) {
      const auto folder = os::open_folder_beneath(log_dir, instance);
      if (folder) look_into(folder->view(), instance);
    }
    std::ranges::sort(oldest_, is_older);
  }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] const std::vector<Candidate>& oldest() const { return oldest_; }

 private:
  void look_into(os::FdView folder, const std::string& instance) {
    for (const std::string& name : os::list_folder(folder)) {
      const auto parsed = parse_name(name);
      const auto status = parsed ? os::status_at(folder, name) : Result<os::FileStatus>();
      if (!parsed || !status || !status->is_regular) continue;
      bytes_ += status->size;
      const bool is_text =
          parsed->file == SegmentFile::text || parsed->file == SegmentFile::compressed_text;
      if (!parsed->segment || !is_text) continue;
      keep_if_old({.instance = instance,
                   .kind = parsed->kind,
                   .segment = *parsed->segment,
                   .modified_ns = status->modified_ns});
    }
  }

  // A heap with the youngest of the oldest on top.
  void keep_if_old(Candidate found) {
    if (oldest_.size() == most_candidates) {
      if (!is_older(found, oldest_.front())) return;
      std::ranges::pop_heap(oldest_, is_older);
      oldest_.pop_back();
    }
    oldest_.push_back(std::move(found));
    std::ranges::push_heap(oldest_, is_older);
  }

  std::uint64_t bytes_ = 0;
  std::vector<Candidate> oldest_;
};

/// What is left of `bytes`, at most `wanted` unless nothing more can go.
std::uint64_t remove_oldest(os::FdView log_dir, const std::vector<Candidate>& oldest,
                            std::uint64_t bytes, std::uint64_t wanted) {
  for (const Candidate& each : oldest) {
    if (bytes <= wanted) break;
    const auto folder = os::open_folder_beneath(log_dir, each.instance);
    if (!folder) continue;
    bytes -= std::min(bytes, bytes_of_segment(folder->view(), each.kind, each.segment));
    remove_segment(folder->view(), each.kind, each.segment);
  }
  return bytes;
}

}  // namespace

void TotalLimit::set(std::uint64_t bytes) {
  if (bytes != limit_) next_ = 0;
  limit_ = bytes;
}

// Looks again after half of what is free: compression has two copies of a text for a while.
void TotalLimit::enforce(const std::string& log_dir) {
  const std::uint64_t least_growth = std::min(worth_a_walk, limit_ / 32);
  next_ = least_growth;
  const auto folder = os::open_folder(log_dir);
  for (int round = 0; folder && round < most_rounds; ++round) {
    const Walk walk(folder->view());
    std::uint64_t left = walk.bytes();
    if (left > limit_ - limit_ / 16) {
      left = remove_oldest(folder->view(), walk.oldest(), left, limit_ - limit_ / 8);
    }
    if (left < limit_) next_ = std::max((limit_ - left) / 2, least_growth);
    const bool may_find_more = walk.oldest().size() == most_candidates;
    if (left < limit_ || !may_find_more) return;
  }
}

}  // namespace stayd::journal
