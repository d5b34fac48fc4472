// SPDX-License-Identifier: Apache-2.0
// Prints the time every 15 seconds. Compile it and have it supervised:
//
//     cc -o sleepy examples/sleepy.c
//     stayd run -- ./sleepy
//
// then kill it from another terminal (`pkill -9 sleepy`) and see it come back.
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(void) {
  for (;;) {
    time_t now = time(NULL);
    char text[64];
    strftime(text, sizeof text, "%H:%M:%S", localtime(&now));
    printf("sleepy[%d]: it is %s\n", (int)getpid(), text);
    fflush(stdout);
    sleep(15);
  }
}
