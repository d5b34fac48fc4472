// SPDX-License-Identifier: Apache-2.0
#include "os/half_close.h"

#include <sys/socket.h>

namespace stayd::os {

void shut_sending(FdView socket) { shutdown(socket.number(), SHUT_WR); }

}  // namespace stayd::os
