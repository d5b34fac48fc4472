// SPDX-License-Identifier: Apache-2.0
#include "control/frame.h"

#include <algorithm>

namespace stayd::control {

void FrameReader::forget_taken() {
  if (taken_ == 0) return;
  if (taken_ == bytes_.size()) {
    std::string().swap(bytes_);
  } else {
    bytes_.erase(0, taken_);
  }
  searched_ -= std::min(searched_, taken_);
  taken_ = 0;
}

FrameState FrameReader::append(std::string_view bytes) {
  forget_taken();
  bytes_.append(bytes);
  searched_ = std::min(bytes_.find('\0', searched_), bytes_.size());
  return searched_ > limit_ ? FrameState::too_long : FrameState::fine;
}

void FrameReader::clear() {
  // An assignment of an empty string would keep the capacity.
  std::string().swap(bytes_);
  taken_ = searched_ = 0;
}

std::optional<std::string_view> FrameReader::next() {
  if (!has_message()) {
    forget_taken();
    return std::nullopt;
  }
  const std::string_view message = std::string_view(bytes_).substr(taken_, searched_ - taken_);
  taken_ = searched_ + 1;
  searched_ = std::min(bytes_.find('\0', taken_), bytes_.size());
  return message;
}

bool FrameReader::has_message() const { return searched_ < bytes_.size(); }

bool FrameReader::has_fragment() const { return !has_message() && taken_ < bytes_.size(); }

}  // namespace stayd::control
