/* The console of the fuzzer on the host. */
#include <stdio.h>
#include <stdlib.h>

#include "harness.h"

void te_fuzz_print(const char *text) {
  fputs(text, stdout);
  fflush(stdout);
}

void te_fuzz_exit(int code) {
  exit(code);
}

int main(void) {
  te_fuzz_run();
  te_fuzz_exit(0);
}
