// SPDX-License-Identifier: Apache-2.0
#include "journal/log_set.h"

#include <algorithm>
#include <cerrno>

namespace stayd::journal {

namespace {

bool is_idle(const Instance& instance) {
  if (instance.streams != 0) return false;
  for (const LogFile& file : instance.files) {
    if (file.trouble || file.compression || file.uncompressed) return false;
  }
  return true;
}

bool lacks_descriptors(const Error& error) {
  return error.number == EMFILE || error.number == ENFILE;
}

}  // namespace

void LogSet::set_log_dir(std::string log_dir) {
  if (log_dir == *log_dir_) return;
  close_all();  // open logs borrow the path
  *log_dir_ = std::move(log_dir);
}

Instance& LogSet::acquire(const std::string& name, std::uint32_t uid) {
  const auto [at, is_new] = instances_.try_emplace(name);
  Instance& instance = at->second;
  if (is_new) instance.name = &at->first;
  instance.uid = uid;
  ++instance.streams;
  return instance;
}

void LogSet::release(Instance& instance) {
  if (--instance.streams != 0) return;
  for (LogFile& file : instance.files) close_log(file);
  if (is_idle(instance)) instances_.erase(std::string(*instance.name));
}

bool LogSet::is_in_use(const std::string& name) const {
  const auto at = instances_.find(name);
  if (at == instances_.end()) return false;
  const auto is_open = [](const LogFile& file) { return file.open != nullptr; };
  return at->second.streams != 0 || std::ranges::any_of(at->second.files, is_open);
}

Result<OpenLog*> LogSet::log_of(Instance& instance, LogKind kind, Instant now) {
  LogFile& file = instance.file(kind);
  file.last_used = ++clock_;
  if (file.open && (file.open->broken() || !file.open->in_place(now))) close_log(file);
  if (file.open) return file.open.get();
  if (open_count_ >= most_open_) close_least_recent();
  const LogPlace place{.log_dir = log_dir_.get(),
                       .instance = instance.name,
                       .service_uid = instance.uid,
                       .kind = kind,
                       .max_age = file.settings != nullptr ? file.settings->max_age : Duration{}};
  auto opened = OpenLog::open(place);
  if (!opened && lacks_descriptors(opened.error()) && open_count_ > 0) {
    close_least_recent();
    opened = OpenLog::open(place);
  }
  file.open = TRY(std::move(opened));
  file.compress_from = 0;  // numbers may begin anew where files were removed
  ++open_count_;
  return file.open.get();
}

void LogSet::close_log(LogFile& file) {
  if (!file.open) return;
  file.open.reset();
  --open_count_;
}

void LogSet::close_all() {
  for (auto& [name, instance] : instances_) {
    for (LogFile& file : instance.files) close_log(file);
  }
}

void LogSet::note_upkeep(LogFile& file, std::size_t bytes) {
  if (bytes != 0) upkeep_.grown += bytes + index_entry_bytes;
  if (!file.open || file.settings == nullptr) return;
  const bool has_closed = file.open->take_closed();
  if (has_closed && file.settings->compress == model::Compress::zstd) {
    file.uncompressed = upkeep_.uncompressed = true;
  }
  file.age_at = file.open->age_deadline(file.settings->max_age);
  upkeep_.age_at = std::min(upkeep_.age_at, file.age_at);
}

bool LogSet::give_back_reserves() {
  bool any = false;
  for (auto& [name, instance] : instances_) {
    for (LogFile& file : instance.files) {
      if (!file.open || !file.open->has_reserve()) continue;
      file.open->give_back_reserve();
      any = true;
    }
  }
  return any;
}

// A walk over all of them: only with more than most_open logs in use at once, and then it costs
// less than the opening that follows.
void LogSet::close_least_recent() {
  LogFile* oldest = nullptr;
  for (auto& [name, instance] : instances_) {
    for (LogFile& file : instance.files) {
      if (file.open && (oldest == nullptr || file.last_used < oldest->last_used)) oldest = &file;
    }
  }
  if (oldest != nullptr) close_log(*oldest);
}

void LogSet::sweep() {
  for (auto at = instances_.begin(); at != instances_.end();) {
    if (!is_idle(at->second)) {
      ++at;
      continue;
    }
    for (LogFile& file : at->second.files) close_log(file);
    at = instances_.erase(at);
  }
}

}  // namespace stayd::journal
