// SPDX-License-Identifier: Apache-2.0
#include "app/logwriter/logwriter.h"

#include <string>

#include "app/logwriter/writer.h"
#include "os/allocator.h"
#include "os/fd.h"
#include "os/pipe.h"
#include "os/process.h"
#include "os/signals.h"

namespace stayd::app {

namespace {

constexpr int own_failure = 125;

Status write_logs(const LogWriterFds& descriptors) {
  os::tune_allocator();
  TRY(os::fill_standard_streams());
  TRY(os::reset_dispositions());  // SIGPIPE and SIGXFSZ are then ignored
  TRY(os::block_signals());
  os::set_process_name("stayd-logwriter");
  (void)os::raise_descriptor_limit();  // as many as we get
  const auto writer = TRY(Writer::create(descriptors));
  os::release_startup_memory();
  return writer->run();
}

}  // namespace

int logwriter_main(const LogWriterFds& descriptors) {
  const Status done = write_logs(descriptors);
  if (done) return 0;
  (void)os::write_all(os::FdView(2), "stayd: log writer: " + done.error().message + "\n");
  return own_failure;
}

}  // namespace stayd::app
