// SPDX-License-Identifier: Apache-2.0
#include "app/keeper/outbox.h"

#include <cerrno>

#include "base/check.h"

namespace stayd::app {

using runtime::LinkKind;
using runtime::LinkMessage;

void Outbox::add(const LinkMessage& message) {
  ENSURE(!full());
  at(count_++) = message;
}

bool Outbox::flush(os::FdView link) {
  while (count_ > 0) {
    const auto sent = runtime::try_send_link(link, at(0));
    if (!sent) return sent.error().number == EAGAIN;
    first_ = (first_ + 1) % capacity;
    --count_;
  }
  if (!children_changed_) return true;
  const auto sent = runtime::try_send_link(link, {.kind = LinkKind::children_changed});
  children_changed_ = !sent;
  return sent || sent.error().number == EAGAIN;
}

void Outbox::keep_signals_only() {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    const LinkMessage message = at(i);
    if (message.kind == LinkKind::signal) at(kept++) = message;
  }
  count_ = kept;
  children_changed_ = false;
}

}  // namespace stayd::app
