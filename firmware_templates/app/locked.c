#include "locked.h"

#include "command.h"
#include "te_protocol.h"

static const uint8_t allowed[] = TE_LOCKED_ALLOWS;

bool te_locked_admit(const te_frame *request) {
  for (size_t i = 0; i < sizeof allowed; i++) {
    if (allowed[i] == request->type) return true;
  }
  te_refuse(request, TE_CODE_LOCKED, request->type, "the device is locked");
  return false;
}
