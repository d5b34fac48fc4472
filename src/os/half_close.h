// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/fd.h"

namespace stayd::os {

/// shutdown(2), SHUT_WR: the peer reads an end of file and may still answer.
void shut_sending(FdView socket);

}  // namespace stayd::os
