// SPDX-License-Identifier: Apache-2.0
#include "journal/datagram_target.h"

#include <cerrno>
#include <cstring>

#include "os/error.h"
#include "os/socket.h"

namespace stayd::journal {

namespace {

constexpr std::size_t most_waiting = 256u << 10;
constexpr Duration connect_period = milliseconds(400);
// Said to be over when nothing failed for so long.
constexpr Duration calm = seconds(1);

bool is_busy(int number) { return number == EAGAIN || number == ENOBUFS || number == ENOMEM; }

}  // namespace

void TargetTrouble::note_failure(std::string why, Instant until) {
  if (text.empty()) text = std::move(why);
  over = false;
  over_at = until;
}

bool DatagramTarget::is_full() const {
  return waiting_.size() - sent_ + sizeof(std::uint32_t) >= most_waiting;
}

void DatagramTarget::send(std::string_view message, Instant now) {
  if (!waiting_.empty() || put(message, now) != 0) keep(message, now);
}

// 0: sent, or there is no way to send it. Else errno: later.
int DatagramTarget::put(std::string_view message, Instant now) {
  for (int tries = 0; tries < 2; ++tries) {
    if (!socket_) {
      if (const int number = connect(now); number != 0) return number;
    }
    const int number = os::send_datagram(socket_.view(), message);
    if (number == 0) return 0;
    if (is_busy(number)) return number;
    if (number == EMSGSIZE) {
      dropped_ = {.messages = dropped_.messages + 1, .bytes = dropped_.bytes + message.size()};
      trouble_.note_failure(os::error_text(number), now + calm);
      return 0;
    }
    socket_.reset();  // it is gone, and its successor has another socket
    connection_ = 0;
    next_connect_ = now;
  }
  return ECONNREFUSED;
}

int DatagramTarget::connect(Instant now) {
  if (now < next_connect_) return ENOTCONN;
  next_connect_ = now + connect_period;
  auto socket = os::connect_datagram(path_);
  if (!socket) {
    trouble_.note_failure(os::error_text(socket.error().number), now + calm);
    return socket.error().number != 0 ? socket.error().number : EIO;
  }
  socket_ = std::move(*socket);
  connection_ = ++last_connection_;
  return 0;
}

void DatagramTarget::keep(std::string_view message, Instant now) {
  const auto size = static_cast<std::uint32_t>(message.size());
  if (waiting_.size() - sent_ + sizeof size + message.size() > most_waiting) {
    dropped_ = {.messages = dropped_.messages + 1, .bytes = dropped_.bytes + message.size()};
    trouble_.dropped_bytes += message.size();
    trouble_.note_failure("it takes too little", now + calm);
    return;
  }
  if (sent_ > most_waiting / 2) {
    waiting_.erase(0, sent_);
    sent_ = 0;
  }
  waiting_.append(reinterpret_cast<const char*>(&size), sizeof size);
  waiting_ += message;
}

void DatagramTarget::drain(Instant now) {
  while (sent_ < waiting_.size()) {
    std::uint32_t size = 0;
    std::memcpy(&size, waiting_.data() + sent_, sizeof size);
    if (put(std::string_view(waiting_).substr(sent_ + sizeof size, size), now) != 0) return;
    sent_ += sizeof size + size;
  }
  std::string().swap(waiting_);
  sent_ = 0;
}

void DatagramTarget::retry(Instant now) {
  if (!in_trouble()) return;
  if (!socket_) (void)connect(now);
  drain(now);
  if (socket_ && waiting_.empty() && now >= trouble_.over_at) trouble_.over = true;
}

Dropped DatagramTarget::take_dropped() {
  if (dropped_.messages == 0 || !waiting_.empty() || !socket_) return {};
  return std::exchange(dropped_, {});
}

}  // namespace stayd::journal
