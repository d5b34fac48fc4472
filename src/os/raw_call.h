// SPDX-License-Identifier: Apache-2.0
// A system call that does not touch errno. A child between clone and exec runs beside us in our
// memory: what it wrote there would be our own errno.
#pragma once

#include <cstddef>
#include <type_traits>

namespace stayd::os {
namespace raw {

template <typename Argument>
[[gnu::always_inline]] inline long word(Argument argument) {
  if constexpr (std::is_pointer_v<Argument>)
    return reinterpret_cast<long>(argument);
  else
    return static_cast<long>(argument);
}
[[gnu::always_inline]] inline long word(std::nullptr_t) { return 0; }

inline constexpr std::size_t most_arguments = 6;
struct Words {
  long at[most_arguments];
};

#if defined(__x86_64__)
[[gnu::always_inline]] inline long call(long number, const Words& words) {
  register long fourth asm("r10") = words.at[3];
  register long fifth asm("r8") = words.at[4];
  register long sixth asm("r9") = words.at[5];
  long result = number;
  asm volatile("syscall"
               : "+a"(result)
               : "D"(words.at[0]), "S"(words.at[1]), "d"(words.at[2]), "r"(fourth), "r"(fifth),
                 "r"(sixth)
               : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
[[gnu::always_inline]] inline long call(long number, const Words& words) {
  register long which asm("x8") = number;
  register long first asm("x0") = words.at[0];
  register long second asm("x1") = words.at[1];
  register long third asm("x2") = words.at[2];
  register long fourth asm("x3") = words.at[3];
  register long fifth asm("x4") = words.at[4];
  register long sixth asm("x5") = words.at[5];
  asm volatile("svc #0"
               : "+r"(first)
               : "r"(which), "r"(second), "r"(third), "r"(fourth), "r"(fifth), "r"(sixth)
               : "memory");
  return first;
}
#else
#error "raw_call has to be written for this processor"
#endif

}  // namespace raw

/// Gives the result, or minus the error's number (syscall(2), "Architecture calling conventions").
template <typename... Arguments>
[[gnu::always_inline]] inline long raw_call(long number, Arguments... arguments) {
  static_assert(sizeof...(arguments) <= raw::most_arguments);
  return raw::call(number, raw::Words{{raw::word(arguments)...}});
}

}  // namespace stayd::os
