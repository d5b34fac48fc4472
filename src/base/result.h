// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value, or an Error that says what failed, on what, and why.
//
// Nothing in stayd throws. A function that can fail returns Result<T>; TRY hands the error on:
//
//     Result<Fd> open_it() {
//       Fd fd = TRY(open_file(path, flags));
//       return fd;
//     }
//
// TRY must never stand between clone and exec (os/child_side.cc).
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace stayd {

/// Why something failed. `number` is the errno value, or 0 where no system call was at fault.
/// `message` is a whole clause for a person ("cannot open /x/y: Permission denied").
struct Error {
  int number = 0;
  std::string message;

  /// The same error with what was being done in front: "starting web: " + message.
  [[nodiscard]] Error within(std::string_view context) && {
    message.insert(0, ": ");
    message.insert(0, context);
    return std::move(*this);
  }
};

template <typename T>
using Result = std::expected<T, Error>;

/// Success without a value.
using Status = Result<void>;

/// An Error without an errno.
[[nodiscard]] inline std::unexpected<Error> failure(std::string message) {
  return std::unexpected(Error{0, std::move(message)});
}

[[nodiscard]] inline std::unexpected<Error> failure(int number, std::string message) {
  return std::unexpected(Error{number, std::move(message)});
}

namespace detail {
template <typename T>
[[nodiscard]] T&& take_value(Result<T>& result) {
  return std::move(*result);
}
inline void take_value(Result<void>&) {}
}  // namespace detail

}  // namespace stayd

/// The value of `expression` (a Result), or a return of its error. A GNU statement expression.
#define TRY(expression)                                       \
  (__extension__({                                            \
    auto try_result_ = (expression);                          \
    if (!try_result_) [[unlikely]]                            \
      return std::unexpected(std::move(try_result_).error()); \
    ::stayd::detail::take_value(try_result_);                 \
  }))
