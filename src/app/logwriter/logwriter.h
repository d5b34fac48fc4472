// SPDX-License-Identifier: Apache-2.0
// The log writer process. Started by the supervisor, which passes descriptors by fixed numbers
// (journal/private_pipe.h): 3 channel, 4 and 5 private pipe, 6 shared word, 1 and 2 console.
#pragma once

namespace stayd::app {

/// The descriptors, by number; the defaults are what the supervisor passes.
struct LogWriterFds {
  int channel = 3;
  int private_read = 4;
  int private_write = 5;
  int shared_word = 6;
};

/// Runs until `Leave`, or until the channel's last other holder is gone and every stream is at its
/// end. All signals are blocked or ignored. Returns the exit code: 0 done, 125 our own failure
/// (said on standard error).
int logwriter_main(const LogWriterFds& descriptors = {});

}  // namespace stayd::app
