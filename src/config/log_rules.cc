// SPDX-License-Identifier: Apache-2.0
#include "config/log_rules.h"

namespace stayd::config {
namespace {

void check_timestamps(Report& report, const ServiceDraft& draft) {
  const model::Log& log = draft.service.log;
  if (log.timestamps == model::Timestamps::index) return;
  const std::string what = "\"timestamps\" = \"" + std::string(word(log.timestamps)) + "\" ";
  if (!log.to_file) {
    report.error(draft.timestamps_place, what + "is for files, and \"to\" has no \"file\"",
                 "add \"file\" to log.to, or take timestamps out");
  } else if (log.format == model::LogFormat::json) {
    report.error(draft.timestamps_place,
                 what + "does not go with \"format\" = \"json\", whose objects have the time",
                 "keep one of the two");
  }
}

void check_receivers(Report& report, const ServiceDraft& draft) {
  const model::Log& log = draft.service.log;
  if (log.to_syslog || log.to_journal) return;
  for (const Text* key : {&draft.facility_key, &draft.log_tag}) {
    if (!key->given) continue;
    const std::string name = key == &draft.log_tag ? "tag" : "facility";
    report.error(key->place, "\"" + name + "\" is for syslog and journal, and \"to\" has neither",
                 "add \"syslog\" or \"journal\" to log.to, or take " + name + " out");
  }
}

void check_rate(Report& report, const ServiceDraft& draft) {
  const model::Log& log = draft.service.log;
  if (draft.rate_burst_key.given && log.rate_limit == 0) {
    report.error(draft.rate_burst_key.place, "\"rate-burst\" is nothing without \"rate-limit\"",
                 "add rate-limit = \"1M/s\", or take rate-burst out");
  }
  if (draft.rate_limit_key.given && !log.is_kept() && draft.log_command == nullptr) {
    report.error(draft.rate_limit_key.place,
                 "\"rate-limit\" is for output that is kept, and \"to\" is \"none\"",
                 "take one of the two out");
  }
}

}  // namespace

void check_log(Report& report, const ServiceDraft& draft) {
  check_timestamps(report, draft);
  check_receivers(report, draft);
  check_rate(report, draft);
}

}  // namespace stayd::config
