// SPDX-License-Identifier: Apache-2.0
#include "runtime/notify.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/text.h"
#include "os/files.h"
#include "os/process.h"

namespace stayd::runtime {

namespace {

constexpr int most_datagrams = 16;
constexpr Duration between_complaints = seconds(60);
constexpr std::uint32_t folder_mode = 0711;
constexpr std::uint32_t socket_mode = 0666;

void take_field(std::string_view name, std::string_view value, NotifyFields& into) {
  if (name == "READY") into.ready = value == "1";
  if (name == "RELOADING") into.reloading = value == "1";
  if (name == "STOPPING") into.stopping = value == "1";
  if (name == "STATUS") into.status = printable(value, most_status_bytes);
  if (name == "MAINPID") {
    into.main_pid = static_cast<std::int32_t>(parse_integer(value, 1, INT32_MAX).value_or(0));
  }
}

}  // namespace

Result<NotifyFields> parse_notification(std::string_view datagram) {
  if (datagram.empty()) return failure("it is empty");
  if (datagram.size() > most_notify_bytes) return failure("it is longer than 4096 bytes");
  if (datagram.find('\0') != std::string_view::npos) return failure("it has a NUL byte in it");
  if (!is_utf8(datagram)) return failure("it is not UTF-8");
  NotifyFields fields;
  while (!datagram.empty()) {
    const std::string_view line = datagram.substr(0, datagram.find('\n'));
    datagram.remove_prefix(std::min(datagram.size(), line.size() + 1));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    take_field(line.substr(0, equals), line.substr(equals + 1), fields);
  }
  return fields;
}

std::string NotifySockets::path_of(RunId run) const {
  return folder_ + "/" + std::to_string(number_of(run));
}

NotifySockets::Entry* NotifySockets::find(InstanceId instance, RunId run) {
  const auto found = std::ranges::find_if(
      entries_, [&](const Entry& entry) { return entry.instance == instance && entry.run == run; });
  return found == entries_.end() ? nullptr : &*found;
}

os::FdView NotifySockets::socket_of(InstanceId instance, RunId run) const {
  const auto found = std::ranges::find_if(
      entries_, [&](const Entry& entry) { return entry.instance == instance && entry.run == run; });
  return found == entries_.end() ? os::FdView() : found->socket.view();
}

Result<os::FdView> NotifySockets::open(InstanceId instance, RunId run) {
  const std::string path = path_of(run);
  auto socket = os::bind_datagram(path, socket_mode);
  if (!socket && socket.error().number == ENOENT) {
    TRY(os::make_folders(folder_, folder_mode));
    socket = os::bind_datagram(path, socket_mode);
  }
  if (!socket) return std::unexpected(std::move(socket).error());
  return adopt(instance, run, std::move(*socket));
}

os::FdView NotifySockets::adopt(InstanceId instance, RunId run, os::Fd socket) {
  entries_.push_back({.instance = instance, .run = run, .socket = std::move(socket)});
  return entries_.back().socket.view();
}

Notified NotifySockets::receive(const ContainedRun& run, Instant now) {
  Notified notified;
  Entry* entry = find(run.instance, run.run);
  if (entry == nullptr) return notified;
  std::array<char, most_notify_bytes> buffer;
  for (int i = 0; i < most_datagrams; ++i) {
    // Descriptors that came are closed with `received`, after its sender was looked at.
    const auto received = os::receive_message(entry->socket.view(), buffer);
    if (!received) break;
    take(run, *received, {buffer.data(), received->size}, notified);
  }
  if (notified.complaint.empty()) return notified;
  if (now < entry->next_complaint) {
    notified.complaint.clear();
  } else {
    entry->next_complaint = now + between_complaints;
  }
  return notified;
}

void NotifySockets::take(const ContainedRun& run, const os::Received& received,
                         std::string_view bytes, Notified& into) {
  const std::int32_t pid = received.sender ? received.sender->pid : 0;
  const auto complain = [&](std::string_view why) {
    into.complaint = "ignored a notification from process " + std::to_string(pid) + ": ";
    into.complaint += why;
  };
  if (received.truncated) return complain("it is longer than 4096 bytes, or carries too much");
  auto fields = parse_notification(bytes);
  if (!fields) return complain(fields.error().message);
  // Pid 0: a process of another PID namespace.
  if (pid == 0 || !containment_.has(run, pid, received.sender_process.view())) {
    return complain("it is not of this service");
  }
  into.ready = into.ready || fields->ready;
  into.reloading = fields->reloading || (into.reloading && !fields->ready);
  into.stopping = into.stopping || fields->stopping;
  if (fields->status) into.status = std::move(fields->status);
  if (fields->main_pid != 0) take_main_pid(run, fields->main_pid, into);
}

void NotifySockets::take_main_pid(const ContainedRun& run, std::int32_t pid, Notified& into) {
  auto process = os::open_process(pid);
  if (!process || !containment_.has(run, pid, process->view())) {
    into.complaint =
        "ignored MAINPID=" + std::to_string(pid) + ": it is no process of this service";
    return;
  }
  into.main_pid = pid;
  into.main_process = std::move(*process);
}

void NotifySockets::end(InstanceId instance, RunId run) {
  Entry* entry = find(instance, run);
  if (entry == nullptr) return;
  (void)os::remove_socket(path_of(run));
  if (entry != &entries_.back()) *entry = std::move(entries_.back());
  entries_.pop_back();
}

void NotifySockets::remove_all() {
  entries_.clear();
  const auto folder = os::open_folder(folder_);
  if (!folder) return;
  for (const std::string& name : os::list_folder(folder->view())) {
    (void)os::remove_at(folder->view(), name);
  }
  (void)os::remove_folder(folder_);
}

}  // namespace stayd::runtime
