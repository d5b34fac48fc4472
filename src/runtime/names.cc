// SPDX-License-Identifier: Apache-2.0
#include "runtime/names.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/check.h"
#include "base/text.h"
#include "control/names.h"

namespace stayd::runtime {
namespace {

void append_number(std::string& text, std::uint32_t number) {
  char digits[12];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  text.append(digits, end);
}

std::uint32_t digits_of(std::uint32_t number) {
  std::uint32_t count = 1;
  while (number >= 10) {
    number /= 10;
    ++count;
  }
  return count;
}

}  // namespace

void Names::add(const model::Service& service) {
  const std::uint32_t replicas = service.numbered ? service.replicas : 1;
  entries_.push_back({.text = static_cast<std::uint32_t>(texts_.size()),
                      .first = instances_,
                      .replicas = replicas,
                      .length = static_cast<std::uint8_t>(service.name.size()),
                      .numbered = service.numbered});
  texts_ += service.name;
  instances_ += replicas;
  auto width = static_cast<std::uint32_t>(service.name.size());
  if (service.numbered) width += 1 + digits_of(replicas);
  widest_ = std::max(widest_, width);
}

void Names::finish() {
  texts_.shrink_to_fit();
  entries_.shrink_to_fit();
  by_name_.resize(entries_.size());
  for (std::uint32_t i = 0; i < by_name_.size(); ++i) by_name_[i] = i;
  std::ranges::sort(by_name_, {}, [this](std::uint32_t i) { return text(entries_[i]); });
}

std::string_view Names::service(ServiceId id) const {
  ENSURE(index_of(id) < entries_.size());
  return text(entries_[index_of(id)]);
}

ServiceId Names::owner(InstanceId id) const {
  ENSURE(index_of(id) < instances_);
  const auto next = std::ranges::upper_bound(entries_, index_of(id), {}, &Entry::first);
  return ServiceId{static_cast<std::uint32_t>(next - entries_.begin() - 1)};
}

std::uint32_t Names::replica_of(InstanceId id) const {
  return index_of(id) - entries_[index_of(owner(id))].first + 1;
}

void Names::instance(InstanceId id, std::string& into) const {
  const Entry& entry = entries_[index_of(owner(id))];
  into.assign(text(entry));
  if (!entry.numbered) return;
  into += '@';
  append_number(into, index_of(id) - entry.first + 1);
}

std::string Names::instance(InstanceId id) const {
  std::string name;
  instance(id, name);
  return name;
}

const Names::Entry* Names::find_service(std::string_view name) const {
  const auto at = std::ranges::lower_bound(by_name_, name, {},
                                           [this](std::uint32_t i) { return text(entries_[i]); });
  if (at == by_name_.end() || text(entries_[*at]) != name) return nullptr;
  return &entries_[*at];
}

InstanceId Names::find(std::string_view instance) const {
  if (const Entry* whole = find_service(instance); whole != nullptr && !whole->numbered)
    return InstanceId{whole->first};
  const auto sign = instance.rfind('@');
  if (sign == std::string_view::npos) return no_instance;
  const Entry* entry = find_service(instance.substr(0, sign));
  if (entry == nullptr || !entry->numbered) return no_instance;
  std::uint32_t replica = 0;
  const char* end = instance.data() + instance.size();
  const char* digits = instance.data() + sign + 1;
  const auto parsed = std::from_chars(digits, end, replica);
  const bool canonical = digits != end && *digits != '0' && parsed.ptr == end;
  if (!canonical || parsed.ec != std::errc{} || replica > entry->replicas) return no_instance;
  return InstanceId{entry->first + replica - 1};
}

void Names::append(const Entry& entry, std::vector<InstanceId>& into) {
  for (std::uint32_t i = 0; i < entry.replicas; ++i) into.push_back(InstanceId{entry.first + i});
}

void Names::choose_glob(const std::string& glob, std::vector<InstanceId>& into) const {
  std::string name;
  for (const Entry& entry : entries_) {
    for (std::uint32_t i = 0; i < entry.replicas; ++i) {
      const InstanceId id{entry.first + i};
      instance(id, name);
      if (control::chooses(glob, text(entry), name)) into.push_back(id);
    }
  }
}

void Names::choose_one(const std::string& name, std::vector<InstanceId>& into) const {
  if (control::is_glob(name)) return choose_glob(name, into);
  if (const Entry* entry = find_service(name)) return append(*entry, into);
  if (const InstanceId id = find(name); id != no_instance) into.push_back(id);
}

std::expected<void, std::size_t> Names::choose(std::span<const std::string> names,
                                               std::vector<InstanceId>& into) const {
  if (names.empty())
    for (const Entry& entry : entries_) append(entry, into);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::size_t before = into.size();
    choose_one(names[i], into);
    if (into.size() == before) return std::unexpected(i);
  }
  std::ranges::sort(into);
  const auto doubled = std::ranges::unique(into);
  into.erase(doubled.begin(), doubled.end());
  return {};
}

std::string Names::nearest_to(std::string_view name) const {
  std::vector<std::string_view> known;
  known.reserve(entries_.size());
  for (const Entry& entry : entries_) known.push_back(text(entry));
  return std::string(nearest(name, known.data(), known.size()).value_or(""));
}

Result<model::Service> service_of(const model::SpecView& spec, const Names& names, InstanceId id) {
  return model::for_instance(TRY(spec.service(names.owner(id))), names.replica_of(id));
}

}  // namespace stayd::runtime
