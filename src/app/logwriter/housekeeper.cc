// SPDX-License-Identifier: Apache-2.0
#include "app/logwriter/housekeeper.h"

#include <algorithm>

#include "journal/instance_folder.h"
#include "journal/retention.h"
#include "journal/stamp.h"
#include "os/clock.h"
#include "os/files.h"

namespace stayd::app {

namespace {

using journal::LogKind;

// A log whose folder cannot be read, or that cannot be closed, is looked at again after this.
constexpr Duration least_wait = milliseconds(500);

// What a flood closes and removes again at once is not worth compressing.
constexpr Duration least_age_to_compress = seconds(1);
constexpr Duration retry_of_compression = seconds(60);

bool is_young(os::FdView folder, const std::string& name) {
  const auto status = os::status_at(folder, name);
  const std::int64_t age = status ? os::wall_now().ns - status->modified_ns : -1;
  return age >= 0 && age < least_age_to_compress.ns;  // below 0: the clock was set back
}

}  // namespace

Instant Housekeeper::deadline() const {
  const Instant age_at = std::min(logs_.upkeep().age_at, unused_at_);
  return may_compress() ? std::min(age_at, compress_at_) : age_at;
}

void Housekeeper::note_stream(journal::LogFile& file, Instant now) {
  if (file.settings == nullptr || file.settings->max_age.ns == 0) return;
  file.age_at = now;
  logs_.upkeep().age_at = std::min(logs_.upkeep().age_at, now);
}

void Housekeeper::note_end(const journal::Instance& instance, Instant now) {
  for (const journal::LogFile& file : instance.files) {
    const Duration max_age = file.settings != nullptr ? file.settings->max_age : Duration{};
    if (max_age.ns == 0) continue;
    unused_at_ = std::min(unused_at_, now + std::max(nanoseconds(max_age.ns / 8), least_wait));
  }
}

// Not at once: services are being started.
void Housekeeper::look_at_unused(Instant now) {
  unused_at_ = std::min(unused_at_, now + seconds(1));
}

void Housekeeper::run(Instant now) {
  journal::Upkeep& upkeep = logs_.upkeep();
  if (now >= upkeep.age_at) keep_ages(now);
  if (now >= unused_at_) keep_unused_ages(now);
  if (may_compress() && now >= compress_at_) compress_next(now);
  if (!total_.is_due(upkeep.grown)) return;
  upkeep.grown = 0;
  total_.enforce(logs_.log_dir());
}

void Housekeeper::keep_ages(Instant now) {
  Instant next = Instant::never();
  for (auto& [name, instance] : logs_.instances()) {
    for (const LogKind kind : {LogKind::out, LogKind::err}) {
      journal::LogFile& file = instance.file(kind);
      if (now >= file.age_at) file.age_at = keep_age(instance, kind, now);
      next = std::min(next, file.age_at);
    }
  }
  logs_.upkeep().age_at = next;
}

Instant Housekeeper::keep_age(journal::Instance& instance, LogKind kind, Instant now) {
  journal::LogFile& file = instance.file(kind);
  if (instance.streams == 0 || file.settings == nullptr) return Instant::never();
  if (!file.open && !has_files(instance, kind)) return Instant::never();
  const auto log = logs_.log_of(instance, kind, now);
  if (!log) return now + least_wait;
  (void)(*log)->keep_age(journal::limits_of(*file.settings), journal::stamp_now());
  logs_.note_upkeep(file, 0);
  return std::max(file.age_at, now + least_wait);
}

// Of services that do not run, or are no more.
void Housekeeper::keep_unused_ages(Instant now) {
  unused_at_ = Instant::never();
  const auto log_dir = os::open_folder(logs_.log_dir());
  if (!log_dir) return;
  const journal::Stamp stamp = journal::stamp_now();
  for (const std::string& name : os::list_folder(log_dir->view())) {
    if (logs_.is_in_use(name)) continue;
    const auto folder = os::open_folder_beneath(log_dir->view(), name);
    if (!folder) continue;
    for (const LogKind kind : {LogKind::out, LogKind::err}) {
      unused_at_ = std::min(unused_at_, journal::retain_unused(folder->view(), kind, stamp));
    }
  }
  if (unused_at_ != Instant::never()) unused_at_ = std::max(unused_at_, now + least_wait);
}

bool Housekeeper::has_files(const journal::Instance& instance, LogKind kind) const {
  const auto folder = os::open_folder(logs_.log_dir() + "/" + *instance.name);
  if (!folder) return false;
  const journal::FolderContent content = journal::content_of(folder->view(), kind);
  return content.current_text || !content.texts.empty();
}

void Housekeeper::compress_next(Instant now) {
  Found last = Found::nothing;
  for (auto& [name, instance] : logs_.instances()) {
    for (const LogKind kind : {LogKind::out, LogKind::err}) {
      if (!instance.file(kind).uncompressed) continue;
      const Found found = compress(instance, kind);
      if (found == Found::started) return;
      if (found != Found::nothing && last != Found::too_young) last = found;
      instance.file(kind).uncompressed = found != Found::nothing;
    }
  }
  compress_at_ = now + (last == Found::failed ? retry_of_compression : least_age_to_compress);
  if (last != Found::nothing) return;
  logs_.upkeep().uncompressed = false;
  logs_.sweep();
}

Housekeeper::Found Housekeeper::compress(journal::Instance& instance, LogKind kind) {
  journal::LogFile& file = instance.file(kind);
  auto folder = journal::open_instance_folder(logs_.log_dir(), *instance.name, instance.uid);
  if (!folder) return Found::nothing;
  const auto plain = journal::content_of(folder->view(), kind).plain;
  if (file.compression && !std::ranges::binary_search(plain, file.compression->segment)) {
    file.compression->told.over = news_ = true;
  }
  const auto segment = std::ranges::lower_bound(plain, file.compress_from);
  if (segment == plain.end()) {
    file.compress_from = 0;
    return plain.empty() ? Found::nothing : Found::failed;
  }
  if (is_young(folder->view(), journal::closed_text_name(kind, *segment))) return Found::too_young;
  const Status started = compressor_.start(std::move(*folder), kind, *segment);
  if (!started) {
    note_failure(file, *segment, started.error().message);
    return Found::failed;
  }
  compressed_ = &file;
  return Found::started;
}

void Housekeeper::retry_compression(Instant now) {
  compress_at_ = now;
  for (auto& [name, instance] : logs_.instances()) {
    for (journal::LogFile& file : instance.files) file.compress_from = 0;
  }
}

void Housekeeper::child_ended() {
  auto why = compressor_.take_end();
  if (!why || why->empty()) return;
  compressed_->compress_from = compressor_.segment() + 1;
  note_failure(*compressed_, compressor_.segment(), std::move(*why));
}

void Housekeeper::note_failure(journal::LogFile& file, std::uint64_t segment, std::string why) {
  if (file.compression && !file.compression->told.over) return;
  if (!file.compression) file.compression = std::make_unique<journal::CompressionTrouble>();
  file.compression->segment = segment;
  file.compression->told.over = false;
  file.compression->told.text = std::move(why) + "; a closed file stays as it is";
  news_ = true;
}

}  // namespace stayd::app
